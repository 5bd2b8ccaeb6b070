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
  const failures = failed > 0 ? `, ${number(failed)} failed` : '';
  return `${bar(share, listed)}  ${number(listed)} objects, ${number(tasksCreated)} new tasks${failures}, ${number(rate)}/s`;
}

/** How far something is, with its percentage. Without a share, a mark that wanders shows that it goes on. */
export function bar(share: number | null, done: number): string {
  if (share === null) {
    const place = Math.floor(done / 1000) % WIDTH;
    return `[${'·'.repeat(place)}█${'·'.repeat(WIDTH - place - 1)}]`;
  }
  const full = Math.round(share * WIDTH);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `[${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${percent}%`;
}

export const number = (value: number) => value.toLocaleString('en-US');

/** One line that changes in place on a terminal, and a line now and then elsewhere, the last one for sure. */
export function progressOn(out: NodeJS.WriteStream) {
  let shownAt = 0;
  return {
    show(line: string, last: boolean): void {
      const every = out.isTTY ? 100 : 5_000;
      if (!last && Date.now() - shownAt < every) return;
      shownAt = Date.now();
      out.write(out.isTTY ? `\r\u001b[2K${line.slice(0, out.columns || 80)}` : `${line}\n`);
    },
    end: () => void (out.isTTY && out.write('\n')),
  };
}

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
  const { show, end } = progressOn(out);
  for await (sync of services.syncWatch.follow(grant, sync, stop.signal)) {
    show(`${title} ${progressLine(sync, expected)}`, !isActive(sync.status));
  }
  end();
  out.write(`${title} ${summaryOf(sync)}\n`);
  return sync;
}
