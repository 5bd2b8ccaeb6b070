import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redisSettings } from '../../src/providers/redis/config.ts';
import { redisProvider } from '../../src/providers/redis/provider.ts';
import { testEnvironment } from '../support/environment.ts';

const environment = testEnvironment();
const settingsOf = (given: object = {}) => redisSettings.parse(given);

/** Where and what the issues of these settings are. */
function issuesOf(given: object): Record<string, string> {
  const { error } = redisSettings.safeParse(given);
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
}

const certificate = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUWgXRHUBTcn1avR1Znn2MwvQPg6owCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----`;

describe('settings', () => {
  test('have defaults', () => {
    expect(settingsOf()).toEqual({
      host: 'localhost',
      port: 6379,
      database: 0,
      path: '',
      tls: false,
      credentials: 'NONE',
    });
  });

  test('write a host in one way only', () => {
    const hosts = {
      ' Redis.Example.COM. ': 'redis.example.com',
      'bücher.example': 'xn--bcher-kva.example',
      '[2001:DB8:0::1]': '2001:db8::1',
      '2001:db8::1': '2001:db8::1',
      '0x7f.1': '127.0.0.1',
      '2130706433': '127.0.0.1',
      redis_1: 'redis_1',
    };
    for (const [given, host] of Object.entries(hosts)) expect(settingsOf({ host: given }).host).toBe(host);
  });

  test('refuse what is no host, and repeat no password', () => {
    for (const host of [
      '',
      ' ',
      '.',
      'a b',
      'host:6379',
      'host/path',
      'host#x',
      '[::1',
      '::1]',
      '[]',
      'a%2fb',
    ]) {
      expect(issuesOf({ host }).host, host).toContain('expected a host name or IP address alone');
    }
    const { host: message } = issuesOf({ host: 'redis://user:canary-password@host:6379/0' });
    expect(message).toContain('expected a host name');
    expect(message).not.toContain('canary');
  });

  test('take any database from 0 on, and ports that exist', () => {
    expect(settingsOf({ database: 0 }).database).toBe(0);
    expect(settingsOf({ database: 4000 }).database).toBe(4000);
    for (const database of [-1, 1.5, '1', null]) {
      expect(issuesOf({ database }).database).toMatch(/^expected the number of a database, 0 or more, got /);
    }
    for (const port of [0, 65_536, -1, 1.5, '6379']) {
      expect(issuesOf({ port }).port).toMatch(/^expected a port from 1 to 65535, got /);
    }
  });

  test('keep the path exactly as written', () => {
    for (const path of ['', ' a ', '/a//', 'a', 'tasks:', 'a*[b]?\\']) {
      const { container, prefix } = redisProvider.location(settingsOf({ path }), environment);
      expect([container, prefix]).toEqual(['redis://localhost:6379/0', path]);
    }
    for (const path of ['a\0', '\ud800']) expect(issuesOf({ path })).toHaveProperty('path');
  });

  test('take certificates only for TLS, and no keys', () => {
    const tlsCa = 'expected none while tls is off';
    expect(issuesOf({ tlsCa: certificate })).toEqual({ tlsCa });
    const key = certificate.replaceAll('CERTIFICATE', 'PRIVATE KEY');
    for (const wrong of ['', 'x', certificate, key, `${certificate}\n${key}`]) {
      expect(issuesOf({ tls: true, tlsCa: wrong }).tlsCa).toMatch(/^expected certificates in PEM form/);
    }
  });

  test('name a user with USER, and only then', () => {
    expect(settingsOf({ credentials: 'USER', username: 'labels' }).username).toBe('labels');
    for (const username of [undefined, '', 'a b', 'a\0']) {
      expect(issuesOf({ credentials: 'USER', username })).toHaveProperty(['credentials.user.username']);
    }
    for (const credentials of ['NONE', 'PASSWORD']) {
      expect(issuesOf({ credentials, username: 'labels' })).toHaveProperty(['credentials.user']);
    }
    expect(issuesOf({ credentials: 'OTHER' }).credentials).toBe(
      'expected exactly one of none, password and user, got "OTHER"',
    );
  });

  test('name a primary with SENTINEL, and only then; a cluster has one database', () => {
    const sentinel = { topology: 'SENTINEL', primaryName: 'tasks-1.a_b', database: 3 };
    expect(settingsOf(sentinel)).toMatchObject(sentinel);
    expect(settingsOf({ topology: 'CLUSTER' })).toMatchObject({ topology: 'CLUSTER', database: 0 });
    expect(issuesOf({ topology: 'SENTINEL' })).toHaveProperty('primaryName');
    for (const primaryName of ['', 'a b', 'a/b', 'a\nb']) {
      expect(issuesOf({ topology: 'SENTINEL', primaryName })).toHaveProperty('primaryName');
    }
    for (const topology of [undefined, 'STANDALONE', 'CLUSTER']) {
      expect(issuesOf({ topology, primaryName: 'tasks' })).toHaveProperty('primaryName');
    }
    expect(issuesOf({ topology: 'CLUSTER', database: 1 }).database).toBe(
      'expected 0, the only one of a cluster',
    );
    expect(issuesOf({ topology: 'RING' }).topology).toMatch(/^expected STANDALONE, CLUSTER or SENTINEL/);
  });

  test('refuse what they do not know', () => {
    expect(redisSettings.safeParse({ hots: 'x' }).success).toBe(false);
    expect(redisProvider.secrets.safeParse({ pasword: 'x' }).success).toBe(false);
  });
});

describe('secrets', () => {
  const check = (given: object, secrets: object) => () =>
    redisProvider.check?.(settingsOf(given), redisProvider.secrets.parse(secrets), environment);
  const at = (path: string) => expect.objectContaining({ fields: [expect.objectContaining({ path })] });

  test('belong to the credentials', () => {
    const user = { credentials: 'USER', username: 'labels' };
    expect(check({}, {})).not.toThrow();
    expect(check(user, { password: ' p ' })).not.toThrow();
    expect(check({ credentials: 'PASSWORD' }, { password: 'p' })).not.toThrow();
    expect(check(user, {})).toThrow(at('credentials.user.password'));
    expect(check({ credentials: 'PASSWORD' }, {})).toThrow(at('credentials.password'));
    expect(check({}, { password: 'p' })).toThrow(at('credentials.password'));
  });

  test('of a Sentinel need one', () => {
    const sentinel = { topology: 'SENTINEL', primaryName: 'tasks' };
    expect(check(sentinel, {})).not.toThrow();
    expect(check(sentinel, { sentinelPassword: 's' })).not.toThrow();
    expect(check(sentinel, { sentinelPassword: '' })).toThrow(at('sentinelPassword'));
    expect(check({}, { sentinelPassword: 's' })).toThrow(at('sentinelPassword'));
  });

  test('are kept as given, and not empty', () => {
    expect(redisProvider.secrets.parse({ password: ' p ' })).toEqual({ password: ' p ' });
    const user = { credentials: 'USER', username: 'labels' };
    for (const password of ['', 'p'.repeat(5000)]) {
      expect(check({ credentials: 'PASSWORD' }, { password })).toThrow(at('credentials.password'));
      expect(check(user, { password })).toThrow(at('credentials.user.password'));
    }
  });

  test('are bound to where they are sent, and how', () => {
    expect(redisProvider.secretsBoundTo).toEqual(['host', 'port', 'tls', 'tlsCa']);
  });
});

describe('location', () => {
  const containerOf = (given: object) => redisProvider.location(settingsOf(given), environment).container;

  test('is the server and the database, with or without TLS, whoever asks', () => {
    const plain = containerOf({ host: 'Redis.example.com', port: 6380, database: 2 });
    expect(plain).toBe('redis://redis.example.com:6380/2');
    expect(containerOf({ host: 'redis.example.com.', port: 6380, database: 2, tls: true, path: 'a' })).toBe(
      plain,
    );
    const user = { credentials: 'USER', username: 'labels' };
    expect(containerOf({ host: 'redis.example.com', port: 6380, database: 2, ...user })).toBe(plain);
    expect(containerOf({ host: 'redis.example.com', port: 6380, database: 1 })).not.toBe(plain);
    expect(containerOf({ host: '::1' })).toBe('redis://[::1]:6379/0');
  });
});

test('clusters and primaries behind a Sentinel have locations and URIs of their own', () => {
  const cluster = settingsOf({ host: 'r.example', topology: 'CLUSTER' });
  const primary = settingsOf({ host: 'r.example', topology: 'SENTINEL', primaryName: 'tasks', database: 2 });
  expect(redisProvider.uri(cluster, 'a b')).toBe('redis-cluster://r.example:6379/0/a%20b');
  expect(redisProvider.uri(primary, 'a b')).toBe('redis-sentinel://r.example:6379/tasks/2/a%20b');
  for (const settings of [cluster, primary]) {
    expect(redisProvider.keyOf(settings, redisProvider.uri(settings, 'a b'))).toBe('a b');
    expect(redisProvider.keyOf(settings, 'redis://r.example:6379/0/a%20b')).toBeUndefined();
  }
});

describe('URIs', () => {
  const settings = settingsOf({ host: 'r.example', database: 3, path: 'tasks:' });

  test('are readable, and mean nothing to HTML and CSS', () => {
    expect(redisProvider.uri(settings, 'tasks:1/a b.json')).toBe(
      'redis://r.example:6379/3/tasks:1/a%20b.json',
    );
    expect(redisProvider.uri(settings, `x'"<>&()!*?#%\\`)).toMatch(/^[\w.:/%-]+$/);
  });

  test('lead back to any key', () => {
    const key = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(key, (text) => {
        expect(redisProvider.keyOf(settings, redisProvider.uri(settings, text))).toBe(text);
      }),
    );
  });

  test('of other containers, or that are none, lead nowhere', () => {
    const foreign = [
      'redis://r.example:6379/3',
      'redis://r.example:6379/3/',
      'redis://r.example:6379/33/k',
      'redis://r.example:6379/2/k',
      'redis://r.example:6380/3/k',
      'redis://r.example/3/k',
      'redis://user@r.example:6379/3/k',
      'rediss://r.example:6379/3/k',
      'redis://r.example:6379/3/%zz',
      'redis://r.example:6379/3/%ff',
    ];
    for (const uri of foreign) expect(redisProvider.keyOf(settings, uri), uri).toBeUndefined();
  });
});
