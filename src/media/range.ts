import fresh from 'fresh';

/** Ranges and conditional requests (RFC 9110, sections 13 and 14), the same for every provider. */

/** What is known of an object before it is opened. */
export interface Representation {
  /** Bytes. */
  size: number;
  /** With its quotes; null: it has none. */
  etag: string | null;
  lastModified: Date | null;
}

export type Decision =
  | { status: 200 | 304 | 412 | 416 }
  /** `end` included. */
  | { status: 206; start: number; end: number };

/** The headers of a request that decide; each at most once. */
export type MediaHeaders = Partial<Record<'range' | 'cache-control' | (typeof conditions)[number], string>>;

type Headers = Readonly<MediaHeaders>;

const conditions = [
  'if-match',
  'if-unmodified-since',
  'if-none-match',
  'if-modified-since',
  'if-range',
] as const;

/** Whether a request can't be decided without knowing the object first. */
export function needsRepresentation(headers: Headers): boolean {
  const range = rangeOf(headers);
  return (
    conditions.some((name) => headers[name] !== undefined) ||
    (range !== undefined && range.start === undefined)
  );
}

/** What to answer to GET or HEAD. @param maxOpenRange most bytes that an open-ended range gets at a time */
export function decide(
  method: string | undefined,
  headers: Headers,
  it: Representation,
  maxOpenRange: number,
): Decision {
  if (!preconditionsHold(headers, it)) return { status: 412 };
  // Without Cache-Control: a reload asks to revalidate, which is what happens here anyway.
  const { 'cache-control': _, ...asked } = headers;
  if (fresh(asked, validatorsOf(it))) return { status: 304 };
  const range = method === 'GET' && rangeCounts(headers, it) ? rangeOf(headers) : undefined;
  if (!range) return { status: 200 };
  // Of nothing there are no parts.
  if (it.size === 0 && range.start === 0) return { status: 200 };
  const found = boundsOf(range, it.size, maxOpenRange);
  return found ? { status: 206, ...found } : { status: 416 };
}

/** A range as asked for. Without `start`: the last `end` bytes. Without `end`: from `start` on. */
export interface RequestedRange {
  start?: number;
  end?: number;
}

/**
 * The one range of a Range header; undefined: none, another unit, or several, all of which a server may
 * ignore (section 14.2). One that makes no sense is no satisfiable range.
 */
export function rangeOf({ range }: Headers): RequestedRange | undefined {
  if (range === undefined || !/^bytes=/i.test(range) || range.includes(',')) return undefined;
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)[ \t]*-[ \t]*(\d*)[ \t]*$/i.exec(range) ?? [];
  const [start, end] = [first, last].map((digits) => (digits === '' ? undefined : Number(digits)));
  if (start === undefined) return { end: end ?? 0 };
  return end === undefined ? { start } : { start, end };
}

/** The bytes of an object of this size that a range names; undefined: there are none. */
export function boundsOf(
  { start, end }: RequestedRange,
  size: number,
  maxOpenRange: number,
): { start: number; end: number } | undefined {
  const first = start ?? Math.max(0, size - (end ?? 0));
  const last = start === undefined ? size - 1 : (end ?? start + maxOpenRange - 1);
  if (first >= size || last < first) return undefined;
  return { start: first, end: Math.min(last, size - 1) };
}

/** As headers say them. */
export function validatorsOf({ etag, lastModified }: Omit<Representation, 'size'>): Record<string, string> {
  return {
    ...(etag !== null && { etag }),
    ...(lastModified && { 'last-modified': lastModified.toUTCString() }),
  };
}

/** If-Match, else If-Unmodified-Since (sections 13.1.1 and 13.1.4). */
function preconditionsHold(headers: Headers, { etag, lastModified }: Representation): boolean {
  const match = headers['if-match'];
  if (match !== undefined) {
    if (match.trim() === '*') return true;
    return etag !== null && !isWeak(etag) && tagsOf(match).includes(etag);
  }
  const since = timeOf(headers['if-unmodified-since']);
  return since === undefined || !lastModified || seconds(lastModified) <= since;
}

/** Whether a range is to be heeded: If-Range compares strongly (section 13.1.5). */
function rangeCounts(headers: Headers, { etag, lastModified }: Representation): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  if (condition.endsWith('"')) return etag !== null && !isWeak(etag) && condition === etag;
  const time = timeOf(condition);
  return time !== undefined && lastModified !== null && seconds(lastModified) === time;
}

const isWeak = (etag: string) => etag.startsWith('W/');
const tagsOf = (list: string) => list.match(/(?:W\/)?"[^"]*"/g)?.map(String) ?? [];
const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

/** Seconds since the epoch; undefined: no date, which counts as no condition. */
function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}
