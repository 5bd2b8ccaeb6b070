import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { testEnvironment } from '../support/environment.ts';
import { type GcsTrial, secretsOf } from './gcs-trial.ts';

/** Providers whose listings a wire-level server can answer. */
export interface ListingKind {
  /** Opens a storage there, which asks once. */
  open(endpoint: string, trial: GcsTrial): Store;
  /** A page of so many equal objects, with more in it. */
  page(count: number, more?: string): string;
  /** Millions of small parts, for `more`. */
  crowd: string;
}

const once = { attempts: 1 };
const s3Item = '<Contents><Key>k</Key><Size>1</Size><ETag>"1"</ETag></Contents>';
const azureItem =
  '<Blob><Name>k</Name><Properties><Content-Length>1</Content-Length><Etag>1</Etag></Properties></Blob>';

export const listingKinds: Record<string, ListingKind> = {
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
    open: (endpoint, trial) =>
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

/** How many objects a storage lists. */
export async function countListed(store: Store): Promise<number> {
  const { signal } = new AbortController();
  let count = 0;
  for await (const page of store.list({ recursive: true, signal })) count += page.objects.length;
  return count;
}
