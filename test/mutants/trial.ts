import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Without the end of any test for so long, in milliseconds, a run hangs. */
const PATIENCE = 180_000;

/** The first test that failed, or that the run hung or broke; undefined: all passed. */
export type Death = string | undefined;

/** Runs tests in the order given, up to the first that fails. */
export async function trial(tests: readonly string[], environment: Record<string, string>): Promise<Death> {
  const child = spawn('npx', ['vitest', 'run', '--config', 'test/mutants/vitest.config.ts', ...tests], {
    env: { ...process.env, ...environment, HISTORY_RUNS: '40', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {} // It has ended.
  };
  let hung = false;
  const hang = () => {
    hung = true;
    end('SIGTERM');
    setTimeout(end, 10_000, 'SIGKILL').unref();
  };
  let timer = setTimeout(hang, PATIENCE);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      clearTimeout(timer);
      timer = setTimeout(hang, PATIENCE);
    });
  }
  const [status] = await new Promise<[number | null]>((resolve) =>
    child.once('close', (code) => resolve([code])),
  );
  clearTimeout(timer);
  end('SIGKILL');
  if (hung) return 'hung';
  if (status === 0) return undefined;
  const failed = stripVTControlCharacters(said).match(/^ *(?:×|FAIL|❯) +(\S+\.test\.ts.*)$/m)?.[1];
  return failed?.replace(/ \d+ms$/, '') ?? 'broke before any test';
}
