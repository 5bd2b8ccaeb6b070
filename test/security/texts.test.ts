import { describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';

/** Texts that no database can hold are wrong input, wherever they come; and pages say how they may be used. */
const it = await testApp({ worker: 'none' });
const project = await it.owner.project();

const bad: [string, string][] = [
  ['a NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800'],
  ['the other half', '\udc00'],
  ['a million characters and more', 'x'.repeat((1 << 20) + 1)],
];

describe.each(bad)('%s', (_name, text) => {
  test('in a title, a description, a label config, nested in a provider', async () => {
    const ask = async (mutation: string, input: object) => {
      const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) {
        __typename ... on ValidationError { fields { path } } } }`;
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables: { input } });
      return JSON.parse((await it.owner.fetch('/graphql', { method: 'POST', headers, body })).text);
    };
    const s3 = { bucket: 'b', region: text, credentials: { default: true } };
    for (const [mutation, input] of [
      ['createProject', { title: text }],
      ['createProject', { title: 'a', description: text }],
      ['createProject', { title: 'a', labelConfig: text }],
      ['updateProject', { projectId: project, title: text }],
      ['createApiToken', { title: text }],
      ['createStorage', { projectId: project, settings: { source: {} }, provider: { s3 } }],
    ] as const) {
      expect([mutation, (await ask(mutation, input)).data?.[mutation].__typename]).toEqual([
        mutation,
        'ValidationError',
      ]);
    }
  });
});

test('in the document itself', async () => {
  const query = 'mutation { createProject(input: { title: "a\\u0000" }) { __typename } }';
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
  expect((await it.owner.fetch('/graphql', init)).text).toContain('ValidationError');
});

test('well-formed text of any script is taken', async () => {
  const title = '标注 📷 \u{10FFFF} e\u0301';
  const { createProject } = await it.owner.run(documents.CreateProject, { input: { title } });
  expect(createProject.__typename).toBe('CreateProjectSuccess');
});

test('GraphiQL is in no frame, and tells nobody where it is', async () => {
  const page = await it.client(null).fetch('/graphql', { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toBe("frame-ancestors 'none'");
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
});

test('the report answers GET and HEAD alone', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, headers } = await it.owner.fetch('/syncs/1/report.csv', { method });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  }
});
