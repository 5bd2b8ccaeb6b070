import type { Access } from '../access/access.ts';
import type { CommandTransaction } from '../access/command.ts';
import type { Database } from '../database/client.ts';
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { createBells } from '../events/bell.ts';
import type { EventBus } from '../events/bus.ts';
import type { MediaService } from '../media/service.ts';
import type { Logger } from '../observability/log.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import type { Registry } from '../providers/registry.ts';
import type { Storage } from '../storages/model.ts';
import type { StorePool } from '../storages/pool.ts';
import type { StorageService } from '../storages/service.ts';
import type { TaskFilter } from '../tasks/model.ts';
import type { TaskService } from '../tasks/service.ts';
import { recordedDownload } from './download.ts';
import { asStored, filterOf } from './filter.ts';
import { createMediaCopier, type MediaSink } from './media/copy.ts';
import {
  fileNameOf,
  isAtRest,
  MAX_OPEN,
  type Manifest,
  type MediaTally,
  manifestOf,
  newTally,
  type Snapshot,
  type SnapshotFormat,
  stateOf,
} from './model.ts';
import { type SnapshotReading, wholeTasks } from './reader.ts';
import * as repository from './repository.ts';
import { manifestFacts } from './target/manifest.ts';
import { snapshotText } from './text.ts';

export type SnapshotService = ReturnType<typeof createSnapshotService>;

/** How often a feed looks up from waiting, in milliseconds: for lost processes, and lost access. */
const LOOK_UP = 2_500;

/** What a snapshot is to hold. */
export interface SnapshotInput {
  format: SnapshotFormat;
  filter?: TaskFilter | undefined;
  /** Where the objects go that tasks point at; absent: they are not copied. */
  media?: { sink: MediaSink; signal: AbortSignal } | undefined;
}

/** A snapshot that somebody asks for. */
export interface NewSnapshot {
  format: SnapshotFormat;
  filter?: TaskFilter | undefined;
  /** The target storage to write it to; absent: it is downloaded. */
  targetId?: number | null | undefined;
  /** Whether the objects that tasks point at are copied to the target, too. */
  withMedia?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}

interface SnapshotServices {
  projects: ProjectService;
  tasks: TaskService;
  storages: StorageService;
  media: Pick<MediaService, 'starts'>;
}

interface SnapshotFoundations {
  events: EventBus;
  log: Logger;
  registry: Registry;
  stores: StorePool;
}

/** Projects as files: all tasks with their annotations and predictions. */
export function createSnapshotService(
  database: Database,
  access: Access,
  { projects, tasks, storages, media }: SnapshotServices,
  { events, log, registry, stores }: SnapshotFoundations,
) {
  const { db } = database;
  const bells = createBells<number>();
  events.subscribe('snapshot', ({ snapshotId }) => bells.ring(snapshotId));

  /** The snapshots among these ids that the viewer may see. */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Snapshot[]> {
    return access.visible(viewer, 'snapshot.read', await repository.snapshotsById(db, ids));
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Snapshot> {
    const [snapshot] = await visible(viewer, [id]);
    if (!snapshot) throw new NotFoundError('snapshot', id);
    return snapshot;
  }

  /** @throws ValidationError for what is no target of the project */
  async function targetOf(viewer: Viewer, projectId: number, id: number): Promise<Storage> {
    const [target] = await storages.visible(viewer, [id]);
    if (target?.projectId === projectId && target.direction === 'TARGET') return target;
    throw new ValidationError([{ path: 'targetId', message: 'Expected a target storage of the project.' }]);
  }

  async function copier(
    viewer: Viewer,
    projectId: number,
    { sink, signal }: NonNullable<SnapshotInput['media']>,
    tally: MediaTally,
  ) {
    const sources = await storages.sourcesGranted(
      await access.authorize(viewer, 'media.read', { projectId }),
    );
    return createMediaCopier({ registry, stores, starts: media.starts, sources }, sink, tally, signal);
  }

  /** Whoever reads a project leaves a row in the audit log. */
  async function begin(
    viewer: Viewer,
    action: 'snapshot.create' | 'snapshot.read',
    target: { projectId: number; id?: number },
    { format, filter = {}, media: into }: SnapshotInput,
  ): Promise<SnapshotReading> {
    const { projectId } = target;
    const grant = await access.command(viewer, action, target, async (tx) => {
      tx.record({ after: { format } });
      return tx.grant;
    });
    const copied = into && newTally();
    const copy = copied && (await copier(viewer, projectId, into, copied));
    async function* whileAllowed() {
      for await (const portion of wholeTasks(database, projectId, filter)) {
        if (!(await access.holds(grant))) throw new ForbiddenError('Access to the project has ended.');
        await copy?.(portion);
        yield portion;
      }
      // Of a project that was deleted meanwhile the last tasks are missing.
      await access.authorize(viewer, action, { projectId });
    }
    const counts = { tasks: 0, annotations: 0, predictions: 0 };
    return {
      ...{ format, counts, media: copied, startedAt: new Date() },
      project: await projects.get(viewer, projectId),
      expected: await tasks.count(viewer, projectId, filter),
      text: snapshotText(whileAllowed(), format, counts),
    };
  }

  return {
    visible,
    get,

    /** Reads a project at once, for who writes it somewhere. @throws NotFoundError, ForbiddenError */
    read: (viewer: Viewer, projectId: number, input: SnapshotInput) =>
      begin(viewer, 'snapshot.create', { projectId }, input),

    /** A snapshot to be downloaded, or written to a target. @throws NotFoundError, ForbiddenError, ValidationError, ConflictError */
    async create(
      viewer: Viewer,
      projectId: number,
      { format, filter = {}, targetId, withMedia, idempotencyKey }: NewSnapshot,
    ): Promise<Snapshot> {
      await access.authorize(viewer, 'snapshot.create', { projectId });
      const target = targetId == null ? null : await targetOf(viewer, projectId, targetId);
      if (withMedia && !target) {
        const message = 'Media are copied to a target storage: give its id as "targetId".';
        throw new ValidationError([{ path: 'withMedia', code: 'NOT_ALLOWED', message }]);
      }
      if (withMedia) await access.authorize(viewer, 'media.read', { projectId });
      const create = async (tx: CommandTransaction) => {
        if (target && (await repository.countOpen(tx.db, projectId)) >= MAX_OPEN) {
          const message = `At most ${MAX_OPEN} snapshots of a project are written at a time: wait for one to end.`;
          throw new ConflictError('LIMIT_REACHED', message);
        }
        const snapshot = await repository.insertSnapshot(tx.db, {
          ...{ projectId, format, filter: asStored(filter), createdBy: viewer.userId },
          ...(target && { targetId: target.id, state: 'QUEUED', dueAt: new Date() }),
          withMedia: withMedia ?? false,
        });
        tx.record({
          id: snapshot.id,
          after: { format, targetId: snapshot.targetId, withMedia: snapshot.withMedia },
        });
        if (target) {
          await tx.publish({ topic: 'snapshot', snapshotId: snapshot.id, projectId, queued: true });
        }
        return snapshot;
      };
      return access.command(viewer, 'snapshot.create', { projectId }, create, {
        key: idempotencyKey,
        input: { format, filter: asStored(filter), targetId, withMedia },
        remember: ({ id }) => id,
        recall: async (id, tx) => (await repository.snapshotsById(tx.db, [id]))[0],
      });
    },

    /** Newest first. */
    async list(
      viewer: Viewer,
      projectId: number,
      page: { limit: number; after?: number | undefined },
    ): Promise<Snapshot[]> {
      await access.authorize(viewer, 'snapshot.read', { projectId });
      return repository.snapshotsOf(db, projectId, page);
    },

    async count(viewer: Viewer, projectId: number): Promise<number> {
      await access.authorize(viewer, 'snapshot.read', { projectId });
      return repository.countSnapshots(db, projectId);
    },

    /**
     * The states of a snapshot: the present one first, then each newer one until nothing follows. Ends early when it is
     * deleted or the viewer may see it no longer. @throws NotFoundError, ForbiddenError
     */
    async *follow(viewer: Viewer, id: number, signal: AbortSignal): AsyncGenerator<Snapshot> {
      const grant = await access.authorize(viewer, 'snapshot.read', await get(viewer, id));
      const bell = bells.hang(id, signal);
      try {
        for (let shown = ''; !signal.aborted && (await access.holds(grant)); ) {
          const [snapshot] = await repository.snapshotsById(db, [id]);
          if (!snapshot) return;
          const seen = JSON.stringify({ ...snapshot, leaseUntil: null, state: stateOf(snapshot) });
          if (seen !== shown) yield snapshot;
          if (isAtRest(snapshot)) return;
          if (seen === shown) await bell.wait(LOOK_UP);
          shown = seen;
        }
      } finally {
        bell.close();
      }
    },

    /** The bytes of its tasks, read as the client comes along. @throws NotFoundError for one at a target */
    async download(viewer: Viewer, snapshot: Snapshot): Promise<AsyncGenerator<Buffer, void, undefined>> {
      const { id, targetId, format, filter } = snapshot;
      if (targetId !== null) throw new NotFoundError('download of the snapshot', id);
      const reading = await begin(viewer, 'snapshot.read', snapshot, { format, filter: filterOf(filter) });
      return recordedDownload({ database, events, log }, snapshot, reading);
    },

    /** What the last whole download held, or lies at the target. @throws NotFoundError when it is not whole yet */
    async manifest(viewer: Viewer, snapshot: Snapshot): Promise<Manifest> {
      const { id, targetId, state, format, sha256, bytes, startedAt, finishedAt } = snapshot;
      if (targetId !== null && state === 'COMPLETED' && finishedAt) {
        const project = await projects.get(viewer, snapshot.projectId);
        return manifestOf(project, await manifestFacts(db, id, finishedAt));
      }
      if (sha256 === null || bytes === null || !startedAt || !finishedAt) {
        throw new NotFoundError('completed download of the snapshot', id);
      }
      return manifestOf(await projects.get(viewer, snapshot.projectId), {
        ...{ format, startedAt, finishedAt, files: [{ name: fileNameOf(format), sha256, bytes }] },
        counts: {
          tasks: snapshot.tasks,
          annotations: snapshot.annotations,
          predictions: snapshot.predictions,
        },
      });
    },
  };
}
