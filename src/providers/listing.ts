import type { ProviderError } from '../errors.ts';
import { compareKeys } from '../objects/keys.ts';
import { providerError } from './errors.ts';
import { type LayerOptions, limited, retry, type ToError } from './layers.ts';
import type { Driver, ListPage, ObjectInfo } from './provider.ts';

/** A page as a store gives it. */
export interface StorePage extends Omit<ListPage, 'next'> {
  /** The listing broke the order that was promised, on this page: nothing follows from the order of its keys. */
  disordered?: true;
}

export interface ListingRequest {
  prefix: string;
  recursive: boolean;
  after?: string | undefined;
  before?: string | undefined;
  signal: AbortSignal;
}

interface ListingContext {
  /** The order is promised, so that a listing can go on behind a key. */
  inOrder: boolean;
  toError: ToError;
  options: LayerOptions;
}

/**
 * A driver's listing, page by page, with the time limit and the retry on each page. A page that failed is asked for
 * again by its own token. Only where the provider refuses the token does the listing go on behind its last key.
 * Time that the consumer takes does not count.
 */
export async function* listPages(
  driver: Driver,
  request: ListingRequest,
  context: ListingContext,
): AsyncGenerator<StorePage, void, undefined> {
  const { prefix, recursive, before, signal } = request;
  const { inOrder, toError, options } = context;
  const order = watchOrder(inOrder ? request.after : undefined);
  let token: string | undefined;
  /** Where the listing last went on behind a key: it does so once without giving anything new. */
  let wentOnBehind: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const begins = token === undefined && inOrder && driver.beginsBehindKeys === true;
    const after = begins ? order.last() : undefined;
    const ask = () =>
      limited(signal, options.requestTimeoutMs, (attempt) =>
        driver.listPage({ prefix, recursive, after, before, token, signal: attempt }),
      );
    let page: ListPage;
    try {
      page = await retry(ask, { signal, toError, options });
    } catch (error) {
      const last = order.last();
      const stuck = !inOrder || last === undefined || last === wentOnBehind;
      if (signal.aborted || stuck || token === undefined || !isRefusal(error as ProviderError)) throw error;
      token = undefined;
      wentOnBehind = last;
      order.restart();
      continue;
    }
    token = page.next;
    checkPrefix(page.objects, prefix);
    const ended = inOrder && before !== undefined && endsAt(page.objects, before);
    yield inOrder ? { ...page, ...order.check(ended ? upTo(page.objects, before) : page.objects) } : page;
    if (token === undefined || ended) return;
  }
}

/** A failure that may come from the token alone: what passes was retried, and what is everybody's stays. */
const isRefusal = ({ code, retryable }: ProviderError) => !retryable && code === 'UNEXPECTED_RESPONSE';

const endsAt = (objects: readonly ObjectInfo[], before: string) =>
  objects.length > 0 && compareKeys(objects.at(-1)!.key, before) >= 0;

const upTo = (objects: readonly ObjectInfo[], before: string) =>
  objects.filter(({ key }) => compareKeys(key, before) < 0);

function checkPrefix(objects: readonly ObjectInfo[], prefix: string): void {
  if (objects.every(({ key }) => key.startsWith(prefix))) return;
  throw providerError({
    code: 'UNEXPECTED_RESPONSE',
    message: 'The storage listed keys outside the prefix.',
  });
}

/**
 * Leaves out what was given before: keys up to the one to begin behind, and equal neighbours. Notices the first
 * sign of disorder: comparing with the object ledger depends on the order.
 * @param given all keys up to this one were given
 */
function watchOrder(given: string | undefined) {
  /** The last key of this listing, given or passed over. */
  let previous: string | undefined;
  return {
    last: () => given,
    /** The listing begins at its beginning again. */
    restart(): void {
      previous = undefined;
    },
    check(objects: ObjectInfo[]): Pick<StorePage, 'objects' | 'disordered'> {
      let repeated = false;
      for (const { key } of objects) {
        const step = previous === undefined ? 1 : compareKeys(key, previous);
        if (step < 0) return { objects, disordered: true };
        if (step === 0) repeated = true;
        previous = key;
      }
      const first = objects[0]?.key;
      if (first === undefined) return { objects };
      const passed = given !== undefined && compareKeys(first, given) <= 0;
      const fresh = passed || repeated ? objects.filter(isFresh) : objects;
      given = fresh.at(-1)?.key ?? given;
      return { objects: fresh };
    },
  };

  function isFresh({ key }: ObjectInfo, index: number, objects: readonly ObjectInfo[]): boolean {
    return (given === undefined || compareKeys(key, given) > 0) && objects[index - 1]?.key !== key;
  }
}
