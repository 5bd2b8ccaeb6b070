/** An OAuth 2.0 access token; `expiresAt` in milliseconds since the epoch. */
export interface AccessToken {
  value: string;
  expiresAt: number;
}

export interface TokenSource {
  /** A token that lasts a while yet. */
  current(): Promise<string>;
  /** A server has refused this token: it is not given again. */
  discard(value: string): void;
}

/** Token services answer in well under a second; nobody's signal covers a request that several callers wait for. */
const tokenTimeoutMs = 15_000;
const earliestRenewalMs = 5 * 60_000;

/**
 * Keeps a token and renews it five minutes before its end, or at the last fifth of a shorter life. Concurrent
 * callers share a request; while the old token lasts, a renewal that fails is not the caller's problem.
 */
export function keepToken(fetchToken: (signal: AbortSignal) => Promise<AccessToken>): TokenSource {
  let kept: (AccessToken & { renewAt: number }) | undefined;
  let pending: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const begun = Date.now();
    const signal = AbortSignal.timeout(tokenTimeoutMs);
    const token = await Promise.race([fetchToken(signal), rejected(signal)]);
    const lead = Math.min(earliestRenewalMs, (token.expiresAt - begun) / 5);
    kept = { ...token, renewAt: token.expiresAt - lead };
  }

  return {
    async current() {
      if (!kept || kept.renewAt <= Date.now()) {
        pending ??= renew().finally(() => {
          pending = undefined;
        });
        await pending.catch((error: unknown) => {
          if (!kept || kept.expiresAt <= Date.now()) throw error;
        });
      }
      return kept!.value;
    },
    discard(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

/** For fetchers that do not heed the signal. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
