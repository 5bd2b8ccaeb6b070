import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/providers/redis/connection.ts';
import { classifyRedis, failureOfRefusal } from '../../src/providers/redis/failures.ts';
import { refused } from '../../src/providers/redis/responses.ts';

/** Refusals as Redis 5 to 8 word them. */
const refusals: Record<string, string> = {
  'WRONGPASS invalid username-password pair or user is disabled.': 'WRONG_CREDENTIALS',
  'NOAUTH Authentication required.': 'WRONG_CREDENTIALS',
  'NOAUTH HELLO must be called with the client already authenticated': 'WRONG_CREDENTIALS',
  'ERR invalid password': 'WRONG_CREDENTIALS',
  'ERR Client sent AUTH, but no password is set': 'WRONG_CREDENTIALS',
  'ERR AUTH <password> called without any password configured for the default user.': 'WRONG_CREDENTIALS',
  "ERR wrong number of arguments for 'auth' command": 'WRONG_CREDENTIALS',
  "NOPERM this user has no permissions to run the 'set' command": 'FORBIDDEN',
  'NOPERM No permissions to access a key': 'FORBIDDEN',
  'DENIED Redis is running in protected mode': 'FORBIDDEN',
  "READONLY You can't write against a read only replica.": 'FORBIDDEN',
  'ERR DB index is out of range': 'CONTAINER_NOT_FOUND',
  'ERR invalid DB index': 'CONTAINER_NOT_FOUND',
  'ERR SELECT is not allowed in cluster mode': 'UNSUPPORTED',
  'MOVED 3999 127.0.0.1:6381': 'UNSUPPORTED',
  "ERR unknown command 'scan', with args beginning with: '0'": 'UNSUPPORTED',
  'WRONGTYPE Operation against a key holding the wrong kind of value': 'OBJECT_UNREADABLE',
  'LOADING Redis is loading the dataset in memory': 'UNAVAILABLE',
  'BUSY Redis is busy running a script.': 'UNAVAILABLE',
  'MASTERDOWN Link with MASTER is down': 'UNAVAILABLE',
  "OOM command not allowed when used memory > 'maxmemory'.": 'UNAVAILABLE',
  'MISCONF Redis is configured to save RDB snapshots': 'UNAVAILABLE',
  'NOREPLICAS Not enough good replicas to write.': 'UNAVAILABLE',
  'ERR max number of clients reached': 'UNAVAILABLE',
  'ERR syntax error': 'UNEXPECTED_RESPONSE',
  'whatever else': 'UNEXPECTED_RESPONSE',
  '': 'UNEXPECTED_RESPONSE',
  'constructor of objects': 'UNEXPECTED_RESPONSE',
};

describe('refusals', () => {
  for (const [text, code] of Object.entries(refusals)) {
    test(`${text || '(nothing)'}: ${code}`, () => {
      expect(failureOfRefusal(text, 3).code).toBe(code);
    });
  }

  test('of unknown kinds show the kind, and nothing that is none', () => {
    expect(failureOfRefusal('WHATEVER secret', 3).message).toContain('(WHATEVER)');
    for (const text of ['secret', 'Secret text', 'SECRETSECRETSECRETSECRET x', 'SECRET-X y']) {
      expect(failureOfRefusal(text, 3).message).toContain('(ERR)');
    }
  });

  test('name the database that is missing', () => {
    expect(failureOfRefusal('ERR DB index is out of range', 3).message).toBe('The server has no database 3.');
  });

  test('pass nothing on of what the server wrote, which may repeat the password', () => {
    const text = "ERR unknown command 'AUTH', with args beginning with: 'user' 'canary-password'";
    const error = refused(new Refusal(text), 0);
    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      String(error.cause),
      JSON.stringify(error.failure),
    ];
    for (const each of shown) expect(each).not.toContain('canary');
  });
});

describe('errors of the network', () => {
  const withCode = (code: string) => Object.assign(new Error('text of OpenSSL'), { code });

  test('of TLS say what to change', () => {
    for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']) {
      expect(classifyRedis(withCode(code))).toMatchObject({
        code: 'TLS_FAILURE',
        hint: expect.stringContaining('tlsCa'),
      });
    }
    const clientCertificate = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';
    expect(classifyRedis(withCode(clientCertificate))?.message).toContain('client certificate');
  });

  test('of other kinds are left to the common words', () => {
    for (const error of [
      withCode('ECONNREFUSED'),
      withCode('CERT_HAS_EXPIRED'),
      new Error('x'),
      undefined,
      'x',
    ]) {
      expect(classifyRedis(error)).toBeUndefined();
    }
  });
});
