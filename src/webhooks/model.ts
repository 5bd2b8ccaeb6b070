import type { webhookDeliveries, webhooks } from '../database/tables/webhooks.ts';

/** What a webhook can be told of, in the names that bodies carry as `type`. */
export const webhookEvents = ['sync.ended', 'sync.failed', 'export.failed', 'tasks.created'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** An address of the user's that is told of a project's events. Its secret stays in the repository. */
export type Webhook = Omit<typeof webhooks.$inferSelect, 'secret' | 'events'> & { events: WebhookEvent[] };

/** One event on its way to one webhook, and what became of it. */
export type WebhookDelivery = typeof webhookDeliveries.$inferSelect;

export interface WebhookInput {
  title?: string | null | undefined;
  /** http or https; reached through the outbound guard. */
  url: string;
  events: readonly WebhookEvent[];
  active?: boolean | null | undefined;
}

/** Webhooks of one project, at most. */
export const MAX_WEBHOOKS = 20;

/** Deliveries of one webhook that may wait at a time; what comes beyond is not sent. */
export const MAX_WAITING = 1_000;

/** Seconds after each failed attempt until the next; after the last one the delivery is given up. */
export const RETRY_AFTER_SECONDS = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600];
