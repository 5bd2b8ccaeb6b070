import * as documents from '../graphql/documents.ts';
import type { TestApp } from './app.ts';
import type { Member } from './member.ts';

/** How somebody can lose what a token gave. */
export const losses = ['revoke', 'expire', 'remove', 'demote'] as const;
export type Loss = (typeof losses)[number];

/** Takes from a member of any role but the lowest what made them one. */
export async function lose(it: TestApp, how: Loss, member: Member): Promise<void> {
  const { viewer } = await member.run(documents.WhoAmI);
  const [row] = await it.sql<{ id: number; userId: number }[]>`
    SELECT t.id, t.user_id AS "userId" FROM api_tokens t JOIN users u ON u.id = t.user_id
    WHERE u.email = ${viewer.user.email}`;
  const { id, userId } = row!;
  if (how === 'revoke') await it.sql`UPDATE api_tokens SET revoked_at = now() WHERE id = ${id}`;
  else if (how === 'expire') await it.sql`UPDATE api_tokens SET expires_at = now() WHERE id = ${id}`;
  else if (how === 'remove') await it.sql`DELETE FROM memberships WHERE user_id = ${userId}`;
  else await it.sql`UPDATE memberships SET role = 'ANNOTATOR' WHERE user_id = ${userId}`;
}
