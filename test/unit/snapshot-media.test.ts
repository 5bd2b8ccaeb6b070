import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { LostClaimError } from '../../src/exports/write.ts';
import type { Store } from '../../src/providers/store.ts';
import type { Snapshot } from '../../src/snapshots/model.ts';
import { targetMedia } from '../../src/snapshots/target/media.ts';
import type { TargetWriting } from '../../src/snapshots/target/write.ts';

test('what is longer when it is read than when it was looked at is neither held nor written', async () => {
  let written = 0;
  const target = { takesStreams: false, copy: async () => undefined, write: async () => void written++ };
  const writing = { store: target, holds: () => true } as unknown as TargetWriting;
  const info = { key: 'a.bin', size: 1, version: null, modifiedAt: null };
  const stream = Readable.from(Buffer.alloc(1 << 20));
  const source = { head: async () => info, read: async () => ({ info, length: 1 << 40, stream }) };
  const sink = targetMedia(writing, {} as Snapshot, 'out/');
  const medium = { store: source as unknown as Store, key: 'a.bin' };
  const kept = sink.keep('a.bin', medium, new AbortController().signal);
  await expect(kept).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
  expect([stream.destroyed, written]).toEqual([true, 0]);
});

test('a worker whose snapshot is another one’s by now brings no upload to its end', async () => {
  const size = 8 << 20;
  let [holds, taken, ended] = [true, 0, false];
  const target = {
    takesStreams: true,
    copy: async () => undefined,
    async writeStream(_key: string, body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        taken += chunk.length;
        holds = false;
      }
      ended = true;
    },
  };
  const writing = { store: target, holds: () => holds } as unknown as TargetWriting;
  const info = { key: 'a.bin', size, version: '1', modifiedAt: null };
  const stream = Readable.from([Buffer.alloc(size / 2), Buffer.alloc(size / 2)], { objectMode: false });
  const source = { head: async () => info, read: async () => ({ info, length: size, stream }) };
  const sink = targetMedia(writing, {} as Snapshot, 'out/');
  const medium = { store: source as unknown as Store, key: 'a.bin' };
  const kept = sink.keep('a.bin', medium, new AbortController().signal);
  await expect(kept).rejects.toBeInstanceOf(LostClaimError);
  expect([taken > 0, ended]).toEqual([true, false]);
});
