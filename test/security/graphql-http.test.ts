import { request } from 'node:http';
import { auditServer } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import { openMemory } from '../support/memory.ts';

/** GraphQL over HTTP: what is taken, what is refused before it runs, and what errors say. */
const secretText = 'SELECT password FROM inside_of_the_service';
const memory = openMemory({}, (provider) => ({
  ...provider,
  uri() {
    throw new Error(secretText);
  },
}));
const it = await testApp({ registry: memory.registry });
const { owner } = it;
const MUTATION = 'mutation { createProject(input: { title: "Forged" }) { __typename } }';
const json = { 'content-type': 'application/json' };
const send = (body: unknown, headers: Record<string, string> = json) =>
  owner.fetch('/graphql', {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const errorOf = ({ text }: { text: string }) => JSON.parse(text).errors[0];

test('the official audit: every MUST and every SHOULD', async () => {
  const results = await auditServer({ url: `${it.url}/graphql` });
  expect(results.length).toBeGreaterThan(50);
  const failed = results.filter(({ status, name }) => status !== 'ok' && !name.startsWith('MAY'));
  expect(failed.map(({ id, name }) => `${id} ${name}`)).toEqual([]);
});

describe('refused before anything runs', () => {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: MUTATION }));
  form.set('map', '{}');
  const bodies: Record<string, RequestInit> = {
    'a form, as any web page may send it': { body: new URLSearchParams({ query: MUTATION }) },
    'a form with files': { body: form },
    'plain text': { body: JSON.stringify({ query: MUTATION }), headers: { 'content-type': 'text/plain' } },
    'no content type': { body: new Blob([JSON.stringify({ query: MUTATION })]) },
    'the bare document': { body: MUTATION, headers: { 'content-type': 'application/graphql' } },
    'JSON by another name': {
      body: JSON.stringify({ query: MUTATION }),
      headers: { 'content-type': 'text/json, application/json' },
    },
  };
  test.each(Object.entries(bodies))('%s', async (_name, init) => {
    const before = await it.sql`SELECT count(*) FROM projects`;
    expect(await owner.fetch('/graphql', { method: 'POST', ...init })).toMatchObject({ status: 415 });
    expect(await it.sql`SELECT count(*) FROM projects`).toEqual(before);
  });

  test('a mutation by GET', async () => {
    const answer = await owner.fetch(`/graphql?query=${encodeURIComponent(MUTATION)}`);
    expect(answer).toMatchObject({ status: 405 });
    expect(errorOf(answer).message).toBe('Can only perform a mutation operation from a POST request.');
    expect(await it.sql`SELECT 1 FROM projects WHERE title = 'Forged'`).toHaveLength(0);
  });

  test('several operations at once', async () => {
    expect(await send([{ query: '{ __typename }' }, { query: MUTATION }])).toMatchObject({ status: 400 });
  });

  test('a body of more than 4 MiB, announced or not', async () => {
    const body = JSON.stringify({ query: `#${'x'.repeat(5_000_000)}\n{ __typename }` });
    expect(await send(body)).toMatchObject({
      status: 413,
      text: expect.stringContaining('The body may hold at most 4194304 bytes.'),
    });
    const cut = new Promise<number | string>((resolve) => {
      const headers = { ...json, 'transfer-encoding': 'chunked' };
      const sent = request(`${it.url}/graphql`, { method: 'POST', headers }, ({ statusCode }) =>
        resolve(statusCode!),
      );
      sent.on('error', ({ message }) => resolve(message));
      sent.end(body);
    });
    expect(await cut).not.toBe(200);
    expect((await send({ query: '{ __typename }' })).status).toBe(200);
  });

  test.each([
    ['20,000 open braces', '{'.repeat(20_000), /Syntax Error/],
    [
      '20,000 nested fields',
      `${'{a'.repeat(20_000)}${'}'.repeat(20_000)}`,
      /nested too deeply|more than (5000 tokens|100000 characters)/,
    ],
    [
      '20,000 nested lists',
      `{node(id:${'['.repeat(20_000)}`,
      /nested too deeply|more than (5000 tokens|100000 characters)/,
    ],
    [
      '20,000 aliases',
      `{${Array.from({ length: 20_000 }, (_, index) => `a${index}:__typename `).join('')}}`,
      /more than (5000 tokens|100000 characters)/,
    ],
    [
      '20,000 directives',
      `{__typename ${'@include(if:true) '.repeat(20_000)}}`,
      /more than (5000 tokens|100000 characters)/,
    ],
  ])('a document of %s', async (_name, query, message) => {
    const answer = await send({ query });
    expect(errorOf(answer)).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    });
  });

  test('fragments that fan out to 2^18 fields end as the one field that they are', async () => {
    const fragments = Array.from(
      { length: 18 },
      (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
    );
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F18 on Query { __typename }`;
    expect(JSON.parse((await send({ query })).text)).toEqual({ data: { __typename: 'Query' } });
  });

  test('variables nested 200,000 deep, and a body that is no JSON', async () => {
    const deep = `{"query":"{__typename}","variables":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    expect((await send(deep)).status).toBeLessThan(500);
    const canary = it.canary('in-a-broken-body');
    const broken = await send(`{"query": "${canary}`);
    expect(broken.status).toBe(400);
    expect(errorOf(broken)).toEqual({
      message: 'POST body sent invalid JSON.',
      extensions: { code: 'BAD_REQUEST' },
    });
  });
});

describe('who may ask', () => {
  const viewer = { query: '{ viewer { role } }' };
  const ask = (token: string | null, header?: string) =>
    it.client(token).fetch('/graphql', {
      method: 'POST',
      headers: { ...json, ...(header !== undefined && { authorization: header }) },
      body: JSON.stringify(viewer),
    });

  test('with a token, by either name', async () => {
    for (const scheme of ['Bearer', 'Token', 'bearer', 'TOKEN']) {
      const answer = await ask(null, `${scheme} ${owner.token}`);
      expect(JSON.parse(answer.text).data).toEqual({ viewer: { role: 'OWNER' } });
    }
  });

  test('without one: a GraphQL error', async () => {
    const answer = await ask(null);
    expect(JSON.parse(answer.text)).toMatchObject({
      data: null,
      errors: [
        {
          message: 'Send a token: "Authorization: Bearer <token>".',
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ],
    });
  });

  test.each(['Bearer wrong', 'Basic YTpi', 'Bearer', 'garbage', `Bearer ls_${'x'.repeat(43)}`])(
    'with "%s": 401, before anything runs',
    async (header) => {
      const answer = await ask(null, header);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(errorOf(answer).extensions).toEqual({ code: 'UNAUTHENTICATED' });
    },
  );

  test('a token is shown once, kept as a hash, and works until it is revoked or expires', async () => {
    const input = { title: 'Mine' };
    const created = as(
      (await owner.run(documents.CreateApiToken, { input })).createApiToken,
      'CreateApiTokenSuccess',
    );
    const { token, apiToken } = created;
    expect(apiToken).toMatchObject({
      title: 'Mine',
      hint: token.slice(-4),
      expiresAt: null,
      revokedAt: null,
    });
    expect(await it.sql`SELECT 1 FROM api_tokens t WHERE t::text LIKE ${`%${token.slice(3)}%`}`).toHaveLength(
      0,
    );
    const mine = it.client(token);
    expect((await mine.run(documents.WhoAmI)).viewer.apiTokens.nodes[0]).toMatchObject({ id: apiToken.id });

    const tokenId = apiToken.id;
    const revoked = (await mine.run(documents.RevokeApiToken, { input: { tokenId } })).revokeApiToken;
    expect(as(revoked, 'RevokeApiTokenSuccess').apiToken.revokedAt).not.toBeNull();
    expect((await ask(token)).status).toBe(401);
    expect((await owner.run(documents.RevokeApiToken, { input: { tokenId } })).revokeApiToken).toMatchObject({
      __typename: 'NotFoundError',
    });
  });

  test('a token that never could have worked is not made', async () => {
    for (const [input, path] of [
      [{ title: ' ' }, 'title'],
      [{ title: 'Late', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ] as const) {
      expect((await owner.run(documents.CreateApiToken, { input })).createApiToken).toMatchObject({
        __typename: 'ValidationError',
        fields: [{ path: [path] }],
      });
    }
  });
});

const StorageUri = graphql(/* GraphQL */ `
  query StorageUri($id: ID!) {
    storage(id: $id) {
      ... on ExternalStorage {
        title
        uri
      }
    }
  }
`);

describe('what errors say', () => {
  test('an error that nobody thought of: a reference, under which the log says more', async () => {
    const input = { projectId: await owner.project(), provider: memory.input(), settings: { source: {} } };
    const { text } = await send({
      query: `mutation ($input: CreateStorageInput!) { createStorage(input: $input) {
        ... on CreateStorageSuccess { storage { ... on ExternalStorage { id } } } } }`,
      variables: { input },
    });
    const { id } = JSON.parse(text).data.createStorage.storage;
    const { errors, data } = await owner.send(StorageUri, { id });
    expect(data?.storage ?? null).toBeNull();
    const { extensions, message, path } = errors![0]!;
    const reference = extensions!.reference as string;
    expect(message).toBe(
      `Something went wrong inside the service; its log says more under reference ${reference}.`,
    );
    expect({ extensions, path }).toEqual({
      extensions: { code: 'INTERNAL_ERROR', reference },
      path: ['storage', 'uri'],
    });
    expect(it.traffic.filter((answer) => answer.includes(secretText))).toEqual([]);
    const logged = it.logs.filter((line) => line.includes(reference));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(secretText);
  });

  test('a variable that does not fit: where, and what was expected, but not what came', async () => {
    const secretAccessKey = it.canary('secret-in-a-variable');
    const query = 'mutation ($input: CreateStorageInput!) { createStorage(input: $input) { __typename } }';
    const withS3 = (s3: object) => ({ projectId: 'x', settings: { source: {} }, provider: { s3 } });
    const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
    const wrong = [
      withS3({ bucket: 'b', credentials: { accessKey: keys, default: true } }),
      withS3({ bucket: 'b', credentials: { accessKey: { secretAccessKey } } }),
      withS3({ bucket: 'b', credentials: { accessKey: { ...keys, secretAccessKey: [secretAccessKey] } } }),
      withS3({ bucket: 'b', credentials: { accessKey: { ...keys, unknown: 1 } } }),
      withS3({ bucket: 'b', credentials: secretAccessKey }),
      secretAccessKey,
    ];
    for (const input of wrong) {
      const error = errorOf(await send({ query, variables: { input } }));
      expect(error.message).toMatch(/^Variable "\$input" has an invalid value/);
      expect(error.extensions).toEqual({ code: 'BAD_USER_INPUT' });
    }
  });

  test('the same in the document itself', async () => {
    const canary = it.canary('secret-in-a-document');
    for (const accessKey of [
      `{ secretAccessKey: "${canary}" }`,
      `["${canary}"]`,
      `{ accessKeyId: 1, secretAccessKey: ["${canary}"] }`,
    ]) {
      const query = `mutation { createStorage(input: { projectId: "x", settings: { source: {} },
        provider: { s3: { bucket: "b", credentials: { accessKey: ${accessKey} } } } }) { __typename } }`;
      expect(errorOf(await send({ query })).message).toMatch(/Expected value|cannot represent/);
    }
  });
});

describe('the hardened profile', async () => {
  const hard = await testApp({ worker: 'none', settings: { NETWORK_PROFILE: 'hardened' } });
  const ask = async (query: string) => {
    const init = { method: 'POST', headers: json, body: JSON.stringify({ query }) };
    return JSON.parse((await hard.owner.fetch('/graphql', init)).text);
  };

  test('introspection is off, names that do not exist get no suggestions', async () => {
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }']) {
      expect((await ask(query)).errors[0].message).toBe('Introspection is switched off here.');
    }
    expect((await ask('{ projectz { totalCount } }')).errors[0].message).toBe(
      'Cannot query field "projectz" on type "Query".',
    );
    expect((await ask('{ viewer { role __typename } }')).data.viewer.role).toBe('OWNER');
  });

  test('the official audit: all but what asks for introspection, or for queries by GET, which servers may refuse', async () => {
    const results = await auditServer({ url: `${hard.url}/graphql` });
    const failed = results.filter(({ status }) => status !== 'ok').map(({ id }) => id);
    const introspection = ['2EA1', '28B9', 'D6D5', '6A70'];
    expect(failed.sort()).toEqual([...introspection, '5A70'].sort());
  });
});

test('other paths, and whether the service is up', async () => {
  const anyone = it.client(null);
  expect(await anyone.fetch('/')).toMatchObject({ status: 404 });
  expect(await anyone.fetch('/health')).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await anyone.fetch('/ready')).toMatchObject({ status: 200, text: 'ready\n' });
  expect((await anyone.fetch('/health')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});
