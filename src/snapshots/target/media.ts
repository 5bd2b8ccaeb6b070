import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { transaction } from '../../database/client.ts';
import { ProviderError } from '../../errors.ts';
import { ExportError } from '../../exports/failures.ts';
import { look } from '../../exports/write.ts';
import { providerError } from '../../providers/errors.ts';
import type { ObjectInfo, StreamRequest } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { type MediaSink, type Medium, MediumError } from '../media/copy.ts';
import type { MediaCopy, MediaOutcome } from '../media/outcome.ts';
import { mediaListOf, type Snapshot } from '../model.ts';
import * as repository from '../repository.ts';
import { hashOf, stay, type TargetWriting, writeProven } from './write.ts';

/** Largest object that is held in memory, for targets that take no streams. */
const MAX_BYTES = 64 << 20;
/** Objects above this size go through it one at a time. */
const SMALL = 4 << 20;
/** Media that a list names. */
const LISTED = 50_000;
const PAGE = 5_000;

/** The target failed, not what was to be copied. */
class TargetError extends Error {}

/** Media beside the parts of a snapshot at a target: copied by the storage itself where it can do that. */
export function targetMedia(writing: TargetWriting, snapshot: Snapshot, folder: string): MediaSink {
  const { database, store } = writing;
  const inTurn = takingTurns();

  async function throughUs(
    { store: source, key }: Medium,
    info: ObjectInfo,
    to: string,
    signal: AbortSignal,
  ) {
    const { size } = info;
    const contentType = info.contentType ?? 'application/octet-stream';
    const inMemory = size <= SMALL || !store.takesStreams;
    if (inMemory && size > MAX_BYTES) {
      const message = `The object has more than ${MAX_BYTES >> 20} MiB, which the target cannot be given.`;
      throw new MediumError('TOO_LARGE', message);
    }
    const { stream, length } = await source.read(key, { ifVersion: info.version ?? undefined, signal });
    if (length !== size) {
      stream.destroy();
      throw providerError({ code: 'OBJECT_CHANGED' }, { capability: 'READ' });
    }
    if (!inMemory) return streamed(stream, to, { contentType, size, signal });
    const bytes = Buffer.concat((await stream.toArray()) as Uint8Array[]);
    await ofTarget(writeProven(writing, to, bytes, contentType));
    return { sha256: hashOf(bytes), bytes: bytes.length, contentType };
  }

  /** Byte by byte, with little of it in memory. @throws ProviderError of the source */
  async function streamed(source: Readable, to: string, about: StreamRequest): Promise<MediaCopy> {
    const hash = createHash('sha256');
    let failure: unknown;
    async function* seen() {
      try {
        for await (const chunk of source as AsyncIterable<Uint8Array>) {
          hash.update(chunk);
          yield chunk;
          // What a lost worker still sends must not come to its end: another one may have written by now.
          stay(writing.holds());
        }
      } catch (error) {
        failure = error;
        throw error;
      }
    }
    const { contentType, size, signal } = about;
    // Its failure is heard of where it is read; what nobody reads to its end is closed.
    source.on('error', () => {});
    try {
      await ofTarget(store.writeStream(to, Readable.from(seen(), { objectMode: false }), about));
    } catch (error) {
      throw failure ?? error;
    } finally {
      source.destroy();
    }
    if ((await ofTarget(look({ store, signal }, to)))?.size === size) {
      return { sha256: hash.digest('hex'), bytes: size, contentType };
    }
    throw new ExportError('NOT_STORED', 'The storage confirmed an object and does not have it.');
  }

  return {
    unknown: (uris) => repository.unknownMedia(database.db, snapshot, uris),
    async keep(name, medium, signal): Promise<MediaCopy> {
      const info = await medium.store.head(medium.key, signal);
      const to = folder + name;
      stay(writing.holds());
      if (await ofTarget(copiedBy(store, to, medium, info, signal))) {
        return { sha256: null, bytes: info.size, contentType: info.contentType ?? null };
      }
      const copy = () => throughUs(medium, info, to, signal);
      return info.size > SMALL ? inTurn(copy) : copy();
    },
    async note(outcomes) {
      const ours = await transaction(database, (tx) => repository.recordMedia(tx.db, snapshot, outcomes));
      stay(ours);
    },
  };
}

/** Whether the target has copied the object by itself, and has it. @throws ExportError NOT_STORED */
async function copiedBy(
  store: Store,
  to: string,
  medium: Medium,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await store.copy(to, { ...medium, info }, signal))) return false;
  const found = await look({ store, signal }, to);
  if (found?.size === info.size) return true;
  throw new ExportError('NOT_STORED', 'The storage confirmed a copy and does not have it.');
}

const ofTarget = <T>(work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw cause instanceof ProviderError ? new TargetError('The target failed.', { cause }) : cause;
  });

/** What really failed. */
export const causeOf = (error: unknown): unknown => (error instanceof TargetError ? error.cause : error);

/** Runs one at a time, in the order of the calls. */
function takingTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Writes what became of each URI, in lists of a bounded length: `media-00001.jsonl`. */
export async function writeMediaLists(
  writing: TargetWriting,
  snapshot: Snapshot,
  folder: string,
): Promise<void> {
  let lines: Buffer[] = [];
  let [number, listed] = [0, 0];
  async function write(): Promise<void> {
    number++;
    const content = Buffer.concat(lines);
    const key = folder + mediaListOf(number);
    const { version } = await writeProven(writing, key, content, 'application/jsonl; charset=utf-8');
    const list = { number, key, version, sha256: hashOf(content), bytes: content.length };
    const { database } = writing;
    const ours = await transaction(database, (tx) => repository.recordMediaList(tx.db, snapshot, list));
    stay(ours);
    [lines, listed] = [[], 0];
  }
  for (let after = ''; ; ) {
    const page = await repository.mediaOf(writing.database.db, snapshot, { limit: PAGE, after });
    lines.push(Buffer.from(page.map((row) => `${JSON.stringify(outcomeOf(row))}\n`).join('')));
    listed += page.length;
    const last = page.at(-1);
    if (listed >= LISTED || (!last && (listed > 0 || number === 0))) await write();
    if (!last) return;
    after = last.uriHash;
  }
}

function outcomeOf(row: repository.SnapshotMedium): MediaOutcome {
  const { uri, name, sha256, bytes, contentType, errorCode, errorMessage } = row;
  if (name !== null) return { uri, name, sha256, bytes: bytes ?? 0, contentType };
  return { uri, name, error: { code: errorCode ?? '', message: errorMessage ?? '' } };
}
