import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import { ForbiddenError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Project } from '../projects/model.ts';
import type { ProjectService } from '../projects/service.ts';
import type { TaskFilter } from '../tasks/model.ts';
import type { TaskService } from '../tasks/service.ts';
import type { SnapshotCounts, SnapshotFormat } from './model.ts';
import { wholeTasks } from './reader.ts';
import { snapshotText } from './text.ts';

export type SnapshotService = ReturnType<typeof createSnapshotService>;

/** A snapshot that is being read. */
export interface SnapshotReading {
  project: Project;
  format: SnapshotFormat;
  startedAt: Date;
  /** Tasks that were there at the start. */
  expected: Count;
  /** Of what `text` has handed out so far. */
  counts: SnapshotCounts;
  /** Read from the database as the reader comes along. @throws NotFoundError, ForbiddenError when access is lost meanwhile */
  text: AsyncGenerator<string, void, undefined>;
}

/** Projects as files: all tasks with their annotations and predictions. */
export function createSnapshotService(
  database: Database,
  access: Access,
  projects: ProjectService,
  tasks: TaskService,
) {
  return {
    /** @throws NotFoundError, ForbiddenError */
    async read(
      viewer: Viewer,
      projectId: number,
      { format, filter = {} }: { format: SnapshotFormat; filter?: TaskFilter },
    ): Promise<SnapshotReading> {
      const grant = await access.command(viewer, 'snapshot.create', { projectId }, async (tx) => {
        tx.record({ after: { format } });
        return tx.grant;
      });
      async function* whileAllowed() {
        for await (const portion of wholeTasks(database, projectId, filter)) {
          if (!(await access.holds(grant))) throw new ForbiddenError('Access to the project has ended.');
          yield portion;
        }
        // Of a project that was deleted meanwhile the last tasks are missing.
        await access.authorize(viewer, grant.action, { projectId });
      }
      const counts = { tasks: 0, annotations: 0, predictions: 0 };
      return {
        ...{ format, counts, startedAt: new Date() },
        project: await projects.get(viewer, projectId),
        expected: await tasks.count(viewer, projectId, filter),
        text: snapshotText(whileAllowed(), format, counts),
      };
    },
  };
}
