import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderErrorCode } from '../../src/errors.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { type GcsTrial, secretsOf, startTrial } from '../servers/gcs-trial.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * What refusals mean, by what was asked, status and code: each cell is a request to a server that answers so. Those of
 * Redis, which has no statuses, have a table of their own.
 */

const signal = new AbortController().signal;
const operations = {
  LIST: (store: Store) => store.list({ recursive: true, signal })[Symbol.asyncIterator]().next(),
  HEAD: (store: Store) => store.head('a.txt', signal),
  READ: (store: Store) => store.read('a.txt', { signal }),
  WRITE: (store: Store) => store.write('a.txt', Buffer.from('a'), { contentType: 'text/plain', signal }),
  DELETE: (store: Store) => store.remove('a.txt', signal),
  AUTHENTICATE: (store: Store) => store.authenticate(signal),
};
type Operation = keyof typeof operations;
const names = Object.keys(operations) as Operation[];

/** OK: the refusal is no failure (there is nothing to remove; who may not list is known). */
type Meaning = ProviderErrorCode | 'OK';
interface Row {
  status: number;
  /** '': no error document at all, but a web page. */
  code: string;
  /** In the order of the operations; one for all. */
  means: Meaning | readonly Meaning[];
}

const canary = 'Canary of the sentence';
const page = `<!DOCTYPE html><html><body><h1>${canary}</h1></body></html>`;
const attempts = 1;

interface Kind {
  open(endpoint: string): Store;
  document(code: string): { body: string; headers?: Record<string, string> };
  rows: Row[];
}

const row = (status: number, code: string, ...means: Meaning[]): Row => ({
  status,
  code,
  means: means.length === 1 ? means[0]! : means,
});

let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
});
afterAll(() => trial.server.close());

const kinds: Record<string, Kind> = {
  S3: {
    open(endpoint) {
      const settings = { bucket: 'bucket', endpoint, credentials: 'ACCESS_KEY', accessKeyId: 'AKIAEXAMPLE' };
      const secrets = { secretAccessKey: 'secret' };
      return openStore(s3Provider, s3Provider.settings.parse(settings), secrets, testEnvironment(), {
        attempts,
      });
    },
    document: (code) => ({
      body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${canary}</Message></Error>`,
    }),
    rows: [
      row(400, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(
        401,
        '',
        'UNEXPECTED_RESPONSE',
        'WRONG_CREDENTIALS',
        'UNEXPECTED_RESPONSE',
        'UNEXPECTED_RESPONSE',
        'UNEXPECTED_RESPONSE',
        'UNEXPECTED_RESPONSE',
      ),
      row(401, 'Unauthorized', 'WRONG_CREDENTIALS'),
      row(403, '', 'UNEXPECTED_RESPONSE'),
      row(403, 'AccessDenied', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'OK'),
      row(403, 'InvalidTokenId', 'WRONG_CREDENTIALS'),
      row(403, 'InvalidAccessKeyId', 'WRONG_CREDENTIALS'),
      row(403, 'SignatureDoesNotMatch', 'WRONG_CREDENTIALS'),
      row(403, 'ExpiredToken', 'CREDENTIALS_EXPIRED'),
      row(
        403,
        'SomethingNew',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'UNEXPECTED_RESPONSE',
      ),
      row(404, '', 'UNEXPECTED_RESPONSE'),
      row(
        404,
        'NoSuchBucket',
        'CONTAINER_NOT_FOUND',
        'CONTAINER_NOT_FOUND',
        'CONTAINER_NOT_FOUND',
        'CONTAINER_NOT_FOUND',
        'CONTAINER_NOT_FOUND',
        'UNEXPECTED_RESPONSE',
      ),
      row(
        404,
        'NoSuchKey',
        'UNEXPECTED_RESPONSE',
        'UNEXPECTED_RESPONSE',
        'OBJECT_NOT_FOUND',
        'UNEXPECTED_RESPONSE',
        'OK',
        'UNEXPECTED_RESPONSE',
      ),
      row(404, 'XAdminUserNotFound', 'WRONG_CREDENTIALS'),
      row(404, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(405, 'MethodNotAllowed', 'UNSUPPORTED'),
      row(409, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(
        412,
        'PreconditionFailed',
        'UNEXPECTED_RESPONSE',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'UNEXPECTED_RESPONSE',
      ),
      row(
        403,
        'InvalidObjectState',
        'UNEXPECTED_RESPONSE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'UNEXPECTED_RESPONSE',
      ),
      row(403, 'KMS.DisabledException', 'FORBIDDEN'),
      row(429, '', 'RATE_LIMITED'),
      row(500, 'InternalError', 'UNAVAILABLE'),
      row(501, 'NotImplemented', 'UNSUPPORTED'),
      row(503, '', 'RATE_LIMITED'),
      row(503, 'SlowDown', 'RATE_LIMITED'),
    ],
  },
  GCS: {
    open: (endpoint) =>
      openStore(
        gcsProvider,
        trial.settingsFor('bucket', { endpoint }),
        secretsOf(trial.account.json),
        testEnvironment(),
        { attempts },
      ),
    document: (code) => ({
      body: JSON.stringify({ error: { message: canary, errors: [{ reason: code }] } }),
    }),
    rows: [
      row(400, 'somethingNew', 'UNEXPECTED_RESPONSE'),
      row(401, 'authError', 'WRONG_CREDENTIALS'),
      row(403, '', 'UNEXPECTED_RESPONSE'),
      row(403, 'forbidden', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'OK'),
      row(
        403,
        'somethingNew',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'UNEXPECTED_RESPONSE',
      ),
      row(403, 'rateLimitExceeded', 'RATE_LIMITED'),
      row(
        403,
        'cloudKmsPermissionDenied',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'OK',
      ),
      row(404, '', 'UNEXPECTED_RESPONSE'),
      row(
        404,
        'notFound',
        'CONTAINER_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'CONTAINER_NOT_FOUND',
        'OK',
        'CONTAINER_NOT_FOUND',
      ),
      row(404, 'somethingNew', 'UNEXPECTED_RESPONSE'),
      row(405, 'methodNotAllowed', 'UNSUPPORTED'),
      row(409, 'conflict', 'UNAVAILABLE'),
      row(
        412,
        'conditionNotMet',
        'UNEXPECTED_RESPONSE',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'UNEXPECTED_RESPONSE',
      ),
      row(429, '', 'RATE_LIMITED'),
      row(500, 'backendError', 'UNAVAILABLE'),
      row(501, 'notImplemented', 'UNSUPPORTED'),
      row(503, '', 'UNAVAILABLE'),
    ],
  },
  'Azure Blob': {
    open(endpoint) {
      const settings = {
        container: 'container',
        endpoint: `${endpoint}/account`,
        credentials: 'ACCOUNT_KEY',
      };
      const parsed = azureBlobProvider.settings.parse(settings);
      const secrets = { accountKey: Buffer.alloc(64).toString('base64') };
      return openStore(azureBlobProvider, parsed, secrets, testEnvironment(), { attempts });
    },
    document: (code) => ({
      body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${canary}</Message></Error>`,
      headers: { 'x-ms-error-code': code },
    }),
    rows: [
      row(400, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(401, 'NoAuthenticationInformation', 'WRONG_CREDENTIALS'),
      row(403, '', 'UNEXPECTED_RESPONSE'),
      row(403, 'AuthenticationFailed', 'WRONG_CREDENTIALS'),
      row(
        403,
        'AuthorizationPermissionMismatch',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'OK',
      ),
      row(403, 'AuthorizationFailure', 'FORBIDDEN'),
      row(
        403,
        'KeyVaultEncryptionKeyNotFound',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'OK',
      ),
      row(
        403,
        'SomethingNew',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'FORBIDDEN',
        'UNEXPECTED_RESPONSE',
      ),
      row(404, '', 'UNEXPECTED_RESPONSE'),
      row(404, 'ContainerNotFound', 'CONTAINER_NOT_FOUND'),
      row(
        404,
        'BlobNotFound',
        'CONTAINER_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'UNEXPECTED_RESPONSE',
        'OK',
        'CONTAINER_NOT_FOUND',
      ),
      row(
        404,
        'ResourceNotFound',
        'CONTAINER_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'OBJECT_NOT_FOUND',
        'UNEXPECTED_RESPONSE',
        'OK',
        'CONTAINER_NOT_FOUND',
      ),
      row(404, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(
        409,
        'BlobArchived',
        'UNEXPECTED_RESPONSE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'OBJECT_UNREADABLE',
        'UNEXPECTED_RESPONSE',
      ),
      row(409, 'SomethingNew', 'UNEXPECTED_RESPONSE'),
      row(
        412,
        'ConditionNotMet',
        'UNEXPECTED_RESPONSE',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'OBJECT_CHANGED',
        'UNEXPECTED_RESPONSE',
      ),
      row(429, '', 'RATE_LIMITED'),
      row(500, 'InternalError', 'UNAVAILABLE'),
      row(503, 'ServerBusy', 'RATE_LIMITED'),
    ],
  },
};

describe.each(Object.entries(kinds))('%s', (_, { open, document, rows }) => {
  let server: WireServer;
  let reply: Row;
  beforeAll(async () => {
    server = await wireServer((request, response) => {
      const { body, headers } = reply.code === '' ? { body: page, headers: {} } : document(reply.code);
      response.writeHead(reply.status, headers).end(request.method === 'HEAD' ? undefined : body);
    });
  });
  afterAll(() => server.close());

  const cells = rows.flatMap((one) =>
    names.map((name, at): [number, string, Operation, Meaning, Row] => [
      one.status,
      one.code || 'a web page',
      name,
      typeof one.means === 'string' ? one.means : one.means[at]!,
      one,
    ]),
  );

  test.each(cells)('%i %s to %s is %s', async (_, __, name, expected, one) => {
    reply = one;
    const error = await operations[name](open(server.url)).then(
      () => ({ code: 'OK', message: '', hint: '' }),
      (error) => error,
    );
    expect(error.code).toBe(expected);
    expect(`${error.message} ${error.hint}`).not.toContain(canary);
  });
});
