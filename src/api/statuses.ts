import {
  ConflictError,
  ForbiddenError,
  LongshoreError,
  NotFoundError,
  ProviderError,
  type ProviderErrorCode,
  UnauthenticatedError,
  ValidationError,
} from '../errors.ts';

/** What HTTP itself has to say: the request is too large, of the wrong method, for nothing that is here. */
export class HttpError extends LongshoreError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

/** The one table from error to HTTP status; what is not in it is 500, without its text. */
const statuses: [error: abstract new (...args: never[]) => LongshoreError, status: number][] = [
  [ValidationError, 400],
  [UnauthenticatedError, 401],
  [ForbiddenError, 403],
  [NotFoundError, 404],
  [ConflictError, 409],
];

/** Failing storages: a gateway's statuses (RFC 9110, section 15.6), but where the object itself is the reason. */
const providerStatuses: Partial<Record<ProviderErrorCode, number>> = {
  OBJECT_NOT_FOUND: 404,
  INVALID_KEY: 404,
  FORBIDDEN: 403,
  RANGE_NOT_SATISFIABLE: 416,
  RATE_LIMITED: 503,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
};

/** undefined: not an error that was raised on purpose. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpError) return error.status;
  if (error instanceof ProviderError) return providerStatuses[error.code] ?? 502;
  return statuses.find(([kind]) => error instanceof kind)?.[1];
}
