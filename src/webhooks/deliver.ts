import type { Database } from '../database/client.ts';
import { ProviderError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import { lookForWork } from '../jobs/looks.ts';
import type { Logger } from '../observability/log.ts';
import type { OutboundGuard } from '../security/outbound.ts';
import type { SecretBox } from '../security/secrets.ts';
import { RETRY_AFTER_SECONDS } from './model.ts';
import { recordAttempt, type TakenDelivery, takeDue, trimDeliveries, updateWebhook } from './repository.ts';
import { secretContext } from './service.ts';
import { signedHeaders } from './signature.ts';

export interface WebhookWorkerOptions {
  database: Database;
  events: EventBus;
  outbound: Pick<OutboundGuard, 'check' | 'fetch'>;
  secretBox: SecretBox;
  log: Logger;
}

/** Deliveries on their way at a time. */
const CONCURRENCY = 8;
/** Longest wait for a receiver's response, in milliseconds. */
const RESPONSE_LIMIT = 15_000;
/** Above the limit of a response, so that no other process takes a delivery that is still on its way. */
const LEASE_SECONDS = 60;
/** Longest time between two looks for due deliveries, in milliseconds. */
const LOOK_EVERY = 5_000;
/** How long ended deliveries are shown. */
const KEEP_DAYS = 30;
const TRIM_EVERY = 60 * 60 * 1_000;

/**
 * Sends what waits for webhooks, any number of processes side by side. Each delivery arrives at least once; a
 * receiver knows a repeated one by its `webhook-id`.
 * @returns the way to stop: deliveries on their way are waited for
 */
export function startWebhookWorker(options: WebhookWorkerOptions): { close(): Promise<void> } {
  const { database, events, log } = options;
  const shutdown = new AbortController();
  let trimmedAt = 0;

  async function look(): Promise<void> {
    if (Date.now() - trimmedAt > TRIM_EVERY) {
      trimmedAt = Date.now();
      await trimDeliveries(database, KEEP_DAYS);
    }
    while (!shutdown.signal.aborted) {
      const due = await takeDue(database, { limit: CONCURRENCY, leaseSeconds: LEASE_SECONDS });
      if (due.length === 0) return;
      await Promise.all(due.map((delivery) => attempt(options, delivery, shutdown.signal)));
    }
  }

  const looks = lookForWork(look, {
    every: LOOK_EVERY,
    onError: (error) => log.warn({ error }, 'looking for webhook deliveries failed'),
    signal: shutdown.signal,
  });
  const forget = events.subscribe('webhook', looks.wake);
  return {
    async close() {
      forget();
      shutdown.abort();
      await looks.close();
    },
  };
}

async function attempt(
  { database, outbound, secretBox, log }: WebhookWorkerOptions,
  delivery: TakenDelivery,
  shutdown: AbortSignal,
): Promise<void> {
  const { id, webhookId, projectId, attempts } = delivery;
  const retryInSeconds = RETRY_AFTER_SECONDS[attempts - 1] ?? null;
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(RESPONSE_LIMIT)]);
  try {
    const { secret } = secretBox.open(delivery.secret, secretContext(projectId)) as { secret: string };
    const status = await post(outbound, { ...delivery, secret }, signal);
    if (status >= 200 && status < 300) {
      await recordAttempt(database, delivery, { status, failure: null, retryInSeconds: null });
      return;
    }
    // Standard Webhooks: 410 says that nobody wants these any more.
    if (status === 410) await updateWebhook(database.db, webhookId, { active: false });
    const failure = status === 410 ? 'The receiver is gone; the webhook was switched off.' : refused(status);
    await recordAttempt(database, delivery, {
      status,
      failure,
      retryInSeconds: status === 410 ? null : retryInSeconds,
    });
  } catch (error) {
    if (shutdown.aborted) {
      // It was not the receiver's fault: due again at once, wherever a worker is left.
      await recordAttempt(database, delivery, { status: null, failure: 'Interrupted.', retryInSeconds: 0 });
      return;
    }
    log.info({ error, deliveryId: id, webhookId, attempts }, 'a webhook could not be reached');
    await recordAttempt(database, delivery, {
      status: null,
      failure: causeOf(error, signal),
      retryInSeconds,
    });
  }
}

/** Redirects are not followed, and of the body nothing is read. @returns the HTTP status */
async function post(
  outbound: Pick<OutboundGuard, 'check' | 'fetch'>,
  { id, url, body, secret }: TakenDelivery,
  signal: AbortSignal,
): Promise<number> {
  await outbound.check(url, signal);
  const timestamp = Math.floor(Date.now() / 1_000);
  const response = await outbound.fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Longshore-Webhooks',
      ...signedHeaders(secret, { id: `msg_${id}`, timestamp, body }),
    },
    body,
    signal,
  });
  await response.body?.cancel();
  return response.status;
}

const refused = (status: number) => `Expected a status from 200 to 299, got ${status}.`;

/** Words of our own: what came over the wire, and where from, is nobody's business. */
function causeOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof ProviderError) return `${error.message} ${error.hint}`;
  if (signal.aborted) return `The receiver did not respond within ${RESPONSE_LIMIT / 1_000} seconds.`;
  return 'The receiver could not be reached.';
}
