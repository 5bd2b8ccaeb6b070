import type { StorePool } from '../storages/pool.ts';
import { contentTypeOf } from './headers.ts';
import type { Place } from './places.ts';
import type { ProxyOptions } from './proxy.ts';

/** How many bytes one request may still put into its data. */
export interface InlineBudget {
  left: number;
}

/**
 * The object as a `data:` URI (RFC 2397); undefined: it is larger than the limit or than what is left of the
 * budget, or can't be had, so that a link says more.
 */
export async function dataUri(
  stores: StorePool,
  { storage, key }: Place,
  budget: InlineBudget,
  { slots, timeoutMs, inlineMaxSize, signal }: ProxyOptions & { inlineMaxSize: number; signal: AbortSignal },
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const slot = await slots.take(signal).catch(() => undefined);
  if (!slot) return undefined;
  try {
    return await stores.use(storage, async (store) => {
      const { info, length, stream } = await store.within({ attempts: 2 }).read(key, { signal: limit });
      if (length > inlineMaxSize || length > budget.left) {
        stream.destroy();
        return undefined;
      }
      budget.left -= length;
      const chunks = (await stream.toArray()) as Uint8Array[];
      // Blanks do not belong into a URI.
      const type = contentTypeOf(key, info.contentType).replaceAll(/\s/g, '');
      return `data:${type};base64,${Buffer.concat(chunks).toString('base64')}`;
    });
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    slot.release();
  }
}
