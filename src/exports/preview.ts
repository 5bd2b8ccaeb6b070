import { mapConcurrently } from '../concurrently.ts';
import type { Database } from '../database/client.ts';
import type { PreviewEntry } from '../syncs/preview/entries.ts';
import { noPreviewCounts, type TargetPreview, type TargetPreviewContext } from '../syncs/preview/preview.ts';
import { contentsOf } from './contents.ts';
import type { ExportContent, KnownExport } from './model.ts';
import { keyFor, keyProblem } from './portion.ts';
import { weights } from './reading.ts';
import { nextKnown } from './repository/intents.ts';
import { takenKeys } from './repository/records.ts';
import { inPortions, isTooLarge, tooLarge } from './sizes.ts';
import { driftOf, hashOf } from './write.ts';

/** Subjects looked at between two looks at the clock. */
const BATCH = 1_000;
/** Requests at a time. */
const CONCURRENCY = 8;

type Sql = Pick<Database, 'sql'>;
interface Plan {
  known: KnownExport;
  entry: PreviewEntry;
}

/**
 * Shows what a sync of a target would write and delete, by the content hashes that it goes by itself, and on request
 * what differs at the storage. Writes nothing, and ends with the time that it is given.
 */
export function createTargetPreview(database: Sql): TargetPreview {
  return async (context) => {
    const { storage, settings, first, drift, deadline, signal } = context;
    const counts = noPreviewCounts();
    const entries: PreviewEntry[] = [];
    const given = new Set<string>();
    for (let after = 0; ; ) {
      signal.throwIfAborted();
      const batch = await nextKnown(database, storage, settings.layout, after, BATCH);
      if (batch.length === 0) return { entries, counts, complete: true };
      after = batch.at(-1)!.subjectId;
      const plans = await plansOf(database, context, batch, given);
      const complete = !drift || (await findDrift(context, plans));
      for (const { entry } of plans) {
        counts.listed++;
        counts[entry.action.toLowerCase() as keyof typeof counts]++;
        if (entry.drift) counts[entry.drift.toLowerCase() as keyof typeof counts]++;
        const isNews = entry.action !== 'UNCHANGED' || entry.drift !== null;
        if (isNews && entries.length < first) entries.push(entry);
      }
      if (!complete || Date.now() > deadline) return { entries, counts, complete: false };
    }
  };
}

/** @param given keys of those before */
async function plansOf(
  database: Sql,
  { store, storage, settings }: TargetPreviewContext,
  batch: readonly KnownExport[],
  given: Set<string>,
): Promise<Plan[]> {
  const subjects = batch.map(subjectOf);
  const sizes = await weights(database, { ...storage, settings }, subjects);
  const sizeOf = ({ subjectId }: KnownExport) => sizes.get(subjectId) ?? 0;
  const plans = batch.filter((known) => isTooLarge(sizeOf(known))).map(failing);
  const others = batch.filter((known) => !isTooLarge(sizeOf(known)));
  for (const some of inPortions(others, sizeOf)) {
    const contents = await contentsOf(database, storage.projectId, settings.layout, some.map(subjectOf));
    const keys = new Map([...contents].map(([subjectId, it]) => [subjectId, keyFor(store, settings, it)]));
    const moving = some.filter(({ subjectId, key }) => (keys.get(subjectId) ?? key) !== key);
    const wanted = moving.map(({ subjectId }) => ({ subjectId, key: keys.get(subjectId)! }));
    const taken = await takenKeys(database, storage, wanted);
    for (const known of some) {
      const content = contents.get(known.subjectId);
      const key = keys.get(known.subjectId);
      if (content && key !== undefined) {
        plans.push(planOf(known, content, key, taken.has(known.subjectId) || given.has(key)));
        given.add(key);
      } else plans.push(removing(known, settings.canDeleteObjects));
    }
  }
  return plans.sort((a, b) => a.known.subjectId - b.known.subjectId);
}

const subjectOf = ({ subjectId }: KnownExport) => subjectId;

const entryOf = ({ key, size, exportedAt }: KnownExport): PreviewEntry => ({
  ...{ key: key ?? '', size: size ?? 0, modifiedAt: exportedAt === null ? null : new Date(exportedAt) },
  ...{ action: 'UNCHANGED', code: null, message: null, data: null, hasMoreRows: false, drift: null },
});

function failing(known: KnownExport): Plan {
  const { code, message } = tooLarge();
  return { known, entry: { ...entryOf(known), action: 'FAIL', code, message } };
}

function removing(known: KnownExport, canDeleteObjects: boolean): Plan {
  const action = canDeleteObjects && known.key !== null ? 'DELETE' : 'UNCHANGED';
  return { known, entry: { ...entryOf(known), action } };
}

function planOf(known: KnownExport, content: ExportContent, key: string, isTaken: boolean): Plan {
  const bytes = Buffer.from(content.body);
  const entry: PreviewEntry = { ...entryOf(known), key, size: bytes.length };
  const problem = keyProblem(key, isTaken);
  if (problem)
    return { known, entry: { ...entry, action: 'FAIL', code: problem.code, message: problem.message } };
  const isSame = known.key === key && known.hash === hashOf(bytes);
  return { known, entry: { ...entry, action: isSame ? 'UNCHANGED' : 'WRITE' } };
}

/** Compares what a sync would leave as it is with the storage. @returns false: the time was up before the end */
async function findDrift(
  { store, deadline, signal }: TargetPreviewContext,
  plans: readonly Plan[],
): Promise<boolean> {
  const written = plans.filter(
    ({ known, entry }) => entry.action === 'UNCHANGED' && known.state === 'EXPORTED',
  );
  const keys = written.map(({ entry }) => entry.key);
  const shown = await store.glance(keys, signal);
  let inTime = true;
  await mapConcurrently(written, CONCURRENCY, async ({ known: { version, size }, entry }) => {
    inTime &&= Date.now() <= deadline;
    if (!inTime) return;
    const { key } = entry;
    entry.drift = await driftOf({ store, signal }, { key, version, size: size ?? 0 }, shown.get(key));
  });
  return inTime;
}
