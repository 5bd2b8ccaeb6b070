import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  BlobServiceClient,
  type ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { trustCertificate } from '../../servers/azurite.ts';
import { startEntra } from '../../servers/entra.ts';
import { recordingProxy, type WireServer } from '../../servers/s3-wire.ts';
import { serverOf } from '../../servers/servers.ts';
import type { AzureBlobCredentialsInput } from '../generated/graphql.ts';
import { changed, originOf, type Place, type Places, type Right } from './place.ts';

const letters: Record<Right, string> = { LIST: 'l', READ: 'r', WRITE: 'cw', DELETE: 'd' };

/** Containers on the run's Azurite, over HTTP and HTTPS, seen through proxies that record. */
export async function azureBlobPlaces(): Promise<Places & { secrets: string[]; hosts: string[] }> {
  const server = await serverOf('azurite');
  const { accountName, accountKey } = server;
  const files = {
    cert: await readFile(server.certificateFile),
    key: await readFile(server.certificateKeyFile),
  };
  const plain = await recordingProxy(new URL(server.endpoint).origin);
  const secure = await recordingProxy(new URL(server.tlsEndpoint).origin, files);
  const entra = await startEntra(server);
  const sharedKey = new StorageSharedKeyCredential(accountName, accountKey);

  async function place(
    credentials: (container: ContainerClient) => AzureBlobCredentialsInput,
    [endpoint, proxy]: [string, WireServer] = [server.endpoint, plain],
    prefix = 'team/photos/',
  ): Promise<Place> {
    const container = new BlobServiceClient(endpoint, sharedKey).getContainerClient(`c-${randomUUID()}`);
    await container.create();
    const name = container.containerName;
    const base = `/${accountName}/${name}/`;
    return {
      provider: {
        azureBlob: {
          container: name,
          prefix,
          endpoint: `${proxy.url}/${accountName}`,
          credentials: credentials(container),
        },
      },
      async put(key, body) {
        const bytes = Buffer.from(body);
        await container.getBlockBlobClient(prefix + key).upload(bytes, bytes.length);
      },
      remove: (key) => container.deleteBlob(prefix + key),
      async keys() {
        const blobs = await Array.fromAsync(container.listBlobsFlat());
        return blobs.map((blob) => blob.name);
      },
      prefix,
      uri: (key) => `azure-blob://${name}/${key}`,
      async changes() {
        const own = proxy.requests.filter(
          ({ method, url }) => url.startsWith(base) && ['PUT', 'DELETE'].includes(method),
        );
        return own.map(({ method, url }) => {
          const [path = ''] = url.split('?');
          return `${method} ${decodeURIComponent(path.slice(base.length))}`;
        });
      },
    };
  }

  function sasOf(containerName: string, permissions: string): string {
    const values = {
      version: '2025-11-05',
      containerName,
      permissions: ContainerSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + 3_600_000),
    };
    return generateBlobSASQueryParameters(values, sharedKey).toString();
  }

  const none = {
    accountName: null,
    tenantId: null,
    clientId: null,
    authorityHost: null,
    hasAccountKey: false,
    hasSasToken: false,
    hasClientSecret: false,
  };
  const { tenantId, clientId, clientSecret, authorityHost } = entra;
  return {
    secrets: [accountKey, clientSecret],
    hosts: [plain.url, secure.url, authorityHost].map((url) => new URL(url).host),
    settings: { AZURE_BLOB_ACCOUNT_NAME: accountName, AZURE_BLOB_ACCOUNT_KEY: accountKey },
    ways: {
      'Azure Blob: account key': {
        open: () => place(() => ({ accountKey: { accountKey } })),
        shows: { ...none, hasAccountKey: true },
      },
      'Azure Blob: environment': {
        open: () => place(() => ({ environment: true })),
        shows: { ...none, accountName },
      },
      'Azure Blob: SAS': {
        open: async (app) =>
          place(({ containerName }) => {
            const sasToken = sasOf(containerName, 'rlcwd');
            app.secret(new URLSearchParams(sasToken).get('sig')!);
            return { sas: { sasToken } };
          }),
        shows: { ...none, hasSasToken: true },
      },
      'Azure Blob: service principal': {
        async open() {
          await trustCertificate(server);
          const servicePrincipal = { tenantId, clientId, clientSecret, authorityHost };
          return place(() => ({ servicePrincipal }), [server.tlsEndpoint, secure]);
        },
        shows: { ...none, tenantId, clientId, authorityHost, hasClientSecret: true },
      },
    },
    failures: {
      wrongSecret: (it) =>
        changed(it, 'azureBlob', {
          credentials: { accountKey: { accountKey: randomBytes(64).toString('base64') } },
        }),
      missing: (it) => changed(it, 'azureBlob', { container: `missing-${randomUUID()}` }),
      at: (it, address) => changed(it, 'azureBlob', { endpoint: `${originOf(address)}/${accountName}` }),
      async limited(it, rights) {
        const sasToken = sasOf(
          it.provider.azureBlob!.container,
          rights.map((right) => letters[right]).join(''),
        );
        return changed(it, 'azureBlob', { credentials: { sas: { sasToken } } });
      },
    },
    async close() {
      await Promise.all([plain.close(), secure.close(), entra.close()]);
    },
  };
}
