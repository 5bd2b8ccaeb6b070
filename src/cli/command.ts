import type { App, AppOptions } from '../app.ts';
import type { Config } from '../config.ts';

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
  return createApp(config, { onProgress: say, ...options });
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
