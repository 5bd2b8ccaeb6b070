import { and, asc, desc, eq, gt, inArray } from 'drizzle-orm';
import type { Db, Transaction } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { syncIssues } from '../database/tables/syncs.ts';
import type { NewSyncIssue, SyncCounts, SyncIssue, SyncKey } from './model.ts';

/** The issues of syncs: errors and warnings, as they are written and read. */

/** Issues of one cause that a sync writes; more are only counted. */
const MAX_OF_CAUSE = 100;

/** Counts issues by their cause. @returns those that are to be written */
export function withinLimit(
  issues: readonly NewSyncIssue[],
  { issuesBy }: Pick<SyncCounts, 'issuesBy'>,
): NewSyncIssue[] {
  return issues.flatMap((issue) => {
    const { code } = issue;
    issuesBy[code] = (issuesBy[code] ?? 0) + 1;
    if (issuesBy[code] <= MAX_OF_CAUSE) return [issue];
    if (issuesBy[code] > MAX_OF_CAUSE + 1) return [];
    const message = `There are more than ${MAX_OF_CAUSE} issues ${code}; the others are only counted.`;
    return [{ severity: 'WARNING', code: 'TOO_MANY_ISSUES', message, key: null, row: null, path: null }];
  });
}

export interface IssueFilter {
  code?: string | null | undefined;
  severity?: 'ERROR' | 'WARNING' | null | undefined;
}

const issuesMatching = ({ id, projectId }: SyncKey, { code, severity }: IssueFilter) =>
  and(
    eq(syncIssues.projectId, projectId),
    eq(syncIssues.syncId, id),
    code ? eq(syncIssues.code, code) : undefined,
    severity ? eq(syncIssues.severity, severity) : undefined,
  );

export async function issuesOf(
  db: Db,
  sync: SyncKey,
  filter: IssueFilter,
  page: { limit: number; after?: number | undefined },
): Promise<SyncIssue[]> {
  return db
    .select()
    .from(syncIssues)
    .where(and(issuesMatching(sync, filter), gt(syncIssues.id, page.after ?? 0)))
    .orderBy(asc(syncIssues.id))
    .limit(page.limit);
}

export const countIssues = (db: Db, sync: SyncKey, filter: IssueFilter) =>
  countRows(db, syncIssues, issuesMatching(sync, filter));

export async function issuesById(db: Db, ids: readonly number[]): Promise<SyncIssue[]> {
  return db
    .select()
    .from(syncIssues)
    .where(inArray(syncIssues.id, [...ids]));
}

/** The newest issues of a sync, newest first. */
export async function lastIssues(db: Db, sync: SyncKey, limit: number): Promise<SyncIssue[]> {
  return db
    .select()
    .from(syncIssues)
    .where(issuesMatching(sync, {}))
    .orderBy(desc(syncIssues.id))
    .limit(limit);
}

export async function insertIssues(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: SyncKey,
  issues: readonly NewSyncIssue[],
): Promise<void> {
  if (issues.length === 0) return;
  const column = <K extends keyof NewSyncIssue>(name: K) => issues.map((issue) => issue[name]);
  await sql`
    INSERT INTO sync_issues (project_id, sync_id, severity, code, message, key, row, path)
    SELECT ${projectId}, ${id}, severity::issue_severity, code, message, key, row, path
    FROM unnest(${column('severity')}::text[], ${column('code')}::text[], ${column('message')}::text[],
                ${column('key')}::text[], ${column('row')}::int[], ${column('path')}::text[])
      AS new (severity, code, message, key, row, path)`;
}
