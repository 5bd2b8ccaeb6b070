import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { launchBrowser } from '../support/browser.ts';
import { TypedDocumentString } from '../support/generated/graphql.ts';

/** What each network profile shows of the API to people in a browser, and to programs over every transport. */
const development = await testApp({ worker: 'none' });
/** Though an operator has asked for both. */
const open = { GRAPHIQL: 'true', INTROSPECTION: 'true' };
const hardened = await testApp({ worker: 'none', settings: { NETWORK_PROFILE: 'hardened', ...open } });
const profiles = [
  ['development', development, true],
  ['hardened', hardened, false],
] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Opens a page. @returns the status, and what it has made the browser ask for beside itself */
async function visit(url: string) {
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
  const response = await page.goto(url);
  return { page, status: response!.status(), asked };
}

describe('GraphiQL in a browser', () => {
  test('development: it is there and knows the schema', async () => {
    const { page, status } = await visit(`${development.url}/graphql#token=${development.owner.token}`);
    expect(status).toBe(200);
    await page.locator('.graphiql-tab-button').first().waitFor();
    await page.getByRole('button', { name: /Documentation Explorer/ }).click();
    await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor();
    await page.close();
  });

  test.each(['/graphql', '/graphql?query={__typename}', '/graphql/', '/graphql/entry', '/graphiql', '/'])(
    'hardened: nothing is at %s',
    async (path) => {
      const { page, status, asked } = await visit(`${hardened.url}${path}`);
      expect([404, 405]).toContain(status);
      expect(await page.locator('script, link, [class*=graphiql]').count()).toBe(0);
      expect(JSON.parse(await page.locator('body').innerText())).toEqual({
        ...{ code: expect.any(String), message: expect.any(String) },
      });
      // Browsers ask for a picture by themselves.
      expect(asked.filter((request) => !request.endsWith('/favicon.ico'))).toHaveLength(1);
      await page.close();
    },
  );

  test('no code lets a browser in where there is no page', () => {
    expect(development.app.entryCode('token')).not.toBeNull();
    expect(hardened.app.entryCode('token')).toBeNull();
  });
});

const nothing: object = {};
const document = (text: string) => new TypedDocumentString<Record<string, unknown>, object>(text);

describe.each(profiles)('introspection, %s', (_profile, it, shown) => {
  const queries = [
    '{ __schema { queryType { name } } }',
    '{ __type(name: "Query") { name } }',
    'query Q { a: __schema { types { name } } }',
    'query Q { ...F } fragment F on Query { __schema { types { name } } }',
    '{ viewer { role } __type(name: "Viewer") { fields { name } } }',
  ];
  const ask = {
    HTTP: (text: string) => it.owner.send(document(text), nothing),
    'server-sent events': async (text: string) => (await it.owner.sse(document(text), nothing).next()).value!,
    WebSocket: (text: string) =>
      it.owner
        .webSocket(document(text), nothing)
        .next()
        .then(
          ({ value }) => value!,
          (errors) => ({ errors, data: undefined }),
        ),
  };

  test.each(Object.entries(ask))('over %s', async (_transport, send) => {
    for (const text of queries) {
      const { data, errors } = await send(text);
      const told = errors?.map(({ message }: { message: string }) => message);
      if (shown) expect([text, told]).toEqual([text, undefined]);
      else expect([text, told, data]).toEqual([text, ['Introspection is switched off here.'], undefined]);
    }
    expect(await send('{ __typename viewer { __typename } }')).toMatchObject({
      data: { __typename: 'Query', viewer: { __typename: 'Viewer' } },
    });
  });

  test('without a token', async () => {
    const { data, errors } = await it.client(null).send(document(queries[0]!), nothing);
    expect([data !== undefined, errors === undefined]).toEqual([shown, shown]);
  });

  test('by GET', async () => {
    const { status } = await it.owner.fetch(`/graphql?query=${encodeURIComponent(queries[0]!)}`);
    expect(status).toBe(shown ? 200 : 405);
  });
});

const create = 'mutation ($input: CreateStorageInput!) { createStorage(input: $input) { __typename } }';
const input = { projectId: 'x', provider: { localFiles: { path: '/x' } }, settings: { source: {} } };

/** Names that are nearly right. */
const misspelled: Record<string, [text: string, variables: Record<string, unknown>]> = {
  'a field': ['{ projectz { totalCount } }', {}],
  'a field of a type within': ['{ viewer { rol } }', {}],
  'an argument': ['{ projects(frist: 1) { totalCount } }', {}],
  'a type of a variable': ['query ($id: IDD) { __typename }', {}],
  'a type of a fragment': ['{ __typename ... on Queryy { viewer { role } } }', {}],
  'a directive': ['{ __typename @skipp(if: true) }', {}],
  'a field of an input, in the document': [
    'mutation { createProject(input: { titel: "x", title: "x" }) { __typename } }',
    {},
  ],
  'a value of an enum, in the document': [
    'mutation { inviteMember(input: { email: "a@b.example", role: ANNOTATER }) { __typename } }',
    {},
  ],
  'a field of an input, in variables': [create, { input: { ...input, projectIdd: 'x' } }],
  'a field within, in variables': [create, { input: { ...input, settings: { source: { filtr: 'x' } } } }],
  'a value of an enum, in variables': [
    'mutation ($role: Role!) { inviteMember(input: { email: "a@b.example", role: $role }) { __typename } }',
    { role: 'ANNOTATER' },
  ],
};

describe('names that are nearly right, hardened: no hint at others', () => {
  const it = hardened;
  test.each(Object.entries(misspelled))('%s', async (_name, [text, variables]) => {
    const overHttp = await it.owner.send(document(text), variables);
    const overWebSocket = await it.owner
      .webSocket(document(text), variables)
      .next()
      .then(
        ({ value }) => value,
        (errors) => ({ errors }),
      );
    for (const { errors } of [overHttp, overWebSocket!]) {
      const said = errors!.map(({ message }: { message: string }) => message).join('\n');
      expect(said).not.toBe('');
      expect(said).not.toMatch(/did you mean/i);
    }
  });
});

test('development: names that are nearly right are hinted at', async () => {
  for (const name of ['a field', 'an argument', 'a field within, in variables']) {
    const { errors } = await development.owner.send(document(misspelled[name]![0]), misspelled[name]![1]);
    expect(errors![0]!.message).toContain('Did you mean');
  }
});
