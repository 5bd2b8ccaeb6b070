import { randomUUID } from 'node:crypto';
import { type ConstructorOptions, PgBoss } from 'pg-boss';
import type postgres from 'postgres';
import type { Database, Transaction } from '../database/client.ts';

/**
 * The job queue, on the service's own PostgreSQL and over its one pool. A job only wakes a worker and
 * names a record; what is to be done, and how far it got, stands in the record.
 */
export interface Jobs {
  sync: { syncId: number };
}
export type JobName = keyof Jobs;

export interface Queue {
  /** Queued when the transaction commits. A job that waits already for the same key is not queued twice. */
  send<N extends JobName>(tx: Pick<Transaction, 'sql'>, name: N, key: string, data: Jobs[N]): Promise<void>;
  /** Handles up to `concurrency` jobs at a time. The signal says that the process is shutting down. */
  work<N extends JobName>(
    name: N,
    concurrency: number,
    handle: (data: Jobs[N]) => Promise<void>,
  ): Promise<void>;
  /** Stops taking jobs and waits for the running ones. */
  close(): Promise<void>;
}

/** The queue's own bookkeeping gives a job up after this; the record's lease is what really counts. */
const JOB_LIFETIME_SECONDS = 23 * 60 * 60;

export async function openQueue(
  database: Database,
  options: { onError: (error: unknown) => void; supervise: boolean },
): Promise<Queue> {
  const boss = new PgBoss({
    db: adapter(database.sql),
    schema: 'jobs',
    useListenNotify: true,
    supervise: options.supervise,
    schedule: options.supervise,
    // One process wide: nobody reads these figures.
    persistQueueStats: false,
    reindex: false,
  });
  boss.on('error', options.onError);
  await boss.start();
  // "short": one waiting job a key. The worker's claim on the record decides who may run it.
  await boss.createQueue('sync', {
    policy: 'short',
    notify: true,
    retryLimit: 0,
    expireInSeconds: JOB_LIFETIME_SECONDS,
    deleteAfterSeconds: 24 * 60 * 60,
  });
  // Any look at it makes the library remember the queue. Left to the first `send`, that would ask for a second
  // connection while the transaction holds one: as many at once as the pool is large would wait for ever.
  await boss.getJobById('sync', randomUUID());
  return {
    async send(tx, name, key, data) {
      await boss.send(name, data, { singletonKey: key, db: adapter(tx.sql) });
    },
    async work(name, concurrency, handle) {
      const settings = {
        localConcurrency: concurrency,
        batchSize: 1,
        pollingIntervalSeconds: 2,
        // A NOTIFY can be lost with its connection: the base interval stays.
        notifyPollingIntervalSeconds: 2,
      };
      let worker: string | undefined;
      worker = await boss.work<Jobs[typeof name]>(name, settings, async ([job]) => {
        try {
          if (job) await handle(job.data);
        } finally {
          // Where one job waited there may be more; left alone, the library waits for the interval first.
          if (worker) boss.notifyWorker(worker);
        }
      });
    },
    close: () => boss.stop({ graceful: true, close: false, timeout: 30_000 }),
  };
}

type QueueDatabase = NonNullable<ConstructorOptions['db']>;

/** The service's own client in the shape the queue's library asks for. */
function adapter(sql: postgres.Sql | postgres.TransactionSql): QueueDatabase {
  const db: QueueDatabase = {
    async executeSql(text, values = []) {
      // The ORM has switched off the client's own JSON conversion: objects go as text.
      const params = values.map((value) => (isPlainObject(value) ? JSON.stringify(value) : value));
      const result = await run(sql, text, params);
      // A script of several statements answers one result each; the last one counts.
      const last = Array.isArray(result[0]) ? result.at(-1) : result;
      return { rows: [...((last ?? []) as unknown[])] };
    },
  };
  if ('listen' in sql) {
    db.listen = async (channel, onNotification, onReconnect) => {
      const listening = await sql.listen(channel, onNotification, onReconnect);
      return { close: () => listening.unlisten() };
    };
  }
  return db;
}

/** Scripts with a BEGIN of their own need a connection to themselves. */
async function run(sql: postgres.Sql | postgres.TransactionSql, text: string, params: unknown[]) {
  if (!('reserve' in sql) || !/\bBEGIN\b/.test(text)) return sql.unsafe(text, params as never[]);
  const connection = await sql.reserve();
  try {
    return await connection.unsafe(text, params as never[]);
  } finally {
    connection.release();
  }
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
