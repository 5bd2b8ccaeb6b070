import { sharedRequest } from '../shared-request.ts';

/** An OAuth 2.0 access token; `expiresAt` in milliseconds since the epoch. */
export interface AccessToken {
  value: string;
  expiresAt: number;
}

export interface TokenSource {
  /** A token that lasts a while yet. Rejects with the signal's reason as soon as that is aborted. */
  current(signal?: AbortSignal): Promise<string>;
  /** A server has refused this token: it is not given again. */
  discard(value: string): void;
}

const earliestRenewalMs = 5 * 60_000;

/**
 * Keeps a token and renews it five minutes before its end, or at the last fifth of a shorter life. Concurrent
 * callers share a request; while the old token lasts, a renewal that fails is not the caller's problem.
 */
export function keepToken(fetchToken: (signal: AbortSignal) => Promise<AccessToken>): TokenSource {
  let kept: (AccessToken & { renewAt: number }) | undefined;

  const renew = sharedRequest(async (signal) => {
    const begun = Date.now();
    const token = await fetchToken(signal);
    const lead = Math.min(earliestRenewalMs, (token.expiresAt - begun) / 5);
    kept = { ...token, renewAt: token.expiresAt - lead };
    return kept;
  });

  return {
    async current(signal) {
      if (kept && kept.renewAt > Date.now()) return kept.value;
      try {
        return (await renew(signal)).value;
      } catch (error) {
        if (signal?.aborted || !kept || kept.expiresAt <= Date.now()) throw error;
        return kept.value;
      }
    },
    discard(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}
