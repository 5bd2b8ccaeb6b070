import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ValidationError } from '../errors.ts';
import { type ProviderName, providerNames } from '../providers/provider.ts';
import { type Params, type StartOptions, textParam } from '../providers/start-options.ts';
import type { Direction, ProviderInput, SettingsInput } from '../storages/model.ts';
import { fieldErrors } from '../storages/settings.ts';

/**
 * The options by which `start` connects storages. Their names are those that people have in their
 * scripts since the first releases of the reference system; here they become ordinary storages.
 */
export interface ConnectRequest {
  /** The kind of storage in words of the command line, for errors. */
  kind: Kind;
  direction: Direction;
  title: string;
  provider: ProviderInput;
  settings: SettingsInput;
  /** Whether to sync at once: only with a "regex". */
  sync: boolean;
}

const flag = z.boolean({ error: 'Expected true or false.' });

const shared = { prefix: textParam.optional(), create_local_copy: flag.optional() };
const ofSource = {
  regex: textParam.optional(),
  data_key: textParam.optional(),
  use_blob_urls: flag.optional(),
  presign: flag.optional(),
};

/** A provider's options, and the provider itself. */
interface Kind extends StartOptions {
  provider: ProviderName;
}

/** By the names of the providers' folders. */
const kinds: Record<string, Kind> = Object.fromEntries(
  await Promise.all(
    providerNames.map(async (provider) => {
      const folder = provider.toLowerCase().replaceAll('_', '-');
      const { startOptions } = await import(`../providers/${folder}/start-options.ts`);
      return [folder, { provider, ...(startOptions as StartOptions) }];
    }),
  ),
);

/** The providers' own params, a line each, for help. */
export const ownParams = Object.entries(kinds)
  .map(([name, { params }]) => [name, Object.keys(params)] as const)
  .filter(([, params]) => params.length > 0);

export const sourceKinds = Object.keys(kinds);
export const targetKinds = sourceKinds.map((name) => `${name}-completions`);

/** @throws ValidationError naming the option, and the param in it */
export function sourceOf(name: string, path: string | undefined, json: string | undefined): ConnectRequest {
  const kind = kindOf('--source', name, name, sourceKinds);
  const params = paramsOf('--source-params', json, { ...shared, ...ofSource, ...kind.params });
  const where = pathOf('--source-path', path);
  return {
    kind,
    direction: 'SOURCE',
    title: `${name} ${where}`,
    provider: { provider: kind.provider, ...kind.connect(where, params) },
    settings: {
      source: definite({
        filter: params.regex as string | undefined,
        importMethod: params.use_blob_urls === false ? 'TASKS' : 'FILES',
        dataKey: params.data_key as string | undefined,
        presign: params.presign as boolean | undefined,
        keepCopies: params.create_local_copy as boolean | undefined,
        recursive: true,
      }),
    },
    sync: params.regex !== undefined,
  };
}

/** @throws ValidationError naming the option, and the param in it */
export function targetOf(name: string, path: string | undefined, json: string | undefined): ConnectRequest {
  const kind = kindOf('--target', name, name.replace(/-completions$/, ''), targetKinds);
  const params = paramsOf('--target-params', json, { ...shared, ...kind.params });
  const where = pathOf('--target-path', path);
  return {
    kind,
    direction: 'TARGET',
    title: `${name} ${where}`,
    provider: { provider: kind.provider, ...kind.connect(where, params) },
    settings: { target: definite({ keepCopies: params.create_local_copy as boolean | undefined }) },
    sync: false,
  };
}

/** The same error in words of the command line: `--source-params.regex` for `settings.source.filter`. */
export function inOptions(error: ValidationError, { kind, direction }: ConnectRequest): ValidationError {
  const option = `--${direction.toLowerCase()}`;
  const names: Record<string, string> = { filter: 'regex', dataKey: 'data_key', ...kind.names };
  const fields = error.fields.map(({ path, message }) => {
    const setting = path.split('.').at(-1) ?? '';
    if (setting !== kind.path) return { path: `${option}-params.${names[setting] ?? setting}`, message };
    return { path: `${option}-path`, message: [message, kind.pathHint].filter(Boolean).join(' ') };
  });
  return new ValidationError(fields);
}

function kindOf(option: string, given: string, name: string, allowed: readonly string[]): Kind {
  const kind = allowed.includes(given) ? kinds[name] : undefined;
  if (kind) return kind;
  throw wrong(option, `Expected one of ${allowed.join(', ')}, got "${given}".`);
}

function pathOf(option: string, path: string | undefined): string {
  if (path) return path;
  throw wrong(option, 'Expected a bucket, container or folder.');
}

/**
 * The JSON of an option whose secrets should not stand in a command line, which every user of a machine can read:
 * `@FILE` names a file of it, `@-` is standard input. Without the option it comes from the environment.
 * @throws ValidationError
 */
export async function paramsText(
  option: string,
  given: string | undefined,
  fromEnvironment: string | undefined,
): Promise<string | undefined> {
  if (given === undefined) return fromEnvironment || undefined;
  if (!given.startsWith('@')) return given;
  const file = given.slice(1);
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw wrong(option, `The file "${file}" cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/**
 * JSON, in which the value of "regex" may be bare: an example of the first releases' guide has `"regex": ".*"` inside
 * double quotes, which the shell takes away. @throws SyntaxError
 */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const bare = /("regex"\s*:\s*)([^\s",{}][^",{}]*)/;
    const quoted = json.replace(
      bare,
      (_, name: string, value: string) => name + JSON.stringify(value.trimEnd()),
    );
    if (quoted === json) throw error;
    return JSON.parse(quoted);
  }
}

function paramsOf(option: string, json: string | undefined, shape: z.ZodRawShape): Params {
  let value: unknown;
  try {
    value = parse(json ?? '{}');
  } catch (error) {
    // Without the part that it quotes, which may be a secret's.
    const why = (error as Error).message.replace(/, (?:\.{3})?".*$/s, '');
    throw wrong(option, `Expected JSON: ${why}. Quote it for your shell: '{"prefix": "images"}'.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(option, `Expected a JSON object: '{"prefix": "images"}'.`);
  }
  const expected = `Unknown; expected some of ${Object.keys(shape).join(', ')}.`;
  const parsed = z.strictObject(shape).safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error, option, value).map((field) =>
    /^Unrecognized/.test(field.message) ? { ...field, message: expected } : field,
  );
  throw new ValidationError(fields);
}

const definite = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

function wrong(path: string, message: string): ValidationError {
  return new ValidationError([{ path, message }]);
}
