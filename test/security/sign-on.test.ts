import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readConfig } from '../../src/config.ts';
import { testApp } from '../support/app.ts';

/** People whom a proxy in front has signed on, and whoever would like to be taken for one. */
const header = { SIGN_ON_HEADER: 'X-Forwarded-Email' };
const it = await testApp({ worker: 'none', settings: { ...header, SIGN_ON_PROXIES: '127.0.0.0/8' } });
const open = await testApp({ beside: it, worker: 'none', settings: { SIGN_ON_ROLE: 'ANNOTATOR' } });
const elsewhere = await testApp({
  beside: it,
  worker: 'none',
  settings: { SIGN_ON_PROXIES: '10.0.0.1, fd00::/8' },
});
const off = await testApp({ worker: 'none' });

const email = async (userId: number) =>
  (await it.sql`SELECT email FROM users WHERE id = ${userId}`)[0]!.email;
const { viewer: first } = await it.app.services.organizations.ensureFirst();
const owner: string = await email(first.userId);

/** Asks who is asking. Headers go as they stand, each as often as it stands there. */
async function whoami(url: string, headers: string[]): Promise<{ status: number; text: string }> {
  const { port } = new URL(url);
  const body = JSON.stringify({ query: '{ viewer { role user { email } } }' });
  const sent = [
    'host',
    `localhost:${port}`,
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
  ];
  const asking = request({ host: '127.0.0.1', port, method: 'POST', path: '/graphql' });
  for (let at = 0; at < headers.length; at += 2) asking.appendHeader(headers[at]!, headers[at + 1]!);
  for (let at = 0; at < sent.length; at += 2)
    if (!headers.includes(sent[at]!)) asking.setHeader(sent[at]!, sent[at + 1]!);
  asking.end(body);
  const [response] = await once(asking, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}
const refused = { status: 401, text: expect.stringContaining('UNAUTHENTICATED') };
const known = (address: string, role: string) => ({
  status: 200,
  text: expect.stringContaining(`"role":"${role}","user":{"email":"${address}"}`),
});

describe('by the proxy', () => {
  test('a member gets in, however the address is spelled; nobody without the header', async () => {
    expect(await whoami(it.url, ['x-forwarded-email', owner])).toEqual(known(owner, 'OWNER'));
    expect(await whoami(it.url, ['X-Forwarded-Email', ` ${owner.toUpperCase()} `])).toEqual(
      known(owner, 'OWNER'),
    );
    expect(await whoami(it.url, [])).toEqual(refused);
  });

  test('a token beside it counts for itself', async () => {
    const member = await it.member('MANAGER');
    const headers = ['x-forwarded-email', owner, 'authorization', `Bearer ${member.token}`];
    expect((await whoami(it.url, headers)).text).toContain('"role":"MANAGER"');
    expect(await whoami(it.url, ['x-forwarded-email', owner, 'authorization', 'Bearer wrong'])).toEqual(
      refused,
    );
  });

  test('whom nobody knows is refused, or made a member of the role that is set', async () => {
    expect(await whoami(it.url, ['x-forwarded-email', 'new@example.com'])).toEqual(refused);
    expect(await whoami(open.url, ['x-forwarded-email', 'new@example.com'])).toEqual(
      known('new@example.com', 'ANNOTATOR'),
    );
    const [entry] = await it.sql`SELECT address, changes FROM audit_log ORDER BY id DESC LIMIT 1`;
    expect(entry).toMatchObject({ address: '127.0.0.1', changes: { email: { after: 'new@example.com' } } });
  });

  test('whoever was removed stays out, and what was open ends', async () => {
    const headers = ['x-forwarded-email', 'former@example.com'];
    expect((await whoami(open.url, headers)).status).toBe(200);
    const [user] = await it.sql`SELECT id FROM users WHERE email = 'former@example.com'`;
    await it.app.services.members.remove(first, user!.id);
    expect(await whoami(open.url, headers)).toEqual(refused);
  });

  test('the token behind it is in nobody’s hands', async () => {
    await whoami(it.url, ['x-forwarded-email', owner]);
    for (const token of [
      `sign-on\0${first.organizationId}\0${owner}`,
      `sign-on${first.organizationId}${owner}`,
    ]) {
      expect(
        (
          await it.client(encodeURIComponent(token)).fetch('/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"query":"{ viewer { role } }"}',
          })
        ).status,
      ).toBe(401);
    }
  });

  test('over a WebSocket, but not for the page of another site', async () => {
    const socket = async (origin: string) => {
      const opened = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { 'x-forwarded-email': owner, origin },
      });
      const answer = Promise.race([
        once(opened, 'message').then(([data]) => JSON.parse(String(data)).type),
        once(opened, 'close').then(([code]) => code),
      ]);
      await once(opened, 'open');
      opened.send(JSON.stringify({ type: 'connection_init' }));
      const outcome = await answer;
      opened.terminate();
      return outcome;
    };
    expect(await socket(it.url)).toBe('connection_ack');
    expect(await socket('https://evil.example')).toBe(4403);
  });
});

describe('attacks', () => {
  test.each([
    ['two headers', ['x-forwarded-email', owner, 'x-forwarded-email', 'other@example.com']],
    ['two addresses in one', ['x-forwarded-email', `other@example.com, ${owner}`]],
    ['no address', ['x-forwarded-email', 'admin']],
    ['nothing in it', ['x-forwarded-email', '']],
    ['text that is no text', ['x-forwarded-email', 'a\u00ff@example.com']],
    ['the page of another site', ['x-forwarded-email', owner, 'origin', 'https://evil.example']],
    ['a form of another site', ['x-forwarded-email', owner, 'sec-fetch-site', 'cross-site']],
    ['a neighbor of the site', ['x-forwarded-email', owner, 'sec-fetch-site', 'same-site']],
  ])('%s', async (_, headers) => {
    expect(await whoami(it.url, headers)).toEqual(refused);
  });

  test.each([
    ['alone', []],
    ['with a chain of proxies', ['x-forwarded-for', '10.0.0.1']],
    [
      'with a chain that ends in the proxy',
      ['x-forwarded-for', '1.1.1.1, 10.0.0.1', 'forwarded', 'for=10.0.0.1', 'x-real-ip', '10.0.0.1'],
    ],
    ['with a token of one’s own', ['authorization', `Bearer ${it.owner.token}`]],
  ])('the header from another address, %s', async (_, more) => {
    expect(await whoami(elsewhere.url, ['x-forwarded-email', owner, ...more])).toEqual(refused);
  });

  test('where it is off, the header says nothing', async () => {
    expect(await whoami(off.url, ['x-forwarded-email', owner])).toEqual(refused);
  });
});

test.each([
  [{ SIGN_ON_HEADER: 'X-Email' }, 'SIGN_ON_PROXIES'],
  [{ SIGN_ON_PROXIES: '10.0.0.1' }, 'SIGN_ON_HEADER'],
  [{ SIGN_ON_ROLE: 'OWNER' }, 'SIGN_ON_HEADER'],
  [{ ...header, SIGN_ON_PROXIES: '0.0.0.0/0' }, 'SIGN_ON_PROXIES'],
  [{ ...header, SIGN_ON_PROXIES: 'proxy.example' }, 'SIGN_ON_PROXIES'],
  [{ ...header, SIGN_ON_PROXIES: '10.0.0.1/33' }, 'SIGN_ON_PROXIES'],
  [{ SIGN_ON_HEADER: 'Authorization', SIGN_ON_PROXIES: '10.0.0.1' }, 'SIGN_ON_HEADER'],
])('%o does not start', (settings, name) => {
  expect(() => readConfig(settings)).toThrow(name);
});
