import { describe, expect, test } from 'vitest';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { testEnvironment } from '../support/environment.ts';

const { settings: schema, secrets, location, check, uri, keyOf } = azureBlobProvider;
const minimal = { container: 'my-container', credentials: 'ACCOUNT_KEY', accountName: 'account1' };
const principal = {
  container: 'my-container',
  accountName: 'account1',
  credentials: 'SERVICE_PRINCIPAL',
  tenantId: 'contoso.onmicrosoft.com',
  clientId: '11111111-2222-3333-4444-555555555555',
};
const parse = (more: object = {}) => schema.parse({ ...minimal, ...more });
const environment = testEnvironment();

/** Paths and messages of what is wrong. */
function issues(more: object, base: object = minimal): string[] {
  const result = schema.safeParse({ ...base, ...more });
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('settings', () => {
  test('defaults', () => {
    expect(parse()).toEqual({ ...minimal, prefix: '' });
  });

  test.each(['abc', 'a-b-1', '1a2', 'x'.repeat(63), '$web'])('container %s', (container) => {
    expect(parse({ container }).container).toBe(container);
  });

  test.each([
    '',
    'ab',
    'x'.repeat(64),
    'My-Container',
    'a_b',
    '-ab',
    'ab-',
    'a--b',
    'a.b',
    'a/b',
    'https://account1.blob.core.windows.net/abc',
    'a b',
    'äöü',
    '$root$',
  ])('no container: %j', (container) => {
    expect(issues({ container })).toEqual([
      expect.stringMatching(/^container: expected a container name .*, got "/),
    ]);
  });

  test('prefix is normalised', () => {
    expect(parse({ prefix: '/a/b//' }).prefix).toBe('a/b/');
  });

  test.each([
    ['https://account1.blob.core.windows.net', 'https://account1.blob.core.windows.net'],
    [' HTTPS://Account1.Blob.Core.Windows.net:443/ ', 'https://account1.blob.core.windows.net'],
    ['https://account1.blob.core.usgovcloudapi.net', 'https://account1.blob.core.usgovcloudapi.net'],
    ['http://127.0.0.1:10000/account1', 'http://127.0.0.1:10000/account1'],
    ['http://[::1]:10000/account1/', 'http://[::1]:10000/account1'],
    ['https://media.example.com', 'https://media.example.com'],
  ])('endpoint %s', (endpoint, kept) => {
    expect(parse({ endpoint }).endpoint).toBe(kept);
  });

  test.each([
    'account1.blob.core.windows.net',
    'ftp://account1.blob.core.windows.net',
    'gopher://127.0.0.1',
    'file:///etc/passwd',
    'http://127.0.0.1:10000/account1/container',
    'http://127.0.0.1:10000/Account',
    'https://',
    '',
    'DefaultEndpointsProtocol=https;AccountName=account1;EndpointSuffix=core.windows.net',
  ])('no endpoint: %j', (endpoint) => {
    expect(issues({ endpoint })).toEqual([
      expect.stringContaining('endpoint: expected an http or https address'),
    ]);
  });

  test.each([
    ['https://user:hunter2hunter2@media.example.com', 'hunter2'],
    ['https://account1.blob.core.windows.net/my-container?sv=1&sig=hunter2', 'hunter2'],
    ['https://account1.blob.core.windows.net/#hunter2', 'hunter2'],
  ])('what an endpoint should not hold is refused and not repeated: %s', (endpoint, secret) => {
    const found = issues({ endpoint });
    expect(found).toEqual([expect.stringContaining('endpoint: expected an address without credentials')]);
    expect(found.join()).not.toContain(secret);
  });

  test.each(['container', 'endpoint', 'accountName', 'credentials'])(
    'what the portal gives to copy is not repeated: in %s',
    (field) => {
      const connection = 'DefaultEndpointsProtocol=https;AccountName=account1;AccountKey=hunter2';
      for (const pasted of [connection, 'https://account1.blob.core.windows.net/c?sv=1&sig=hunter2'])
        expect(issues({ [field]: pasted }).join()).toMatch(/^(?!.*hunter2).*expected/);
    },
  );

  test('the endpoint of Data Lake, or with the container, is told from the right one', () => {
    expect(issues({ endpoint: 'https://account1.dfs.core.windows.net' })).toEqual([
      expect.stringContaining('Data Lake'),
    ]);
    expect(issues({ endpoint: 'https://account1.blob.core.windows.net/container1' })).toEqual([
      expect.stringContaining('the container has its own field'),
    ]);
  });

  test.each(['ab', 'x'.repeat(25), 'Account', 'my-account', 'account1.blob.core.windows.net', 'a/b', ''])(
    'no account name: %j',
    (accountName) => {
      expect(issues({ accountName })).toContainEqual(
        expect.stringMatching(/^accountName: expected an account name/),
      );
    },
  );

  test('the account is named once, or twice alike', () => {
    const unnamed = { ...minimal, accountName: undefined };
    expect(issues({}, unnamed)).toEqual([expect.stringMatching(/^accountName: expected/)]);
    for (const endpoint of ['https://account1.blob.core.windows.net', 'http://127.0.0.1:10000/account1']) {
      expect(issues({ endpoint })).toEqual([]);
      expect(issues({ endpoint }, unnamed)).toEqual([]);
      expect(issues({ endpoint, accountName: 'account2' })).toEqual([
        'accountName: expected "account1", the account of the endpoint, got "account2"',
      ]);
    }
    const custom = { endpoint: 'https://media.example.com' };
    expect(issues(custom, unnamed)).toEqual([expect.stringMatching(/^accountName: /)]);
    expect(issues({ ...custom, credentials: 'SAS' }, unnamed)).toEqual([]);
    expect(issues({ credentials: 'SAS' }, unnamed)).toEqual([expect.stringMatching(/^accountName: /)]);
    expect(issues({ credentials: 'ENVIRONMENT' }, unnamed)).toEqual([]);
  });

  test('unknown settings are refused, secrets and connection strings among them', () => {
    for (const name of ['accountKey', 'sasToken', 'connectionString'])
      expect(issues({ [name]: 'x' })).toHaveLength(1);
  });
});

describe('service principal', () => {
  test('is complete', () => {
    expect(schema.parse(principal)).toEqual({ ...principal, prefix: '' });
    expect(issues({ tenantId: undefined, clientId: undefined }, principal)).toEqual([
      expect.stringMatching(/^credentials\.servicePrincipal\.tenantId: expected/),
      expect.stringMatching(/^credentials\.servicePrincipal\.clientId: expected/),
    ]);
  });

  test.each(['a/../b', 'a?b', 'a b', '-a', '..', 'x'.repeat(200)])('no tenant: %j', (tenantId) => {
    expect(issues({ tenantId }, principal)).toEqual([expect.stringMatching(/tenantId: expected/)]);
  });

  test('goes with https only, for its token is shown to the endpoint', () => {
    const endpoint = 'http://127.0.0.1:10000/account1';
    expect(issues({ endpoint }, principal)).toEqual([expect.stringMatching(/^endpoint: expected https/)]);
  });

  test.each([
    'http://login.microsoftonline.com',
    'https://login.microsoftonline.com/tenant',
    'https://login.microsoftonline.com/?a=b',
    'login.microsoftonline.com',
    'file:///etc/passwd',
    'https://user:hunter2@login.microsoftonline.com',
  ])('no authority host: %s', (authorityHost) => {
    const found = issues({ authorityHost }, principal);
    expect(found).toEqual([
      expect.stringContaining('credentials.servicePrincipal.authorityHost: expected an https address'),
    ]);
    expect(found.join()).not.toContain('hunter2');
  });

  test('an authority host is kept as its origin', () => {
    const authorityHost = ' HTTPS://Login.MicrosoftOnline.US:443/ ';
    expect(schema.parse({ ...principal, authorityHost }).authorityHost).toBe(
      'https://login.microsoftonline.us',
    );
  });

  test('its fields go with no other credentials', () => {
    for (const credentials of ['ACCOUNT_KEY', 'ENVIRONMENT', 'SAS']) {
      expect(issues({ credentials }, principal)).toEqual([
        'credentials.servicePrincipal: expected none beside other credentials',
      ]);
    }
  });
});

test('no credentials at all', () => {
  expect(issues({ credentials: undefined })).toEqual([
    expect.stringContaining('credentials: expected exactly one of'),
  ]);
});

const key = Buffer.alloc(64, 7).toString('base64');
const sasOf = (more: string, base = 'sv=2025-11-05&sr=c&sp=rl') =>
  `${base}&${more}&sig=aHVudGVyMmh1bnRlcjI%3D`;
const later = 'se=2099-01-01T00:00:00Z';

describe('secrets', () => {
  test('are taken without the spaces and question mark around them', () => {
    expect(secrets.parse({ accountKey: ` ${key}\n` })).toEqual({ accountKey: key });
    expect(secrets.parse({ sasToken: ` ?${sasOf(later)} ` })).toEqual({ sasToken: sasOf(later) });
    expect(secrets.parse({ clientSecret: 'a~b.C_d' })).toEqual({ clientSecret: 'a~b.C_d' });
    expect(secrets.parse({})).toEqual({});
  });

  test.each([
    [{ accountKey: 'hunter2' }, 'Base64'],
    [{ accountKey: `${key}hunter2` }, 'Base64'],
    [{ accountKey: `AccountName=a;AccountKey=${key}` }, 'connection string'],
    [{ sasToken: 'hunter2' }, 'SAS token like'],
    [{ sasToken: 'sv=2025-11-05&sig=hunter2' }, 'SAS token like'],
    [{ sasToken: 'sv=2025-11-05&se=2099-01-01' }, 'SAS token like'],
    [{ sasToken: sasOf('se=never') }, 'SAS token like'],
    [{ sasToken: `https://account1.blob.core.windows.net/c?${sasOf(later)}` }, 'behind its "?"'],
    [{ clientSecret: 'hunter2\r\nx: y' }, 'client secret'],
    [{ connectionString: 'hunter2' }, 'connectionString'],
  ])('%# are refused and not repeated', (given, expected) => {
    const { error } = secrets.safeParse(given);
    const found = (error?.issues ?? []).map(({ message }) => message).join('\n');
    expect(found).toContain(expected);
    expect(found).not.toMatch(/hunter2|aHVudGVyMg|BwcHBwcH/);
  });
});

describe('check', () => {
  /** What is wrong, or what the settings have become. */
  async function checked(settings: object, given: object, env: Record<string, string> = {}) {
    try {
      return await check?.(schema.parse({ ...minimal, ...settings }), secrets.parse(given), {
        ...environment,
        env,
      });
    } catch (error) {
      const { fields, code, hint } = error as { fields?: unknown[]; code: string; hint: string };
      return fields ?? { code, hint };
    }
  }

  test('each kind needs its secret', async () => {
    expect(await checked({}, {})).toEqual([
      { path: 'credentials.accountKey.accountKey', message: expect.stringContaining('got nothing') },
    ]);
    expect(await checked(principal, { accountKey: key })).toEqual([
      { path: 'credentials.servicePrincipal.clientSecret', message: expect.stringContaining('got nothing') },
    ]);
    expect(await checked({ credentials: 'SAS' }, { accountKey: key })).toEqual([
      { path: 'credentials.sas.sasToken', message: expect.stringContaining('got nothing') },
    ]);
    expect(await checked({}, { accountKey: key })).toEqual(parse());
  });

  const endpoint = 'http://127.0.0.1:10000/account1';
  test.each([
    [later, undefined],
    [`st=2020-01-01&${later}&spr=https`, undefined],
    ['si=policy', undefined],
    ['se=2020-01-01T00:00:00Z', 'expired at 2020-01-01'],
    [`st=2098-01-01&${later}`, 'starts at 2098-01-01'],
  ])('SAS token with %s', async (more, problem) => {
    const found = await checked({ credentials: 'SAS' }, { sasToken: sasOf(more) });
    if (problem === undefined) expect(found).toEqual(parse({ credentials: 'SAS' }));
    else
      expect(found).toEqual([
        { path: 'credentials.sas.sasToken', message: expect.stringContaining(problem) },
      ]);
  });

  test.each([
    ['sv=1&sr=b&sp=r', 'single blob'],
    ['sv=1&ss=fq&srt=sco&sp=rl', 'Blob service'],
    ['sv=1&ss=bf&srt=s&sp=rl', 'containers and objects'],
    ['sv=1&ss=bf&srt=o&sp=rl', 'containers and objects'],
    ['sv=1&sr=c&sp=rd', 'with neither'],
    ['sv=1&sr=c&sp=rl&spr=https', 'https only'],
  ])('SAS token %s', async (base, problem) => {
    const found = await checked({ credentials: 'SAS', endpoint }, { sasToken: sasOf(later, base) });
    expect(found).toEqual([{ path: 'credentials.sas.sasToken', message: expect.stringContaining(problem) }]);
  });

  test.each([
    'sv=1&ss=b&srt=co&sp=l',
    'sv=1&ss=bqtf&srt=sco&sp=rwdl',
    'sv=1&sr=c&sp=cw',
    'sv=1&sr=d&sdd=1&sp=rl',
  ])('SAS token %s will do', async (base) => {
    const found = await checked({ credentials: 'SAS', endpoint }, { sasToken: sasOf(later, base) });
    expect(found).toEqual(parse({ credentials: 'SAS', endpoint }));
  });

  test("the environment's account is kept with the storage", async () => {
    const env = { AZURE_BLOB_ACCOUNT_NAME: 'account7', AZURE_BLOB_ACCOUNT_KEY: key };
    const own = { credentials: 'ENVIRONMENT', accountName: undefined };
    expect(await checked(own, {}, env)).toEqual(parse({ ...own, accountName: 'account7' }));
    expect(await checked({ ...own, accountName: 'account7' }, {}, env)).toMatchObject({
      accountName: 'account7',
    });
    const names = expect.stringContaining('AZURE_BLOB_ACCOUNT_NAME and AZURE_BLOB_ACCOUNT_KEY');
    const unavailable = { code: 'CREDENTIALS_UNAVAILABLE', hint: names };
    expect(await checked(own, {}, {})).toEqual(unavailable);
    expect(await checked({ ...own, accountName: 'account8' }, {}, env)).toEqual(unavailable);
    expect(await checked({ ...own, endpoint }, {}, env)).toEqual(unavailable);
  });
});

describe('location', () => {
  const containerOf = (more: object = {}) => location(parse(more), environment).container;

  test('is the account and container, however they are spelled', () => {
    const canonical = 'azure-blob://account1.blob.core.windows.net/my-container';
    expect(containerOf()).toBe(canonical);
    for (const endpoint of [
      'https://account1.blob.core.windows.net/',
      'http://account1.blob.core.windows.net',
      'https://ACCOUNT1.blob.core.windows.net:443',
    ]) {
      expect(containerOf({ endpoint })).toBe(canonical);
    }
    expect(location(schema.parse(principal), environment).container).toBe(canonical);
  });

  test('tells other accounts, hosts, ports and containers apart', () => {
    const all = [
      {},
      { accountName: 'account2' },
      { container: 'another' },
      { endpoint: 'https://account1.blob.core.usgovcloudapi.net' },
      { endpoint: 'http://127.0.0.1:10000/account1' },
      { endpoint: 'http://127.0.0.1:10001/account1' },
      { endpoint: 'http://127.0.0.1:10000/account2', accountName: 'account2' },
    ].map(containerOf);
    expect(new Set(all).size).toBe(all.length);
  });

  test('by the environment', () => {
    const own = parse({ credentials: 'ENVIRONMENT', accountName: undefined });
    const env = { AZURE_BLOB_ACCOUNT_NAME: 'account7', AZURE_BLOB_ACCOUNT_KEY: key };
    expect(location(own, { ...environment, env }).container).toBe(
      'azure-blob://account7.blob.core.windows.net/my-container',
    );
    expect(() => location(own, environment)).toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_UNAVAILABLE' }),
    );
  });

  test('the prefix is that of the settings', () => {
    expect(location(parse({ prefix: 'a/b' }), environment).prefix).toBe('a/b/');
  });
});

test('URIs name a key, and only of this container', () => {
  const settings = parse();
  for (const name of ['a', 'a b/ü?#%41.txt', '/leading', 'x'.repeat(1024)]) {
    expect(uri(settings, name)).toBe(`azure-blob://my-container/${name}`);
    expect(keyOf(settings, uri(settings, name))).toBe(name);
  }
  for (const foreign of [
    'azure-blob://my-container/',
    'azure-blob://my-container',
    'azure-blob://my-container2/a',
    'azure-blob://other/a',
    's3://my-container/a',
  ]) {
    expect(keyOf(settings, foreign)).toBeUndefined();
  }
});

test('where secrets are sent to binds them', () => {
  const authority = 'credentials.servicePrincipal.authorityHost';
  expect(azureBlobProvider.secretsBoundTo).toEqual([
    'endpoint',
    'accountName',
    'container',
    'tlsCa',
    authority,
  ]);
});
