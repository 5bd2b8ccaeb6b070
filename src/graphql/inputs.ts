import type { InputFields } from './provider.ts';

/** The field that makes a mutation that creates safe to repeat. */
export const idempotencyKey = (t: InputFields) =>
  t.string({
    description:
      'Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours.',
  });

/** The same for what shows a secret once. */
export const idempotencyKeyOfSecret = (t: InputFields) =>
  t.string({
    description:
      'Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns the same record with a new secret in place of the first one, which got lost. Kept for 24 hours.',
  });

/** The field that keeps an update from overwriting what somebody else changed. */
export const ifUpdatedAt = (t: InputFields) =>
  t.field({
    type: 'DateTime',
    description:
      'The `updatedAt` that you have seen: if the record was changed since, the mutation returns a ConflictError and changes nothing.',
  });
