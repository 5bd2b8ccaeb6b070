import { transaction } from '../../database/client.ts';
import { ExportError } from '../../exports/failures.ts';
import { driftOf, LostClaimError } from '../../exports/write.ts';
import { snapshotFolder } from '../../objects/own-snapshots.ts';
import { projectsById } from '../../projects/repository.ts';
import { ownerOf, sourcesOf } from '../../storages/repository.ts';
import { countTasks } from '../../tasks/repository.ts';
import { filterOf } from '../filter.ts';
import { createMediaCopier } from '../media/copy.ts';
import { MANIFEST, manifestOf, mediaTypes, newTally, partNameOf, type Snapshot } from '../model.ts';
import { type WholeTask, wholeTasks } from '../reader.ts';
import * as repository from '../repository.ts';
import { type PartText, partTexts } from '../text.ts';
import { manifestFacts } from './manifest.ts';
import { causeOf, targetMedia, writeMediaLists } from './media.ts';
import { hashOf, stay, type TargetWriting, writeProven } from './write.ts';

/** Parts looked at with one request, where the storage has such a one. */
const LOOK = 1_000;

/**
 * Writes a snapshot to its target, part by part, and the manifest last; goes on behind the parts that are recorded.
 * Each part is looked at when it was written, and once more before the manifest says that it is there.
 * @throws LostClaimError when another worker has it, or it is gone; ProviderError, ExportError
 */
export async function writeToTarget(writing: TargetWriting, snapshot: Snapshot): Promise<void> {
  const { database, events, signal } = writing;
  const { db } = database;
  const { id, projectId, format } = snapshot;
  const filter = filterOf(snapshot.filter);
  const announce = () => events.publish(database, { topic: 'snapshot', snapshotId: id, projectId });
  const folder = snapshot.folder ?? (await begin(writing, snapshot));
  await announce();
  const known = await repository.partsOf(db, snapshot, 'TASKS');
  const tasks = wholeTasks(database, projectId, filter, known.at(-1)?.last);
  const copied = snapshot.withMedia ? withMedia(writing, snapshot, folder, tasks) : tasks;
  let number = known.length;
  for await (const text of partTexts(copied, format, number === 0)) {
    signal.throwIfAborted();
    number++;
    await writePart(writing, snapshot, folder, number, text);
    await announce();
  }
  if (snapshot.withMedia) await writeMediaLists(writing, snapshot, folder);
  await proveParts(writing, snapshot);
  const [project] = await projectsById(db, [projectId]);
  if (!project) throw new LostClaimError();
  const facts = await manifestFacts(db, snapshot.id, new Date());
  const text = `${JSON.stringify(manifestOf(project, facts), null, 2)}\n`;
  await writeProven(writing, folder + MANIFEST, Buffer.from(text), 'application/json');
  stay(await repository.recordCompletion(db, snapshot));
  await announce();
}

/** The same tasks, once the objects that they point at are copied. */
async function* withMedia(
  writing: TargetWriting,
  snapshot: Snapshot,
  folder: string,
  tasks: AsyncIterable<WholeTask[]>,
): AsyncGenerator<WholeTask[]> {
  const { media, signal, database } = writing;
  const all = await sourcesOf(database.db, [snapshot.projectId]);
  const sources = all.filter(({ provider }) => !media.unserved.has(provider));
  const sink = targetMedia(writing, snapshot, folder);
  const copy = createMediaCopier({ ...media, sources }, sink, newTally(), signal);
  for await (const portion of tasks) {
    await copy(portion).catch((error: unknown) => {
      throw causeOf(error);
    });
    yield portion;
  }
}

/** Where it lies, from now on whatever becomes of the target's settings; and how many tasks there are. */
async function begin({ database: { db }, store }: TargetWriting, snapshot: Snapshot): Promise<string> {
  const { id, projectId, filter } = snapshot;
  const owner = await ownerOf(db, projectId);
  if (!owner) throw new LostClaimError();
  const folder = store.location.prefix + snapshotFolder(owner.externalId, projectId, id);
  const { count, exact } = await countTasks(db, projectId, filterOf(filter));
  stay(await repository.recordBeginning(db, snapshot, { folder, expectedTasks: exact ? count : null }));
  return folder;
}

async function writePart(
  writing: TargetWriting,
  snapshot: Snapshot,
  folder: string,
  number: number,
  { content, ...counts }: PartText,
): Promise<void> {
  const { format } = snapshot;
  const key = folder + partNameOf(format, number);
  const { version } = await writeProven(writing, key, content, mediaTypes[format]);
  const part = { number, key, sha256: hashOf(content), bytes: content.length, version, ...counts };
  stay(await transaction(writing.database, (tx) => repository.recordPart(tx.db, snapshot, part)));
}

/** What has gone or was changed since it was written is written anew, with all the rest. @throws ExportError */
async function proveParts(writing: TargetWriting, snapshot: Snapshot): Promise<void> {
  const { database, store, signal } = writing;
  const parts = await repository.partsOf(database.db, snapshot);
  for (let start = 0; start < parts.length; start += LOOK) {
    const some = parts.slice(start, start + LOOK);
    const shown = await store.glance(
      some.map(({ key }) => key),
      signal,
    );
    for (const { key, version, bytes } of some) {
      if ((await driftOf(writing, { key, version, size: bytes }, shown.get(key))) === null) continue;
      stay(await transaction(database, (tx) => repository.forgetParts(tx.db, snapshot)));
      throw new ExportError('NOT_STORED', `The object "${key}" is no longer as it was written.`);
    }
  }
}
