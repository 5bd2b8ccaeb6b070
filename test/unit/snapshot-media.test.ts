import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
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
