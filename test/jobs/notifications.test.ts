import { describe, expect, test } from 'vitest';
import { openDatabase, transaction } from '../../src/database/client.ts';
import { forgetNotifications, insertNotifications } from '../../src/objects/ledger.ts';
import { testApp } from '../support/app.ts';
import type { SourceSettingsInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';
import * as bodies from './notification-bodies.ts';

/** Storages that tell of changed objects: every provider's bodies, over HTTP, as they come (C13). */
const memory = openMemory();
const it = await testApp({ registry: memory.registry });
const { owner, sql } = it;
const { container } = memory;
const BUCKET = container.name;
const { viewer } = await it.app.services.organizations.ensureFirst();
let folders = 0;

/** A storage on a folder of its own, and its webhook. */
async function connect(source: SourceSettingsInput = {}) {
  const folder = `n${++folders}`;
  const project = await owner.project();
  const storage = await owner.connect(project, memory.input(folder), { presign: false, ...source });
  const row = numberOf(storage.id);
  const { token } = await it.app.services.storages.createNotificationToken(viewer, row);
  const path = `/storages/${row}/notifications`;
  const post = (body: unknown, init: RequestInit & { token?: string | null } = {}) => {
    const { token: given = token, ...rest } = init;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const query = given === null ? '' : `?token=${given}`;
    return it.client(null).fetch(path + query, { method: 'POST', body: text, ...rest });
  };
  return {
    ...{ folder, project, id: storage.id, row, token, path, post },
    key: (name: string) => `${folder}/${name}`,
    async syncs(): Promise<string[]> {
      const found = await sql<{ line: string }[]>`
        SELECT trigger || ' ' || status AS line FROM syncs WHERE storage_id = ${row} ORDER BY id`;
      return found.map(({ line }) => line);
    },
    async waiting(): Promise<number> {
      const [found] = await sql<{ total: number }[]>`
        SELECT count(*)::int AS total FROM object_notifications WHERE storage_id = ${row}`;
      return found!.total;
    },
    async ledger(): Promise<string[]> {
      const found = await sql<{ line: string }[]>`
        SELECT substr(key, ${folder.length + 2}) || ' ' || state AS line FROM objects WHERE storage_id = ${row} ORDER BY key`;
      return found.map(({ line }) => line);
    },
    /** All notifications are settled and nothing runs. */
    async settled(timeout = 20_000): Promise<void> {
      await expect
        .poll(
          async () => {
            const [found] = await sql<{ busy: boolean }[]>`
              SELECT EXISTS (SELECT FROM object_notifications WHERE storage_id = ${row})
                OR EXISTS (SELECT FROM syncs WHERE storage_id = ${row} AND status IN ('QUEUED', 'IN_PROGRESS')) AS busy`;
            return found!.busy;
          },
          { timeout, interval: 50 },
        )
        .toBe(false);
    },
  };
}

describe('a notification of', () => {
  const shapes: [string, (key: string) => unknown][] = [
    ['S3', (key) => bodies.s3(BUCKET, [key])],
    ['S3 through SNS', (key) => bodies.sns(bodies.s3(BUCKET, [key]))],
    ['S3 through EventBridge', (key) => bodies.eventBridge(BUCKET, key)],
    ['MinIO', (key) => bodies.minio(BUCKET, key)],
    ['GCS through Pub/Sub', (key) => bodies.pubSub(BUCKET, key)],
    ['GCS through Pub/Sub, unwrapped', (key) => bodies.unwrapped(BUCKET, key)],
    ['GCS through Pub/Sub, data alone', (key) => bodies.pubSubData(BUCKET, key)],
    ['GCS through Eventarc', (key) => bodies.eventarc(BUCKET, key)],
    ['Backblaze B2', (key) => bodies.backblaze(BUCKET, key)],
    ['Cloudflare R2', (key) => bodies.cloudflare(BUCKET, key)],
    ['Alibaba Cloud OSS', (key) => bodies.alibaba(BUCKET, key)],
    ['Oracle Cloud', (key) => bodies.oracle(BUCKET, key)],
    ['Azure', (key) => bodies.eventGrid(BUCKET, [key])],
    ['Azure as CloudEvents', (key) => bodies.cloudEvent(BUCKET, key)],
    ['Azure as a batch of CloudEvents', (key) => [bodies.cloudEvent(BUCKET, key)]],
  ];

  test('each provider: just the named object is synced, whatever its name', async () => {
    const places = await Promise.all(shapes.map(() => connect()));
    const name = 'a b+c%20d (1) é😀.jpg';
    for (const [index, [, body]] of shapes.entries()) {
      const place = places[index]!;
      container.put(place.key(name), 'x');
      container.put(place.key('not named.jpg'), 'x');
      expect(await place.post(body(place.key(name))), shapes[index]![0]).toMatchObject({
        status: 202,
        text: '1 of 1 changes concern this storage.\n',
      });
    }
    for (const [index, place] of places.entries()) {
      await place.settled();
      expect(await place.ledger(), shapes[index]![0]).toEqual([`${name} IMPORTED`]);
      expect(await place.syncs()).toEqual(['NOTIFICATION COMPLETED']);
    }
  });

  test('a removed object settles its removal, by the storage’s policy', async () => {
    const place = await connect({ onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) container.put(place.key(name), 'x');
    await owner.sync(place.id);
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) container.remove(place.key(name));
    await place.post(
      bodies.s3(BUCKET, [place.key('a.jpg'), place.key('never was.jpg')], 'ObjectRemoved:Delete'),
    );
    await place.post(bodies.pubSub(BUCKET, place.key('b.jpg'), 'OBJECT_DELETE'));
    await place.post(bodies.eventGrid(BUCKET, [place.key('c.jpg')], 'Microsoft.Storage.BlobDeleted'));
    await place.settled();
    expect(await place.ledger()).toEqual([
      'a.jpg REMOVED',
      'b.jpg REMOVED',
      'c.jpg REMOVED',
      'd.jpg IMPORTED',
    ]);
    expect((await owner.tasks(place.project)).map(({ sourceKey }) => sourceKey)).toEqual([
      place.key('d.jpg'),
    ]);
  });

  test('the same thing twice, late, or in the wrong order does no harm: the storage itself is asked', async () => {
    const place = await connect({
      importMethod: 'TASKS',
      onChanged: 'UPDATE',
      onRemoved: 'DELETE_UNANNOTATED',
    });
    container.put(place.key('a.json'), '[{"image":"new"}]');
    const removed = bodies.s3(BUCKET, [place.key('a.json')], 'ObjectRemoved:Delete');
    const created = bodies.s3(BUCKET, [place.key('a.json')]);
    for (const body of [created, created, removed, created, removed]) await place.post(body);
    await place.settled();
    await place.post(removed);
    await place.settled();
    await place.post(created);
    await place.settled();
    expect(await place.ledger()).toEqual(['a.json IMPORTED']);
    expect((await owner.tasks(place.project)).map(({ data }) => data)).toEqual([{ image: 'new' }]);
  });
});

describe('handshakes', () => {
  test('Azure’s validation event is answered with its code', async () => {
    const place = await connect();
    const headers = {
      'aeg-event-type': 'SubscriptionValidation',
      'content-type': 'application/json; charset=utf-8',
    };
    const answer = await place.post(bodies.eventGridValidation('512d38b6-c7b8-40c8-89fe-f46f9e9622b6'), {
      headers,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(answer.text)).toEqual({ validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' });
    expect(await place.waiting()).toBe(0);
  });

  test('CloudEvents’ OPTIONS names the origin, with the token only', async () => {
    const place = await connect();
    const ask = (query: string) =>
      it.client(null).fetch(place.path + query, {
        method: 'OPTIONS',
        headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net', 'WebHook-Request-Rate': '120' },
      });
    const { status, headers } = await ask(`?token=${place.token}`);
    expect([status, headers.get('webhook-allowed-origin')]).toEqual([200, 'eventgrid.azure.net']);
    expect((await ask('?token=wrong')).status).toBe(401);
  });

  test('S3’s test event is taken; SNS’ confirmation page is fetched from Amazon and from nobody else', async () => {
    const place = await connect();
    expect((await place.post(bodies.s3Test(BUCKET))).status).toBe(202);
    expect((await place.post(bodies.sns(bodies.s3Test(BUCKET)))).status).toBe(202);
    const tried = () =>
      it.logs.filter((line) => line.includes('subscription of notifications could not be confirmed')).length;
    const { endpoint } = await canary();
    const forged = [
      `${endpoint}/sns.us-east-1.amazonaws.com`,
      'https://sns.us-east-1.amazonaws.com.evil.example/',
      'https://evil.example/?sns.us-east-1.amazonaws.com',
      'http://sns.us-east-1.amazonaws.com/',
      'file:///etc/passwd',
      'https://user@evil.example:443/',
      'no url',
    ];
    for (const url of forged) {
      expect(
        (
          await place.post(bodies.snsConfirmation(url), {
            headers: { 'content-type': 'text/plain; charset=UTF-8' },
          })
        ).status,
      ).toBe(202);
    }
    expect([tried(), visits]).toEqual([0, 0]);
    // The name has no address here, or leads out of this machine: either way it was tried.
    await place.post(
      bodies.snsConfirmation(
        'https://sns.no-such-region-1.amazonaws.com/?Action=ConfirmSubscription&Token=x',
      ),
    );
    expect(tried()).toBe(1);
  });
});

let visits = 0;
async function canary() {
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => {
    visits++;
    response.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  server.unref();
  return { endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
}

describe('is turned away', () => {
  test('without the storage’s own token: 401, and nothing is taken', async () => {
    const [place, other] = [await connect(), await connect()];
    const body = bodies.s3(BUCKET, [place.key('a.jpg')]);
    container.put(place.key('a.jpg'), 'x');
    for (const token of [null, '', 'wrong', other.token, `${place.token}x`, place.token.slice(1)]) {
      expect((await place.post(body, { token })).status, String(token)).toBe(401);
    }
    for (const authorization of ['Bearer wrong', `Bearer ${owner.token}`, `Basic ${place.token}`, 'Bearer']) {
      expect((await place.post(body, { token: null, headers: { authorization } })).status).toBe(401);
    }
    for (const path of [
      '/storages/999999/notifications',
      '/storages/0/notifications',
      '/storages/1e3/notifications',
    ]) {
      const { status } = await it
        .client(null)
        .fetch(`${path}?token=${place.token}`, { method: 'POST', body: '{}' });
      expect([401, 404]).toContain(status);
    }
    expect(await place.waiting()).toBe(0);
    const renewed = await it.app.services.storages.createNotificationToken(viewer, place.row);
    expect((await place.post(body)).status).toBe(401);
    const authorization = `Bearer ${renewed.token}`;
    expect((await place.post(body, { token: null, headers: { authorization } })).status).toBe(202);
    await place.settled();
    expect(await place.ledger()).toEqual(['a.jpg IMPORTED']);
  });

  test('what is of another bucket, outside the prefix, or no key at all', async () => {
    const place = await connect();
    const keys = [
      'other/a.jpg',
      `${place.folder}-evil/a.jpg`,
      place.folder,
      `${place.folder}/`,
      place.key('folder/'),
    ];
    const odd = [place.key('nul\0.jpg'), place.key('x'.repeat(3_000)), place.key('é'.repeat(1_100)), ''];
    const before = container.calls.length;
    for (const [bucket, names] of [
      ['another', [place.key('a.jpg')]],
      [BUCKET, [...keys, ...odd]],
    ] as const) {
      const { status, text } = await place.post(bodies.s3(bucket, [...names]));
      expect([status, text]).toEqual([
        202,
        expect.stringMatching(/^0 of \d+ changes concern this storage\.\n$/),
      ]);
    }
    const lone = JSON.stringify(bodies.eventBridge(BUCKET, place.key('LONE'))).replace('LONE', '\\ud800');
    expect(await place.post(lone)).toMatchObject({
      status: 202,
      text: '0 of 1 changes concern this storage.\n',
    });
    expect(await place.waiting()).toBe(0);
    expect(container.calls.length).toBe(before);
  });

  test('of a folder that the storage does not look into: a sync does not import what the next one would remove', async () => {
    const place = await connect({ recursive: false, onRemoved: 'FLAG' });
    for (const name of ['a.jpg', 'deep/b.jpg']) container.put(place.key(name), 'x');
    await place.post(bodies.s3(BUCKET, [place.key('a.jpg'), place.key('deep/b.jpg')]));
    await place.settled();
    expect(await place.ledger()).toEqual(['a.jpg IMPORTED']);
    expect((await owner.sync(place.id)).counts).toMatchObject({ unchanged: 1, removed: 0 });
  });

  test('garbage: 400 for what is no notification, and the service goes on', async () => {
    const place = await connect();
    const garbage = [
      ...['', 'hello', '{', 'null', '42', '"text"', '{}', '[]', '[[]]', '[null, 1, "x"]', '\ufeff{}', '\0'],
      ...[
        '{"Records":{}}',
        '{"Records":"x"}',
        '{"Type":"Notification","Message":"{"}',
        '{"message":{"attributes":[]}}',
        '{"message":{"data":"e30="}}',
        '{"message":{"data":"not JSON"}}',
        '{"kind":"storage#bucket","bucket":"b","name":"a"}',
      ],
      ...[
        '{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{}}',
        '{"__proto__":{"Records":[]}}',
      ],
      ...['['.repeat(100_000), '{"a":'.repeat(50_000), 'x'.repeat(3 * 2 ** 20)],
    ];
    for (const body of garbage) {
      expect((await place.post(body)).status, body.slice(0, 60)).toBe(400);
    }
    const hollow = [
      '{"Records":[]}',
      '{"Records":[null,{},{"s3":null},{"s3":{"bucket":{"name":5},"object":{"key":{}}}}]}',
      '{"source":"aws.s3","detail":[]}',
      '{"events":[null,{},{"oss":null},{"bucketName":5,"objectName":{}}]}',
      '[{"eventType":"Microsoft.Storage.BlobCreated","subject":"/blobs/x"}]',
    ];
    for (const body of hollow)
      expect((await place.post(body)).text).toBe('0 of 0 changes concern this storage.\n');
    expect((await it.client(null).fetch(`${place.path}?token=${place.token}`)).status).toBe(405);
    expect(await place.waiting()).toBe(0);
    expect((await it.client(null).fetch('/health')).status).toBe(200);
  });

  test('by a storage that may not be synced', async () => {
    const place = await connect();
    await sql`UPDATE storages SET synchronizable = false WHERE id = ${place.row}`;
    expect((await place.post(bodies.s3(BUCKET, [place.key('a.jpg')]))).status).toBe(401);
  });
});

describe('nothing is lost', () => {
  test('a burst of 100,000 notifications makes few syncs', async () => {
    const place = await connect();
    const distinct = 20_000;
    const keys = Array.from({ length: distinct }, (_, index) =>
      place.key(`${String(index).padStart(5, '0')}.jpg`),
    );
    for (const key of keys) container.put(key, 'x');
    const batches = Array.from({ length: 100 }, (_, batch) =>
      Array.from({ length: 1_000 }, (_, index) => keys[(batch * 1_009 + index * 17) % distinct]!),
    );
    for (let at = 0; at < batches.length; at += 4) {
      const answers = await Promise.all(
        batches.slice(at, at + 4).map((names) => place.post(bodies.s3(BUCKET, names))),
      );
      for (const { status } of answers) expect(status).toBe(202);
    }
    await place.settled(120_000);
    const named = new Set(batches.flat());
    expect(await place.ledger()).toHaveLength(named.size);
    const syncs = await place.syncs();
    expect(new Set(syncs)).toEqual(new Set(['NOTIFICATION COMPLETED']));
    expect(syncs.length).toBeLessThan(30);
  }, 180_000);

  test('what comes while others are forgotten waits for nobody who waits for it', async () => {
    const place = await connect();
    const database = openDatabase(it.databaseUrl, { connections: 4, name: 'test' });
    const [storage] = await sql<{ id: number; projectId: number }[]>`
      SELECT id, project_id AS "projectId" FROM storages WHERE id = ${place.row}`;
    const keys = Array.from({ length: 3_000 }, (_, index) => place.key(`${index}.jpg`));
    const newest = async () => {
      const [found] = await sql<
        { number: number }[]
      >`SELECT max(number)::float8 AS number FROM object_notifications`;
      return found!.number ?? 0;
    };
    for (let round = 0; round < 30; round++) {
      const some = keys.filter(() => Math.random() < 0.7).toSorted(() => Math.random() - 0.5);
      await transaction(database, (tx) => insertNotifications(tx, storage!, keys));
      const upTo = await newest();
      await Promise.all([
        transaction(database, (tx) => insertNotifications(tx, storage!, some)),
        transaction(database, (tx) => forgetNotifications(tx, storage!, upTo)),
      ]);
    }
    await transaction(database, async (tx) => forgetNotifications(tx, storage!, await newest()));
    await database.close();
  });

  test('what comes while a sync runs is seen by the next one', async () => {
    const place = await connect();
    container.put(place.key('a.jpg'), 'x');
    memory.hold();
    const running = await owner.start(place.id);
    await memory.held();
    container.put(place.key('b.jpg'), 'x');
    await place.post(bodies.s3(BUCKET, [place.key('b.jpg'), place.key('a.jpg')]));
    memory.release();
    await owner.ended(running.id);
    await place.settled();
    expect(await place.syncs()).toEqual(['REQUEST COMPLETED', 'NOTIFICATION COMPLETED']);
    expect(await place.ledger()).toEqual(['a.jpg IMPORTED', 'b.jpg IMPORTED']);
  });

  test('what comes again while its object is looked at is looked at again', async () => {
    const place = await connect({ importMethod: 'TASKS', onChanged: 'UPDATE' });
    container.put(place.key('a.json'), '[{"image":"old"}]');
    memory.hold();
    await place.post(bodies.s3(BUCKET, [place.key('a.json')]));
    await memory.held();
    container.put(place.key('a.json'), '[{"image":"new"}]');
    await place.post(bodies.s3(BUCKET, [place.key('a.json')]));
    memory.release();
    await place.settled();
    expect((await owner.tasks(place.project)).map(({ data }) => data)).toEqual([{ image: 'new' }]);
  });

  test('one whose transaction is slow is not settled by a sync that began before it was to be seen', async () => {
    const place = await connect();
    for (const name of ['slow.jpg', 'swift.jpg']) container.put(place.key(name), 'x');
    const database = openDatabase(it.databaseUrl, { connections: 2, name: 'slow' });
    const commit = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const slow = transaction(database, async (tx) => {
      await insertNotifications(tx, { id: place.row, projectId: numberOf(place.project) }, [
        place.key('slow.jpg'),
      ]);
      written.resolve();
      await commit.promise;
    });
    await written.promise;
    container.latencyMs = 400;
    const swift = place.post(bodies.s3(BUCKET, [place.key('swift.jpg')]));
    // Either the swift one waits for the slow one, or a sync of it alone is under way.
    await expect
      .poll(
        async () => {
          const [found] = await sql<{ waits: boolean }[]>`
          SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waits`;
          return (
            found!.waits ||
            container.calls.some(({ method, key }) => method === 'head' && key === place.key('swift.jpg'))
          );
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    commit.resolve();
    await Promise.all([slow, swift]);
    container.latencyMs = 0;
    await place.settled();
    await database.close();
    expect(await place.ledger()).toEqual(['slow.jpg IMPORTED', 'swift.jpg IMPORTED']);
  });

  test('a storage that fails is asked again later: its notifications wait', async () => {
    const place = await connect();
    container.put(place.key('a.jpg'), 'x');
    container.fail({ method: 'head', key: place.key('a.jpg'), failure: { code: 'WRONG_CREDENTIALS' } });
    await place.post(bodies.s3(BUCKET, [place.key('a.jpg')]));
    await expect.poll(() => place.syncs(), { timeout: 20_000 }).toEqual(['NOTIFICATION FAILED']);
    expect(await place.waiting()).toBe(1);
    // A minute later.
    await sql`UPDATE syncs SET finished_at = finished_at - interval '2 minutes' WHERE storage_id = ${place.row}`;
    await place.settled();
    expect(await place.ledger()).toEqual(['a.jpg IMPORTED']);
  });

  test('one object that the storage says nothing about does not keep the others waiting', async () => {
    const place = await connect();
    for (const name of ['a.jpg', 'b.jpg']) container.put(place.key(name), 'x');
    container.fail({ method: 'head', key: place.key('a.jpg'), failure: { code: 'FORBIDDEN' } });
    await place.post(bodies.s3(BUCKET, [place.key('a.jpg'), place.key('b.jpg')]));
    await place.settled();
    expect(await place.syncs()).toEqual(['NOTIFICATION COMPLETED_WITH_ERRORS']);
    expect(await place.ledger()).toEqual(['a.jpg FAILED', 'b.jpg IMPORTED']);
    expect(await owner.sync(place.id)).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 1, unchanged: 1 },
    });
  });
});
