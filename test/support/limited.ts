import * as documents from '../graphql/documents.ts';
import type { TestApp } from './app.ts';
import { as } from './client.ts';
import type { CreateApiTokenInput } from './generated/graphql.ts';
import type { Member } from './member.ts';

/** The same member by a token that may less. */
export async function limited(
  it: TestApp,
  member: Member,
  limits: Pick<CreateApiTokenInput, 'scopes' | 'projectId'>,
): Promise<Member> {
  const input = { title: 'Limited', ...limits };
  const { createApiToken } = await member.run(documents.CreateApiToken, { input });
  return it.client(as(createApiToken, 'CreateApiTokenSuccess').token);
}
