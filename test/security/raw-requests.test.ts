import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';

/** Request lines and headers that no client sends: no answer names a file, a line or a library. */
const it = await testApp({ worker: 'none' });
const { port } = new URL(it.url);

async function send(text: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.setTimeout(3_000, () => socket.destroy());
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.end(text);
  await once(socket, 'close');
  return answer;
}

const body = '{"query":"{ __typename }"}';
const post = (host: string, more = '') =>
  `POST /graphql HTTP/1.1\r\nHost: ${host}\r\n${more}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
const hosts = [
  '[',
  ']',
  '[::',
  'a b',
  'a@b',
  '%',
  '%00',
  'a/b',
  'a?b',
  'a#b',
  '\\',
  'x:99999999',
  ':',
  'é',
  '[::1',
  'a:b:c',
  ' ',
  '',
  '<x>',
  '"',
];
const lines = [
  '//',
  '///graphql',
  '/graphql?%',
  '/graphql?query=%ff',
  '*',
  'http://[',
  'http://a b/',
  '/%',
  '/\\',
  '/graphql#x',
  `/${'a'.repeat(9_000)}`,
  '/..',
  '//[/graphql',
  '/tasks/%00/resolve',
  '/storages/1/notifications?token=%',
  '/syncs/1/report.csv?%',
];
const headers = [
  'Authorization: Bearer \t',
  'Accept: [',
  `Accept: ${'a/'.repeat(2_000)}`,
  'Content-Type: ;',
  'Transfer-Encoding: x',
  'Content-Encoding: x',
  'Expect: x',
  'Upgrade: websocket\r\nConnection: upgrade',
  'Origin: [',
  'X-Forwarded-Host: [',
  'Range: [',
  'Cookie: [',
];

const revealing =
  /node_modules|\.[cm]?[jt]s\b|node:|\bat .*:\d+:\d+|whatwg|yoga|graphql-js|pothos|\/work|\/root|(?<!syntax )error:/i;

test.each([
  ...hosts.map((host) => [`Host: ${host}`, post(host)]),
  ...lines.map((line) => [
    line.slice(0, 40),
    `GET ${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  ]),
  ...headers.map((header) => [header.slice(0, 40), post('localhost', `${header}\r\n`)]),
  ['no host', 'GET /graphql HTTP/1.1\r\n\r\n'],
  ['no HTTP', 'hello\r\n\r\n'],
  ['another version', 'GET / HTTP/9.9\r\n\r\n'],
])('%s', async (_name, text) => {
  const answer = await send(text);
  expect(answer).not.toMatch(revealing);
  expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  expect((await fetch(`${it.url}/health`)).status).toBe(200);
});
