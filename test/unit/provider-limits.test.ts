import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { type GcsTrial, secretsOf, startTrial } from '../servers/gcs-trial.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';
import { watchLoop } from '../support/loop.ts';

/** How much of a response is read, whatever a server sends. */

const signal = new AbortController().signal;
const once = { attempts: 1 };
let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
});
afterAll(() => trial.server.close());

const s3Item = '<Contents><Key>k</Key><Size>1</Size><ETag>"1"</ETag></Contents>';
const azureItem =
  '<Blob><Name>k</Name><Properties><Content-Length>1</Content-Length><Etag>1</Etag></Properties></Blob>';
const kinds: Record<
  string,
  { open(endpoint: string): Store; page(count: number, more?: string): string; crowd: string }
> = {
  S3: {
    open(endpoint) {
      const settings = { bucket: 'bucket', endpoint, credentials: 'ACCESS_KEY', accessKeyId: 'AKIAEXAMPLE' };
      const parsed = s3Provider.settings.parse(settings);
      return openStore(s3Provider, parsed, { secretAccessKey: 'secret' }, testEnvironment(), once);
    },
    page: (count, more = '') =>
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${s3Item.repeat(count)}${more}</ListBucketResult>`,
    crowd: '<a/>'.repeat(1_900_000),
  },
  GCS: {
    open: (endpoint) =>
      openStore(
        gcsProvider,
        trial.settingsFor('bucket', { endpoint }),
        secretsOf(trial.account.json),
        testEnvironment(),
        once,
      ),
    page: (count, more = '') =>
      JSON.stringify({
        kind: 'storage#objects',
        items: Array.from({ length: count }, () => ({ name: 'k', size: '1', generation: '1' })),
        more,
      }).replace('"<crowd>"', `[${'{},'.repeat(2_600_000)}{}]`),
    crowd: '<crowd>',
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
      return openStore(azureBlobProvider, parsed, secrets, testEnvironment(), once);
    },
    page: (count, more = '') =>
      `<?xml version="1.0"?><EnumerationResults><Blobs>${azureItem.repeat(count)}</Blobs>${more}<NextMarker/></EnumerationResults>`,
    crowd: '<a/>'.repeat(1_900_000),
  },
};

const list = async (store: Store) => {
  let count = 0;
  for await (const page of store.list({ recursive: true, signal })) count += page.objects.length;
  return count;
};

describe.each(Object.entries(kinds))('%s', (_, { open, page, crowd }) => {
  /** Lists from a server that answers so; how many bytes it could send. */
  async function listFrom(status: number, body: string): Promise<{ code: string; sent: number }> {
    let sent = 0;
    const server = await wireServer((_, response) => {
      const { socket } = response;
      response.writeHead(status).end(body);
      socket?.once('close', () => {
        sent = socket.bytesWritten;
      });
    });
    const code = await list(open(server.url)).then(
      () => 'OK',
      (error) => error.code,
    );
    await server.close();
    return { code, sent };
  }

  test('an error document of 16 MB is given up early', async () => {
    const { code, sent } = await listFrom(
      400,
      `<Error><Code>X</Code><Message>${'x'.repeat(16 << 20)}</Message></Error>`,
    );
    expect(code).toBe('UNEXPECTED_RESPONSE');
    expect(sent).toBeLessThan(8 << 20);
  });

  test('a page of more than was asked for is refused', async () => {
    expect((await listFrom(200, page(1001))).code).toBe('UNEXPECTED_RESPONSE');
  });

  test('a page of more than 8 MB is refused', async () => {
    expect((await listFrom(200, page(1, `<!-- ${'x'.repeat(9 << 20)} -->`))).code).toBe(
      'UNEXPECTED_RESPONSE',
    );
  });

  test('a page of a million parts is refused before it is read', async () => {
    const body = page(1, crowd);
    expect(body.length).toBeLessThan(8 << 20);
    const stop = watchLoop();
    const { code } = await listFrom(200, body);
    const longest = stop();
    expect(code).toBe('UNEXPECTED_RESPONSE');
    expect(longest).toBeLessThan(200);
  });
});
