import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What is installed with the service: licences that ask for no more than a notice, and scripts that were looked at. */
interface Locked {
  license?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}
const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
const locked = Object.entries(
  (read('package-lock.json') as { packages: Record<string, Locked> }).packages,
).filter(([path]) => path !== '');

test('every package that the service runs with has a permissive licence', () => {
  const permissive = new Set([
    ...['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0'],
    ...['Unlicense', 'Public Domain', '(MIT OR CC0-1.0)'],
  ]);
  const running = locked.filter(([, { dev }]) => !dev);
  expect(running.length).toBeGreaterThan(100);
  expect(running.filter(([, { license = 'none' }]) => !permissive.has(license))).toEqual([]);
});

test('install scripts run of those packages alone that were approved', () => {
  const nameOf = (path: string) => path.split('node_modules/').at(-1)!;
  const names = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
  expect([...new Set(names)].sort()).toEqual(Object.keys(allowScripts).sort());
});
