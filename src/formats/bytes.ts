import type { ByteRange } from '../providers/provider.ts';
import { FormatError, type FormatSource } from './model.ts';

/** Bytes that text is parsed in: large enough that the cost per block vanishes, small enough to hold many. */
const blockBytes = 64 * 1024;

/** Opens a source and gives its bytes as they come; closes it when the reader stops, fails or aborts. */
export async function* readChunks(
  source: FormatSource,
  signal: AbortSignal,
  range?: ByteRange,
): AsyncGenerator<Buffer, void, undefined> {
  signal.throwIfAborted();
  const stream = await source.open(range);
  // The loop below gets every error that matters; a late one of a destroyed stream must not end the process.
  stream.on('error', () => undefined);
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of stream) {
      signal.throwIfAborted();
      const bytes = asBuffer(chunk);
      source.onBytes?.(bytes.length);
      yield bytes;
    }
    signal.throwIfAborted();
  } catch (error) {
    // Destroying the stream shows up as a premature close: what the caller wants to hear is the abort.
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Buffer.from(String(chunk));
}

/**
 * Joins small chunks into blocks of 64 KiB, so that parsing pays its fixed costs once per block. What came
 * before a FormatError is still given.
 */
export async function* joinBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let failure: FormatError | undefined;
  try {
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      waiting.push(chunk);
      bytes += chunk.length;
      if (bytes >= blockBytes) {
        yield waiting.length === 1 ? chunk : Buffer.concat(waiting, bytes);
        waiting = [];
        bytes = 0;
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    failure = error;
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
  if (failure) throw failure;
}

/** Gives `first`, then what remains of a generator that has been read by hand. */
export async function* following(
  first: Buffer[],
  rest: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  yield* first;
  yield* rest;
}

/** Whether the bytes are only JSON white space (RFC 8259 section 2). */
export function isBlank(bytes: Uint8Array): boolean {
  // Indexed, since an iterator takes ten times as long.
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}

/** Line feeds among the bytes. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** Index of the first byte that is not white space; -1 where there is none. */
export function firstInk(bytes: Buffer): number {
  return bytes.findIndex((byte) => byte > 0x20);
}
