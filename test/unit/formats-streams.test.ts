import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import type { FormatSource } from '../../src/formats/model.ts';
import { readRows } from '../../src/formats/rows.ts';
import { sourceOf } from '../support/format-source.ts';

const lost = new ProviderError({
  code: 'CONNECTION_LOST',
  message: 'Lost.',
  hint: 'Try again.',
  retryable: true,
});
const lines = '{"a":1}\n'.repeat(50_000);

/** Gives the bytes, then fails. */
function failing(key: string, bytes: Buffer): FormatSource {
  async function* content() {
    yield bytes;
    throw lost;
  }
  return { key, size: bytes.length * 2, open: async () => Readable.from(content(), { objectMode: false }) };
}

async function read(source: FormatSource, signal = new AbortController().signal): Promise<number> {
  let rows = 0;
  for await (const batch of readRows(source, { signal })) rows += batch.length;
  return rows;
}

describe('errors of the storage pass through', () => {
  it.each([
    ['a.jsonl', Buffer.from(lines)],
    ['a.json', Buffer.from(`[${lines.trim().replaceAll('\n', ',')}`)],
    ['a.json', Buffer.from('{"a":')],
    ['a.jsonl.gz', gzipSync(lines).subarray(0, -8)],
    ['a.parquet', Buffer.alloc(100)],
  ])('from %s', async (key, bytes) => {
    await expect(read(failing(key, bytes))).rejects.toBe(lost);
  });

  it('when opening fails', async () => {
    for (const key of ['a.json', 'a.parquet']) {
      await expect(read({ key, size: 100, open: () => Promise.reject(lost) })).rejects.toBe(lost);
    }
  });
});

describe('the stream is closed', () => {
  it.each(['a.jsonl', 'a.jsonl.gz'])('when the reader stops in the middle of %s', async (key) => {
    const source = sourceOf(key, key.endsWith('.gz') ? gzipSync(lines) : lines, [1000]);
    for await (const batch of readRows(source, { signal: new AbortController().signal })) {
      expect(batch).toHaveLength(1000);
      break;
    }
    expect(source.streams.map((stream) => stream.destroyed)).toEqual([true]);
  });

  it('when the object turns out not to be a task file', async () => {
    const source = sourceOf('a', 'x'.repeat(1_000_000));
    await expect(read(source)).rejects.toMatchObject({ code: 'NOT_A_TASK_FILE' });
    expect(source.streams.map((stream) => stream.destroyed)).toEqual([true]);
  });

  it('when the signal aborts while the storage is silent, with the reason of the abort', async () => {
    const controller = new AbortController();
    const stream = new Readable({ read: () => undefined });
    stream.push('{"a":1}\n');
    const reading = read({ key: 'a.jsonl', size: 8, open: async () => stream }, controller.signal);
    const reason = new Error('cancelled');
    setImmediate(() => controller.abort(reason));
    await expect(reading).rejects.toBe(reason);
    expect(stream.destroyed).toBe(true);
  });

  it('and never opened when the signal has aborted before', async () => {
    const source = sourceOf('a.jsonl', lines);
    await expect(read(source, AbortSignal.abort(lost))).rejects.toBe(lost);
    expect(source.streams).toHaveLength(0);
  });
});

it('an error of the stream after it was closed does not end the process', async () => {
  const stream = Readable.from([Buffer.from(lines)], { objectMode: false });
  for await (const _ of readRows(
    { key: 'a.jsonl', size: 1, open: async () => stream },
    { signal: new AbortController().signal },
  )) {
    break;
  }
  stream.emit('error', new Error('late'));
  expect(stream.destroyed).toBe(true);
});
