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
import { createClient } from './client.ts';
import { openCluster } from './cluster.ts';
import type { RedisSecrets, RedisSettings } from './config.ts';
import type { Command, Refusal, Reply } from './connection.ts';
import { classifyRedis, notRedis } from './failures.ts';
import { startingWith } from './glob.ts';
import { type Keyspace, openServer } from './keyspace.ts';
import { loginsOf } from './login.ts';
import {
  accepted as acceptedReply,
  isRefusal,
  type Kind,
  longestHashed,
  notAString,
  sortOut,
  toInfo,
  toKind,
} from './responses.ts';

/** Keys that SCAN looks at per call; the server does nothing else meanwhile, for about a millisecond. */
const keysPerScan = 1000;
/** Values that are asked for in one go, in bytes. */
const bytesPerRequest = 4 * 1024 * 1024;
/** Pieces in which long values are read. */
const pieceSize = 1024 * 1024;

/**
 * Opens a database of a Redis server, or a cluster; connects to nothing yet.
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
  const keyspace = openKeyspace(settings, secrets, environment);
  const { ask } = keyspace;
  const accepted = (reply: Reply | undefined) => acceptedReply(reply, database);

  /** One command, which must not be refused. */
  async function askOne(command: Command, signal: AbortSignal): Promise<Reply> {
    return accepted((await ask([command], signal))[0]);
  }

  /** The reply, or null in place of a refusal of this kind. */
  function unlessKind(kind: string, reply: Reply | undefined): Exclude<Reply, Refusal> {
    return isRefusal([kind], reply) ? null : accepted(reply);
  }

  async function kindOf(key: string, signal: AbortSignal): Promise<Kind> {
    const commands: Command[] = [
      ['TYPE', key],
      ['STRLEN', key],
    ];
    const [type, length] = await ask(commands, signal);
    return toKind(accepted(type), unlessKind('WRONGTYPE', length));
  }

  /** By length alone where it tells; a length of 0 is also that of no key. */
  async function kindsOf(keys: readonly string[], signal: AbortSignal): Promise<Kind[]> {
    const replies = await ask(commandsFor('STRLEN', keys), signal);
    const lengths = replies.map((reply) => unlessKind('WRONGTYPE', reply));
    const doubtful = keys.filter((_, index) => !lengths[index]);
    const types = await ask(commandsFor('TYPE', doubtful), signal);
    const typeOf = new Map(doubtful.map((key, index) => [key, accepted(types[index])]));
    return keys.map((key, index) => toKind(typeOf.get(key) ?? Buffer.from('string'), lengths[index] ?? null));
  }

  /** Also pages without objects: where few keys match, the next one may be far. */
  async function listPage({ prefix, token = '0', signal }: ListRequest): Promise<ListPage> {
    const options = ['COUNT', String(keysPerScan)];
    if (prefix !== '') options.unshift('MATCH', startingWith(prefix));
    const { names, cursor } = await keyspace.scan(token, options, signal);
    const page = await pageOf(names, signal);
    return { ...page, looked: keysPerScan, ...(cursor !== '0' && { next: cursor }) };
  }

  async function pageOf(names: readonly Buffer[], signal: AbortSignal): Promise<ListPage> {
    const { keys, unusable } = sortOut(names);
    const kinds = await kindsOf(keys, signal);
    for (const [index, kind] of kinds.entries()) {
      if (kind.holds === 'other')
        unusable.push({ name: keys[index]!, reason: `It holds ${kind.what}, not a string.` });
    }
    const objects = await stringsAmong(keys, kinds, signal);
    return unusable.length > 0 ? { objects, unusable } : { objects };
  }

  async function stringsAmong(
    keys: readonly string[],
    kinds: readonly Kind[],
    signal: AbortSignal,
  ): Promise<ObjectInfo[]> {
    const strings = keys.flatMap((key, index) => {
      const kind = kinds[index]!;
      return kind.holds === 'string' ? [{ key, size: kind.size }] : [];
    });
    const objects: ObjectInfo[] = [];
    for (const group of groupsOf(strings)) objects.push(...(await infosOf(group, signal)));
    return objects;
  }

  /**
   * Versions come from the values. Where these may not be read there are none; what is gone or no string any
   * more is left out.
   */
  async function infosOf(group: { key: string; size: number }[], signal: AbortSignal): Promise<ObjectInfo[]> {
    const short = group.filter(({ size }) => size <= longestHashed).map(({ key }) => key);
    const replies = await ask(commandsFor('GET', short), signal);
    const values = new Map(short.map((key, index) => [key, replies[index]]));
    return group.flatMap(({ key, size }) => {
      const reply = values.get(key);
      if (size > longestHashed || isRefusal(['NOPERM'], reply)) return [toInfo(key, size)];
      const value = unlessKind('WRONGTYPE', reply);
      return Buffer.isBuffer(value) ? [toInfo(key, size, value)] : [];
    });
  }

  /** The size of the string at a key, or why there is none to be had. */
  async function sizeOf(key: string, signal: AbortSignal): Promise<number> {
    const kind = await kindOf(key, signal);
    if (kind.holds === 'string') return kind.size;
    throw new DriverFailure(kind.holds === 'other' ? notAString(kind.what) : { code: 'OBJECT_NOT_FOUND' });
  }

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const size = await sizeOf(key, signal);
    const [info] = await infosOf([{ key, size }], signal);
    if (!info) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
    return info;
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const size = await sizeOf(key, signal);
    const value = size <= longestHashed ? await askOne(['GET', key], signal) : undefined;
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
    const replies = await ask(
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
    heads: async (keys, { signal }) => stringsAmong(keys, await kindsOf(keys, signal), signal),
    read,
    async write(key: string, body: Uint8Array, { signal }: WriteRequest) {
      await askOne(['SET', key, body], signal);
      return toInfo(key, body.length, body);
    },
    async remove(key, { signal }) {
      await askOne(['DEL', key], signal);
    },
    authenticate: ({ signal }) => keyspace.authenticate(signal),
    classify: classifyRedis,
    close: async () => keyspace.close(),
  };
}

function openKeyspace(
  settings: RedisSettings,
  secrets: RedisSecrets,
  { outbound }: ProviderEnvironment,
): Keyspace {
  const { connectTo, connectToPrimary } = loginsOf(settings, secrets, outbound);
  if (settings.topology === 'CLUSTER') return openCluster(settings, (node) => createClient(connectTo(node)));
  const connect = settings.topology === 'SENTINEL' ? connectToPrimary : connectTo(settings);
  return openServer(connect, settings.database);
}

function commandsFor(name: string, keys: readonly string[]): Command[] {
  return keys.map((key) => [name, key]);
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
