import type { Viewer } from '../organizations/model.ts';
import type { Services } from '../services.ts';
import { isActive, type Sync } from '../syncs/model.ts';

/** Columns of the bar itself. */
const WIDTH = 24;

/** One line that shows how far a sync is. @param expected objects it will list, as far as known */
export function progressLine(sync: Sync, expected: number | null, now = Date.now()): string {
  const { listed, failed, tasksCreated } = sync.counts;
  const done = !isActive(sync.status);
  const share = done ? 1 : expected ? Math.min(listed / expected, 1) : null;
  const seconds = sync.startedAt
    ? Math.max((sync.finishedAt?.getTime() ?? now) - sync.startedAt.getTime(), 1) / 1000
    : 0;
  const rate = seconds > 0 ? Math.round(listed / seconds) : 0;
  const percent = share === null ? '' : ` ${String(Math.floor(share * 100)).padStart(3)}%`;
  const failures = failed > 0 ? `, ${number(failed)} failed` : '';
  return `${bar(share, listed)}${percent}  ${number(listed)} objects, ${number(tasksCreated)} new tasks${failures}, ${number(rate)}/s`;
}

/** Without a share, a mark that wanders shows that something is going on. */
function bar(share: number | null, listed: number): string {
  if (share === null) {
    const place = Math.floor(listed / 1000) % WIDTH;
    return `[${'·'.repeat(place)}█${'·'.repeat(WIDTH - place - 1)}]`;
  }
  const full = Math.round(share * WIDTH);
  return `[${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}]`;
}

const number = (value: number) => value.toLocaleString('en-US');

/** How a sync ended, for people. */
export function summaryOf(sync: Sync): string {
  const { listed, imported, unchanged, skipped, failed, tasksCreated } = sync.counts;
  const parts = [
    `${number(listed)} objects`,
    `${number(imported)} imported`,
    `${number(unchanged)} unchanged`,
    ...(skipped > 0 ? [`${number(skipped)} skipped`] : []),
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
    `${number(tasksCreated)} new tasks`,
  ];
  const reason = sync.errorMessage ? `\n  ${sync.errorMessage} ${sync.errorHint ?? ''}` : '';
  return `${sync.status}: ${parts.join(', ')}${reason}`;
}

/** Follows a sync to its end, with a bar on a terminal and a line now and then elsewhere. */
export async function showProgress(
  services: Services,
  viewer: Viewer,
  syncId: number,
  title: string,
  out: NodeJS.WriteStream = process.stderr,
): Promise<Sync> {
  let sync = await services.syncs.get(viewer, syncId);
  const grant = await services.access.authorize(viewer, 'sync.read', sync);
  const expected = await services.syncs.expectedObjects(viewer, sync);
  const stop = new AbortController();
  let lastLine = 0;
  for await (sync of services.syncWatch.follow(grant, sync, stop.signal)) {
    const line = `${title} ${progressLine(sync, expected)}`;
    if (out.isTTY) out.write(`\r\u001b[2K${line.slice(0, out.columns || 80)}`);
    else if (!isActive(sync.status) || Date.now() - lastLine > 5_000) {
      lastLine = Date.now();
      out.write(`${line}\n`);
    }
  }
  if (out.isTTY) out.write('\n');
  out.write(`${title} ${summaryOf(sync)}\n`);
  return sync;
}
