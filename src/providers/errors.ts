import { type Capability, ProviderError, type ProviderErrorCode } from '../errors.ts';
import { causesOf, classifyNetworkError } from './network-errors.ts';
import type { Driver, Failure } from './provider.ts';

/** What a cause says beyond its words. */
interface Cause {
  message: string;
  hint: string;
  /** The same request may succeed later by itself. */
  retryable: boolean;
  /** Whom it concerns: every object of the storage, the object alone, or this one request, which leaves it open. */
  scope: 'STORAGE' | 'OBJECT' | 'REQUEST';
  /** How far the request got: no usable response, refused for who we are, or refused for what was asked. */
  stage: 'CONNECT' | 'AUTHENTICATE' | 'ACCESS';
  /** For who asked this service by HTTP: a gateway's (RFC 9110, section 15.6), unless the object is the reason. */
  httpStatus: number;
}

/** Every cause for which a storage fails, and all that follows from it. */
export const providerCauses: Readonly<Record<ProviderErrorCode, Cause>> = {
  ADDRESS_NOT_ALLOWED: {
    message: "The storage's address is not one that this service may connect to.",
    hint: 'Use a public address, or ask the operator to open this one with OUTBOUND_ALLOW.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  DNS_FAILURE: {
    message: "The name of the storage's host could not be resolved.",
    hint: 'Check the spelling of the endpoint or host, and that the name exists for the machine that runs the service.',
    retryable: true,
    scope: 'STORAGE',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  TLS_FAILURE: {
    message: "No trusted TLS connection to the storage's host could be made.",
    hint: 'Check that the endpoint speaks TLS on this port, and that its certificate is valid and made for this host name.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  CONNECTION_REFUSED: {
    message: "The storage's host refuses connections on this port.",
    hint: 'Check host and port, that the server is running, and that no firewall is in between.',
    retryable: true,
    scope: 'STORAGE',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  CONNECTION_LOST: {
    message: 'The connection to the storage broke off.',
    hint: 'Try again; if it happens every time, check proxies and firewalls between the service and the storage.',
    retryable: true,
    scope: 'REQUEST',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  TIMEOUT: {
    message: 'The storage did not answer in time.',
    hint: 'Try again later; if it happens every time, check host, port and firewalls.',
    retryable: true,
    scope: 'REQUEST',
    stage: 'CONNECT',
    httpStatus: 504,
  },
  WRONG_CREDENTIALS: {
    message: 'The storage does not accept these credentials.',
    hint: 'Enter the credentials again, complete and without spaces around them; check that they are still active.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'AUTHENTICATE',
    httpStatus: 502,
  },
  CREDENTIALS_UNAVAILABLE: {
    message: "The machine that runs the service has no credentials of the provider's default chain.",
    hint: 'Give the service an identity (environment, instance or workload), or enter credentials for this storage.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'AUTHENTICATE',
    httpStatus: 502,
  },
  CREDENTIALS_EXPIRED: {
    message: 'The credentials have expired.',
    hint: 'Create new credentials at the provider and enter them here.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'AUTHENTICATE',
    httpStatus: 502,
  },
  FORBIDDEN: {
    message: 'The credentials are accepted, but do not allow this action.',
    hint: 'Grant the permission at the provider: the setup guide of this storage shows the policy to paste.',
    retryable: false,
    scope: 'REQUEST',
    stage: 'ACCESS',
    httpStatus: 403,
  },
  CONTAINER_NOT_FOUND: {
    message: 'The bucket, container or folder of this storage does not exist.',
    hint: 'Check its name, and the account or endpoint it should be at; create it if it is missing.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'ACCESS',
    httpStatus: 502,
  },
  WRONG_REGION: {
    message: 'The bucket is in another region.',
    hint: "Set the storage's region to the region of the bucket.",
    retryable: false,
    scope: 'STORAGE',
    stage: 'AUTHENTICATE',
    httpStatus: 502,
  },
  EMPTY_PREFIX: {
    message: "There are no objects under the storage's prefix.",
    hint: 'Check the spelling of the prefix (case matters), and whether objects lie in folders below it: then switch recursive on.',
    retryable: false,
    scope: 'STORAGE',
    stage: 'ACCESS',
    httpStatus: 502,
  },
  NO_MATCH: {
    message: 'None of the objects matches the filter.',
    hint: 'The filter is a regular expression tested from the start of the key, not a wildcard: ".*\\.jpg", not "*.jpg".',
    retryable: false,
    scope: 'STORAGE',
    stage: 'ACCESS',
    httpStatus: 502,
  },
  OBJECT_NOT_FOUND: {
    message: 'The object does not exist in the storage.',
    hint: 'It was removed or renamed since it was listed; sync the storage again.',
    retryable: false,
    scope: 'OBJECT',
    stage: 'ACCESS',
    httpStatus: 404,
  },
  OBJECT_CHANGED: {
    message: 'The object was changed in the meantime.',
    hint: 'Sync the storage again to take up the new version.',
    retryable: false,
    scope: 'OBJECT',
    stage: 'ACCESS',
    httpStatus: 502,
  },
  OBJECT_UNREADABLE: {
    message: 'The object exists, but its content cannot be read.',
    hint: 'Check its permissions, encryption key and storage class at the provider.',
    retryable: false,
    scope: 'OBJECT',
    stage: 'ACCESS',
    httpStatus: 502,
  },
  INVALID_KEY: {
    message: 'This key cannot be used with this storage.',
    hint: "A key begins with the storage's prefix, and has no NUL and no '.' or '..' as a folder.",
    retryable: false,
    scope: 'OBJECT',
    stage: 'ACCESS',
    httpStatus: 404,
  },
  RANGE_NOT_SATISFIABLE: {
    message: 'The requested range lies behind the end of the object.',
    hint: "Ask for a range within the object's size.",
    retryable: false,
    scope: 'REQUEST',
    stage: 'ACCESS',
    httpStatus: 416,
  },
  RATE_LIMITED: {
    message: 'The storage asks for fewer requests.',
    hint: 'Try again later, or raise the quota at the provider.',
    retryable: true,
    scope: 'REQUEST',
    stage: 'CONNECT',
    httpStatus: 503,
  },
  UNAVAILABLE: {
    message: 'The storage is temporarily unable to answer.',
    hint: "Try again later; the provider's status page may say more.",
    retryable: true,
    scope: 'REQUEST',
    stage: 'CONNECT',
    httpStatus: 503,
  },
  UNEXPECTED_RESPONSE: {
    message: 'The storage answered with something that is no valid response.',
    hint: 'Check that the endpoint is the address of the storage itself, not of a web page, console or proxy.',
    retryable: false,
    scope: 'REQUEST',
    stage: 'CONNECT',
    httpStatus: 502,
  },
  UNSUPPORTED: {
    message: 'This storage cannot do this.',
    hint: 'Choose other settings or another provider.',
    retryable: false,
    scope: 'REQUEST',
    stage: 'ACCESS',
    httpStatus: 502,
  },
};

type Coded = Pick<ProviderError, 'code'>;

/** Whether the same request may succeed later by itself. */
export const isRetryable = ({ code }: Coded): boolean => providerCauses[code].retryable;

/** Whether no object of the storage can escape the failure, whichever met it. */
export const isStorageWide = ({ code }: Coded): boolean => providerCauses[code].scope === 'STORAGE';

/** Whether the failure says nothing about other objects: whoever finds it has been let in. */
export const isOfOneObject = ({ code }: Coded): boolean => providerCauses[code].scope === 'OBJECT';

/** Whether no such object is there; a key that no object can have is not there either. */
export const isAbsence = (error: Coded): boolean => httpStatusOf(error) === 404;

/** How far the request got that failed so. */
export const stageOf = ({ code }: Coded): Cause['stage'] => providerCauses[code].stage;

/** The HTTP status for who asked this service. */
export const httpStatusOf = ({ code }: Coded): number => providerCauses[code].httpStatus;

/** The error of a cause: standard words, unless the failure brings its own. */
export function providerError(
  failure: Failure,
  more: { capability?: Capability; cause?: unknown } = {},
): ProviderError {
  const standard = providerCauses[failure.code];
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
  {
    classify = () => undefined,
    capability,
    container,
  }: {
    classify?: Driver['classify'];
    capability?: Capability;
    /** Its canonical name, which tells whoever misspelled it where it was looked for. */
    container?: string;
  },
): ProviderError {
  const chain = causesOf(error);
  const made = chain.find((cause) => cause instanceof ProviderError);
  if (made) return capability && !made.capability ? withCapability(made, capability) : made;
  const found = chain.find((cause) => cause instanceof DriverFailure)?.failure;
  const failure = found ?? classify(error) ?? classifyNetworkError(error) ?? { code: 'UNEXPECTED_RESPONSE' };
  const told: Failure = canFailBy(failure.code, capability) ? failure : { code: 'UNEXPECTED_RESPONSE' };
  return providerError(named(told, container), { capability, cause: error });
}

const named = (failure: Failure, container: string | undefined): Failure =>
  failure.code === 'CONTAINER_NOT_FOUND' && container !== undefined && failure.message === undefined
    ? { ...failure, message: `There is no bucket or container "${container}".` }
    : failure;

/**
 * Whether what was asked can fail for this cause: a listing is about no object, and who writes looks for none. A
 * server that says so all the same has said nothing.
 */
export function canFailBy(code: ProviderErrorCode, capability: Capability | undefined): boolean {
  if (capability === 'LIST' || capability === 'AUTHENTICATE') return providerCauses[code].scope !== 'OBJECT';
  return capability !== 'WRITE' || code !== 'OBJECT_NOT_FOUND';
}

/** For a response whose code no table knows. It is shown as far as it reads like one: letters, dots and underscores. */
export function unknownResponse(status: number, code: string | undefined): Failure {
  const readable = code !== undefined && /^[A-Za-z][A-Za-z._]{2,47}$/.test(code);
  const named = readable ? ` and the code "${code}"` : '';
  return {
    code: 'UNEXPECTED_RESPONSE',
    message: `The storage refused the request with status ${status}${named}, which this service does not know.`,
    hint: "Look the code up in the provider's documentation, and check endpoint and settings.",
  };
}

function withCapability(error: ProviderError, capability: Capability): ProviderError {
  const { code, message, hint, retryable, retryAfterMs, cause = error } = error;
  return new ProviderError({ code, message, hint, retryable, retryAfterMs, capability, cause });
}
