import { createHash } from 'node:crypto';
import { compareKeys } from '../../../src/objects/keys.ts';
import type { Failure, ObjectInfo } from '../../../src/providers/provider.ts';

/** Objects that exist only as a rule: a million of them cost nothing until they are listed. */
export interface GeneratedObjects {
  count: number;
  /** Key of object `index`; ascending in `compareKeys` order. */
  key(index: number): string;
  /** Content of object `index`; absent: 1 byte of zero each. */
  body?(index: number): Uint8Array;
  /** Size for listings, where making the body to measure it would be slow; absent: 1 byte, or the body's. */
  size?(index: number): number;
}

export type Method = 'list' | 'head' | 'read' | 'write' | 'remove' | 'presign' | 'authenticate';

/** A failure to come: it strikes the matching calls number `after` + 1 to `after` + `times` from now on. */
export interface Injection {
  method: Method;
  /** For methods with a key; absent: any. */
  key?: string | RegExp;
  /** Default 0: the next one. */
  after?: number;
  /** Default 1. */
  times?: number;
  /** What happens. `stall`: nothing more, until the signal is aborted; `end`: a body that ends too early. */
  failure: Failure | Error | 'stall' | 'end';
  /** Reads only: it is the stream that fails, behind this many bytes; absent: the call itself. */
  afterBytes?: number;
}

interface Stored {
  body: Uint8Array;
  contentType: string | null;
  modifiedAt: Date;
  version: string;
}

/**
 * The "server" of the memory provider: sorted objects, stored or generated, and what shall go wrong.
 * A stored object hides the generated one of its key; a removed one leaves a gap.
 */
export class MemoryContainer {
  readonly name: string;
  /** The only token that opens the container; undefined: any. */
  readonly token: string | undefined;
  /** Objects to a page of a listing. */
  readonly pageSize: number;
  /** Every call that reached the driver, in order. */
  readonly calls: { method: Method; key?: string }[] = [];
  /** Waited before each answer, in milliseconds. */
  latencyMs = 0;
  /** Confirms writes and keeps nothing of them. */
  forgetful = false;
  /** Gone: every call answers CONTAINER_NOT_FOUND. */
  missing = false;
  readonly #generated: GeneratedObjects;
  readonly #stored = new Map<string, Stored | 'removed'>();
  #sortedKeys: string[] | undefined;
  #injections: (Injection & { seen: number })[] = [];
  #writes = 0;

  constructor(
    options: { name?: string; token?: string; pageSize?: number; generated?: GeneratedObjects } = {},
  ) {
    this.name = options.name ?? 'memory';
    this.token = options.token;
    this.pageSize = options.pageSize ?? 1_000;
    this.#generated = options.generated ?? { count: 0, key: String };
  }

  /** Creates or overwrites an object, as if somebody else had. */
  put(
    key: string,
    body: Uint8Array | string,
    options: { contentType?: string; modifiedAt?: Date } = {},
  ): ObjectInfo {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body);
    this.#writes++;
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    this.#set(key, {
      body: bytes,
      contentType: options.contentType ?? null,
      modifiedAt: options.modifiedAt ?? new Date(),
      version: `${digest}-${this.#writes}`,
    });
    return this.info(key)!;
  }

  remove(key: string): void {
    if (this.#indexOf(key) !== undefined) this.#set(key, 'removed');
    else if (this.#stored.delete(key)) this.#sortedKeys = undefined;
  }

  info(key: string): ObjectInfo | undefined {
    const stored = this.#stored.get(key);
    if (stored === 'removed') return undefined;
    if (stored) {
      const { body, contentType, modifiedAt, version } = stored;
      return { key, size: body.length, version, modifiedAt, contentType };
    }
    const index = this.#indexOf(key);
    return index === undefined ? undefined : this.#generatedInfo(index, key);
  }

  body(key: string): Uint8Array | undefined {
    const stored = this.#stored.get(key);
    if (stored === 'removed') return undefined;
    if (stored) return stored.body;
    const index = this.#indexOf(key);
    return index === undefined ? undefined : (this.#generated.body?.(index) ?? new Uint8Array(1));
  }

  /** The objects behind `after` (or from `prefix` on), ascending, at most `pageSize`; fewer: that was all. */
  page(prefix: string, after: string | undefined): ObjectInfo[] {
    const { count, key: keyAt } = this.#generated;
    const keys = this.#keys();
    const behind = after !== undefined && compareKeys(after, prefix) >= 0;
    const from = behind ? after : prefix;
    let i = firstIndex(count, keyAt, from, behind);
    let j = firstIndex(keys.length, (index) => keys[index]!, from, behind);
    const page: ObjectInfo[] = [];
    while (page.length < this.pageSize) {
      const generated = i < count ? keyAt(i) : undefined;
      const stored = keys[j];
      if (generated === undefined && stored === undefined) break;
      const order = generated === undefined ? 1 : stored === undefined ? -1 : compareKeys(generated, stored);
      const key = order < 0 ? generated! : stored!;
      if (!key.startsWith(prefix)) break;
      const info = order < 0 ? this.#generatedInfo(i, key) : this.info(key);
      if (order <= 0) i++;
      if (order >= 0) j++;
      if (info) page.push(info);
    }
    return page;
  }

  /** Makes coming calls fail; where several strike the same call, the first one counts. */
  fail(injection: Injection): void {
    this.#injections.push({ ...injection, seen: 0 });
  }

  /** Takes back all failures to come. */
  mend(): void {
    this.#injections = [];
  }

  /** For the driver: records the call and takes the failure that strikes it, if any. */
  called(method: Method, key?: string): Injection | undefined {
    this.calls.push(key === undefined ? { method } : { method, key });
    let struck: Injection | undefined;
    for (const injection of this.#injections) {
      if (injection.method !== method || !matches(injection.key, key)) continue;
      const { after = 0, times = 1 } = injection;
      const number = ++injection.seen;
      if (number > after && number <= after + times) struck ??= injection;
    }
    this.#injections = this.#injections.filter(({ seen, after = 0, times = 1 }) => seen < after + times);
    return struck;
  }

  #set(key: string, value: Stored | 'removed'): void {
    if (!this.#stored.has(key)) this.#sortedKeys = undefined;
    this.#stored.set(key, value);
  }

  #keys(): string[] {
    this.#sortedKeys ??= [...this.#stored.keys()].sort(compareKeys);
    return this.#sortedKeys;
  }

  #indexOf(key: string): number | undefined {
    const { count, key: keyAt } = this.#generated;
    const index = firstIndex(count, keyAt, key, false);
    return index < count && keyAt(index) === key ? index : undefined;
  }

  #generatedInfo(index: number, key: string): ObjectInfo {
    const { size, body } = this.#generated;
    return {
      key,
      size: size?.(index) ?? body?.(index).length ?? 1,
      version: `g${index}`,
      modifiedAt: generatedAt,
    };
  }
}

const generatedAt = new Date('2026-01-01T00:00:00Z');

function matches(pattern: string | RegExp | undefined, key: string | undefined): boolean {
  if (pattern === undefined) return true;
  if (key === undefined) return false;
  return typeof pattern === 'string' ? pattern === key : pattern.test(key);
}

/** First index in ascending keys that is not before `key` (`behind`: that is behind it). */
function firstIndex(count: number, keyAt: (index: number) => string, key: string, behind: boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(keyAt(middle), key);
    if (order < 0 || (behind && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
