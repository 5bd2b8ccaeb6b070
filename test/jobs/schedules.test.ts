import { describe, expect, test } from 'vitest';
import { nextDue } from '../../src/storages/schedule.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { as, fieldPath } from '../support/client.ts';
import type { SyncScheduleInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';

/** Storages that are synced by the clock (C13). Two workers look for what is due, each every second. */
const memory = openMemory();
const options = { registry: memory.registry, settings: { WORKER_LEASE_SECONDS: '3' } };
const it = await testApp(options);
await testApp({ ...options, beside: it });
const { owner, sql } = it;
const daily: SyncScheduleInput = { cron: '0 3 * * *', timeZone: 'Europe/Berlin' };
let folders = 0;

async function connect(schedule: SyncScheduleInput | null = daily) {
  const folder = `s${++folders}`;
  memory.container.put(`${folder}/a.jpg`, 'x');
  const project = await owner.project();
  const { id } = await owner.connect(project, memory.input(folder), { presign: false, schedule });
  const row = numberOf(id);
  return {
    id,
    row,
    syncs: async () =>
      (
        await sql<{ line: string }[]>`
          SELECT trigger || ' ' || status AS line FROM syncs WHERE storage_id = ${row} ORDER BY id`
      ).map(({ line }) => line),
    /** As if it had come due so long ago. */
    miss: (ago: string) => sql`UPDATE storages SET due_at = now() - ${ago}::interval WHERE id = ${row}`,
    async dueIn(): Promise<number | null> {
      const [found] = await sql<{ hours: number | null }[]>`
        SELECT extract(epoch FROM due_at - now())::float8 / 3600 AS hours FROM storages WHERE id = ${row}`;
      return found!.hours;
    },
  };
}
type Connected = Awaited<ReturnType<typeof connect>>;

const ended = ({ syncs }: Connected, ...lines: string[]) =>
  expect.poll(syncs, { timeout: 15_000, interval: 50 }).toEqual(lines);

/** Waits until what is due has been looked for twice more. */
async function looked(): Promise<void> {
  for (let look = 0; look < 2; look++) {
    const other = await connect();
    await other.miss('1 second');
    await ended(other, 'SCHEDULE COMPLETED');
  }
}

test('what came due is synced once, however often it was missed, and is due again in its own time', async () => {
  const place = await connect();
  expect(await place.dueIn()).toBeGreaterThan(0);
  await place.miss('10 days');
  await ended(place, 'SCHEDULE COMPLETED');
  const hours = await place.dueIn();
  expect(hours).toBeGreaterThan(0);
  expect(hours).toBeLessThanOrEqual(25);
  await looked();
  expect(await place.syncs()).toEqual(['SCHEDULE COMPLETED']);
});

test('two workers see the same twenty at once: each is synced once', async () => {
  const places = await Promise.all(Array.from({ length: 20 }, () => connect()));
  await sql`UPDATE storages SET due_at = now() - interval '1 minute' WHERE id = ANY(${places.map(({ row }) => row)})`;
  for (const place of places) await ended(place, 'SCHEDULE COMPLETED');
  await looked();
  for (const place of places) expect(await place.syncs()).toEqual(['SCHEDULE COMPLETED']);
});

test('a sync that runs already stands for it', async () => {
  const place = await connect();
  memory.hold();
  const running = await owner.start(place.id);
  await memory.held();
  await place.miss('1 minute');
  await expect.poll(place.dueIn, { timeout: 15_000 }).toBeGreaterThan(0);
  memory.release();
  await owner.ended(running.id);
  expect(await place.syncs()).toEqual(['REQUEST COMPLETED']);
});

test('a schedule comes and goes with an update', async () => {
  const place = await connect(null);
  expect(await place.dueIn()).toBeNull();
  const update = async (schedule: SyncScheduleInput | null) => {
    const input = { storageId: place.id, settings: { source: { schedule } } };
    return as((await owner.run(documents.UpdateStorage, { input })).updateStorage, 'UpdateStorageSuccess');
  };
  await update({ cron: '*/5 * * * *' });
  expect(await place.dueIn()).toBeLessThanOrEqual(5 / 60);
  await update(null);
  expect(await place.dueIn()).toBeNull();
});

describe('refused, with nothing stored:', () => {
  const cases: [name: string, schedule: SyncScheduleInput, path: string, message: RegExp][] = [
    ['a day that never comes', { cron: '0 0 30 2 *' }, 'cron', /comes due/],
    ['each second', { cron: '* * * * * *' }, 'cron', /shortest interval is a minute/],
    ['nothing', { cron: '' }, 'cron', /five fields/],
    ['prose', { cron: 'every day at three' }, 'cron', /five fields|comes due/],
    ['a minute that is none', { cron: '60 * * * *' }, 'cron', /comes due/],
    ['a macro', { cron: '@daily' }, 'cron', /five fields/],
    ['chance', { cron: 'H * * * *' }, 'cron', /definite times/],
    ['a long text', { cron: '*/5 '.repeat(100_000) }, 'cron', /./],
    ['a zone of another planet', { cron: '0 3 * * *', timeZone: 'Mars/Olympus' }, 'timeZone', /IANA/],
  ];

  test.each(cases)('%s', async (_name, schedule, field, message) => {
    const projectId = await owner.project();
    const settings = { source: { presign: false, schedule } };
    const input = { projectId, provider: memory.input('refused'), settings };
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    const { fields } = as(createStorage, 'ValidationError');
    expect(fields).toMatchObject([
      { path: fieldPath(`settings.source.schedule.${field}`), message: expect.stringMatching(message) },
    ]);
    const [count] = await sql`SELECT count(*)::int AS total FROM storages WHERE prefix = 'refused/'`;
    expect(count).toEqual({ total: 0 });
  });
});

/** The times of Europe/Berlin change on 2026-03-29 at 02:00 and on 2026-10-25 at 03:00. */
test.each([
  ['0 3 * * *', 'Europe/Berlin', '2026-11-21T12:00:00Z', ['2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z']],
  ['*/20 * * * *', 'UTC', '2026-11-21T12:00:00Z', ['2026-11-21T12:20:00Z', '2026-11-21T12:40:00Z']],
  [
    '0 9 * * MON',
    'America/New_York',
    '2026-11-21T12:00:00Z',
    ['2026-11-23T14:00:00Z', '2026-11-30T14:00:00Z'],
  ],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']],
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z']],
])('%s in %s after %s', (cron, timeZone, from, expected) => {
  let time = new Date(from);
  const times = expected.map(() => {
    time = nextDue({ cron, timeZone }, time);
    return time.toISOString().replace('.000', '');
  });
  expect(times).toEqual(expected);
});
