import type { Database } from '../database/client.ts';
import { membersAmong, ownerOf } from '../organizations/repository.ts';
import type { Project } from '../projects/model.ts';
import type { AnnotationDraft } from './pre-annotations.ts';

type Author = AnnotationDraft['completedBy'];

/** Finds who an imported annotation is by: a member of the organization, else the project's owner. */
export interface MemberLookup {
  /** Looks up, in one statement, those not known yet. */
  learn(authors: readonly Author[]): Promise<void>;
  find(author: Author): number | null;
}

/**
 * Members of the project's organization by id or e-mail, learned in bulk. Whoever is not a member
 * counts as the project's creator, else as the organization's owner.
 */
export async function createMemberLookup(
  { db }: Pick<Database, 'db'>,
  project: Project,
): Promise<MemberLookup> {
  const fallback = project.createdBy ?? (await ownerOf(db, project.organizationId))?.id ?? null;
  const byId = new Map<number, number | null>();
  const byEmail = new Map<string, number | null>();
  return {
    async learn(authors) {
      const ids = new Set<number>();
      const emails = new Set<string>();
      for (const author of authors) {
        if (author?.id !== undefined && !byId.has(author.id)) ids.add(author.id);
        if (author?.email !== undefined && !byEmail.has(author.email)) emails.add(author.email);
      }
      if (ids.size + emails.size === 0) return;
      for (const id of ids) byId.set(id, null);
      for (const email of emails) byEmail.set(email, null);
      const members = await membersAmong(db, project.organizationId, { ids: [...ids], emails: [...emails] });
      for (const { id, email } of members) {
        byId.set(id, id);
        byEmail.set(email, id);
      }
    },
    find(author) {
      const byTheirId = author?.id === undefined ? null : byId.get(author.id);
      const byTheirEmail = author?.email === undefined ? null : byEmail.get(author.email);
      return byTheirId ?? byTheirEmail ?? fallback;
    },
  };
}
