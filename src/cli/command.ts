import type { App, AppOptions } from '../app.ts';
import type { Config } from '../config.ts';
import { ConfigError } from '../errors.ts';

/** A command of the command line. */
export interface Command {
  /** What comes behind the name: `PROJECT [options]`. */
  usage: string;
  summary: string;
  /** Options and examples, for `--help`. */
  details: string;
  /** @param config reads and checks the settings: called once, so that `--help` works without */
  run(args: string[], config: () => Config): Promise<void>;
}

/** The service, loaded when it is needed: help and wrong arguments do not wait for all of it. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  const { createApp } = await import('../app.ts');
  return createApp(config, { onProgress: say, ...options }).catch((error: unknown) => {
    throw databaseTrouble(config, error) ?? error;
  });
}

/** By error code of the system, of the client, or of PostgreSQL (manual, appendix A). */
const databaseTroubles: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way there',
  ETIMEDOUT: 'it does not answer',
  CONNECT_TIMEOUT: 'it does not answer',
  '28P01': 'it refuses the user or the password',
  '28000': 'it refuses the user',
  '3D000': 'it has no such database',
  '42501': 'the user may not make tables',
};

/** A database that cannot be used is a wrong setting. */
function databaseTrouble({ databaseUrl }: Config, error: unknown): ConfigError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const trouble = databaseTroubles[code];
  if (databaseUrl === null || trouble === undefined) return;
  const { host, pathname } = new URL(databaseUrl);
  return new ConfigError(`DATABASE_URL: the database at ${host}${pathname} cannot be used: ${trouble}.`);
}

/** For people, on standard error, so that standard output holds results alone. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Resolves when the process is asked to stop. A second signal ends it at once. Called before anything is
 * started, so that a start that is broken off leaves nothing running.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}
