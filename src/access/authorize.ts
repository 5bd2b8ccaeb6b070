import type { Db } from '../database/client.ts';
import { unstoppable } from '../database/stop.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import { currentViewer } from '../organizations/repository.ts';
import { projectsById } from '../projects/repository.ts';
import type { Action } from './actions.ts';
import { covers, owns, permissions, permits } from './permissions.ts';

declare const granted: unique symbol;

/** Proof that somebody may do something: only this room makes them. */
export interface Grant {
  /** null: a storage's own token vouches, not a person. */
  readonly viewer: Viewer | null;
  readonly action: Action;
  /** null: the action is about the organization itself. */
  readonly projectId: number | null;
  readonly [granted]: true;
}

/** What an action is about: a record of a project. null stands for the viewer's organization itself. */
export interface Target {
  projectId: number;
  /** Of the record, where it is not the project itself. */
  id?: number;
  /** Who made it, for actions that authors may do. */
  authorId?: number | null;
}

export type Authorizer = ReturnType<typeof createAuthorizer>;

/** How long an answer about a viewer holds, in milliseconds: a thousand feeds ask once. */
const HOLDS = 1_000;

export function createAuthorizer(db: Db) {
  const current = heldFor(HOLDS, (tokenId: number) => currentViewer(db, tokenId));
  const projectNow = heldFor(HOLDS, async (id: number) => {
    const [project] = await projectsById(db, [id]);
    // Not all of it: label configs can be long.
    return project && { id, organizationId: project.organizationId };
  });

  /** @throws NotFoundError when the project is none that the viewer may see, ForbiddenError */
  async function authorizeIn(db: Db, viewer: Viewer, action: Action, target: Target | null): Promise<Grant> {
    if (target) {
      const [project] = await projectsById(db, [target.projectId]);
      if (!project || !owns(viewer, project)) throw new NotFoundError('project', target.projectId);
    }
    const isAuthor = target?.authorId === viewer.userId;
    if (!permits(viewer, action, isAuthor)) throw refusal(viewer, action);
    return grant(viewer, action, target?.projectId ?? null);
  }

  /** Who the viewer is now; undefined: the token or the membership has ended. The command line has no token. */
  async function viewerNow(viewer: Viewer): Promise<Viewer | undefined> {
    return viewer.tokenId === 0 ? viewer : current(viewer.tokenId);
  }

  return {
    authorizeIn,
    viewerNow,

    /**
     * Lets whoever holds this token now do it; undefined: token or membership have ended.
     * @param now what was just looked up of the token; undefined: it stands for nobody
     * @throws NotFoundError, ForbiddenError
     */
    authorizeHolder(
      holder: Pick<Viewer, 'userId' | 'organizationId'>,
      action: Action,
      { projectId }: Target,
      now: { viewer: Viewer; owns: boolean } | undefined,
    ): Grant | undefined {
      if (now?.viewer.userId !== holder.userId || now.viewer.organizationId !== holder.organizationId)
        return undefined;
      const { organizationId } = now.viewer;
      if (!now.owns || !owns(now.viewer, { id: projectId, organizationId })) {
        throw new NotFoundError('project', projectId);
      }
      if (!permits(now.viewer, action)) throw refusal(now.viewer, action);
      return grant(now.viewer, action, projectId);
    },

    /** Lets the viewer do it, or throws. @throws NotFoundError, ForbiddenError */
    authorize: (viewer: Viewer, action: Action, target: Target | null) =>
      authorizeIn(db, viewer, action, target),

    /** Those of the records that the viewer may see: what belongs to others reads like what does not exist. */
    async visible<T extends { projectId: number }>(
      viewer: Viewer,
      action: Action,
      records: readonly T[],
    ): Promise<T[]> {
      if (records.length === 0 || !permits(viewer, action)) return [];
      const projects = await projectsById(db, [...new Set(records.map(({ projectId }) => projectId))]);
      const own = new Set(projects.filter((project) => owns(viewer, project)).map(({ id }) => id));
      return records.filter(({ projectId }) => own.has(projectId));
    },

    /** For what goes on for long: whether it may still, by the token, membership and role of now. */
    async holds({ viewer, action, projectId }: Grant): Promise<boolean> {
      const now = viewer && (await viewerNow(viewer));
      if (!now || !permits(now, action)) return false;
      if (projectId === null) return true;
      const project = await projectNow(projectId);
      return project !== undefined && owns(now, project);
    },

    /** What the bearer of a storage's own token may do there. */
    grantByToken: (action: 'storage.notify', { projectId }: Target): Grant => grant(null, action, projectId),
  };
}

function grant(viewer: Viewer | null, action: Action, projectId: number | null): Grant {
  return { viewer, action, projectId } as Grant;
}

function refusal(viewer: Viewer, action: Action): ForbiddenError {
  const { role, scope } = permissions[action];
  if (!covers(viewer, action)) {
    const why = viewer.scopes.includes(scope) ? 'is limited to one project' : `lacks the scope ${scope}`;
    return new ForbiddenError(`This token ${why}: use another one.`);
  }
  const message =
    role === 'MANAGER' && action.startsWith('annotation.')
      ? 'Only its author or a manager may change an annotation.'
      : `This needs the role ${role} or higher; ask an administrator.`;
  return new ForbiddenError(message, role);
}

/** Looks up at most once in so many milliseconds. */
function heldFor<K, T>(milliseconds: number, look: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const answers = new Map<K, { at: number; answer: Promise<T> }>();
  return (key) => {
    const now = performance.now();
    for (const [other, { at }] of answers) {
      if (now - at < milliseconds) break;
      answers.delete(other);
    }
    const held = answers.get(key);
    if (held) return held.answer;
    const answer = unstoppable(() => look(key));
    answers.set(key, { at: now, answer });
    return answer;
  };
}
