/**
 * Causes after which the same statements can succeed: conflicts with others, a server that is full or restarts,
 * lost connections. SQLSTATEs, codes of the client, codes of the network.
 */
const passing = new Set([
  '23505', // unique_violation: another storage imported the same source a moment ago
  '25P03', // idle_in_transaction_session_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Conflicts with others over which a transaction was rolled back as a whole. */
const conflicts = new Set(['40001', '40P01']);

/** Whether the database has undone a transaction in favor of another one: it can be done again at once. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' && conflicts.has(code)) || isConflict(cause);
}

/** Whether it is the database's failure, and a passing one. The ORM wraps what the client throws. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' && passing.has(code)) || isPassing(cause);
}
