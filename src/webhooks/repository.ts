import { and, asc, count, desc, eq, getTableColumns, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Database, Db, Transaction } from '../database/client.ts';
import { webhookDeliveries, webhooks } from '../database/tables/webhooks.ts';
import { MAX_WAITING, type Webhook, type WebhookDelivery, type WebhookEvent } from './model.ts';

const { secret: _secret, ...shown } = getTableColumns(webhooks);
const asWebhook = (row: Omit<typeof webhooks.$inferSelect, 'secret'>) => row as Webhook;

export async function webhooksById(db: Db, ids: readonly number[]): Promise<Webhook[]> {
  const rows = await db
    .select(shown)
    .from(webhooks)
    .where(inArray(webhooks.id, [...ids]));
  return rows.map(asWebhook);
}

/** All of a project: there are few. Oldest first. */
export async function webhooksOf(db: Db, projectId: number): Promise<Webhook[]> {
  const rows = await db
    .select(shown)
    .from(webhooks)
    .where(eq(webhooks.projectId, projectId))
    .orderBy(asc(webhooks.id));
  return rows.map(asWebhook);
}

export async function countWebhooks(db: Db, projectId: number): Promise<number> {
  const [row] = await db.select({ total: count() }).from(webhooks).where(eq(webhooks.projectId, projectId));
  return row?.total ?? 0;
}

export async function insertWebhook(db: Db, values: typeof webhooks.$inferInsert): Promise<Webhook> {
  const [row] = await db.insert(webhooks).values(values).returning(shown);
  return asWebhook(row!);
}

/** undefined: it is gone. */
export async function updateWebhook(
  db: Db,
  id: number,
  values: Partial<Pick<typeof webhooks.$inferInsert, 'title' | 'url' | 'events' | 'active' | 'secret'>>,
  ifUpdatedAt?: Date | null,
): Promise<Webhook | undefined> {
  const [row] = await db
    .update(webhooks)
    .set({ ...values, updatedAt: sql`now()` })
    .where(and(eq(webhooks.id, id), ifUpdatedAt ? eq(webhooks.updatedAt, ifUpdatedAt) : undefined))
    .returning(shown);
  return row && asWebhook(row);
}

export async function deleteWebhook(db: Db, id: number): Promise<boolean> {
  const rows = await db.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id });
  return rows.length > 0;
}

/** Sealed secrets that another key than this one sealed, by id. */
export async function sealedByOthers(
  db: Db,
  key: string,
  after: number,
  limit: number,
): Promise<{ id: number; projectId: number; sealed: string }[]> {
  const { id, projectId, secret } = webhooks;
  return db
    .select({ id, projectId, sealed: secret })
    .from(webhooks)
    .where(and(gt(id, after), sql`split_part(${secret}, '.', 2) <> ${key}`))
    .orderBy(asc(id))
    .limit(limit);
}

/** The same secret sealed anew. Nothing, if it changed meanwhile. */
export async function replaceSecret(db: Db, id: number, before: string, after: string): Promise<void> {
  await db
    .update(webhooks)
    .set({ secret: after })
    .where(and(eq(webhooks.id, id), eq(webhooks.secret, before)));
}

/** A page of a webhook's deliveries, newest first. */
export async function deliveriesOf(
  db: Db,
  webhookId: number,
  page: { limit: number; after?: number | undefined },
): Promise<WebhookDelivery[]> {
  return db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, webhookId),
        page.after === undefined ? undefined : lt(webhookDeliveries.id, page.after),
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(page.limit);
}

export async function deliveriesById(db: Db, ids: readonly number[]): Promise<WebhookDelivery[]> {
  return db
    .select()
    .from(webhookDeliveries)
    .where(inArray(webhookDeliveries.id, [...ids]));
}

export async function countDeliveries(db: Db, webhookId: number): Promise<number> {
  const [row] = await db
    .select({ total: count() })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.webhookId, webhookId));
  return row?.total ?? 0;
}

/** Puts an event down for every webhook of the project that wants it. @returns for how many */
export async function insertDeliveries(
  { sql }: Transaction,
  projectId: number,
  event: WebhookEvent,
  body: string,
): Promise<number> {
  const { count: inserted } = await sql`
    INSERT INTO webhook_deliveries (project_id, webhook_id, event, body, next_attempt_at)
    SELECT project_id, id, ${event}, ${body}, now() FROM webhooks w
    WHERE project_id = ${projectId} AND active AND ${event} = ANY (events)
      AND (SELECT count(*) FROM (
        SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.next_attempt_at IS NOT NULL
        LIMIT ${MAX_WAITING}) waiting) < ${MAX_WAITING}`;
  return inserted;
}

/** A delivery that this process has taken, with what it needs. */
export interface TakenDelivery {
  id: number;
  projectId: number;
  webhookId: number;
  body: string;
  attempts: number;
  url: string;
  secret: string;
}

/**
 * Takes deliveries whose time has come. For `leaseSeconds` nobody else takes them; should this process be lost,
 * they are due again then.
 */
export async function takeDue(
  { sql }: Pick<Database, 'sql'>,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<TakenDelivery[]> {
  return sql<TakenDelivery[]>`
    WITH due AS MATERIALIZED (
      SELECT id FROM webhook_deliveries WHERE next_attempt_at <= now()
      ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_deliveries d
    SET attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    FROM webhooks w
    WHERE w.id = d.webhook_id AND d.id = ANY(ARRAY(SELECT id FROM due))
    RETURNING d.id, d.project_id AS "projectId", d.webhook_id AS "webhookId", d.body, d.attempts, w.url, w.secret`;
}

/** Records how an attempt ended. `retryInSeconds` null: no further one. Nothing, if another process has taken it since. */
export async function recordAttempt(
  { sql }: Pick<Database, 'sql'>,
  { id, attempts }: Pick<TakenDelivery, 'id' | 'attempts'>,
  outcome: { status: number | null; failure: string | null; retryInSeconds: number | null },
): Promise<void> {
  const { status, failure, retryInSeconds } = outcome;
  await sql`
    UPDATE webhook_deliveries SET status = ${status}, failure = ${failure},
      next_attempt_at = now() + make_interval(secs => ${retryInSeconds}),
      delivered_at = CASE WHEN ${failure}::text IS NULL THEN now() END,
      ended_at = CASE WHEN ${retryInSeconds}::float8 IS NULL THEN now() END
    WHERE id = ${id} AND attempts = ${attempts}`;
}

/** Forgets deliveries that ended so many days ago. */
export async function trimDeliveries({ sql }: Pick<Database, 'sql'>, days: number): Promise<void> {
  await sql`DELETE FROM webhook_deliveries WHERE ended_at < now() - make_interval(days => ${days})`;
}
