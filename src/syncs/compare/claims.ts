import type { Database } from '../../database/client.ts';
import type { LedgerOwner, ObjectRecord, SkipReason } from '../../objects/model.ts';
import { countRowSources, countSources, type SourceCounts } from '../../tasks/bulk.ts';
import { WHOLE_OBJECT } from '../../tasks/model.ts';
import type { ReadingCheckpoint } from '../model.ts';
import type { ImportMode } from './judge.ts';
import type { ComparedPage, Finding } from './pages.ts';

/**
 * Objects that a storage imports for the first time, or once more, may have their tasks in the project already, by
 * another storage; or had them, and somebody deleted them. Importing them makes no task, and that is told.
 */

export type ClaimReason = Extract<SkipReason, 'IN_PROJECT' | 'DELETED_BEFORE'>;

/** What has to be looked at when tasks are imported: whether the project had them, or they were deleted. */
export function claimOf(mode: ImportMode): ObjectRecord['claim'] {
  return mode === 'NEW' || mode === 'RETRY' ? mode : null;
}

/**
 * Why importing an object makes no task; undefined: it makes some, or they are its own.
 * @param tasks how many its content defines
 */
export function judgeClaim(
  claim: ObjectRecord['claim'],
  tasks: number,
  found: Pick<SourceCounts, 'live' | 'deleted'> | undefined,
): ClaimReason | undefined {
  if (!claim || !found || tasks === 0 || found.live + found.deleted < tasks) return undefined;
  if (found.live === 0) return 'DELETED_BEFORE';
  // What comes back finds tasks that were kept for it.
  return claim === 'NEW' ? 'IN_PROJECT' : undefined;
}

export const sourceName = ({ key, revision }: { key: string; revision: number }) => `${revision} ${key}`;

const claimsOf = (findings: readonly Finding[]) =>
  findings.filter(({ verdict }) => verdict.kind === 'IMPORT' && claimOf(verdict.mode) !== null);

const nameOf = ({ object, known }: Finding) =>
  sourceName({ key: object.key, revision: known?.revision ?? 0 });

/** What the project has of the findings of a page that have to be looked at. */
export async function sourcesOf(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  findings: readonly Finding[],
  importMethod: 'FILES' | 'TASKS',
): Promise<Map<Finding, SourceCounts>> {
  const claims = claimsOf(findings);
  if (claims.length === 0) return new Map();
  const keys = claims.map(({ object }) => object.key);
  const whole = claims.map(({ object, known }) => ({
    ...{ key: object.key, row: WHOLE_OBJECT, revision: known?.revision ?? 0, id: null },
  }));
  const found =
    importMethod === 'FILES'
      ? await countSources(database, storage, whole)
      : await countRowSources(database, storage, keys);
  const byName = new Map(found.map((source) => [sourceName(source), source]));
  return new Map(
    claims.flatMap((finding) => {
      const source = byName.get(nameOf(finding));
      return source ? [[finding, source] as const] : [];
    }),
  );
}

/**
 * Pages of task files, whose findings know what the project has of them.
 * @param unfinished objects that were read in part before, by key: tasks that they have are their own, but for those
 *   that the project had before that reading
 */
export async function* withSources(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  pages: AsyncIterable<ComparedPage>,
  unfinished: ReadonlyMap<string, Pick<ReadingCheckpoint, 'sources'>>,
): AsyncGenerator<ComparedPage> {
  for await (const page of pages) {
    for (const [finding, source] of await sourcesOf(database, storage, page.findings, 'TASKS')) {
      const before = unfinished.get(finding.object.key);
      const sources = before ? before.sources : source;
      if (sources) finding.sources = sources;
    }
    yield page;
  }
}
