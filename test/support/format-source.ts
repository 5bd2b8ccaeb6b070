import { Readable } from 'node:stream';
import {
  FormatError,
  type FormatLimits,
  type FormatSource,
  type JsonObject,
  type ParsedRow,
} from '../../src/formats/model.ts';
import { readRows } from '../../src/formats/rows.ts';

/** A source over bytes in memory, which remembers its streams and the bytes they gave. */
export interface MemorySource extends FormatSource {
  streams: Readable[];
  bytesRead: number;
}

/** Cuts bytes into chunks of the given sizes, used in turn. */
export function chunksOf(bytes: Buffer, sizes: number[] = [64 * 1024]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export function sourceOf(key: string, content: Buffer | string, sizes?: number[]): MemorySource {
  const bytes = Buffer.from(content);
  const source: MemorySource = {
    key,
    size: bytes.length,
    streams: [],
    bytesRead: 0,
    async open(range) {
      const part = bytes.subarray(range?.start ?? 0, (range?.end ?? bytes.length) + 1);
      source.bytesRead += part.length;
      const stream = Readable.from(chunksOf(part, sizes), { objectMode: false });
      source.streams.push(stream);
      return stream;
    },
  };
  return source;
}

/** What reading a source to its end gave: the rows, then the error that ended it, if one did. */
export interface Reading {
  rows: ParsedRow[];
  batches: number[];
  error: FormatError | undefined;
}

export async function readAll(
  source: FormatSource,
  options: { fromRow?: number; limits?: Partial<FormatLimits>; signal?: AbortSignal } = {},
): Promise<Reading> {
  const reading: Reading = { rows: [], batches: [], error: undefined };
  const signal = options.signal ?? new AbortController().signal;
  try {
    for await (const batch of readRows(source, { ...options, signal })) {
      reading.rows.push(...batch);
      reading.batches.push(batch.length);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    reading.error = error;
  }
  return reading;
}

/** The values of good rows; a bad row gives its problem's code. */
export function outline(rows: ParsedRow[]): (JsonObject | string)[] {
  return rows.map((row) => ('value' in row ? row.value : row.problem.code));
}
