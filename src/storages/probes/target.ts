import { randomUUID } from 'node:crypto';
import { type Capability, ProviderError } from '../../errors.ts';
import { toProviderError } from '../../providers/errors.ts';
import type { Store } from '../../providers/store.ts';
import type { Candidate } from './candidate.ts';

/** How long the removal of a probe that may be there is waited for, in milliseconds. */
const CLEAN_LIMIT = 12_000;

/** Writes, reads back and removes one probe of its own; none stays behind that could be removed. */
export async function proveTarget(
  store: Store,
  { provider, target }: Candidate,
  prove: (capability: Capability, proof: (signal: AbortSignal) => Promise<string>) => Promise<boolean>,
  skip: (capability: Capability, reason: string) => void,
): Promise<void> {
  const separator = provider.capabilities.folders || store.location.prefix !== '' ? '' : 'longshore:';
  const key = `${store.location.prefix}${separator}.longshore-probe-${randomUUID()}.json`;
  const body = Buffer.from('{"probe":true}');
  let mayBeThere = false;
  try {
    await prove('LIST', async (signal) => {
      for await (const _ of store.list({ recursive: false, signal })) break;
      return 'Lists objects.';
    });
    const written = await prove('WRITE', async (signal) => {
      mayBeThere = true;
      await store.write(key, body, { contentType: 'application/json', signal }).catch((error: unknown) => {
        // What is taken otherwise than it was asked for is there all the same.
        mayBeThere =
          !isRefusal(error) || toProviderError(error, { capability: 'WRITE' }).code === 'UNSUPPORTED';
        throw error;
      });
      return 'Writes an object.';
    });
    if (!written) {
      skip('READ', 'Not tried: there was no object to read.');
      skip('DELETE', 'Not tried: there was no object to delete.');
      return;
    }
    await prove('READ', (signal) => readBack(store, key, body, signal));
    await prove('DELETE', async (signal) => {
      try {
        await store.remove(key, signal);
        mayBeThere = false;
      } catch (error) {
        mayBeThere = !isRefusal(error);
        const { code, message, hint, retryable } = toProviderError(error, { capability: 'DELETE' });
        throw new ProviderError({
          code,
          capability: 'DELETE',
          retryable,
          message: `${message} The probe "${key}" is still there.`,
          hint: target?.canDeleteObjects
            ? hint
            : 'Delete the probe by hand, or allow deletion for a moment and validate again.',
          cause: error,
        });
      }
      return 'Deletes an object.';
    });
  } finally {
    // A write whose answer was lost may have been done, and a client that has gone away cleans nothing up.
    if (mayBeThere) await store.remove(key, AbortSignal.timeout(CLEAN_LIMIT)).catch(() => undefined);
  }
}

/** Whether the storage has said no, so that nothing was done. */
const isRefusal = (error: unknown) => error instanceof ProviderError && !error.retryable;

async function readBack(store: Store, key: string, body: Buffer, signal: AbortSignal): Promise<string> {
  const { stream } = await store.read(key, { signal });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop ends the answer, however long it may be.
    if (length > body.length) break;
    chunks.push(chunk);
  }
  if (length === body.length && Buffer.concat(chunks).equals(body)) return 'Reads back what it wrote.';
  throw new ProviderError({
    code: 'UNEXPECTED_RESPONSE',
    capability: 'READ',
    retryable: false,
    message: 'The object read back differs from what was written.',
    hint: 'Something between Longshore and the storage changes bodies: a proxy, or a bucket policy.',
  });
}
