import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { UnauthenticatedError } from '../errors.ts';
import type { Logger } from '../observability/log.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Services } from '../services.ts';
import { createSignedOn, isOfThisSite } from './sign-on.ts';

/** Wrong tokens of one address in a minute that are refused at once. */
const FREE_TRIES = 20;
/** How long each further one waits, in milliseconds. */
const DELAY = 1_000;

/**
 * Who asks, by a token or as a proxy in front says; null: neither says anything.
 * @param authorization `Bearer` is RFC 6750; `Token` is what clients of the reference send
 * @throws UnauthenticatedError for a header of another form, and for a token or an address that stands for nobody
 */
export type Authenticate = (
  authorization: string | null | undefined,
  request: IncomingMessage,
) => Promise<Viewer | null>;

export interface AuthenticatorOptions {
  signOn: Config['signOn'];
  publicUrl: string | null;
  slow: GuessDelay;
}

export function createAuthenticator(
  { organizations, signOn }: Pick<Services, 'organizations' | 'signOn'>,
  { signOn: config, publicUrl, slow }: AuthenticatorOptions,
): Authenticate {
  const signedOn = createSignedOn(config);

  async function viewerOf(authorization: string | null | undefined, request: IncomingMessage) {
    const email = signedOn(request);
    if (authorization) {
      const token = /^(?:Bearer|Token) +([!-~]+) *$/i.exec(authorization)?.[1];
      if (!token) throw new UnauthenticatedError();
      return organizations.authenticate(token);
    }
    if (email === undefined) return null;
    if (!isOfThisSite(request, publicUrl)) {
      throw new UnauthenticatedError('A page of another site may not act for whoever is signed on.');
    }
    return signOn.enter(email, config!.role, request.socket.remoteAddress ?? '');
  }

  return async (authorization, request) => {
    const address = request.socket.remoteAddress ?? '';
    try {
      const viewer = await viewerOf(authorization, request);
      return viewer && { ...viewer, address };
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
