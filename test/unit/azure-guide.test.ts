import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azureBlobGuide } from '../../src/providers/azure-blob/guide.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import type { GuideRequest, SetupStep } from '../../src/providers/guide.ts';
import { openStore } from '../../src/providers/store.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';

const run = promisify(execFile);
const now = new Date('2026-01-01T12:34:56Z');
const source: GuideRequest = {
  direction: 'SOURCE',
  origins: [],
  addresses: [],
  externalId: 'organization-7',
  servicePrincipal: null,
};
const target: GuideRequest = { ...source, direction: 'TARGET' };
const clientId = '11111111-2222-3333-4444-555555555555';
const resource = '/subscriptions/s1/resourceGroups/g1/providers/Microsoft.Storage/storageAccounts/account1';

function guide(request: GuideRequest, more: object = {}): SetupStep[] {
  const principal = { credentials: 'SERVICE_PRINCIPAL', tenantId: 'contoso.com', clientId };
  const base = { container: 'my-container', accountName: 'account1', prefix: 'a/b' };
  const kind = 'credentials' in more ? {} : principal;
  return azureBlobGuide(azureBlobProvider.settings.parse({ ...base, ...kind, ...more }), request, now);
}

function stepOf(steps: SetupStep[], title: string): SetupStep {
  return steps.find((step) => step.title.startsWith(title)) ?? expect.fail(`No step "${title}".`);
}

const titles = (steps: SetupStep[]) => steps.map(({ title }) => title);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'longshore-az-'));
  // Writes down what it was called with, and answers what the guides ask for.
  const az = `#!/bin/sh
printf '%s\\0' "$@" >>"$AZ_LOG"
printf '\\n\\0' >>"$AZ_LOG"
case "$*" in
  "storage account show "*) echo ${resource};;
  "storage account keys list "*) echo the-key;;
esac
`;
  await writeFile(join(directory, 'az'), az, { mode: 0o755 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What the Azure CLI is called with when the step is pasted into a shell, and the shell's environment then. */
async function pasted({ content, format }: SetupStep): Promise<{ calls: string[][]; environment: string }> {
  expect(format).toBe('SHELL');
  const log = join(directory, `${randomUUID()}.log`);
  const env = { PATH: `${directory}:${process.env.PATH}`, AZ_LOG: log };
  const { stdout } = await run('sh', ['-euc', `${content}\nenv`], { env });
  const words = (await readFile(log, 'utf8')).split('\0').slice(0, -1);
  const calls: string[][] = [[]];
  for (const word of words) {
    if (word === '\n') calls.push([]);
    else calls.at(-1)?.push(word);
  }
  return { calls: calls.slice(0, -1), environment: stdout };
}

/** The values behind an option of a command. */
function option(call: string[] | undefined, name: string): string[] {
  const at = call?.indexOf(name) ?? -1;
  if (!call || at < 0) return [];
  const rest = call.slice(at + 1);
  const end = rest.findIndex((word) => word.startsWith('--'));
  return end < 0 ? rest : rest.slice(0, end);
}

const command = (calls: string[][], start: string) => calls.find((call) => call.join(' ').startsWith(start));

describe('roles of a service principal', () => {
  const assigned = async (step: SetupStep) => {
    const { calls } = await pasted(step);
    const call = command(calls, 'role assignment create');
    return [option(call, '--assignee'), option(call, '--role'), option(call, '--scope')].flat();
  };
  const container = `${resource}/blobServices/default/containers/my-container`;

  test('a source reads the container, and signs by the account', async () => {
    const steps = guide(source);
    expect(titles(steps)).toEqual(['Role: listing and reading', 'Role: signing URLs']);
    expect(await assigned(stepOf(steps, 'Role: listing'))).toEqual([
      clientId,
      'Storage Blob Data Reader',
      container,
    ]);
    expect(await assigned(stepOf(steps, 'Role: signing'))).toEqual([
      clientId,
      'Storage Blob Delegator',
      resource,
    ]);
  });

  test('a source that is streamed through the service signs nothing', () => {
    expect(titles(guide({ ...source, presign: false }))).toEqual(['Role: listing and reading']);
  });

  test('a target that deletes contributes', async () => {
    const steps = guide({ ...target, canDeleteObjects: true });
    expect(titles(steps)).toEqual(['Role: writing and deleting annotations']);
    expect(await assigned(stepOf(steps, 'Role'))).toEqual([
      clientId,
      'Storage Blob Data Contributor',
      container,
    ]);
  });

  test('a target that keeps its objects gets a role that cannot delete', async () => {
    const steps = guide(target);
    expect(titles(steps)).toEqual(['Role: writing annotations']);
    const step = stepOf(steps, 'Role');
    const { calls } = await pasted(step);
    const [json = ''] = option(command(calls, 'role definition create'), '--role-definition');
    const definition = JSON.parse(json);
    const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
    expect(definition.DataActions).toEqual([`${blobs}/write`, `${blobs}/add/action`]);
    expect(definition.Actions).toBeUndefined();
    expect(definition.AssignableScopes).toEqual(['/subscriptions/s1/resourceGroups/g1']);
    expect(await assigned(step)).toEqual([clientId, definition.Name, container]);
  });

  test('other clouds are chosen first', async () => {
    const endpoint = 'https://account1.blob.core.usgovcloudapi.net';
    for (const request of [source, target]) {
      for (const step of guide(request, { endpoint })) {
        const { calls } = await pasted(step);
        expect(calls[0]).toEqual(['cloud', 'set', '--name', 'AzureUSGovernment']);
        expect(calls.filter(([first]) => first === 'cloud')).toHaveLength(1);
      }
    }
    expect(guide(source, { endpoint: 'https://account1.blob.core.chinacloudapi.cn' })[0]?.content).toContain(
      'AzureChinaCloud',
    );
  });
});

const server = await serverOf('azurite');
describe('SAS tokens', () => {
  const sharedKey = new StorageSharedKeyCredential(server.accountName, server.accountKey);
  const signal = new AbortController().signal;
  const generated = async (request: GuideRequest, more: object = {}) => {
    const steps = guide(request, { credentials: 'SAS', ...more });
    return command((await pasted(stepOf(steps, 'SAS token'))).calls, 'storage container generate-sas');
  };

  test('are of the container, for https, and end', async () => {
    const call = await generated(source);
    expect(option(call, '--account-name')).toEqual(['account1']);
    expect(option(call, '--name')).toEqual(['my-container']);
    expect(option(call, '--expiry')).toEqual(['2026-06-30T12:34Z']);
    expect(call).toContain('--https-only');
    expect(call).not.toContain('--blob-endpoint');
    expect(call).not.toContain('--ip');
  });

  test('are bound to an address that is the only one', async () => {
    expect(option(await generated({ ...source, addresses: ['192.0.2.7'] }), '--ip')).toEqual(['192.0.2.7']);
    for (const addresses of [['192.0.2.0/24'], ['192.0.2.7', '192.0.2.8'], ['2001:db8::7']]) {
      expect(await generated({ ...source, addresses })).not.toContain('--ip');
    }
  });

  test('at an endpoint of its own', async () => {
    const call = await generated(source, { endpoint: 'http://127.0.0.1:10000/account1' });
    expect(option(call, '--blob-endpoint')).toEqual(['http://127.0.0.1:10000/account1']);
    expect(call).not.toContain('--https-only');
  });

  test('the account is needed', () => {
    const steps = guide(source, {
      credentials: 'SAS',
      accountName: undefined,
      endpoint: 'https://media.example.com',
    });
    expect(titles(steps)).toEqual(['The account']);
  });

  const rights: [name: string, request: GuideRequest, allowed: string[]][] = [
    ['source', source, ['list', 'read']],
    ['target', target, ['write', 'overwrite']],
    ['target with deletion', { ...target, canDeleteObjects: true }, ['write', 'overwrite', 'remove']],
  ];
  test.each(rights)('%s: suffices, and forbids the rest, on a server', async (_, request, allowed) => {
    const containerName = `guide-${randomUUID()}`;
    const container = new BlobServiceClient(server.endpoint, sharedKey).getContainerClient(containerName);
    await container.create();
    await container.getBlockBlobClient('in.txt').upload('content', 7);
    const [permissions = ''] = option(await generated(request), '--permissions');
    const values = {
      containerName,
      permissions: ContainerSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + 60_000),
      version: '2025-11-05',
    };
    const sasToken = generateBlobSASQueryParameters(values, sharedKey).toString();
    const settings = azureBlobProvider.settings.parse({
      container: containerName,
      endpoint: server.endpoint,
      credentials: 'SAS',
    });
    await azureBlobProvider.check?.(settings, { sasToken }, testEnvironment());
    const store = openStore(azureBlobProvider, settings, { sasToken }, testEnvironment(), { attempts: 1 });
    await store.authenticate(signal);
    const body = Buffer.from('{}');
    const options = { contentType: 'application/json', signal };
    const verbs = {
      list: () => store.list({ recursive: true, signal })[Symbol.asyncIterator]().next(),
      read: async () => (await store.read('in.txt', { signal })).stream.destroy(),
      write: () => store.write('new.json', body, options),
      overwrite: () => store.write('new.json', body, options),
      remove: () => store.remove('in.txt', signal),
    };
    const outcome: Record<string, string> = {};
    for (const [name, verb] of Object.entries(verbs)) {
      outcome[name] = await verb().then(
        () => 'ok',
        (error: { code: string }) => error.code,
      );
    }
    expect(outcome).toEqual(
      Object.fromEntries(
        Object.keys(verbs).map((name) => [name, allowed.includes(name) ? 'ok' : 'FORBIDDEN']),
      ),
    );
    await container.delete();
  });
});

describe('account keys', () => {
  test('are printed', async () => {
    const steps = guide(source, { credentials: 'ACCOUNT_KEY' });
    expect(titles(steps)).toEqual(['Account key']);
    const call = command((await pasted(stepOf(steps, 'Account key'))).calls, 'storage account keys list');
    expect(option(call, '--account-name')).toEqual(['account1']);
    expect(option(call, '--query')).toEqual(['[0].value']);
  });

  test('of the environment are set there', async () => {
    const steps = guide(target, { credentials: 'ENVIRONMENT' });
    const { environment } = await pasted(stepOf(steps, 'Account key in the environment'));
    expect(environment.split('\n')).toEqual(
      expect.arrayContaining(['AZURE_BLOB_ACCOUNT_NAME=account1', 'AZURE_BLOB_ACCOUNT_KEY=the-key']),
    );
    const nameless = guide(target, { credentials: 'ENVIRONMENT', accountName: undefined });
    expect(nameless[0]?.content).toContain('AZURE_BLOB_ACCOUNT_NAME');
  });
});

describe('firewall', () => {
  const addresses = ['192.0.2.7/32', '198.51.100.0/24', '2001:db8::/32'];

  test('lets in the addresses, then refuses the rest', async () => {
    const { calls } = await pasted(stepOf(guide({ ...target, addresses }), 'Firewall'));
    expect(calls.map((call) => option(call, '--ip-address'))).toEqual([
      ['192.0.2.7'],
      ['198.51.100.0/24'],
      [],
    ]);
    expect(option(calls[2], '--default-action')).toEqual(['Deny']);
    for (const call of calls) expect(call).toContain('account1');
  });

  test('is not shown where browsers fetch from anywhere', () => {
    expect(titles(guide({ ...source, addresses })).join()).not.toContain('Firewall');
    expect(titles(guide({ ...source, addresses, presign: false })).join()).toContain('Firewall');
    expect(titles(guide({ ...source, addresses }, { credentials: 'SAS' })).join()).toContain('Firewall');
    expect(titles(guide(target)).join()).not.toContain('Firewall');
  });
});

describe('CORS', () => {
  const origins = ['https://labels.example.com', "https://it's.example.com"];
  const own = (steps: SetupStep[]) => titles(steps).filter((title) => title.startsWith('CORS'));

  test('the command and the template say the same', async () => {
    const steps = guide({ ...source, origins });
    expect(own(steps)).toEqual(['CORS rule: by command', 'CORS rule: by template']);
    const { calls } = await pasted(stepOf(steps, 'CORS rule: by command'));
    const call = command(calls, 'storage cors add');
    const { properties } = JSON.parse(stepOf(steps, 'CORS rule: by template').content);
    expect(properties.cors.corsRules).toEqual([
      {
        allowedOrigins: option(call, '--origins'),
        allowedMethods: option(call, '--methods'),
        allowedHeaders: option(call, '--allowed-headers'),
        exposedHeaders: option(call, '--exposed-headers'),
        maxAgeInSeconds: Number(option(call, '--max-age')[0]),
      },
    ]);
    expect(option(call, '--origins')).toEqual(origins);
    expect(option(call, '--services')).toEqual(['b']);
    expect(option(call, '--account-name')).toEqual(['account1']);
  });

  test('only where browsers use signed URLs', () => {
    expect(own(guide(source))).toEqual([]);
    expect(own(guide({ ...source, origins, presign: false }))).toEqual([]);
    expect(own(guide({ ...target, origins }))).toEqual([]);
    expect(own(guide({ ...source, origins }, { credentials: 'SAS' }))).toEqual([]);
    expect(own(guide({ ...source, origins }, { credentials: 'ACCOUNT_KEY' }))).toHaveLength(2);
  });

  test('lets a page of the origin read a signed URL, and no other page, on a server', async () => {
    const { endpoint, accountName, accountKey } = await serverOf('azurite');
    const service = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(accountName, accountKey));
    const container = service.getContainerClient(`cors-${randomUUID()}`);
    await container.create();
    await container.getBlockBlobClient('object.txt').upload('content', 7);
    const { properties } = JSON.parse(
      stepOf(guide({ ...source, origins }), 'CORS rule: by template').content,
    );
    const cors = properties.cors.corsRules.map((rule: Record<string, string[]>) => ({
      ...Object.fromEntries(
        Object.entries(rule).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
      ),
    }));
    await service.setProperties({ cors });
    const settings = azureBlobProvider.settings.parse({
      container: container.containerName,
      endpoint,
      credentials: 'ACCOUNT_KEY',
    });
    const store = openStore(azureBlobProvider, settings, { accountKey }, testEnvironment());
    const { signal } = new AbortController();
    const { url } = await store.presign('object.txt', { ttlSeconds: 60, signal });
    const visit = async (origin: string, init: RequestInit = {}) => {
      const { status, headers, body } = await fetch(url, { ...init, headers: { origin, ...init.headers } });
      await body?.cancel();
      return {
        status,
        allowed: headers.get('access-control-allow-origin'),
        exposed: headers.get('access-control-expose-headers') ?? '',
      };
    };
    const ranged = { headers: { range: 'bytes=0-1' } };
    const preflight = {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' },
    };
    expect(await visit(origins[0]!)).toMatchObject({ status: 200, allowed: origins[0] });
    expect(await visit(origins[0]!, { method: 'HEAD' })).toMatchObject({ status: 200, allowed: origins[0] });
    const part = await visit(origins[0]!, ranged);
    expect(part).toMatchObject({ status: 206, allowed: origins[0] });
    expect(part.exposed.toLowerCase()).toContain('content-range');
    expect(await visit(origins[0]!, preflight)).toMatchObject({ status: 200, allowed: origins[0] });
    expect((await visit('https://evil.example.com')).allowed).toBeNull();
    expect((await visit('https://evil.example.com', preflight)).status).toBe(403);
    await service.setProperties({ cors: [] });
    await container.delete();
  });
});

test('nothing is left to fill in, and no secret is shown', () => {
  const requests = [
    source,
    target,
    { ...source, origins: ['https://x.example.com'], addresses: ['192.0.2.7'] },
  ];
  const kinds = [{}, { credentials: 'SAS' }, { credentials: 'ACCOUNT_KEY' }, { credentials: 'ENVIRONMENT' }];
  for (const request of requests) {
    for (const kind of kinds) {
      for (const { content, explanation } of guide(request, kind)) {
        expect(content).not.toMatch(/<[a-z]|YOUR|SCOPE|undefined|\.\.\./);
        expect(explanation).not.toMatch(/undefined/);
        expect(content).toContain(content.startsWith('{') ? 'https://x.example.com' : 'account1');
      }
    }
  }
});
