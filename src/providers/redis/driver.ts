import { Readable } from 'node:stream';
import { DriverFailure } from '../errors.ts';
import type {
  ByteRange,
  Driver,
  ListPage,
  ListRequest,
  ObjectBody,
  ObjectInfo,
  ProviderEnvironment,
  ReadRequest,
  WriteRequest,
} from '../provider.ts';
import { createClient, refused } from './client.ts';
import type { RedisSecrets, RedisSettings } from './config.ts';
import { classifyRedis, kindOf, notRedis } from './failures.ts';
import { startingWith } from './glob.ts';
import { type Command, Refusal, type Reply } from './resp.ts';
import { longestHashed, notAString, sortOut, toInfo, toKind, toScanned } from './responses.ts';

/** Keys that SCAN looks at per call; the server does nothing else meanwhile, for about a millisecond. */
const keysPerScan = 1000;
/** Values that are asked for in one go, in bytes. */
const bytesPerRequest = 4 * 1024 * 1024;
/** Pieces in which long values are read. */
const pieceSize = 1024 * 1024;

/**
 * Opens a database of a Redis server; connects to nothing yet.
 *
 * A listing reads every value of up to `longestHashed` bytes, since their content is the only version that
 * they have: it moves about as many bytes as the values hold, each time. Where GET is not permitted it goes
 * without versions. Long values are read in pieces, each checked against the size that the first one had:
 * a value that is replaced by one of the same size meanwhile is not noticed.
 */
export function openRedis(
  settings: RedisSettings,
  secrets: RedisSecrets,
  environment: ProviderEnvironment,
): Driver {
  const { database } = settings;
  const client = createClient(settings, secrets, environment.outbound);

  /** One command, which must not be refused. */
  async function ask(command: Command, signal: AbortSignal): Promise<Reply> {
    const [reply] = await client.ask([command], signal);
    return accepted(reply);
  }

  function accepted(reply: Reply | undefined): Exclude<Reply, Refusal> {
    if (reply === undefined) throw new DriverFailure(notRedis);
    if (reply instanceof Refusal) throw refused(reply, database);
    return reply;
  }

  /** The reply, or null in place of a refusal of this kind. */
  function unlessKind(kind: string, reply: Reply | undefined): Exclude<Reply, Refusal> {
    return isRefusal(kind, reply) ? null : accepted(reply);
  }

  async function kindsOf(keys: readonly string[], signal: AbortSignal) {
    const commands = keys.flatMap((key): Command[] => [
      ['TYPE', key],
      ['STRLEN', key],
    ]);
    const replies = await client.ask(commands, signal);
    return keys.map((key, index) => ({
      key,
      kind: toKind(accepted(replies[2 * index]), unlessKind('WRONGTYPE', replies[2 * index + 1])),
    }));
  }

  /** Also pages without objects: where few keys match, the next one may be far. */
  async function listPage({ prefix, token = '0', signal }: ListRequest): Promise<ListPage> {
    const match = prefix === '' ? [] : ['MATCH', startingWith(prefix)];
    const reply = await ask(['SCAN', token, ...match, 'COUNT', String(keysPerScan)], signal);
    const { names, cursor } = toScanned(reply);
    const page = await pageOf(names, signal);
    return cursor === '0' ? page : { ...page, next: cursor };
  }

  async function pageOf(names: readonly Buffer[], signal: AbortSignal): Promise<ListPage> {
    const { keys, unusable } = sortOut(names);
    const strings: { key: string; size: number }[] = [];
    for (const { key, kind } of await kindsOf(keys, signal)) {
      if (kind.holds === 'string') strings.push({ key, size: kind.size });
      if (kind.holds === 'other')
        unusable.push({ name: key, reason: `It holds ${kind.what}, not a string.` });
    }
    const objects: ObjectInfo[] = [];
    for (const group of groupsOf(strings)) objects.push(...(await infosOf(group, signal)));
    return unusable.length > 0 ? { objects, unusable } : { objects };
  }

  /**
   * Versions come from the values. Where these may not be read there are none; what is gone or no string any
   * more is left out.
   */
  async function infosOf(group: { key: string; size: number }[], signal: AbortSignal): Promise<ObjectInfo[]> {
    const short = group.filter(({ size }) => size <= longestHashed);
    const replies = await client.ask(
      short.map(({ key }) => ['GET', key]),
      signal,
    );
    const values = new Map(short.map(({ key }, index) => [key, replies[index]]));
    return group.flatMap(({ key, size }) => {
      const reply = values.get(key);
      if (size > longestHashed || isRefusal('NOPERM', reply)) return [toInfo(key, size)];
      const value = unlessKind('WRONGTYPE', reply);
      return Buffer.isBuffer(value) ? [toInfo(key, size, value)] : [];
    });
  }

  /** The size of the string at a key, or why there is none to be had. */
  async function sizeOf(key: string, signal: AbortSignal): Promise<number> {
    const [seen] = await kindsOf([key], signal);
    if (seen?.kind.holds === 'string') return seen.kind.size;
    throw new DriverFailure(
      seen?.kind.holds === 'other' ? notAString(seen.kind.what) : { code: 'OBJECT_NOT_FOUND' },
    );
  }

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const size = await sizeOf(key, signal);
    const [info] = await infosOf([{ key, size }], signal);
    if (!info) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
    return info;
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const size = await sizeOf(key, signal);
    const value = size <= longestHashed ? await ask(['GET', key], signal) : undefined;
    if (value === null) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
    if (value !== undefined && !Buffer.isBuffer(value)) throw new DriverFailure(notRedis);
    const info = toInfo(key, size, value);
    if (ifVersion !== undefined && info.version !== ifVersion)
      throw new DriverFailure({ code: 'OBJECT_CHANGED' });
    const { start, end } = within(range, info.size);
    const stream = value
      ? Readable.from(value.subarray(start, end), { objectMode: false })
      : inPieces(start, end, (from, to, stop) => piece(key, size, from, to, stop));
    return { info, length: end - start, stream };
  }

  /** Bytes `from` to before `to` of a value that is still of this size. */
  async function piece(key: string, size: number, from: number, to: number, signal: AbortSignal) {
    const replies = await client.ask(
      [
        ['STRLEN', key],
        ['GETRANGE', key, String(from), String(to - 1)],
      ],
      signal,
    );
    const [length, bytes] = replies.map(accepted);
    if (length === 0) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
    if (length !== size || !Buffer.isBuffer(bytes) || bytes.length !== to - from) {
      throw new DriverFailure({ code: 'OBJECT_CHANGED' });
    }
    return bytes;
  }

  return {
    listPage,
    head,
    read,
    async write(key: string, body: Uint8Array, { signal }: WriteRequest) {
      await ask(['SET', key, body], signal);
      return toInfo(key, body.length, body);
    },
    async remove(key, { signal }) {
      await ask(['DEL', key], signal);
    },
    async authenticate({ signal }) {
      await ask(['PING'], signal);
    },
    classify: classifyRedis,
    close: async () => client.close(),
  };
}

function isRefusal(kind: string, reply: Reply | undefined): boolean {
  return reply instanceof Refusal && kindOf(reply.text) === kind;
}

/** In groups whose values together stay within what is asked for in one go. */
function* groupsOf<T extends { size: number }>(strings: readonly T[]): Iterable<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const string of strings) {
    const wanted = string.size <= longestHashed ? string.size : 0;
    if (group.length > 0 && bytes + wanted > bytesPerRequest) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(string);
    bytes += wanted;
  }
  if (group.length > 0) yield group;
}

/** First byte and the one behind the last. */
function within(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (!range) return { start: 0, end: size };
  if (range.start >= size) throw new DriverFailure({ code: 'RANGE_NOT_SATISFIABLE' });
  return { start: range.start, end: Math.min(size, (range.end ?? size) + 1) };
}

/** A stream that asks for the next piece when the one before it is used up. */
function inPieces(
  start: number,
  end: number,
  piece: (from: number, to: number, signal: AbortSignal) => Promise<Buffer>,
): Readable {
  const stop = new AbortController();
  let at = start;
  return new Readable({
    read() {
      if (at === end) {
        this.push(null);
        return;
      }
      const to = Math.min(end, at + pieceSize);
      piece(at, to, stop.signal).then(
        (bytes) => {
          at = to;
          this.push(bytes);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stop.abort();
      done(error);
    },
  });
}
