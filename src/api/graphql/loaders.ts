import DataLoader from 'dataloader';
import type { StoredAuditEntry } from '../../access/repository.ts';
import type { Annotation } from '../../annotations/model.ts';
import type { ExportRecord } from '../../exports/model.ts';
import type { StorageObject } from '../../objects/model.ts';
import type { Invitation } from '../../organizations/invitations/model.ts';
import type { Member } from '../../organizations/members/service.ts';
import type { ApiToken, Organization, User, Viewer } from '../../organizations/model.ts';
import type { Project } from '../../projects/model.ts';
import type { Services } from '../../services.ts';
import type { Snapshot } from '../../snapshots/model.ts';
import type { Storage } from '../../storages/model.ts';
import type { Sync, SyncIssue } from '../../syncs/model.ts';
import type { Prediction, Task } from '../../tasks/model.ts';
import type { Webhook, WebhookDelivery } from '../../webhooks/model.ts';

export type Loaders = ReturnType<typeof createLoaders>;

declare module '../../graphql/context.ts' {
  interface Context {
    /** This request's batched look-ups. */
    loaders: Loaders;
  }
}

/**
 * One request's batched look-ups: the number of statements does not grow with the number of rows.
 * What the viewer may not see loads as null, like what does not exist.
 */
export function createLoaders(services: Services, viewer: Viewer | null) {
  const {
    audit,
    invitations,
    members,
    organizations,
    projects,
    tasks,
    annotations,
    storages,
    objects,
    syncs,
    exports,
    webhooks,
    snapshots,
  } = services;
  const seen =
    <T>(load: (viewer: Viewer, ids: readonly number[]) => Promise<T[]>) =>
    (ids: readonly number[]): Promise<T[]> =>
      viewer ? load(viewer, ids) : Promise.resolve([]);
  return {
    organization: byId<Organization>(seen(organizations.organizations)),
    user: byId<User>(seen(organizations.users)),
    project: byId<Project>(seen(projects.visible)),
    task: byId<Task>(seen(tasks.visible)),
    annotation: byId<Annotation>(seen(annotations.visible)),
    storage: byId<Storage>(seen(storages.visible)),
    sourcesOfProject: grouped<Storage>(seen(storages.sourcesOf), ({ projectId }) => projectId),
    sync: byId<Sync>(seen(syncs.visible)),
    webhook: byId<Webhook>(seen(webhooks.visible)),
    webhookDelivery: byId<WebhookDelivery>(seen(webhooks.visibleDeliveries)),
    snapshot: byId<Snapshot>(seen(snapshots.visible)),
    auditEntry: byId<StoredAuditEntry>(seen(audit.visible)),
    invitation: byId<Invitation>(seen(invitations.visible)),
    member: by<Member>(seen(members.visible), ({ user }) => user.id),
    export: new DataLoader<ExportName, ExportRecord | null, string>(
      async (names) => {
        const records = viewer ? await exports.visible(viewer, names) : [];
        const found = new Map(records.map((record) => [exportName(record), record]));
        return names.map((name) => found.get(exportName(name)) ?? null);
      },
      { cacheKeyFn: exportName },
    ),
    syncIssue: byId<SyncIssue>(seen(syncs.visibleIssues)),
    prediction: byId<Prediction>(seen(tasks.visiblePredictions)),
    apiToken: byId<ApiToken>(seen(organizations.ownApiTokens)),
    annotationsOfTask: pages<Annotation>(
      async (ids, page) => (viewer ? annotations.ofTasks(viewer, ids, page) : []),
      ({ taskId }) => taskId,
    ),
    predictionsOfTask: pages<Prediction>(
      async (ids, page) => (viewer ? tasks.predictionsOf(viewer, ids, page) : []),
      ({ taskId }) => taskId,
    ),
    object: new DataLoader<ObjectName, StorageObject | null, string>(
      async (names) => {
        const objectsSeen = viewer ? await objects.visible(viewer, names) : [];
        const found = new Map(objectsSeen.map((object) => [objectName(object), object]));
        return names.map((name) => found.get(objectName(name)) ?? null);
      },
      { cacheKeyFn: objectName },
    ),
    lastSyncOfStorage: new DataLoader<number, Sync | null>(async (ids) => {
      const found = new Map((await seen(syncs.lastSyncs)(ids)).map((sync) => [sync.storageId, sync]));
      return ids.map((id) => found.get(id) ?? null);
    }),
    exportsOfTask: new DataLoader<{ projectId: number; taskId: number }, ExportRecord[], string>(
      async (tasks) => {
        const groups = Map.groupBy(
          viewer ? await exports.ofTasks(viewer, tasks) : [],
          ({ projectId, taskId }) => `${projectId}:${taskId}`,
        );
        return tasks.map(({ projectId, taskId }) => groups.get(`${projectId}:${taskId}`) ?? []);
      },
      { cacheKeyFn: ({ projectId, taskId }) => `${projectId}:${taskId}` },
    ),
    sourceObject: new DataLoader<{ containerId: number; key: string }, StorageObject | null, string>(
      async (sources) => {
        const found = new Map<string, StorageObject>();
        for (const object of viewer ? await objects.sourcesOf(viewer, sources) : []) {
          const name = sourceName(object);
          if (!found.has(name)) found.set(name, object);
        }
        return sources.map((source) => found.get(sourceName(source)) ?? null);
      },
      { cacheKeyFn: sourceName },
    ),
  };
}

const sourceName = ({ containerId, key }: { containerId: number; key: string }) => `${containerId}:${key}`;

type ObjectName = Pick<StorageObject, 'storageId' | 'key'>;
const objectName = ({ storageId, key }: ObjectName) => `${storageId}:${key}`;

type ExportName = Pick<ExportRecord, 'storageId' | 'subjectId'>;
const exportName = ({ storageId, subjectId }: ExportName) => `${storageId}:${subjectId}`;

const byId = <T extends { id: number }>(load: (ids: readonly number[]) => Promise<T[]>) =>
  by(load, ({ id }) => id);

function by<T>(load: (ids: readonly number[]) => Promise<T[]>, idOf: (record: T) => number) {
  return new DataLoader<number, T | null>(async (ids) => {
    const found = new Map((await load(ids)).map((record) => [idOf(record), record]));
    return ids.map((id) => found.get(id) ?? null);
  });
}

function grouped<T>(load: (ids: readonly number[]) => Promise<T[]>, ownerOf: (record: T) => number) {
  return new DataLoader<number, T[]>(async (ids) => {
    const groups = Map.groupBy(await load(ids), ownerOf);
    return ids.map((id) => groups.get(id) ?? []);
  });
}

/** The records of an owner behind `after`, as many as `limit`. */
interface PageOf {
  owner: number;
  limit: number;
  after: number | undefined;
}

/** Pages of many owners' lists: one statement for all that begin and end alike. */
function pages<T>(
  load: (owners: readonly number[], page: Omit<PageOf, 'owner'>) => Promise<T[]>,
  ownerOf: (record: T) => number,
) {
  const nameOf = ({ owner, limit, after }: PageOf) => `${owner} ${limit} ${after}`;
  return new DataLoader<PageOf, T[], string>(
    async (asked) => {
      const found = new Map<string, T[]>();
      const alike = Map.groupBy(asked, ({ limit, after }) => `${limit} ${after}`);
      for (const group of alike.values()) {
        const { limit, after } = group[0]!;
        const records = await load(
          group.map(({ owner }) => owner),
          { limit, after },
        );
        for (const [owner, page] of Map.groupBy(records, ownerOf)) {
          found.set(nameOf({ owner, limit, after }), page);
        }
      }
      return asked.map((page) => found.get(nameOf(page)) ?? []);
    },
    { cacheKeyFn: nameOf },
  );
}
