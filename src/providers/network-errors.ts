import type { ProviderErrorCode } from '../errors.ts';
import type { Failure } from './provider.ts';

/**
 * What an error of Node's network, undici or TLS means, looked for through `cause` and `errors` (fetch and
 * SDKs wrap; an attempt at several addresses gives an AggregateError). Codes: Node.js documentation "Common
 * system errors" and "Errors", undici `core/errors.js`, OpenSSL `X509_V_ERR_*` without their prefix.
 */
export function classifyNetworkError(error: unknown): Failure | undefined {
  for (const cause of causesOf(error)) {
    const code = (cause as { code?: unknown }).code;
    const failure = typeof code === 'string' ? failureOfSystemCode(code) : undefined;
    if (failure) return failure;
    const { name } = cause as { name?: unknown };
    if (name === 'TimeoutError') return { code: 'TIMEOUT' };
    if (name === 'HTTPParserError') return { code: 'UNEXPECTED_RESPONSE' };
  }
  return undefined;
}

const systemCodes: Readonly<Record<string, ProviderErrorCode>> = {
  ENOTFOUND: 'DNS_FAILURE',
  EAI_AGAIN: 'DNS_FAILURE',
  EAI_FAIL: 'DNS_FAILURE',
  EAI_NODATA: 'DNS_FAILURE',
  EAI_NONAME: 'DNS_FAILURE',
  ENODATA: 'DNS_FAILURE',
  ESERVFAIL: 'DNS_FAILURE',
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_LOST',
  ECONNABORTED: 'CONNECTION_LOST',
  EPIPE: 'CONNECTION_LOST',
  ENETDOWN: 'CONNECTION_LOST',
  ENETRESET: 'CONNECTION_LOST',
  ENOTCONN: 'CONNECTION_LOST',
  ERR_STREAM_PREMATURE_CLOSE: 'CONNECTION_LOST',
  ERR_SOCKET_CLOSED: 'CONNECTION_LOST',
  UND_ERR_SOCKET: 'CONNECTION_LOST',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'CONNECTION_LOST',
  ETIMEDOUT: 'TIMEOUT',
  ESOCKETTIMEDOUT: 'TIMEOUT',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'TIMEOUT',
  EPROTO: 'TLS_FAILURE',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_FAILURE',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_FAILURE',
  HOSTNAME_MISMATCH: 'TLS_FAILURE',
  INVALID_CA: 'TLS_FAILURE',
  INVALID_PURPOSE: 'TLS_FAILURE',
  CERT_HAS_EXPIRED: 'TLS_FAILURE',
  CERT_NOT_YET_VALID: 'TLS_FAILURE',
  CERT_REJECTED: 'TLS_FAILURE',
  CERT_REVOKED: 'TLS_FAILURE',
  CERT_SIGNATURE_FAILURE: 'TLS_FAILURE',
  CERT_UNTRUSTED: 'TLS_FAILURE',
  CERT_CHAIN_TOO_LONG: 'TLS_FAILURE',
};

function failureOfSystemCode(code: string): Failure | undefined {
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN' || code === 'EADDRNOTAVAIL') {
    return { code: 'CONNECTION_REFUSED', message: "No way leads to the storage's host from this machine." };
  }
  if (/^(ERR_TLS_|ERR_SSL_|UNABLE_TO_)/.test(code)) return { code: 'TLS_FAILURE' };
  // What came does not parse as HTTP (llhttp): a port that speaks something else.
  if (code.startsWith('HPE_')) return { code: 'UNEXPECTED_RESPONSE' };
  const known = Object.hasOwn(systemCodes, code) ? systemCodes[code] : undefined;
  return known && { code: known };
}

/** The error, then what it wraps, breadth first; bounded, since a cause may be anything, even itself. */
export function causesOf(error: unknown): object[] {
  const found = new Set<object>();
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && found.size < 20) {
    const next = waiting.shift();
    if (typeof next !== 'object' || next === null || found.has(next)) continue;
    found.add(next);
    const { cause, errors } = next as { cause?: unknown; errors?: unknown };
    if (cause !== undefined) waiting.push(cause);
    if (Array.isArray(errors)) waiting.push(...errors.slice(0, 8));
  }
  return [...found];
}
