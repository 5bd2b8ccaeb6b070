import type { Viewer } from './model.ts';
import type { OrganizationService } from './service.ts';

export type Access = ReturnType<typeof createAccess>;

/** How long an answer holds, in milliseconds: a thousand subscribers ask once. */
const HOLDS = 1_000;

/** Whether a long-lived feed may go on: the viewer's token, membership and sight of the project, now. */
export function createAccess(
  organizations: Pick<OrganizationService, 'viewerIsCurrent'>,
  projects: { visible(viewer: Viewer, ids: readonly number[]): Promise<unknown[]> },
) {
  const answers = new Map<string, { at: number; answer: Promise<boolean> }>();

  async function look(viewer: Viewer, projectId: number): Promise<boolean> {
    if (!(await organizations.viewerIsCurrent(viewer))) return false;
    return (await projects.visible(viewer, [projectId])).length === 1;
  }

  return {
    maySee(viewer: Viewer, projectId: number): Promise<boolean> {
      const now = Date.now();
      const name = `${viewer.tokenId}:${viewer.userId}:${projectId}`;
      const held = answers.get(name);
      if (held && now - held.at < HOLDS) return held.answer;
      for (const [other, { at }] of answers) {
        if (now - at < HOLDS) break;
        answers.delete(other);
      }
      const answer = look(viewer, projectId);
      answers.delete(name);
      answers.set(name, { at: now, answer });
      return answer;
    },
  };
}
