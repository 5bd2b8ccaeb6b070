import { DrizzleQueryError } from 'drizzle-orm';
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { redact } from '../security/redact.ts';

export type { Logger };

/**
 * Structured logs, one JSON object a line. Errors keep their kind, code and stack but not their
 * parameters, since those of a failed statement may be secrets.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: describeError, err: describeError },
    hooks: {
      // A log line that can't be written never stops what it tells of.
      logMethod(args: Parameters<LogFn>, method: LogFn) {
        try {
          method.apply(this as never, args);
        } catch {
          method.call(this as never, {}, 'something that cannot be read was to be logged');
        }
      },
    },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redact(fields) as Record<string, unknown>,
    },
  };
  return destination ? pino(options, destination) : pino(options, pino.destination({ dest: 2, sync: false }));
}

/** What of an error may be logged. The ORM's own messages carry the parameters: only their cause is kept. */
function describeError(error: unknown): unknown {
  try {
    return describe(error);
  } catch {
    return { message: '[unreadable]' };
  }
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error))
    return { message: typeof error === 'string' ? error : JSON.stringify(error) };
  const { name, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  const hidden = error instanceof DrizzleQueryError;
  return {
    name,
    ...(typeof code === 'string' && { code }),
    message: hidden ? 'A statement failed.' : error.message,
    stack: hidden ? undefined : stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
