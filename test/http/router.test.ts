import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { createRouter, type Route, sendText } from '../../src/api/router.ts';
import { listen } from '../../src/api/server.ts';
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  ProviderError,
  UnauthenticatedError,
  ValidationError,
} from '../../src/errors.ts';
import { createLogger } from '../../src/observability/log.ts';
import { unlimited } from '../../src/organizations/model.ts';

const providerError = (code: 'OBJECT_NOT_FOUND' | 'WRONG_CREDENTIALS') =>
  new ProviderError({ code, message: 'It failed.', hint: '', retryable: false });
const failures: Record<string, [error: unknown, status: number, code: string]> = {
  validation: [new ValidationError([{ path: 'a', message: 'Wrong.' }]), 400, 'VALIDATION_FAILED'],
  unauthenticated: [new UnauthenticatedError(), 401, 'UNAUTHENTICATED'],
  forbidden: [new ForbiddenError('No.'), 403, 'FORBIDDEN'],
  missing: [new NotFoundError('sync', 1), 404, 'NOT_FOUND'],
  conflict: [new ConflictError('SYNC_ENDED', 'Not now.'), 409, 'SYNC_ENDED'],
  object: [providerError('OBJECT_NOT_FOUND'), 404, 'OBJECT_NOT_FOUND'],
  storage: [providerError('WRONG_CREDENTIALS'), 502, 'WRONG_CREDENTIALS'],
  unexpected: [new TypeError('a secret place: /root/x.ts'), 500, 'INTERNAL_ERROR'],
};

const lines: string[] = [];
const log = createLogger('debug', { write: (line: string) => void lines.push(line) });
const viewer = { userId: 1, organizationId: 1, role: 'OWNER', tokenId: 1, ...unlimited } as const;
async function authenticate(header: string | null | undefined) {
  if (!header) return null;
  if (header !== 'Bearer good') throw new UnauthenticatedError();
  return viewer;
}
let left: Promise<unknown> = Promise.resolve();

const routes: Route[] = [
  {
    method: 'GET',
    head: true,
    pattern: /^\/things\/(?<id>\d+)$/,
    who: 'anyone',
    handle: ({ response, params, query }) => sendText(response, 200, `${params.id} ${query.get('q')}`),
  },
  {
    method: 'POST',
    pattern: /^\/things\/(?<id>\d+)$/,
    who: 'anyone',
    handle: ({ response }) => void response.end(),
  },
  {
    method: 'GET',
    pattern: /^\/mine$/,
    who: 'viewer',
    handle: ({ response, viewer: { role } }) => sendText(response, 200, role),
  },
  {
    method: 'GET',
    pattern: /^\/fails\/(?<how>\w+)$/,
    who: 'anyone',
    handle({ params }) {
      throw failures[params.how!]![0];
    },
  },
  {
    method: 'GET',
    pattern: /^\/slow$/,
    who: 'anyone',
    async handle({ response, signal }) {
      left = once(signal, 'abort');
      response.write('begun');
      await left;
      throw signal.reason;
    },
  },
];
const server = await listen({ host: '127.0.0.1', port: 0 }, createRouter(routes, { authenticate, log }));
afterAll(() => server.close());

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test('parameters and query reach the handler; HEAD is a GET without its body', async () => {
  expect(await ask('/things/7?q=x')).toMatchObject({ status: 200, text: '7 x' });
  expect(await ask('/things/7?q=x', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('404 where nothing is; 405 names what there is', async () => {
  for (const path of ['/', '/things', '/things/x', '/things/7/', '//things/7', '/THINGS/7', '/things/%37'])
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  const { status, headers, text } = await ask('/things/7', { method: 'DELETE' });
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  expect(JSON.parse(text)).toEqual({ code: 'METHOD_NOT_ALLOWED', message: 'Expected GET, HEAD, POST.' });
  expect((await ask('/mine', { method: 'HEAD' })).headers.get('allow')).toBe('GET');
});

test('a route for viewers lets nobody else in', async () => {
  const none = await ask('/mine');
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await ask('/mine', { headers: { authorization: 'Bearer bad' } })).status).toBe(401);
  expect(await ask('/mine', { headers: { authorization: 'Bearer good' } })).toMatchObject({
    status: 200,
    text: 'OWNER',
  });
});

test.each(Object.entries(failures))('%s: status and code by the one table', async (how, [, status, code]) => {
  const answer = await ask(`/fails/${how}`);
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
  expect(Object.keys(JSON.parse(answer.text)).sort()).toEqual(['code', 'message']);
  expect(answer.text).not.toContain('/root');
});

test('the request id stands in the response, in the answer to what was unexpected, and in each log line', async () => {
  lines.length = 0;
  const { headers, text } = await ask('/fails/unexpected');
  const id = headers.get('x-request-id')!;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(text).toContain(id);
  await expect.poll(() => lines.length).toBe(2);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ requestId: id });
});

test('a handler hears that its client is gone', async () => {
  const request = httpRequest(`${server.url}/slow`).end();
  const [response] = await once(request, 'response');
  await once(response, 'data');
  request.destroy();
  await left;
});

test('bodies beyond the limit are refused before anything reads them', async () => {
  const request = httpRequest(`${server.url}/things/7`, {
    method: 'POST',
    headers: { 'content-length': 2 ** 30 },
  });
  request.flushHeaders();
  const [response] = await once(request, 'response');
  expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
  request.destroy();
});
