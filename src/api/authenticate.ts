import { UnauthenticatedError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { OrganizationService } from '../organizations/service.ts';

/**
 * Who sends this Authorization header; null: there is none.
 * `Bearer` is RFC 6750; `Token` is what clients of the reference send.
 * @throws UnauthenticatedError for a header of another form, or a token that stands for nobody
 */
export async function authenticate(
  organizations: Pick<OrganizationService, 'authenticate'>,
  authorization: string | null | undefined,
): Promise<Viewer | null> {
  if (!authorization) return null;
  const token = /^(?:Bearer|Token) +([!-~]+) *$/i.exec(authorization)?.[1];
  if (!token) throw new UnauthenticatedError();
  return organizations.authenticate(token);
}
