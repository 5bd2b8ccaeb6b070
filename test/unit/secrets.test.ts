import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, LongshoreError } from '../../src/errors.ts';
import { redact, registerSecret } from '../../src/security/redact.ts';
import { createSecretBox, loadOrCreateKeyFile, parseKeys } from '../../src/security/secrets.ts';
import { createToken, hashToken } from '../../src/security/tokens.ts';

const canary = 'canary-secret-7f3a';
const newKey = () => randomBytes(32).toString('base64');
const boxOf = (...keys: string[]) => createSecretBox(parseKeys(keys.join(',')));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'longshore-secrets-'));
});
afterAll(() => rm(directory, { recursive: true }));

function failure(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('did not fail');
}

function expectUnreadable(run: () => unknown) {
  const error = failure(run);
  expect(error).toBeInstanceOf(LongshoreError);
  expect(error).toMatchObject({ code: 'SECRET_UNREADABLE' });
  expect(inspect(error, { depth: 5 })).not.toContain(canary);
}

describe('secret box', () => {
  test('opens what it sealed, whatever the content', () => {
    const box = boxOf(newKey());
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (plain, context) => {
        const stored = JSON.parse(JSON.stringify(plain));
        expect(box.open(box.seal(plain, context), context)).toEqual(stored);
      }),
    );
  });

  test('shows version and key id, nothing of the content, and never the same twice', () => {
    const keys = parseKeys(newKey());
    const box = createSecretBox(keys);
    const sealed = box.seal({ password: canary }, 'storage:1');
    expect(sealed).toMatch(new RegExp(`^v1\\.${keys.primary}\\.[\\w-]{16}\\.[\\w-]+$`));
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').includes(canary)).toBe(false);
    expect(box.seal({ password: canary }, 'storage:1')).not.toBe(sealed);
  });

  test('any changed character makes it unreadable', () => {
    const box = boxOf(newKey());
    const sealed = box.seal({ password: canary }, 'storage:1');
    for (let at = 0; at < sealed.length; at++) {
      // The last character of base64url may hold bits that belong to no byte: change them all.
      const other = sealed[at] === '!' ? '?' : '!';
      expectUnreadable(() => box.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'storage:1'));
    }
    const [version, id, iv = '', content = ''] = sealed.split('.');
    for (const part of [iv, content]) {
      const bytes = Buffer.from(part, 'base64url');
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes);
        flipped[at] = bytes[at]! ^ 1;
        const parts =
          part === iv ? [flipped.toString('base64url'), content] : [iv, flipped.toString('base64url')];
        expectUnreadable(() => box.open([version, id, ...parts].join('.'), 'storage:1'));
      }
    }
    for (const cut of [
      '',
      'v1',
      `v1.${id}.${iv}.`,
      `v1.${id}..${content}`,
      `${sealed}.x`,
      sealed.slice(0, -4),
      `v2${sealed.slice(2)}`,
    ]) {
      expectUnreadable(() => box.open(cut, 'storage:1'));
    }
  });

  test('does not open in another context', () => {
    const box = boxOf(newKey());
    expectUnreadable(() => box.open(box.seal({ password: canary }, 'storage:1'), 'storage:2'));
  });

  test('another key does not open it, even under the same id', () => {
    const mine = parseKeys(newKey());
    const sealed = createSecretBox(mine).seal({ password: canary }, 'storage:1');
    expectUnreadable(() => boxOf(newKey()).open(sealed, 'storage:1'));
    const forged = { keys: [{ id: mine.primary, key: randomBytes(32) }], primary: mine.primary };
    expectUnreadable(() => createSecretBox(forged).open(sealed, 'storage:1'));
  });

  test('rotation: old values open, new ones are sealed by the first key', () => {
    const [oldKey, key] = [newKey(), newKey()];
    const sealed = boxOf(oldKey).seal({ a: 1 }, 'storage:1');
    const box = boxOf(key, oldKey);
    const again = box.seal(box.open(sealed, 'storage:1'), 'storage:1');
    expect(again.split('.')[1]).toBe(box.primary);
    expect(boxOf(key).open(again, 'storage:1')).toEqual({ a: 1 });
  });

  test('a primary key that is not there is refused', () => {
    expect(() => createSecretBox({ ...parseKeys(newKey()), primary: '00000000' })).toThrow(ConfigError);
  });
});

describe('ENCRYPTION_KEYS', () => {
  test('base64, base64url and hex of one key are the same key', () => {
    // Bytes whose base64 has both characters that base64url writes otherwise.
    const key = Buffer.concat([Buffer.from([0xfb, 0xef, 0xff]), randomBytes(29)]);
    const texts = [
      key.toString('base64'),
      key.toString('base64url'),
      key.toString('hex'),
      key.toString('hex').toUpperCase(),
    ];
    for (const text of texts)
      expect(parseKeys(` ${text} `).keys).toEqual([{ id: parseKeys(texts[0]!).primary, key }]);
    // SHA-256 of 32 zero bytes begins with 66687aad.
    expect(parseKeys('0'.repeat(64)).primary).toBe('66687aad');
  });

  test.each([
    '',
    ',',
    'short',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('hex'),
    'g'.repeat(64),
  ])('not a key: "%s"', (text) => {
    const error = failure(() => parseKeys(text));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('ENCRYPTION_KEYS');
    expect(error.message).toContain('openssl rand');
    if (text.length > 5) expect(error.message).not.toContain(text);
  });
});

describe('key file', () => {
  test('is made once, private, and read again', async () => {
    const path = join(directory, 'new', 'encryption-key');
    const keys = await loadOrCreateKeyFile(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadOrCreateKeyFile(path)).toEqual(keys);
    expect(await readdir(join(directory, 'new'))).toEqual(['encryption-key']);
  });

  test('made by many at once it is one and the same', async () => {
    const path = join(directory, 'many', 'encryption-key');
    const rings = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKeyFile(path)));
    expect(new Set(rings.map(({ primary }) => primary)).size).toBe(1);
    expect(await readdir(join(directory, 'many'))).toEqual(['encryption-key']);
  });

  test('of two installations are different: neither reads the other', async () => {
    const one = createSecretBox(await loadOrCreateKeyFile(join(directory, 'one')));
    const two = createSecretBox(await loadOrCreateKeyFile(join(directory, 'two')));
    expectUnreadable(() => two.open(one.seal({ password: canary }, 'storage:1'), 'storage:1'));
    expectUnreadable(() => one.open(two.seal({ password: canary }, 'storage:1'), 'storage:1'));
  });

  test.each([0o640, 0o604, 0o660, 0o644])('with mode %o is refused', async (mode) => {
    const path = join(directory, `open-${mode}`);
    await loadOrCreateKeyFile(path);
    await chmod(path, mode);
    await expect(loadOrCreateKeyFile(path)).rejects.toThrow(`run "chmod 600 ${path}"`);
  });

  test('that is broken or in an impossible place is named', async () => {
    const path = join(directory, 'broken');
    await writeFile(path, 'nonsense', { mode: 0o600 });
    await expect(loadOrCreateKeyFile(path)).rejects.toThrow(ConfigError);
    await expect(loadOrCreateKeyFile(path)).rejects.toThrow(path);
    expect(await readFile(path, 'utf8')).toBe('nonsense');
    await expect(loadOrCreateKeyFile(join(path, 'below'))).rejects.toThrow(ConfigError);
  });
});

test('tokens are random, recognisable and found by their hash', () => {
  const { token, hash, hint } = createToken();
  expect(token).toMatch(/^ls_[\w-]{43}$/);
  expect(hash).toEqual(hashToken(token));
  expect(token.endsWith(hint)).toBe(true);
  expect(hint).toHaveLength(4);
  expect(createToken().token).not.toBe(token);
  // FIPS 180-2, appendix B.1.
  expect(hashToken('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

describe('redact', () => {
  const shown = (value: unknown) => JSON.stringify(redact(value));

  test.each([
    'password',
    'secretAccessKey',
    'SECRET_ACCESS_KEY',
    'session-token',
    'accountKey',
    'apiKey',
    'encryptionKeys',
    'Authorization',
    'credentials',
    'sas',
    'sasToken',
    'X-Amz-Signature',
    'sig',
    'connectionString',
    'set-cookie',
    'privateKey',
    'clientSecret',
  ])('the field %s', (name) => {
    for (const value of [canary, { a: canary }, [canary], Buffer.from(canary)]) {
      expect(shown({ deep: [{ [name]: value }] })).toBe(`{"deep":[{"${name}":"[redacted]"}]}`);
    }
  });

  test('leaves what is no secret', () => {
    const value = {
      key: 'a/b.json',
      keys: ['c'],
      hasSecretAccessKey: true,
      keyTemplate: 'x',
      count: 3,
      none: null,
      passed: 'yes',
      assigned: 'to',
      signal: 'x',
      at: 'token expired',
    };
    expect(redact(value)).toEqual(value);
    expect(redact({ big: 2n ** 60n, bytes: new Uint8Array(3) })).toEqual({
      big: String(2n ** 60n),
      bytes: '[3 bytes]',
    });
  });

  test.each([
    `postgres://user:${canary}@host/db`,
    `redis://:${canary}@host:6379`,
    `https://b.s3.amazonaws.com/k?X-Amz-Credential=${canary}&X-Amz-Signature=${canary}`,
    `https://a.blob.core.windows.net/c/k?sv=1&sig=${canary}%3D`,
    `https://storage.googleapis.com/b/k?X-Goog-Signature=${canary}`,
    `authorization: Bearer ${canary}`,
  ])('inside the text %s', (text) => {
    expect(shown([text])).not.toContain(canary);
    expect(shown([text])).toContain('[redacted]');
    expect(shown(new Error(text, { cause: { text } }))).not.toContain(canary);
  });

  test('our own tokens and registered secrets, also in errors, maps and names of fields', () => {
    const { token } = createToken();
    registerSecret('registered-canary');
    registerSecret('a');
    const error = new Error(`at registered-canary ${token}`, { cause: new Error('registered-canary') });
    const text = shown({ error, map: new Map([['registered-canary', new Set(['registered-canary'])]]) });
    expect(text).not.toContain('registered-canary');
    expect(text).not.toContain(token);
    expect(text).toContain('"name":"Error"');
    expect(text).toContain('map');
  });

  test('errors stay errors of their class', () => {
    class CodedError extends Error {
      override name = 'CodedError';
      readonly code = 'E1';
      readonly password = canary;
      get fixed() {
        return 1;
      }
    }
    const copy = redact(new CodedError(`at redis://:${canary}@host`, { cause: new TypeError('inner') }));
    expect(copy).toBeInstanceOf(CodedError);
    expect(copy).toMatchObject({
      name: 'CodedError',
      code: 'E1',
      message: 'at redis://:[redacted]@host',
      password: '[redacted]',
    });
    expect((copy as Error).cause).toBeInstanceOf(TypeError);
    expect((copy as Error).stack).toContain('secrets.test.ts');
    expect(inspect(copy)).not.toContain(canary);
  });

  test('ends on cycles and great depth', () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle.self = cycle;
    expect(redact(cycle)).toEqual({ a: 1, self: '[omitted]' });
    let deep: object = { password: canary };
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(shown(deep)).not.toContain(canary);
  });
});
