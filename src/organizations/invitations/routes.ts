import type { GuessDelay } from '../../api/authenticate.ts';
import { readCode } from '../../api/body.ts';
import { type Route, sendJson } from '../../api/router.ts';
import { UnauthenticatedError } from '../../errors.ts';
import type { Services } from '../../services.ts';

/** `POST /invitations` with `{"code": …}`: accepts an invitation, and answers with a first token. */
export function invitationRoute({ invitations }: Pick<Services, 'invitations'>, slow: GuessDelay): Route {
  return {
    method: 'POST',
    pattern: /^\/invitations$/,
    who: 'anyone',
    async handle({ incoming, response, address }) {
      try {
        const accepted = await invitations.accept((await readCode(incoming)) ?? '', address);
        response.setHeader('cache-control', 'no-store');
        sendJson(response, 201, accepted);
      } catch (error) {
        if (error instanceof UnauthenticatedError) await slow(address);
        throw error;
      }
    },
  };
}
