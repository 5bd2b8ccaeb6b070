import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DriverFailure } from '../../../src/providers/errors.ts';
import type {
  Driver,
  Failure,
  ListPage,
  ListRequest,
  ObjectBody,
  ObjectInfo,
  ReadRequest,
} from '../../../src/providers/provider.ts';
import type { Injection, MemoryContainer, Method } from './container.ts';

export interface MemoryDriverOptions {
  /** Makes the URLs of `presign`; absent: the provider cannot presign. */
  presign?(key: string, ttlSeconds: number): string;
}

const chunkSize = 64 * 1024;

/** A driver on a container in this process. `access` is what the storage's settings and secrets say. */
export function openMemoryDriver(
  container: MemoryContainer,
  access: { name: string; token: string | undefined },
  options: MemoryDriverOptions & { capabilities: { folders: boolean; listsInOrder: boolean } },
): Driver {
  /** What every call goes through: latency, failures, access. Answers the failure that waits for the body. */
  async function enter(method: Method, signal: AbortSignal, key?: string): Promise<Injection | undefined> {
    signal.throwIfAborted();
    const injection = container.called(method, key);
    if (container.latencyMs > 0) await wait(container.latencyMs, undefined, { signal });
    if (injection && injection.afterBytes === undefined) await strike(injection.failure, signal);
    if (container.token !== undefined && access.token !== container.token) {
      throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
    }
    if (container.missing || access.name !== container.name)
      throw new DriverFailure({ code: 'CONTAINER_NOT_FOUND' });
    return injection;
  }

  function infoOf(key: string): ObjectInfo {
    const info = container.info(key);
    if (!info) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
    return info;
  }

  /** The token of a page is the last key of the one before. */
  async function listPage(request: ListRequest): Promise<ListPage> {
    const { prefix, recursive, after, token, signal } = request;
    const { folders, listsInOrder } = options.capabilities;
    await enter('list', signal);
    const objects = container.page(prefix, token ?? after);
    const next = objects.length < container.pageSize ? undefined : objects.at(-1)!.key;
    // A prefix that is a whole key asks about that object, and those that go on like it.
    const isKey = prefix !== '' && !prefix.endsWith('/');
    if (!folders || isKey) return { objects: listsInOrder ? objects : objects.reverse(), next };
    const shown = objects.filter(({ key }) => isListed(key.slice(prefix.length), recursive));
    const below = shown.length < objects.length && !recursive;
    return { objects: listsInOrder ? shown : shown.reverse(), next, ...(below && { folders: true }) };
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const injection = await enter('read', signal, key);
    const info = infoOf(key);
    if (ifVersion !== undefined && info.version !== ifVersion)
      throw new DriverFailure({ code: 'OBJECT_CHANGED' });
    if (range && range.start >= info.size) throw new DriverFailure({ code: 'RANGE_NOT_SATISFIABLE' });
    const part = container.body(key)!.subarray(range?.start ?? 0, (range?.end ?? info.size) + 1);
    return { info, length: part.length, stream: streamOf(part, injection) };
  }

  return {
    listPage,
    beginsBehindKeys: options.capabilities.listsInOrder,
    read,
    async head(key, { signal }) {
      await enter('head', signal, key);
      return infoOf(key);
    },
    async write(key, body, { contentType, ifVersion, signal }) {
      await enter('write', signal, key);
      const { version = null } = container.info(key) ?? {};
      if (ifVersion !== undefined && ifVersion !== version)
        throw new DriverFailure({ code: 'OBJECT_CHANGED' });
      const info = container.put(key, body, { contentType });
      if (container.forgetful) container.remove(key);
      return info;
    },
    async remove(key, { ifVersion, signal }) {
      await enter('remove', signal, key);
      const { version } = container.info(key) ?? {};
      if (ifVersion !== undefined && version !== undefined && ifVersion !== version)
        throw new DriverFailure({ code: 'OBJECT_CHANGED' });
      container.remove(key);
    },
    ...(options.presign && {
      async presign(key: string, { ttlSeconds, signal }: { ttlSeconds: number; signal: AbortSignal }) {
        await enter('presign', signal, key);
        return {
          url: options.presign!(key, ttlSeconds),
          expiresAt: new Date(Date.now() + ttlSeconds * 1_000),
        };
      },
    }),
    async authenticate({ signal }) {
      await enter('authenticate', signal);
    },
    classify: () => undefined,
    async close() {},
  };
}

/** Below the prefix, markers (names that end in '/') are no objects; in the first level no name has a '/'. */
const isListed = (name: string, recursive: boolean) =>
  name !== '' && !name.endsWith('/') && (recursive || !name.includes('/'));

/** The bytes, until the injected failure strikes. */
function streamOf(body: Uint8Array, injection: Injection | undefined): Readable {
  const cut = Math.min(injection?.afterBytes ?? body.length, body.length);
  let at = 0;
  return new Readable({
    read() {
      // A turn of the loop before each chunk, as with bytes from a socket.
      setImmediate(() => {
        if (at < cut) {
          const from = at;
          at = Math.min(at + chunkSize, cut);
          this.push(Buffer.from(body.subarray(from, at)));
        } else if (!injection || injection.failure === 'end') this.push(null);
        else if (injection.failure !== 'stall') this.destroy(errorOf(injection.failure));
      });
    },
  });
}

async function strike(failure: Injection['failure'], signal: AbortSignal): Promise<void> {
  if (failure === 'end') return;
  if (failure !== 'stall') throw errorOf(failure);
  await new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}

const errorOf = (failure: Failure | Error) =>
  failure instanceof Error ? failure : new DriverFailure(failure);
