import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Case } from '../conformance.ts';
import { bodyText, bytes, keysOf, oddNames, pattern } from './content.ts';

/** As a browser would: no credentials, no cookies, redirects not followed. */
async function visit(url: string | URL, init: RequestInit = {}): Promise<{ status: number; body: Buffer }> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(20_000), ...init });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

function refused({ status }: { status: number }, what: string): void {
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
}

/** The URL with one query parameter changed; fails when there is none of that name. */
function changed(url: string, name: RegExp, change: (value: string) => string): URL {
  const result = new URL(url);
  const found = [...result.searchParams].find(([parameter]) => name.test(parameter));
  if (!found) expect.fail(`No parameter like ${name} in the presigned URL.`);
  result.searchParams.set(found[0], change(found[1]));
  return result;
}

const flip = (value: string) => {
  const middle = value.length >> 1;
  return value.slice(0, middle) + (value[middle] === '0' ? '1' : '0') + value.slice(middle + 1);
};

/** A later expiry: more seconds (X-Amz-Expires, X-Goog-Expires) or a later date (Azure's se). */
const later = (value: string) =>
  /^\d+$/.test(value) ? String(Number(value) + 60) : value.replace(/^\d{4}/, (y) => `${+y + 1}`);

export const presignCases = {
  'presign: GET gives the bytes': async (t) => {
    const content = pattern(100_000);
    await t.put(t.key('object.bin'), content);
    const before = Date.now();
    const { url, expiresAt } = await t.store.presign(t.key('object.bin'), {
      ttlSeconds: 300,
      signal: t.signal,
    });
    const { status, body } = await visit(url);
    expect(status).toBe(200);
    expect(body.equals(content)).toBe(true);
    // Signing times are whole seconds at all providers.
    expect(expiresAt.getTime()).toBeGreaterThan(before + 297_000);
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 301_000);
  },

  'presign: ranged GET gives the part': async (t) => {
    const content = pattern(100_000);
    await t.put(t.key('object.bin'), content);
    const { url } = await t.store.presign(t.key('object.bin'), { ttlSeconds: 300, signal: t.signal });
    const { status, body } = await visit(url, { headers: { range: 'bytes=1000-1999' } });
    expect(status).toBe(206);
    expect(body.equals(content.subarray(1000, 2000))).toBe(true);
  },

  'presign: odd keys': async (t) => {
    for (const name of oddNames) {
      await t.put(t.key(name), bytes(name));
      const { url } = await t.store.presign(t.key(name), { ttlSeconds: 300, signal: t.signal });
      const { status, body } = await visit(url);
      expect([status, body.toString()], name).toEqual([200, name]);
    }
  },

  'presign: expired URL is refused': async (t) => {
    await t.put(t.key('object.txt'), bytes('secret content'));
    const { url } = await t.store.presign(t.key('object.txt'), { ttlSeconds: 2, signal: t.signal });
    let answer = await visit(url);
    for (let tries = 0; answer.status === 200 && tries < 40; tries++) {
      await sleep(500);
      answer = await visit(url);
    }
    refused(answer, 'after its time');
    expect(answer.body.toString()).not.toContain('secret content');
  },

  'presign: tampered URL is refused': async (t) => {
    await t.put(t.key('object.txt'), bytes('secret content'));
    const { url } = await t.store.presign(t.key('object.txt'), { ttlSeconds: 300, signal: t.signal });
    refused(await visit(changed(url, /^(sig|.*signature)$/i, flip)), 'another signature');
    refused(await visit(changed(url, /^(se|.*expires)$/i, later)), 'a later expiry');
  },

  'presign: PUT and DELETE are refused': async (t) => {
    const key = t.key('object.txt');
    await t.put(key, bytes('content'));
    const { url } = await t.store.presign(key, { ttlSeconds: 300, signal: t.signal });
    refused(
      await visit(url, { method: 'PUT', body: 'mine', headers: { 'x-ms-blob-type': 'BlockBlob' } }),
      'PUT',
    );
    refused(await visit(url, { method: 'DELETE' }), 'DELETE');
    expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe('content');
    expect(await keysOf(t)).toEqual([key]);
  },

  'presign: another key is refused': async (t) => {
    await t.put(t.key('one.txt'), bytes('one'));
    await t.put(t.key('two.txt'), bytes('secret content'));
    const { url } = await t.store.presign(t.key('one.txt'), { ttlSeconds: 300, signal: t.signal });
    const other = new URL(url);
    other.pathname = other.pathname.replace('one.txt', 'two.txt');
    expect(other.href).not.toBe(url);
    const answer = await visit(other);
    refused(answer, 'the same signature for another key');
    expect(answer.body.toString()).not.toContain('secret content');
  },
} satisfies Record<string, Case>;
