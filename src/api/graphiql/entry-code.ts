import { randomBytes } from 'node:crypto';
import { UnauthenticatedError } from '../../errors.ts';
import { hashToken } from '../../security/tokens.ts';
import type { GuessDelay } from '../authenticate.ts';
import { readCode } from '../body.ts';
import { type Route, sendJson } from '../router.ts';

/** How long a code waits for the browser, in milliseconds. */
const LIFETIME = 2 * 60_000;

/**
 * The code that opens GraphiQL in the browser of whoever started the service. Other users of the machine see
 * addresses that a browser is started with, so the address holds no token but this: it is good for one
 * exchange (`POST /graphql/entry` with `{"code": …}`), and for two minutes.
 */
export function createEntryCode(slow: GuessDelay, now: () => number = Date.now) {
  let waiting: { hash: Buffer; token: string; until: number } | undefined;

  function redeem(code: string | undefined): string | undefined {
    const entry = waiting;
    if (code === undefined || !entry?.hash.equals(hashToken(code))) return;
    waiting = undefined;
    return entry.until > now() ? entry.token : undefined;
  }

  return {
    /** A code for this token; the one before it ends. */
    issue(token: string): string {
      const code = randomBytes(24).toString('base64url');
      waiting = { hash: hashToken(code), token, until: now() + LIFETIME };
      return code;
    },

    route: {
      method: 'POST',
      pattern: /^\/graphql\/entry$/,
      who: 'anyone',
      async handle({ incoming, response, address }) {
        const token = redeem(await readCode(incoming));
        if (token === undefined) {
          await slow(address);
          throw new UnauthenticatedError('The code has been used or has expired: start the service again.');
        }
        response.setHeader('cache-control', 'no-store');
        sendJson(response, 200, { token });
      },
    } satisfies Route as Route,
  };
}
