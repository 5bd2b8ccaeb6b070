/**
 * Every error that Longshore raises on purpose. Named by cause, never by the operation that met it.
 * `message` and `hint` are written for the caller and never carry a secret, a driver's text or a response
 * body; the raw cause stays in `cause`, for the log only. This file imports nothing.
 */

/** Base of all intended errors; whatever is not one of these is masked before it leaves the service. */
export class LongshoreError extends Error {
  /** Stable machine-readable name of the cause. */
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** What can be wrong with a field of an input. */
export const fieldErrorCodes = [
  'REQUIRED',
  'INVALID',
  'OUT_OF_RANGE',
  'UNKNOWN_FIELD',
  'NOT_ALLOWED',
] as const;
export type FieldErrorCode = (typeof fieldErrorCodes)[number];

/** One wrong field of an input. */
export interface FieldError {
  /** Where it is: `provider.s3.bucket`, `tasks.0.annotations[1].result`. */
  path: string;
  /** Default INVALID. */
  code?: FieldErrorCode | undefined;
  /** What was expected, and what came. */
  message: string;
}

/** The input is wrong; each field says what was expected. */
export class ValidationError extends LongshoreError {
  readonly fields: FieldError[];
  constructor(fields: FieldError[], message = summarize(fields)) {
    super('VALIDATION_FAILED', message);
    this.fields = fields;
  }
}

function summarize(fields: FieldError[]): string {
  return fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}

/** No such record, or none that the viewer may see: the two read the same on purpose. */
export class NotFoundError extends LongshoreError {
  constructor(what: string, id: string | number) {
    super('NOT_FOUND', `No ${what} with id "${id}".`);
  }
}

/** The viewer sees the record but may not do this with it. */
export class ForbiddenError extends LongshoreError {
  /** The lowest role that may; null: none would do. */
  readonly requiredRole: string | null;
  constructor(message: string, requiredRole: string | null = null) {
    super('FORBIDDEN', message);
    this.requiredRole = requiredRole;
  }
}

/** The request carries no valid token. */
export class UnauthenticatedError extends LongshoreError {
  constructor(message = 'Send a token: "Authorization: Bearer <token>".') {
    super('UNAUTHENTICATED', message);
  }
}

/** In what way a request can contradict the present state of a record. */
export const conflictCodes = [
  'OVERLAPPING_STORAGES',
  'NOT_SYNCHRONIZABLE',
  'CONTAINER_KNOWN',
  'NOT_A_SOURCE',
  'SYNC_ENDED',
  'LIMIT_REACHED',
  'ALREADY_A_MEMBER',
  'LAST_OWNER',
  'IDEMPOTENCY_KEY_REUSED',
  'CREATED_AND_DELETED',
  'CHANGED_MEANWHILE',
] as const;
export type ConflictCode = (typeof conflictCodes)[number];

/** The request contradicts the present state of the record. */
export class ConflictError extends LongshoreError {
  declare readonly code: ConflictCode;
  constructor(code: ConflictCode, message: string) {
    super(code, message);
  }
}

/** Why an update found nothing to change: the record is gone, or newer than the caller has seen. */
export function missingOrChanged(what: string, id: number, stored: object | undefined): LongshoreError {
  if (!stored) return new NotFoundError(what, id);
  return new ConflictError('CHANGED_MEANWHILE', `The ${what} was changed meanwhile: read it again.`);
}

/** The service itself is set up wrongly: a start-up error that names the setting. */
export class ConfigError extends LongshoreError {
  constructor(message: string) {
    super('CONFIG_INVALID', message);
  }
}

/** What a storage can be asked for; `validateStorage` proves each apart. */
export const capabilities = ['CONNECT', 'AUTHENTICATE', 'LIST', 'READ', 'SIGN', 'WRITE', 'DELETE'] as const;
export type Capability = (typeof capabilities)[number];

/** Every cause for which an external storage fails us. Closed: a driver classifies into one of these. */
export const providerErrorCodes = [
  'ADDRESS_NOT_ALLOWED',
  'DNS_FAILURE',
  'TLS_FAILURE',
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'TIMEOUT',
  'WRONG_CREDENTIALS',
  'CREDENTIALS_UNAVAILABLE',
  'CREDENTIALS_EXPIRED',
  'FORBIDDEN',
  'CONTAINER_NOT_FOUND',
  'WRONG_REGION',
  'EMPTY_PREFIX',
  'NO_MATCH',
  'OBJECT_NOT_FOUND',
  'OBJECT_CHANGED',
  'OBJECT_UNREADABLE',
  'INVALID_KEY',
  'RANGE_NOT_SATISFIABLE',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'UNEXPECTED_RESPONSE',
  'UNSUPPORTED',
] as const;
export type ProviderErrorCode = (typeof providerErrorCodes)[number];

export interface ProviderErrorOptions {
  code: ProviderErrorCode;
  /** One sentence about what happened, in Longshore's words. */
  message: string;
  /** What the user should do next. */
  hint: string;
  capability?: Capability | undefined;
  /** Whether the same request can succeed later without anybody changing anything. */
  retryable: boolean;
  /** How long the provider asked us to wait, in milliseconds (Retry-After, RFC 9110 section 10.2.3). */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** An external storage failed or refused. */
export class ProviderError extends LongshoreError {
  declare readonly code: ProviderErrorCode;
  readonly hint: string;
  readonly capability: Capability | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  constructor(options: ProviderErrorOptions) {
    super(options.code, options.message, { cause: options.cause });
    this.hint = options.hint;
    this.capability = options.capability;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}
