import { readFile, stat } from 'node:fs/promises';
import type { ParseArgsConfig } from 'node:util';
import { type Config, logLevels } from '../config.ts';
import { ValidationError } from '../errors.ts';

/**
 * Options that start-up scripts have passed since the first releases of the reference system. Those that mean
 * something here are taken; each of the others is refused by name, with what to do instead.
 */

type Values = Readonly<Record<string, string | boolean | undefined>>;

export const legacyOptions = {
  host: { type: 'string' },
  port: { type: 'string' },
  'log-level': { type: 'string' },
  /** No page is opened here in any case. */
  'no-browser': { type: 'boolean', short: 'b' },
  username: { type: 'string' },
  password: { type: 'string' },
  config: { type: 'string', short: 'c' },
  sampling: { type: 'string' },
  force: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

const insteadOf: Record<string, string> = {
  username: 'There are no passwords: create a token with "longshore token create".',
  password: 'There are no passwords: create a token with "longshore token create".',
  config: 'There is no project file: settings come from the environment; "longshore --help" lists them.',
  sampling: 'Tasks come in the order of their numbers; clients order them by the API.',
  force: 'A project is not overwritten: delete it by the API first, or give another title.',
};

/** @throws ValidationError naming each option that means nothing here */
export function refuseLegacy(values: Values): void {
  const fields = Object.entries(insteadOf)
    .filter(([name]) => values[name] !== undefined)
    .map(([name, message]) => ({ path: `--${name}`, message }));
  if (fields.length > 0) throw new ValidationError(fields);
}

/** Log levels in the words of the scripts, by ours. */
const otherLevels: Record<string, string> = { critical: 'fatal', warning: 'warn' };

/** The settings, with those given on the command line. @throws ValidationError */
export function withLegacy(config: Config, { host, port, 'log-level': level }: Values): Config {
  const named = String(level).toLowerCase();
  const logLevel = logLevels.find((name) => name === (otherLevels[named] ?? named));
  if (level !== undefined && !logLevel) {
    throw new ValidationError([{ path: '--log-level', message: `Expected one of ${logLevels.join(', ')}.` }]);
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(String(port)) && Number(port) <= 65_535)) {
    throw new ValidationError([{ path: '--port', message: 'Expected a number from 0 to 65535.' }]);
  }
  return {
    ...config,
    ...(host !== undefined && { host: String(host) }),
    ...(port !== undefined && { port: Number(port) }),
    ...(logLevel && { logLevel }),
  };
}

/** A label config given as XML, or as a file of it. */
export async function labelConfigOf(given: string | undefined): Promise<string | undefined> {
  if (given === undefined || given.trimStart().startsWith('<')) return given;
  const found = await stat(given).catch(() => undefined);
  if (found?.isFile()) return readFile(given, 'utf8');
  throw new ValidationError([
    { path: '--label-config', message: `Expected XML, or a file of it: there is no file "${given}".` },
  ]);
}
