import { compareKeys } from '../objects/keys.ts';
import type { ListPage, ListRequest, ObjectInfo } from './provider.ts';

/** Fewer objects than this are sooner asked for one by one. */
const WORTH = 16;
/** A page pays where one in so many of the objects that it shows was asked for. */
const SHARE = 20;
/** Pages in a row that may not pay: keys of other lengths lie elsewhere (`9999`, `10000`). */
const MAX_POOR = 2;

interface Requests {
  /** Keys come in ascending order, and a listing can begin behind a key. */
  inOrder: boolean;
  list(request: Omit<ListRequest, 'signal'>): Promise<ListPage>;
  /** All of them at once, where the provider has such a request. */
  heads?(): Promise<ObjectInfo[]>;
}

/**
 * What few requests show of these objects, by key: one for all, or one for each thousand, by listings of their range.
 * These end where most of what they show belongs to others. It proves what it shows and nothing else: what is left out
 * is to be asked for by itself.
 */
export async function glance(
  keys: readonly string[],
  { inOrder, list, heads }: Requests,
): Promise<Map<string, ObjectInfo>> {
  if (heads) return new Map((await heads()).map((object) => [object.key, object]));
  const found = new Map<string, ObjectInfo>();
  if (keys.length < WORTH) return found;
  let wanted = keys.toSorted(compareKeys);
  const prefix = commonStart(wanted[0]!, wanted.at(-1)!);
  let token: string | undefined;
  for (let poor = 0; wanted.length >= WORTH && poor < MAX_POOR; ) {
    // Behind the last page, or over a gap to where the next of ours should be.
    const place = inOrder ? { after: justBefore(wanted[0]!) } : { token };
    const page = await list({ prefix, recursive: true, ...place });
    const asked = new Set(wanted);
    const shown = page.objects.filter(({ key }) => asked.has(key));
    for (const object of shown) found.set(object.key, object);
    token = page.next;
    if (token === undefined || shown.length === 0) break;
    poor = shown.length * SHARE < page.objects.length ? poor + 1 : 0;
    const last = page.objects.at(-1)!.key;
    wanted = wanted.filter((key) => (inOrder ? compareKeys(key, last) > 0 : !found.has(key)));
  }
  return found;
}

/** What both begin with, in whole characters. */
function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  const start = a.slice(0, length);
  return start.isWellFormed() ? start : start.slice(0, -1);
}

/** A key before this one, with next to none in between. */
const justBefore = (key: string) => [...key].slice(0, -1).join('');
