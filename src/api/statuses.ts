import {
  ConflictError,
  ForbiddenError,
  LongshoreError,
  NotFoundError,
  ProviderError,
  UnauthenticatedError,
  ValidationError,
} from '../errors.ts';
import { httpStatusOf } from '../providers/errors.ts';

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

/** undefined: not an error that was raised on purpose. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpError) return error.status;
  if (error instanceof ProviderError) return httpStatusOf(error);
  return statuses.find(([kind]) => error instanceof kind)?.[1];
}
