import { readChunks } from './bytes.ts';
import { FormatError, type FormatSource } from './model.ts';

/** Reads bytes `start` up to, not including, `end` of a source. @throws FormatError when it has fewer. */
export async function readRange(
  source: FormatSource,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Buffer> {
  if (end <= start) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readChunks(source, signal, { start, end: end - 1 })) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= end - start) break;
  }
  if (bytes < end - start) {
    throw new FormatError('BROKEN_PARQUET', 'The file is shorter than its listing says. Sync again.');
  }
  return Buffer.concat(chunks).subarray(0, end - start);
}

/** Reads a part of a source front to back, window by window. */
export class RangeReader {
  readonly #source: FormatSource;
  readonly #signal: AbortSignal;
  readonly #window: number;
  readonly #end: number;
  /** Where the bytes behind `#bytes` begin in the source. */
  #next: number;
  #bytes: Buffer;

  /**
   * @param at bytes that are read already may be given as `bytes`
   * @param window bytes to fetch at least, since every fetch is a request
   */
  constructor(
    source: FormatSource,
    at: { start: number; end: number; bytes?: Buffer },
    window: number,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#signal = signal;
    this.#window = window;
    this.#end = at.end;
    this.#bytes = at.bytes ?? Buffer.alloc(0);
    this.#next = at.start + this.#bytes.length;
  }

  /** Whether all bytes are consumed. */
  get ended(): boolean {
    return this.#bytes.length === 0 && this.#next >= this.#end;
  }

  /** At least so many bytes, fewer only where the part ends. */
  async peek(bytes: number): Promise<Buffer> {
    const missing = Math.min(bytes - this.#bytes.length, this.#end - this.#next);
    if (missing > 0) {
      const end = Math.min(this.#next + Math.max(missing, this.#window), this.#end);
      const fetched = await readRange(this.#source, this.#next, end, this.#signal);
      this.#bytes = Buffer.concat([this.#bytes, fetched]);
      this.#next = end;
    }
    return this.#bytes;
  }

  consume(bytes: number): void {
    this.#bytes = this.#bytes.subarray(bytes);
  }
}
