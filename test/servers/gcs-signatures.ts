import { createHash, type KeyObject, verify } from 'node:crypto';

/** A request as it came, for the verifier. */
export interface SignedRequest {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

export interface SignatureProblem {
  status: 400 | 403;
  code: string;
  message: string;
}

const longestSeconds = 604_800;
const clockSkewMs = 15 * 60_000;

/**
 * Checks a signed URL as Cloud Storage documents it ("Signatures" and "Canonical requests", XML API: algorithm
 * GOOG4-RSA-SHA256): form and order of the canonical request, expiry, method, and the list of signed headers.
 * @param keysOf public keys of an account, none if there is no such account
 * @returns who signed, or why the URL is refused
 */
export function verifySignedUrl(
  request: SignedRequest,
  keysOf: (email: string) => readonly KeyObject[],
  now: Date,
): { email: string } | SignatureProblem {
  const [path = '', rawQuery = ''] = request.target.split('?', 2);
  const query = [...new URLSearchParams(rawQuery)];
  const parameter = (name: string) => query.find(([given]) => given.toLowerCase() === name)?.[1] ?? '';
  if (parameter('x-goog-algorithm') !== 'GOOG4-RSA-SHA256') return malformed('X-Goog-Algorithm');

  const credential = /^([^/]+)\/(\d{8})\/([a-z0-9-]+)\/storage\/goog4_request$/.exec(
    parameter('x-goog-credential'),
  );
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(parameter('x-goog-date'));
  const seconds = Number(parameter('x-goog-expires'));
  if (!credential) return malformed('X-Goog-Credential');
  if (!time || !parameter('x-goog-date').startsWith(credential[2]!)) return malformed('X-Goog-Date');
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds)
    return malformed('X-Goog-Expires');

  const [, year, month, day, hour, minute, second] = time.map(Number) as [number, ...number[]];
  const signedAt = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  if (now.getTime() < signedAt - clockSkewMs) return denied('RequestNotYetValid');
  if (now.getTime() > signedAt + seconds * 1000) {
    return { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' };
  }

  const names = parameter('x-goog-signedheaders').split(';');
  if (!names.includes('host') || names.join() !== [...names].sort().join()) {
    return malformed('X-Goog-SignedHeaders');
  }
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith('x-goog-') && !names.includes(name),
  );
  if (unsigned) return denied('SignatureDoesNotMatch');

  const canonical = [
    request.method,
    path,
    canonicalQuery(query.filter(([name]) => name.toLowerCase() !== 'x-goog-signature')),
    ...names.map((name) => `${name}:${canonicalValue(request.headers[name])}`),
    '',
    names.join(';'),
    canonicalValue(request.headers['x-goog-content-sha256']) || 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const scope = credential.slice(2).join('/');
  const signed = ['GOOG4-RSA-SHA256', parameter('x-goog-date'), `${scope}/storage/goog4_request`, hash].join(
    '\n',
  );
  const signature = Buffer.from(parameter('x-goog-signature'), 'hex');
  const email = credential[1]!;
  const good = keysOf(email).some((key) => verify('RSA-SHA256', Buffer.from(signed), key, signature));
  return good ? { email } : denied('SignatureDoesNotMatch');
}

/** By name, in the order of code units, each part with all but the unreserved characters escaped. */
function canonicalQuery(query: readonly [string, string][]): string {
  return query
    .map(([name, value]) => [escapeAll(name), escapeAll(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function escapeAll(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function canonicalValue(value: string | string[] | undefined): string {
  return [value ?? '']
    .flat()
    .map((one) => one.trim().replace(/\s+/g, ' '))
    .join(',');
}

function malformed(what: string): SignatureProblem {
  return { status: 400, code: 'InvalidArgument', message: `Malformed ${what}.` };
}

function denied(code: string): SignatureProblem {
  return { status: 403, code, message: 'Access denied.' };
}
