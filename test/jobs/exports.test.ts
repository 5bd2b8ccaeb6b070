import { afterEach, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { schemaErrors } from '../support/export-schema.ts';
import type { TargetSettingsInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';
import { region } from '../support/region.ts';
import { until } from '../support/until.ts';

/** What is saved reaches the target storages of its project, and only what is there counts as exported. */
const memory = openMemory();
const { container } = memory;
const it = await testApp({ registry: memory.registry });
const { owner } = it;
let folders = 0;
afterEach(() => {
  container.mend();
  container.forgetful = false;
});
/** What a sync of a target came to. */
const came = async ({ id }: { id: string }) => (await owner.run(documents.ExportCounts, { id })).sync;

/** A project with one task and a target in a folder of its own. */
async function connect(target: TargetSettingsInput = {}, tasks: unknown[] = [{ data: { image: 'a.jpg' } }]) {
  const folder = `out${++folders}/`;
  const project = await owner.project();
  const storage = await owner.target(project, memory.input(folder), target);
  const taskIds = tasks.length === 0 ? [] : await owner.importTasks(project, tasks);
  return {
    ...{ folder, project, storage, id: storage.id, taskIds, task: taskIds[0]! },
    keys: () => container.page(folder, undefined).map(({ key }) => key),
    /** The objects, by key below the folder. */
    objects: () =>
      Object.fromEntries(
        container
          .page(folder, undefined)
          .map(({ key }) => [key.slice(folder.length), JSON.parse(textOf(key))]),
      ),
    /** What its objects are not by their published schema. */
    wrong: () => {
      const layout = target.layout ?? 'ANNOTATION';
      const keys = container.page(folder, undefined).map(({ key }) => key);
      return keys.flatMap((key) => schemaErrors(layout, JSON.parse(textOf(key))));
    },
    states: async () => (await owner.exported(storage.id)).map(({ state }) => state),
  };
}
const textOf = (key: string) => Buffer.from(container.body(key)!).toString();
const writes = () => container.calls.filter(({ method }) => method === 'write').length;

describe('layout ANNOTATION', () => {
  test('each saved annotation is an object with its task; a change rewrites it', async () => {
    const place = await connect();
    const id = await owner.annotate(place.task, region('first'));
    await until(place.keys).toHaveLength(1);
    await owner.change(id, region('second'));
    const name = `${numberOf(id)}.json`;
    await until(() => place.objects()[name]?.result).toEqual(region('second'));
    expect(place.objects()[name]).toMatchObject({
      id: numberOf(id),
      task: { id: numberOf(place.task), data: { image: 'a.jpg' }, total_annotations: 1, is_labeled: true },
      was_cancelled: false,
    });
    const [record] = await owner.exported(place.id);
    expect(record).toMatchObject({ state: 'EXPORTED', key: place.folder + name, error: null, attempts: 0 });
    expect(container.info(place.folder + name)?.contentType).toBe('application/json');
    expect(place.wrong()).toEqual([]);
  });

  test.each([true, false])('a deleted one goes or stays (canDeleteObjects: %s)', async (canDeleteObjects) => {
    const place = await connect({ canDeleteObjects });
    const [gone] = [await owner.annotate(place.task), await owner.annotate(place.task)];
    await until(place.keys).toHaveLength(2);
    await owner.unannotate(gone);
    const left = canDeleteObjects ? 1 : 2;
    await until(place.states).toEqual([canDeleteObjects ? 'DELETED' : 'KEPT', 'EXPORTED']);
    expect(place.keys()).toHaveLength(left);
  });

  test('tasks that are deleted take their objects with them', async () => {
    const place = await connect({ canDeleteObjects: true });
    await owner.annotate(place.task);
    await until(place.keys).toHaveLength(1);
    await owner.run(documents.DeleteTasks, { input: { projectId: place.project, taskIds: [place.task] } });
    await until(place.keys).toEqual([]);
  });

  test('imported annotations are exported too', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      data: { i },
      annotations: [{ result: region(`${i}`) }],
    }));
    const place = await connect({}, rows);
    await until(place.keys).toHaveLength(30);
    expect(place.wrong()).toEqual([]);
  });
});

describe('layout TASK', () => {
  test('W15: one object a task, rewritten with each change and deleted with its last annotation', async () => {
    const place = await connect({ layout: 'TASK', canDeleteObjects: true });
    const name = `${numberOf(place.task)}.json`;
    const first = await owner.annotate(place.task, region('first'));
    const second = await owner.annotate(place.task, region('second'));
    const results = () => place.objects()[name]?.annotations.map(({ result }: { result: unknown }) => result);
    await until(results).toEqual([region('first'), region('second')]);
    expect(place.wrong()).toEqual([]);
    await owner.unannotate(first);
    await until(results).toEqual([region('second')]);
    await owner.unannotate(second);
    await until(place.keys).toEqual([]);
    expect(await place.states()).toEqual(['DELETED']);
  });
});

describe('numbers', () => {
  test('go out as they came in, digit for digit', async () => {
    const place = await connect({}, []);
    const data = '{"n":9007199254740993,"f":1.0,"long":0.1234567890123456789012345}';
    const source = `in${folders}/`;
    container.put(
      `${source}a.json`,
      `{"data":${data},"annotations":[{"result":[{"value":12345678901234567890}]}]}`,
    );
    const storage = await owner.connect(place.project, memory.input(source), { importMethod: 'TASKS' });
    await owner.sync(storage.id);
    await until(place.keys).toHaveLength(1);
    const text = textOf(place.keys()[0]!).replaceAll(' ', '');
    for (const number of ['9007199254740993', '1.0', '0.1234567890123456789012345', '12345678901234567890']) {
      expect(text).toContain(`:${number}`);
    }
  });
});

describe('a target that is down', () => {
  test('W16: annotating goes on; many saves become one write when it is back', async () => {
    const place = await connect();
    container.fail({ method: 'write', failure: { code: 'UNAVAILABLE' }, times: 1_000 });
    const id = await owner.annotate(place.task, region('0'));
    for (let i = 1; i <= 20; i++) await owner.change(id, region(`${i}`));
    await until(async () => (await owner.exports(place.id))[0]?.error?.code).toBe('UNAVAILABLE');
    expect((await owner.exports(place.id))[0]).toMatchObject({ state: 'PENDING' });
    expect(place.keys()).toEqual([]);
    container.mend();
    const before = writes();
    await it.sql`UPDATE export_records SET due_at = now() WHERE due_at IS NOT NULL AND lease_until IS NULL`;
    await owner.run(documents.UpdateStorage, { input: { storageId: place.id, title: 'mended' } });
    await until(() => place.objects()[`${numberOf(id)}.json`]?.result).toEqual(region('20'));
    expect(await place.states()).toEqual(['EXPORTED']);
    expect(writes() - before).toBe(1);
  });

  test('one that refuses for good is FAILED with its reason, and tried again on request', async () => {
    const place = await connect();
    container.fail({ method: 'write', failure: { code: 'FORBIDDEN' }, times: 1 });
    await owner.annotate(place.task);
    await until(place.states).toEqual(['FAILED']);
    const [record] = await owner.exports(place.id);
    expect(record).toMatchObject({ error: { code: 'FORBIDDEN' }, etag: null, contentHash: null });
    const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: place.id } });
    const sync = await owner.ended(as(retryFailed, 'RetryFailedSuccess').sync.id);
    expect(await came(sync)).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 1, exported: 1, failed: 0 },
    });
    expect(await place.states()).toEqual(['EXPORTED']);
  });

  test("one that refuses for good is told to the project's webhooks", async () => {
    const place = await connect();
    await it.sql`
      INSERT INTO webhooks (project_id, url, events, secret)
      VALUES (${numberOf(place.project)}, 'http://127.0.0.1:9', '{export.failed}', 'sealed')`;
    container.fail({ method: 'write', failure: { code: 'FORBIDDEN' }, times: 1 });
    const annotationId = await owner.annotate(place.task);
    await until(place.states).toEqual(['FAILED']);
    const rows = await it.sql<{ body: string }[]>`
      SELECT body FROM webhook_deliveries WHERE project_id = ${numberOf(place.project)}`;
    expect(rows.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        type: 'export.failed',
        data: {
          projectId: place.project,
          storageId: place.id,
          count: 1,
          failures: [{ annotationId, error: { code: 'FORBIDDEN' } }],
        },
      },
    ]);
  });

  test('what is to be removed goes all the same: it may make the room that is missing', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
    const place = await connect({ exportOnSave: false, canDeleteObjects: true }, rows);
    const last = await owner.annotate(place.taskIds.at(-1)!);
    await owner.sync(place.id);
    await owner.unannotate(last);
    container.fail({ method: 'write', failure: { code: 'UNAVAILABLE' }, times: 1_000 });
    expect((await owner.sync(place.id, { full: true })).status).toBe('FAILED');
    expect(place.keys()).toHaveLength(40);
  });

  test('what was to move to another key meanwhile, and was not written there, is no export', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
    const place = await connect({ exportOnSave: false, canDeleteObjects: true }, rows);
    await owner.sync(place.id);
    expect(place.keys()).toHaveLength(40);
    const settings = {
      target: { keyTemplate: 'moved/{annotation.id}.json', exportOnSave: false, canDeleteObjects: true },
    };
    await owner.run(documents.UpdateStorage, { input: { storageId: place.id, settings } });
    container.fail({ method: 'write', failure: { code: 'UNAVAILABLE' }, times: 1_000 });
    expect((await owner.sync(place.id)).status).toBe('FAILED');
    container.mend();
    await it.sql`UPDATE export_records SET due_at = now() WHERE due_at IS NOT NULL AND lease_until IS NULL`;
    expect(await came(await owner.sync(place.id))).toMatchObject({
      status: 'COMPLETED',
      counts: { exported: 40 },
    });
    expect(place.keys()).toHaveLength(40);
    expect(place.keys().filter((key) => key.includes('/moved/'))).toHaveLength(40);
  });

  test('what was written and could not be proven is written again, even if its old content comes back', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      data: { i },
      annotations: [{ result: region('old') }],
    }));
    const place = await connect({ exportOnSave: false }, rows);
    await owner.sync(place.id);
    const results = () => new Set(Object.values(place.objects()).map((it) => JSON.stringify(it.result)));
    const set = (name: string) => it.sql`
      UPDATE annotations SET result = ${JSON.stringify(region(name))}::text::jsonb WHERE project_id = ${numberOf(place.project)}`;
    await set('new');
    container.fail({
      method: 'write',
      key: new RegExp(`^${place.folder}`),
      after: 30,
      failure: { code: 'UNAVAILABLE' },
      times: 1_000,
    });
    expect((await owner.sync(place.id)).status).toBe('FAILED');
    expect(results().size).toBe(2);
    container.mend();
    await set('old');
    await owner.sync(place.id);
    expect(results()).toEqual(new Set([JSON.stringify(region('old'))]));
  });

  test('W14: what it confirms and does not keep is no export', async () => {
    const place = await connect();
    container.forgetful = true;
    await owner.annotate(place.task);
    await until(async () => (await owner.exports(place.id))[0]?.error?.code).toBe('NOT_STORED');
    expect((await owner.exports(place.id))[0]).toMatchObject({ state: 'PENDING', exportedAt: null });
    container.forgetful = false;
    await it.sql`UPDATE export_records SET due_at = now() WHERE due_at IS NOT NULL AND lease_until IS NULL`;
    await owner.annotate(place.task);
    await until(place.states).toEqual(['EXPORTED', 'EXPORTED']);
    expect(place.keys()).toHaveLength(2);
  });
});

describe('a sync of a target', () => {
  test('exports what is not there yet, then only what is new; with `full` everything', async () => {
    const tasks = Array.from({ length: 5 }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
    const place = await connect({ exportOnSave: false }, tasks);
    const first = await owner.sync(place.id);
    expect(await came(first)).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 5, exported: 5, unchanged: 0 },
    });
    expect(place.keys()).toHaveLength(5);
    await owner.annotate(place.task, region('new'));
    // The other annotation of the task shows the task's counters.
    expect((await came(await owner.sync(place.id)))?.counts).toMatchObject({
      ...{ listed: 6, exported: 2, unchanged: 4 },
    });
    expect((await came(await owner.sync(place.id, { full: true })))?.counts).toMatchObject({
      ...{ exported: 6, unchanged: 0 },
    });
  });

  test('ends as FAILED, with its reason, when the storage is down', async () => {
    const place = await connect({ exportOnSave: false });
    await owner.annotate(place.task);
    container.fail({ method: 'write', failure: { code: 'CONNECTION_REFUSED' }, times: 100 });
    const sync = await owner.sync(place.id);
    expect(sync).toMatchObject({ status: 'FAILED', error: { code: 'CONNECTION_REFUSED' } });
    container.mend();
  });
});

describe('the log', () => {
  test('a client that comes back with its last cursor misses nothing and sees nothing twice', async () => {
    const place = await connect({ canDeleteObjects: true });
    const seen: string[] = [];
    /** Follows until so many events have come, and goes. */
    async function follow(count: number, after: string | null): Promise<string | null> {
      let last = after;
      for await (const { data } of owner.sse(documents.ExportEventsFeed, {
        projectId: place.project,
        after,
      })) {
        const event = data!.exportEvents;
        seen.push(`${event.kind} ${event.key}`);
        last = event.cursor;
        if (--count === 0) break;
      }
      return last;
    }
    const ids = [];
    const first = follow(2, Buffer.from('export:0').toString('base64url'));
    for (let i = 0; i < 3; i++) ids.push(await owner.annotate(place.task));
    const cursor = await first;
    await until(place.states).toEqual(['EXPORTED', 'EXPORTED', 'EXPORTED']);
    await owner.unannotate(ids[0]!);
    await until(place.states).toEqual(['DELETED', 'EXPORTED', 'EXPORTED']);
    const all = await it.sql<{ line: string }[]>`
      SELECT event || ' ' || key AS line FROM export_events WHERE project_id = ${numberOf(place.project)} ORDER BY id`;
    await follow(all.length - 2, cursor);
    expect(seen).toEqual(all.map(({ line }) => line));
    expect(seen).toContain(`DELETED ${place.folder}${numberOf(ids[0]!)}.json`);
  });

  test('a cursor that is none is refused', async () => {
    const place = await connect();
    const feed = owner.sse(documents.ExportEventsFeed, { storageId: place.id, after: 'nonsense' });
    const { value } = await feed[Symbol.asyncIterator]().next();
    expect(JSON.stringify(value)).toMatch(/cursor of an export event/);
  });
});

describe('the records', () => {
  test('say of each object its state, key, ETag, when, and why not; a filter picks the states', async () => {
    const place = await connect({ canDeleteObjects: true });
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(await owner.annotate(place.task, region(`${i}`)));
    const began = new Date();
    await until(place.states).toEqual(Array(4).fill('EXPORTED'));
    const keyOf = (index: number) => `${place.folder}${numberOf(ids[index]!)}.json`;
    await owner.unannotate(ids[0]!);
    await until(place.states).toEqual(['DELETED', 'EXPORTED', 'EXPORTED', 'EXPORTED']);
    container.fail({ method: 'write', key: keyOf(1), failure: { code: 'FORBIDDEN' }, times: 2 });
    const record = async (index: number) =>
      (await owner.exports(place.id)).find(({ key }) => key === keyOf(index))!;
    await owner.change(ids[1]!, region('refused'));
    await until(async () => (await record(1)).state).toBe('FAILED');

    const fine = { error: null, attempts: 0, nextAttemptAt: null };
    expect(await record(0)).toMatchObject({ ...fine, state: 'DELETED', etag: null, contentHash: null });
    expect(await record(1)).toMatchObject({
      state: 'FAILED',
      nextAttemptAt: null,
      error: { code: 'FORBIDDEN', message: expect.any(String), hint: expect.any(String) },
    });
    const exported = await record(3);
    const [object] = container.page(keyOf(3), undefined);
    expect(exported).toMatchObject({ ...fine, state: 'EXPORTED', etag: object!.version, size: object!.size });
    expect(Date.parse(exported.exportedAt!)).toBeGreaterThan(began.getTime() - 5_000);
    const keysIn = async (...states: ('EXPORTED' | 'FAILED' | 'DELETED')[]) =>
      (await owner.exports(place.id, { states })).map(({ key }) => key);
    expect(await keysIn('DELETED')).toEqual([keyOf(0)]);
    expect(await keysIn('FAILED')).toEqual([keyOf(1)]);
    expect(await keysIn('EXPORTED', 'FAILED')).toEqual([1, 2, 3].map(keyOf));

    const { node } = await owner.run(documents.AnnotationExports, { id: ids[1]! });
    expect((node as { exports: unknown }).exports).toMatchObject([
      { state: 'FAILED', key: keyOf(1), error: { code: 'FORBIDDEN' }, nextAttemptAt: null },
    ]);
  });

  test('an annotation shows its exports, one for each target', async () => {
    const place = await connect();
    const other = await owner.target(place.project, memory.input(`${place.folder.slice(0, -1)}-tasks/`), {
      layout: 'TASK',
    });
    const id = await owner.annotate(place.task);
    await owner.exported(place.id);
    await owner.exported(other.id);
    const { node } = await owner.run(documents.AnnotationExports, { id });
    const found = (node as { exports: { state: string; storage: { id: string } }[] }).exports;
    expect(found.map(({ state, storage }) => `${storage.id} ${state}`)).toEqual([
      `${place.id} EXPORTED`,
      `${other.id} EXPORTED`,
    ]);
  });
});
