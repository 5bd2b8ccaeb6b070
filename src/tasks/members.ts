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
 * Members of the project's organization by e-mail, or by id where that is all that is told, learned in bulk: beside an
 * e-mail an id may be another installation's, and another person's here. Whoever is not a member counts as the
 * project's creator, else as the organization's owner.
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
        if (!author) continue;
        const { id, email } = author;
        if (email !== undefined && !byEmail.has(email)) emails.add(email);
        if (email === undefined && id !== undefined && !byId.has(id)) ids.add(id);
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
      if (!author) return fallback;
      const { id, email } = author;
      return (email === undefined ? byId.get(id!) : byEmail.get(email)) ?? fallback;
    },
  };
}
