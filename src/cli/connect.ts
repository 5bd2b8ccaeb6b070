import { resolve } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../errors.ts';
import type { ProviderName } from '../providers/provider.ts';
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
const text = z.string({ error: 'Expected a text.' });

const shared = { prefix: text.optional(), create_local_copy: flag.optional() };
const ofSource = {
  regex: text.optional(),
  data_key: text.optional(),
  use_blob_urls: flag.optional(),
  presign: flag.optional(),
};

type Params = Record<string, unknown>;

interface Kind {
  provider: ProviderName;
  /** The provider's own params. */
  params: z.ZodRawShape;
  /** Which param a setting of another name is given by. */
  names: Record<string, string>;
  /** The setting that the path is, and what to say besides where it is wrong. */
  path: string;
  pathHint?: string;
  /** A provider input from the path and the checked params. */
  connect(path: string, params: Params): Pick<ProviderInput, 'settings' | 'secrets'>;
}

const s3: Kind = {
  provider: 'S3',
  params: {
    region: text.optional(),
    endpoint: text.optional(),
    aws_access_key_id: text.optional(),
    aws_secret_access_key: text.optional(),
    aws_session_token: text.optional(),
  },
  names: {
    accessKeyId: 'aws_access_key_id',
    secretAccessKey: 'aws_secret_access_key',
    sessionToken: 'aws_session_token',
  },
  path: 'bucket',
  connect: (bucket, params) => ({
    settings: {
      bucket,
      prefix: params.prefix,
      region: params.region,
      endpoint: params.endpoint,
      credentials: given(params, 'aws_') ? 'ACCESS_KEY' : 'DEFAULT',
      accessKeyId: params.aws_access_key_id,
    },
    secrets: { secretAccessKey: params.aws_secret_access_key, sessionToken: params.aws_session_token },
  }),
};

const localFiles: Kind = {
  provider: 'LOCAL_FILES',
  params: {},
  names: {},
  path: 'path',
  pathHint: 'LOCAL_FILES_DOCUMENT_ROOT sets another document root.',
  connect: (path, { prefix = '' }) => ({ settings: { path: resolve(path, String(prefix)) }, secrets: {} }),
};

const given = (params: Params, prefix: string) =>
  Object.entries(params).some(([name, value]) => name.startsWith(prefix) && value !== undefined);

const gcs: Kind = {
  provider: 'GCS',
  params: {
    endpoint: text.optional(),
    google_application_credentials: text.optional(),
    google_project_id: text.optional(),
  },
  names: { serviceAccountJson: 'google_application_credentials', projectId: 'google_project_id' },
  path: 'bucket',
  connect: (bucket, params) => {
    const json = params.google_application_credentials;
    return {
      settings: {
        bucket,
        prefix: params.prefix,
        endpoint: params.endpoint,
        projectId: params.google_project_id,
        credentials: json === undefined ? 'DEFAULT' : 'SERVICE_ACCOUNT',
      },
      secrets: { serviceAccountJson: json },
    };
  },
};

const azureBlob: Kind = {
  provider: 'AZURE_BLOB',
  params: { endpoint: text.optional(), account_name: text.optional(), account_key: text.optional() },
  names: { accountName: 'account_name', accountKey: 'account_key' },
  path: 'container',
  connect: (container, params) => ({
    settings: {
      container,
      prefix: params.prefix,
      endpoint: params.endpoint,
      accountName: params.account_name,
      credentials: params.account_key === undefined ? 'ENVIRONMENT' : 'ACCOUNT_KEY',
    },
    secrets: { accountKey: params.account_key },
  }),
};

/** The path is what keys begin with. */
const redis: Kind = {
  provider: 'REDIS',
  params: {
    host: text.optional(),
    port: z.union([z.int(), text]).optional(),
    db: z.int({ error: 'Expected the number of a database.' }).optional(),
    password: text.optional(),
  },
  names: { database: 'db' },
  path: 'path',
  connect: (path, params) => ({
    settings: {
      path: `${path}${String(params.prefix ?? '')}`,
      host: params.host,
      port: params.port === undefined ? undefined : Number(params.port),
      database: params.db,
      credentials: params.password === undefined ? 'NONE' : 'PASSWORD',
    },
    secrets: { password: params.password },
  }),
};

const kinds: Record<string, Kind> = { s3, gcs, 'azure-blob': azureBlob, redis, 'local-files': localFiles };

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
    settings: { target: {} },
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

function paramsOf(option: string, json: string | undefined, shape: z.ZodRawShape): Params {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '{}');
  } catch (error) {
    throw wrong(
      option,
      `Expected JSON: ${(error as Error).message}. Quote it for your shell: '{"prefix": "images"}'.`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(option, `Expected a JSON object: '{"prefix": "images"}'.`);
  }
  const expected = `Unknown; expected some of ${Object.keys(shape).join(', ')}.`;
  const parsed = z.strictObject(shape).safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error, option).map((field) =>
    /^Unrecognized/.test(field.message) ? { ...field, message: expected } : field,
  );
  throw new ValidationError(fields);
}

const definite = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

function wrong(path: string, message: string): ValidationError {
  return new ValidationError([{ path, message }]);
}
