import { createHash } from 'node:crypto';
import type { Database } from '../database/client.ts';
import { stopSignal, unstoppable } from '../database/stop.ts';
import { NotFoundError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import type { Logger } from '../observability/log.ts';
import { failure, failureOf } from './failures.ts';
import type { Snapshot } from './model.ts';
import type { SnapshotReading } from './reader.ts';
import * as repository from './repository.ts';

/** How often progress is recorded and told, in milliseconds: also while a slow client takes its time. */
const TELL_EVERY = 1_000;

/**
 * The bytes of a snapshot, read as the client comes along. The record shows how far it is and how it ended, also when
 * the client leaves. @throws what the reading throws
 */
export async function* recordedDownload(
  { database, events, log }: { database: Database; events: EventBus; log: Logger },
  { id, projectId }: Pick<Snapshot, 'id' | 'projectId'>,
  { text, counts, expected }: SnapshotReading,
): AsyncGenerator<Buffer, void, undefined> {
  const { db } = database;
  const download = await repository.beginDownload(db, id, expected.exact ? expected.count : null);
  if (!download) throw new NotFoundError('snapshot', id);
  const announce = () => events.publish(database, { topic: 'snapshot', snapshotId: id, projectId });
  const tell = async () => {
    await repository.recordProgress(db, download, counts);
    await announce();
  };
  const tellIfPossible = () =>
    tell().catch((error: unknown) => log.warn({ error, snapshotId: id }, 'telling progress failed'));
  const timer = setInterval(() => void unstoppable(tellIfPossible), TELL_EVERY);
  const hash = createHash('sha256');
  let bytes = 0;
  const left = { error: failure('CLIENT_CLOSED', 'The client closed the connection before the end.') };
  let outcome: repository.DownloadOutcome = left;
  try {
    await announce();
    for await (const piece of text) {
      const buffer = Buffer.from(piece);
      hash.update(buffer);
      bytes += buffer.length;
      yield buffer;
    }
    outcome = { sha256: hash.digest('hex'), bytes };
  } catch (error) {
    outcome = stopSignal()?.aborted ? left : { error: failureOf(error) };
    throw error;
  } finally {
    clearInterval(timer);
    await unstoppable(async () => {
      await repository.endDownload(db, download, counts, outcome);
      await announce();
    });
  }
}
