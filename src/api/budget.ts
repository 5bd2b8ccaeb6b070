import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/** What is left of somebody's budget. */
export interface Budget {
  /** Per window. */
  limit: number;
  remaining: number;
  resetAt: Date;
  /** Whether this request was beyond it. */
  exceeded: boolean;
}

/** Seconds that a budget is for. */
const WINDOW = 60;

export type Budgets = ReturnType<typeof createBudgets>;

/**
 * Who may ask for how much: in nodes a minute, by user, or by address where nobody is known. Kept per process.
 * @param limit 0: no limit
 */
export function createBudgets(limit: number) {
  const limiter = new RateLimiterMemory({ points: Math.max(limit, 1), duration: WINDOW });
  const budgetOf = ({ remainingPoints, msBeforeNext }: RateLimiterRes, exceeded: boolean): Budget => ({
    ...{ limit, exceeded, remaining: remainingPoints },
    resetAt: new Date(Date.now() + msBeforeNext),
  });

  return {
    /** null: there is no limit. */
    async spend(who: string, points: number): Promise<Budget | null> {
      if (limit === 0) return null;
      try {
        return budgetOf(await limiter.consume(who, points), false);
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal;
        return budgetOf(refusal as RateLimiterRes, true);
      }
    },

    /** Gives back what was spent in advance and not needed. */
    async giveBack(who: string, points: number): Promise<void> {
      if (limit > 0 && points > 0) await limiter.reward(who, points);
    },
  };
}

/** Limits how many of a resource one caller holds at a time. @returns a function that releases it; undefined: at the limit */
export function createCounter(limit: number): (who: string) => (() => void) | undefined {
  const held = new Map<string, number>();
  return (who) => {
    const count = held.get(who) ?? 0;
    if (count >= limit) return undefined;
    held.set(who, count + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = held.get(who)! - 1;
      if (left > 0) held.set(who, left);
      else held.delete(who);
    };
  };
}

/** "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers), and Retry-After (RFC 9110, 10.2.3). */
export function budgetHeaders({ limit, remaining, resetAt, exceeded }: Budget): Record<string, string> {
  const seconds = Math.max(1, Math.ceil((resetAt.getTime() - Date.now()) / 1000));
  return {
    'ratelimit-policy': `"nodes";q=${limit};w=${WINDOW}`,
    ratelimit: `"nodes";r=${remaining};t=${seconds}`,
    ...(exceeded && { 'retry-after': String(seconds) }),
  };
}
