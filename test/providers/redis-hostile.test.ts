import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileCases, startHostileRedis } from '../servers/hostile-redis.ts';

/** In a process of its own: what these servers send has ended whole processes. */
const client = new URL('redis-hostile-client.ts', import.meta.url).pathname;
const names = Object.keys(hostileCases);
const servers = await Promise.all(Object.values(hostileCases).map(startHostileRedis));
afterAll(() => Promise.all(servers.map((server) => server.close())));

let codes: string[][];
let memory: number;
beforeAll(async () => {
  const settings = servers.map(({ host, port }, index) =>
    JSON.stringify({ host, port, database: 0, ...hostileCases[names[index]!]!.settings }),
  );
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    // Young objects count too: a smaller space for them shows what is really held.
    ...['--max-semi-space-size=4', client, ...settings],
  ]);
  expect(stderr).toBe('');
  ({ codes, memory } = JSON.parse(stdout));
});

for (const [index, name] of names.entries()) {
  test(`${name}: ordinary errors, nothing written`, () => {
    const { code, settings } = hostileCases[name]!;
    const errors = codes[index]!.filter((each) => each !== 'nothing');
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatch(code);
    if (settings) expect(servers[index]!.heard).not.toContain('SET');
  });
}

test('memory stays under 200 MB', () => {
  expect(memory).toBeLessThan(200 * 2 ** 20);
});
