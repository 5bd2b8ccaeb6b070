import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { UnauthenticatedError } from '../errors.ts';
import type { Logger } from '../observability/log.ts';
import type { Viewer } from '../organizations/model.ts';
import type { OrganizationService } from '../organizations/service.ts';

/** Wrong tokens of one address in a minute that are refused at once. */
const FREE_TRIES = 20;
/** How long each further one waits, in milliseconds. */
const DELAY = 1_000;

/**
 * Who sends this Authorization header; null: there is none.
 * `Bearer` is RFC 6750; `Token` is what clients of the reference send.
 * @throws UnauthenticatedError for a header of another form, or a token that stands for nobody
 */
export type Authenticate = (
  authorization: string | null | undefined,
  address: string,
) => Promise<Viewer | null>;

export function createAuthenticator(
  organizations: Pick<OrganizationService, 'authenticate'>,
  slow: GuessDelay,
): Authenticate {
  return async (authorization, address) => {
    if (!authorization) return null;
    try {
      const token = /^(?:Bearer|Token) +([!-~]+) *$/i.exec(authorization)?.[1];
      if (!token) throw new UnauthenticatedError();
      return { ...(await organizations.authenticate(token)), address };
    } catch (error) {
      if (error instanceof UnauthenticatedError) await slow(address);
      throw error;
    }
  };
}

/** Makes guessing slow, and seen: called for each wrong token. Whoever has the right one does not wait. */
export type GuessDelay = (address: string) => Promise<void>;

export function createGuessDelay(log: Logger): GuessDelay {
  const tries = new RateLimiterMemory({ points: FREE_TRIES, duration: 60 });
  return async (address) => {
    log.warn({ address }, 'a wrong token was sent');
    const allowed = await tries.consume(address).catch(() => null);
    if (!allowed) await sleep(DELAY);
  };
}
