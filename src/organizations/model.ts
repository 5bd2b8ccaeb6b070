import type { apiTokens } from '../database/tables/access.ts';
import type { organizations, users } from '../database/tables/organizations.ts';

export type Organization = typeof organizations.$inferSelect;
export type User = typeof users.$inferSelect;
export type ApiToken = Omit<typeof apiTokens.$inferSelect, 'hash'>;

export const roles = ['OWNER', 'ADMINISTRATOR', 'MANAGER', 'ANNOTATOR'] as const;
export type Role = (typeof roles)[number];

/** What a token can be limited to; every token reads. */
export const tokenScopes = ['READ', 'SYNC', 'ANNOTATE', 'ADMINISTER'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** What narrows a token: it never gives more than the role. */
export interface TokenLimits {
  scopes: readonly TokenScope[];
  /** The one project that it is for; null: all of the organization. */
  projectId: number | null;
}

/** Of a token that stands for all that its user may do. */
export const unlimited: TokenLimits = { scopes: tokenScopes, projectId: null };

/** Who asks: a user within one organization, as its token says. Every request has one. */
export interface Viewer extends TokenLimits {
  userId: number;
  organizationId: number;
  role: Role;
  /** The token used; subscriptions end with it. 0: the command line, which has none. */
  tokenId: number;
  /** Where the request came from; absent: the command line. */
  address?: string;
}

/** Roles from the most to the least powerful: a role may all that the ones behind it may. */
export function atLeast(viewer: Viewer, role: Role): boolean {
  return roles.indexOf(viewer.role) <= roles.indexOf(role);
}
