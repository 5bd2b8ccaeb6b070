import { csvRow } from '../../formats/csv.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { Sync, SyncIssue } from '../model.ts';
import type { SyncService } from '../service.ts';

export const reportTypes = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const;

const columns = ['severity', 'code', 'key', 'row', 'path', 'message'] as const;
const PAGE = 1_000;

/** The issues of a sync, page by page: as JSON Lines, or as CSV (RFC 4180). */
export async function* reportLines(
  syncs: Pick<SyncService, 'issues'>,
  viewer: Viewer,
  sync: Sync,
  format: keyof typeof reportTypes,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvRow(columns);
  const line = format === 'csv' ? csvLine : jsonLine;
  for (let after: number | undefined; ; ) {
    const issues = await syncs.issues(viewer, sync, {}, { limit: PAGE, after });
    if (issues.length > 0) yield issues.map(line).join('');
    if (issues.length < PAGE) return;
    after = issues.at(-1)!.id;
  }
}

function jsonLine(issue: SyncIssue): string {
  return `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, issue[name]])))}\n`;
}

const csvLine = (issue: SyncIssue) => csvRow(columns.map((name) => issue[name]));
