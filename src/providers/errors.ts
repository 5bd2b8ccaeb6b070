import { type Capability, ProviderError, type ProviderErrorCode } from '../errors.ts';
import type { Driver, Failure } from './provider.ts';

interface Entry {
  message: string;
  hint: string;
  retryable: boolean;
}

/** The standard words for each cause, and whether the same request may succeed later by itself. */
export const providerErrorTexts: Readonly<Record<ProviderErrorCode, Entry>> = {
  ADDRESS_NOT_ALLOWED: {
    message: "The storage's address is not one that this service may connect to.",
    hint: 'Use a public address, or ask the operator to open this one with OUTBOUND_ALLOW.',
    retryable: false,
  },
  DNS_FAILURE: {
    message: "The name of the storage's host could not be resolved.",
    hint: 'Check the spelling of the endpoint or host, and that the name exists for the machine that runs the service.',
    retryable: true,
  },
  TLS_FAILURE: {
    message: "No trusted TLS connection to the storage's host could be made.",
    hint: 'Check that the endpoint speaks TLS on this port, and that its certificate is valid and made for this host name.',
    retryable: false,
  },
  CONNECTION_REFUSED: {
    message: "The storage's host refuses connections on this port.",
    hint: 'Check host and port, that the server is running, and that no firewall is in between.',
    retryable: true,
  },
  CONNECTION_LOST: {
    message: 'The connection to the storage broke off.',
    hint: 'Try again; if it happens every time, check proxies and firewalls between the service and the storage.',
    retryable: true,
  },
  TIMEOUT: {
    message: 'The storage did not answer in time.',
    hint: 'Try again later; if it happens every time, check host, port and firewalls.',
    retryable: true,
  },
  WRONG_CREDENTIALS: {
    message: 'The storage does not accept these credentials.',
    hint: 'Enter the credentials again, complete and without spaces around them; check that they are still active.',
    retryable: false,
  },
  CREDENTIALS_UNAVAILABLE: {
    message: "The machine that runs the service has no credentials of the provider's default chain.",
    hint: 'Give the service an identity (environment, instance or workload), or enter credentials for this storage.',
    retryable: false,
  },
  CREDENTIALS_EXPIRED: {
    message: 'The credentials have expired.',
    hint: 'Create new credentials at the provider and enter them here.',
    retryable: false,
  },
  FORBIDDEN: {
    message: 'The credentials are accepted, but do not allow this action.',
    hint: 'Grant the permission at the provider: the setup guide of this storage shows the policy to paste.',
    retryable: false,
  },
  CONTAINER_NOT_FOUND: {
    message: 'The bucket, container or folder of this storage does not exist.',
    hint: 'Check its name, and the account or endpoint it should be at; create it if it is missing.',
    retryable: false,
  },
  WRONG_REGION: {
    message: 'The bucket is in another region.',
    hint: "Set the storage's region to the region of the bucket.",
    retryable: false,
  },
  EMPTY_PREFIX: {
    message: "There are no objects under the storage's prefix.",
    hint: 'Check the spelling of the prefix (case matters), and whether objects lie in folders below it: then switch recursive on.',
    retryable: false,
  },
  NO_MATCH: {
    message: 'None of the objects matches the filter.',
    hint: 'The filter is a regular expression tested from the start of the key, not a wildcard: ".*\\.jpg", not "*.jpg".',
    retryable: false,
  },
  OBJECT_NOT_FOUND: {
    message: 'The object does not exist in the storage.',
    hint: 'It was removed or renamed since it was listed; sync the storage again.',
    retryable: false,
  },
  OBJECT_CHANGED: {
    message: 'The object was changed in the meantime.',
    hint: 'Sync the storage again to take up the new version.',
    retryable: false,
  },
  OBJECT_UNREADABLE: {
    message: 'The object exists, but its content cannot be read.',
    hint: 'Check its permissions, encryption key and storage class at the provider.',
    retryable: false,
  },
  INVALID_KEY: {
    message: 'This key cannot be used with this storage.',
    hint: "A key begins with the storage's prefix, and has no NUL and no '.' or '..' as a folder.",
    retryable: false,
  },
  RANGE_NOT_SATISFIABLE: {
    message: 'The requested range lies behind the end of the object.',
    hint: "Ask for a range within the object's size.",
    retryable: false,
  },
  RATE_LIMITED: {
    message: 'The storage asks for fewer requests.',
    hint: 'Try again later, or raise the quota at the provider.',
    retryable: true,
  },
  UNAVAILABLE: {
    message: 'The storage is temporarily unable to answer.',
    hint: "Try again later; the provider's status page may say more.",
    retryable: true,
  },
  UNEXPECTED_RESPONSE: {
    message: 'The storage answered with something that is no valid response.',
    hint: 'Check that the endpoint is the address of the storage itself, not of a web page, console or proxy.',
    retryable: false,
  },
  UNSUPPORTED: {
    message: 'This storage cannot do this.',
    hint: 'Choose other settings or another provider.',
    retryable: false,
  },
};

/** The error of a cause: standard words, unless the failure brings its own. */
export function providerError(
  failure: Failure,
  more: { capability?: Capability; cause?: unknown } = {},
): ProviderError {
  const standard = providerErrorTexts[failure.code];
  return new ProviderError({
    code: failure.code,
    message: failure.message ?? standard.message,
    hint: failure.hint ?? standard.hint,
    retryable: standard.retryable,
    retryAfterMs: failure.retryAfterMs,
    ...more,
  });
}

/**
 * For a driver that finds a failure itself (a version that differs, a range behind the end) where no SDK
 * throws: carries the verdict, needs no case in the driver's `classify`.
 */
export class DriverFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, cause?: unknown) {
    super(`driver found ${failure.code}`, { cause });
    this.name = 'DriverFailure';
    this.failure = failure;
  }
}

/**
 * Whatever a driver threw, as an error for the caller; the raw error becomes its `cause`. A ProviderError
 * passes through, found anywhere in the chain of causes, since SDKs wrap what the outbound guard throws.
 * Not for the reason of an aborted signal: that belongs to who aborted and is thrown as it is.
 */
export function toProviderError(
  error: unknown,
  { classify = () => undefined, capability }: { classify?: Driver['classify']; capability?: Capability },
): ProviderError {
  const chain = causes(error);
  const made = chain.find((cause) => cause instanceof ProviderError);
  if (made) return capability && !made.capability ? withCapability(made, capability) : made;
  const found = chain.find((cause) => cause instanceof DriverFailure)?.failure;
  const failure = found ?? classify(error) ?? classifyNetworkError(error);
  return providerError(failure ?? { code: 'UNEXPECTED_RESPONSE' }, { capability, cause: error });
}

function withCapability(error: ProviderError, capability: Capability): ProviderError {
  const { code, message, hint, retryable, retryAfterMs, cause = error } = error;
  return new ProviderError({ code, message, hint, retryable, retryAfterMs, capability, cause });
}

/**
 * What an error of Node's network, undici or TLS means, looked for through `cause` and `errors` (fetch and
 * SDKs wrap; an attempt at several addresses gives an AggregateError). Codes: Node.js documentation "Common
 * system errors" and "Errors", undici `core/errors.js`, OpenSSL `X509_V_ERR_*` without their prefix.
 */
export function classifyNetworkError(error: unknown): Failure | undefined {
  for (const cause of causes(error)) {
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
function causes(error: unknown): object[] {
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
