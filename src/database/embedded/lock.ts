import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ConfigError } from '../../errors.ts';

/** The right to be the only service on an embedded database. */
export interface ServiceLock {
  release(): Promise<void>;
}

/** `pg_try_advisory_lock(int8)`: "longshor" in ASCII. */
const lockKey = '7813586363037511538';
/** A service that was just killed holds the lock until its server notices. */
const patienceMs = 2_000;
const pollMs = 100;

/**
 * Holds the lock through a connection of its own, named `longshore service <pid>`, for as long as the process lives.
 * Throws ConfigError that names the data directory and the process of the service that holds it.
 * @param url of the embedded database, as its superuser
 */
export async function holdServiceLock(url: string): Promise<ServiceLock> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 15,
    // The lock is the session's: it must not be renewed.
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    connection: { application_name: `longshore service ${process.pid}` },
  });
  try {
    for (const end = Date.now() + patienceMs; ; await sleep(pollMs)) {
      const [row] = await sql<{ locked: boolean }[]>`SELECT pg_try_advisory_lock(${lockKey}) AS locked`;
      if (row?.locked) return { release: () => sql.end({ timeout: 5 }) };
      if (Date.now() >= end) throw await takenBy(sql);
    }
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
}

async function takenBy(sql: postgres.Sql): Promise<ConfigError> {
  const [row] = await sql<{ directory: string; name: string | null }[]>`
    SELECT current_setting('data_directory') AS directory,
           (SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
             WHERE locktype = 'advisory' AND granted AND objsubid = 1
               AND (classid::int8 << 32) | objid::int8 = ${lockKey}) AS name`;
  const pid = row?.name?.split(' ').at(-1);
  return new ConfigError(
    `DATA_DIR: another service${pid ? ` (process ${pid})` : ''} is running on ${dirname(row?.directory ?? '')}. ` +
      'Stop it first, or give this one a directory of its own. Several services share a database by DATABASE_URL.',
  );
}
