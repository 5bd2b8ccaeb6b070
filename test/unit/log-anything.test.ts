import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createLogger } from '../../src/observability/log.ts';

const throwing = () => {
  throw new Error('never');
};
const circular: Record<string, unknown> = {};
circular.self = circular;
const selfCaused = new Error('circle');
selfCaused.cause = selfCaused;
const getter = Object.defineProperty(new Error('getter'), 'message', { get: throwing, enumerable: true });
const handler = Object.fromEntries(
  ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map((trap) => [trap, throwing]),
);

const values: Record<string, unknown> = {
  'a DOMException': new DOMException('It took too long.', 'TimeoutError'),
  'an aborted signal': AbortSignal.abort().reason,
  'a proxy that throws': new Proxy({}, handler),
  'a proxy of an error': new Proxy(new Error('inner'), handler),
  'a revoked proxy': (() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  })(),
  'an error whose message throws': getter,
  'an error that is its own cause': selfCaused,
  'an AggregateError': new AggregateError([new DOMException('x'), null], 'many'),
  'a failed statement': new DrizzleQueryError('SELECT $1', ['x'], new Error('gone')),
  'an object that throws as JSON': { toJSON: throwing, toString: throwing },
  circular,
  'no prototype': Object.create(null),
  'a symbol': Symbol('x'),
  'a bigint': 10n,
  undefined: undefined,
  null: null,
  'a function': throwing,
  'a date that is none': new Date(Number.NaN),
  'a long text': 'x'.repeat(1_000_000),
};

test.each(Object.entries(values))('logging %s never throws, and writes one line of JSON', (_name, value) => {
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line: string) => void lines.push(line) });
  for (const child of [log, log.child({ requestId: 'x' })]) {
    child.error({ error: value }, 'failed');
    child.warn({ deep: { error: value, list: [value] } }, 'failed');
    child.info({ err: value, cause: value });
  }
  expect(lines).toHaveLength(6);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ time: expect.any(String) });
    expect(line.length).toBeLessThan(100_000);
  }
});

test('what is thrown when time is up keeps its name', () => {
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line: string) => void lines.push(line) });
  log.error({ error: values['a DOMException'] }, 'failed');
  expect(JSON.parse(lines[0]!).error).toMatchObject({ name: 'TimeoutError', message: 'It took too long.' });
});
