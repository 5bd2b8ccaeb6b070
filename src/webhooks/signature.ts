import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signatures by which a receiver knows a body for ours.
 * Source: Standard Webhooks specification, "Signature scheme" (symmetric, `v1`).
 */

/** A new secret: `whsec_` and 32 random bytes in base64. */
export const createWebhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/**
 * The headers of a delivery.
 * @param timestamp seconds since 1970
 */
export function signedHeaders(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}
