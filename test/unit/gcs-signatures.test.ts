import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Signer, signUrl } from '../../src/providers/gcs/signed-url.ts';
import { verifySignedUrl } from '../servers/gcs-signatures.ts';

interface Vector {
  description: string;
  method: string;
  timestamp: string;
  expiration: string;
  expectedUrl: string;
  headers?: Record<string, string>;
}
const vectors: { clientEmail: string; privateKey: string; cases: Vector[] } = JSON.parse(
  await readFile(new URL('../servers/gcs-v4-vectors.json', import.meta.url), 'utf8'),
);
const privateKey = createPrivateKey(vectors.privateKey);
const publicKey = createPublicKey(privateKey);
const keysOf = (email: string) => (email === vectors.clientEmail ? [publicKey] : []);

/** The request that a client makes of a vector's URL. */
function requestOf(
  { expectedUrl, method, headers = {} }: Vector,
  change: (target: string) => string = (t) => t,
) {
  const { host, pathname, search } = new URL(expectedUrl);
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { method, target: change(pathname + search), headers: { host, ...lower } };
}
const signedAt = ({ timestamp }: Vector) => new Date(timestamp);
const vector = (description: string) =>
  vectors.cases.find((one) => one.description === description) ?? expect.fail(`No vector "${description}".`);

describe('the verifier of the test server, by Google’s published vectors', () => {
  test.each(vectors.cases)('$description', (one) => {
    expect(verifySignedUrl(requestOf(one), keysOf, signedAt(one))).toEqual({ email: vectors.clientEmail });
  });

  test.each(vectors.cases)('$description: another method, host, path, header or signature', (one) => {
    const now = signedAt(one);
    const refused = { status: 403, code: 'SignatureDoesNotMatch' };
    const request = requestOf(one);
    const method = one.method === 'GET' ? 'HEAD' : 'GET';
    expect(verifySignedUrl({ ...request, method }, keysOf, now)).toMatchObject(refused);
    const elsewhere = { ...request.headers, host: 'storage.googleapis.com:444' };
    expect(verifySignedUrl({ ...request, headers: elsewhere }, keysOf, now)).toMatchObject(refused);
    const other = (from: string, to: string) => requestOf(one, (target) => target.replace(from, to));
    expect(verifySignedUrl(other('/test-bucket', '/test-bucket3'), keysOf, now)).toMatchObject(refused);
    expect(verifySignedUrl(other(/.$/.exec(one.expectedUrl)![0], '!'), keysOf, now)).not.toHaveProperty(
      'email',
    );
    expect(verifySignedUrl(other('X-Goog-Expires=', 'X-Goog-Expires=1'), keysOf, now)).toMatchObject(refused);
    const smuggled = { ...request.headers, 'x-goog-copy-source': 'another' };
    expect(verifySignedUrl({ ...request, headers: smuggled }, keysOf, now)).toMatchObject(refused);
    expect(verifySignedUrl(request, () => [], now)).toMatchObject(refused);
  });

  test('time', () => {
    const one = vector('Simple GET');
    const at = (seconds: number) =>
      verifySignedUrl(requestOf(one), keysOf, new Date(signedAt(one).getTime() + seconds * 1000));
    expect(at(10)).toHaveProperty('email');
    expect(at(11)).toMatchObject({ status: 400, code: 'ExpiredToken' });
    expect(at(-3600)).toMatchObject({ status: 403 });
  });

  test('what is no signed URL', () => {
    const one = vector('Simple GET');
    for (const [from, to] of [
      ['GOOG4-RSA-SHA256', 'GOOG4-NONE'],
      ['X-Goog-Expires=10', 'X-Goog-Expires=604801'],
      ['X-Goog-SignedHeaders=host', 'X-Goog-SignedHeaders='],
      ['goog4_request', 'goog5_request'],
      ['X-Goog-Date=20190201', 'X-Goog-Date=20190202'],
    ] as const) {
      const request = requestOf(one, (target) => target.replace(from, to));
      expect(verifySignedUrl(request, keysOf, signedAt(one)), to).toMatchObject({ status: 400 });
    }
    expect(verifySignedUrl({ method: 'GET', target: '/b/o', headers: {} }, keysOf, new Date())).toMatchObject(
      {
        status: 400,
      },
    );
  });
});

describe('our signer', () => {
  const signer: Signer = {
    email: vectors.clientEmail,
    sign: async (data) => sign('RSA-SHA256', Buffer.from(data), privateKey),
    longestTtlSeconds: 604_800,
  };
  const urlOf = (key: string, endpoint = 'https://storage.googleapis.com', bucket = 'test-bucket') =>
    signUrl({ endpoint, bucket, key }, { signer, ttlSeconds: 10, now: new Date('2019-02-01T09:00:00Z') });

  test.each([
    ['Simple GET', 'test-bucket', 'test-object'],
    ['Vary bucket and object', 'test-bucket2', 'test-object2'],
    ['Vary expiration and timestamp', 'test-bucket', 'test-object'],
    [
      'Forward Slashes should not be stripped',
      'test-bucket',
      '/path/with/slashes/under_score/amper&sand/file.ext',
    ],
  ])('gives the URL of "%s" to the letter', async (description, bucket, key) => {
    const one = vector(description);
    const url = await signUrl(
      { endpoint: 'https://storage.googleapis.com', bucket, key },
      { signer, ttlSeconds: Number(one.expiration), now: signedAt(one) },
    );
    expect(url).toBe(one.expectedUrl);
  });

  test.each(['path/with/slashes/under_score/amper&sand/file.ext', "all ! ' ( ) * ~ % + ? # ; = @", 'ö/🏷'])(
    'is verified for %s',
    async (key) => {
      const { pathname, search, host } = new URL(await urlOf(key));
      const request = { method: 'GET', target: pathname + search, headers: { host } };
      expect(verifySignedUrl(request, keysOf, new Date('2019-02-01T09:00:05Z'))).toEqual({
        email: signer.email,
      });
      expect(decodeURIComponent(pathname)).toBe(`/test-bucket/${key}`);
    },
  );

  test('signs the host as it is sent, with its port', async () => {
    const { pathname, search, host } = new URL(await urlOf('a', 'http://127.0.0.1:4443'));
    expect(host).toBe('127.0.0.1:4443');
    const request = { method: 'GET', target: pathname + search, headers: { host } };
    expect(verifySignedUrl(request, keysOf, new Date('2019-02-01T09:00:05Z'))).toHaveProperty('email');
  });
});
