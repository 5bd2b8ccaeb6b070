import { afterEach, describe, expect, test } from 'vitest';
import type { ProviderErrorCode } from '../../src/errors.ts';
import { redisProvider } from '../../src/providers/redis/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { startHostileRedis } from '../servers/hostile-redis.ts';
import { testEnvironment } from '../support/environment.ts';

/** What refusals of a Redis server mean, by what was asked, when, and in which words: each cell is a request. */

const signal = new AbortController().signal;
const operations = {
  LIST: (store: Store) => store.list({ recursive: true, signal })[Symbol.asyncIterator]().next(),
  HEAD: (store: Store) => store.head('a', signal),
  READ: (store: Store) => store.read('a', { signal }),
  WRITE: (store: Store) => store.write('a', Buffer.from('a'), { contentType: 'text/plain', signal }),
  DELETE: (store: Store) => store.remove('a', signal),
  AUTHENTICATE: (store: Store) => store.authenticate(signal),
};
type Operation = keyof typeof operations;
const names = Object.keys(operations) as Operation[];
/** OK: the refusal is no failure (who may not ask for a sign of life is known). */
type Meaning = ProviderErrorCode | 'OK';

const canary = 'canary-of-the-text';

/** Refusals of a command behind a login that went well: in the order of the operations; one for all. */
const ofCommands: [text: string, ...means: Meaning[]][] = [
  [
    'NOPERM this user has no permissions',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
    'OK',
  ],
  [
    'WRONGTYPE Operation against a key',
    'UNEXPECTED_RESPONSE',
    'OBJECT_UNREADABLE',
    'OBJECT_UNREADABLE',
    'OBJECT_UNREADABLE',
    'OBJECT_UNREADABLE',
    'UNEXPECTED_RESPONSE',
  ],
  ['NOAUTH Authentication required.', 'WRONG_CREDENTIALS'],
  ['DENIED Redis is running in protected mode', 'FORBIDDEN'],
  ["READONLY You can't write against a read only replica.", 'FORBIDDEN'],
  ['MOVED 3999 127.0.0.1:6381', 'UNSUPPORTED'],
  ['ASK 3999 127.0.0.1:6381', 'UNSUPPORTED'],
  ['CLUSTERDOWN Hash slot not served', 'UNSUPPORTED'],
  ["ERR unknown command 'x', with args beginning with:", 'UNSUPPORTED'],
  ['LOADING Redis is loading the dataset in memory', 'UNAVAILABLE'],
  ['BUSY Redis is busy running a script.', 'UNAVAILABLE'],
  ['MASTERDOWN Link with MASTER is down', 'UNAVAILABLE'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'UNAVAILABLE'],
  ['MISCONF Redis is configured to save RDB snapshots', 'UNAVAILABLE'],
  ['NOREPLICAS Not enough good replicas to write.', 'UNAVAILABLE'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'UNAVAILABLE'],
  ['ERR max number of clients reached', 'UNAVAILABLE'],
  ['ERR syntax error', 'UNEXPECTED_RESPONSE'],
  ['WHATEVER', 'UNEXPECTED_RESPONSE'],
];

/** Refusals of the login, whatever is asked for behind it. */
const ofLogins: [text: string, means: Meaning][] = [
  ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONG_CREDENTIALS'],
  ['ERR invalid password', 'WRONG_CREDENTIALS'],
  ['ERR Client sent AUTH, but no password is set', 'WRONG_CREDENTIALS'],
  ["ERR wrong number of arguments for 'auth' command", 'WRONG_CREDENTIALS'],
  ['NOAUTH Authentication required.', 'WRONG_CREDENTIALS'],
  ['NOPERM this user has no permissions', 'FORBIDDEN'],
  ['DENIED Redis is running in protected mode', 'FORBIDDEN'],
  ['ERR DB index is out of range', 'CONTAINER_NOT_FOUND'],
  ['ERR SELECT is not allowed in cluster mode', 'UNSUPPORTED'],
  ['LOADING Redis is loading the dataset in memory', 'UNAVAILABLE'],
  ['MASTERDOWN Link with MASTER is down', 'UNAVAILABLE'],
  ['ERR max number of clients reached', 'UNAVAILABLE'],
  ['WHATEVER', 'UNEXPECTED_RESPONSE'],
];

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

async function outcomeOf(operation: Operation, to: Record<string, string>, login: object) {
  const server = await startHostileRedis({ to, code: /./ });
  const settings = redisProvider.settings.parse({ host: server.host, port: server.port, ...login });
  const store = openStore(redisProvider, settings, { password: 'secret' }, testEnvironment(), {
    attempts: 1,
  });
  ends.push(
    () => store.close(),
    () => server.close(),
  );
  return operations[operation](store).then(
    () => ({ code: 'OK', message: '', hint: '' }),
    (error) => error,
  );
}

const hello = '*4\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n';
const refusal = (text: string) => `-${text} ${canary}\r\n`;

describe('a command', () => {
  const cells = ofCommands.flatMap(([text, ...means]) =>
    names.map((name, at): [string, Operation, Meaning] => [text, name, means[at] ?? means[0]!]),
  );
  test.each(cells)('%s: to %s it is %s', async (text, name, expected) => {
    const error = await outcomeOf(name, { HELLO: hello, others: refusal(text) }, {});
    expect(error.code).toBe(expected);
    expect(`${error.message} ${error.hint}`).not.toContain(canary);
  });
});

describe('the login', () => {
  const login = { credentials: 'USER', username: 'somebody', database: 3 };
  const cells = ofLogins.flatMap(([text, means]) =>
    names.map((name): [string, Operation, Meaning] => [text, name, means]),
  );
  test.each(cells)('%s: to %s it is %s', async (text, name, expected) => {
    const error = await outcomeOf(name, { others: refusal(text) }, login);
    expect(error.code).toBe(expected);
    expect(`${error.message} ${error.hint}`).not.toContain(canary);
  });
});
