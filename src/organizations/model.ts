import type { apiTokens, organizations, users } from '../database/tables.ts';

export type Organization = typeof organizations.$inferSelect;
export type User = typeof users.$inferSelect;
export type ApiToken = Omit<typeof apiTokens.$inferSelect, 'hash'>;

export const roles = ['OWNER', 'ADMINISTRATOR', 'MANAGER', 'ANNOTATOR'] as const;
export type Role = (typeof roles)[number];

/** Who asks: a user within one organization, as its token says. Every request has one. */
export interface Viewer {
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
