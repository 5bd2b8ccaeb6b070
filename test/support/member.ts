import { setTimeout as sleep } from 'node:timers/promises';
import * as documents from '../graphql/documents.ts';
import { as, type Client } from './client.ts';
import type {
  ExportFilter,
  ListExportsQuery,
  ListIssuesQuery,
  ListObjectsQuery,
  ListTasksQuery,
  SourceSettingsInput,
  StorageFieldsFragment,
  StorageObjectFilter,
  StorageProviderInput,
  SyncFieldsFragment,
  SyncIssueFilter,
  SyncStorageInput,
  TargetSettingsInput,
  TaskFilter,
} from './generated/graphql.ts';

type Listed = NonNullable<ListTasksQuery['project']>['tasks']['nodes'][number];
/** A task with the first of its annotations and predictions. */
export type TaskNode = Omit<Listed, 'annotations' | 'predictions'> & {
  annotations: Listed['annotations']['nodes'];
  predictions: Listed['predictions']['nodes'];
};
export type ObjectNode = NonNullable<ListObjectsQuery['storage']>['objects']['nodes'][number];
export type ExportNode = NonNullable<ListExportsQuery['storage']>['exports']['nodes'][number];
export type IssueNode = NonNullable<ListIssuesQuery['sync']>['issues']['nodes'][number];

/** What a person does with the API, in one call each. All of it goes over HTTP. */
export interface Member extends Client {
  /** A new project; its id. By default the label config shows one image under the data key `image`. */
  project(labelConfig?: string): Promise<string>;
  /** A new source storage. */
  connect(
    projectId: string,
    provider: StorageProviderInput,
    source?: SourceSettingsInput,
  ): Promise<StorageFieldsFragment>;
  /** A new target storage. */
  target(
    projectId: string,
    provider: StorageProviderInput,
    target?: TargetSettingsInput,
  ): Promise<StorageFieldsFragment>;
  /** Imports tasks given inline; their ids, by innerId. */
  importTasks(projectId: string, tasks: unknown[]): Promise<string[]>;
  annotate(taskId: string, result?: unknown[]): Promise<string>;
  /** Changes the result of an annotation. */
  change(annotationId: string, result: unknown[]): Promise<void>;
  unannotate(annotationId: string): Promise<void>;
  /** All exports of a target storage. */
  exports(storageId: string, filter?: ExportFilter): Promise<ExportNode[]>;
  /** The exports once nothing is to be done any more. */
  exported(storageId: string): Promise<ExportNode[]>;
  /** Starts a sync. */
  start(storageId: string, options?: Omit<SyncStorageInput, 'storageId'>): Promise<SyncFieldsFragment>;
  /** Starts a sync and waits for its end, whatever that is. */
  sync(storageId: string, options?: Omit<SyncStorageInput, 'storageId'>): Promise<SyncFieldsFragment>;
  /** The sync once it has ended. */
  ended(syncId: string): Promise<SyncFieldsFragment>;
  getSync(id: string): Promise<SyncFieldsFragment>;
  /** All tasks of a project, by innerId. */
  tasks(projectId: string, filter?: TaskFilter): Promise<TaskNode[]>;
  /** All entries of a storage's ledger, by key. */
  objects(storageId: string, filter?: StorageObjectFilter): Promise<ObjectNode[]>;
  /** All issues of a sync. */
  issues(syncId: string, filter?: SyncIssueFilter): Promise<IssueNode[]>;
}

const IMAGE_CONFIG = '<View><Image name="picture" value="$image"/></View>';

export function createMember(client: Client): Member {
  const member: Member = {
    ...client,

    async project(labelConfig = IMAGE_CONFIG) {
      const input = { title: 'Project', labelConfig };
      const { createProject } = await client.run(documents.CreateProject, { input });
      return as(createProject, 'CreateProjectSuccess').project.id;
    },

    async connect(projectId, provider, source = {}) {
      const input = { projectId, provider, settings: { source } };
      const { createStorage } = await client.run(documents.CreateStorage, { input });
      return as(createStorage, 'CreateStorageSuccess').storage;
    },

    async target(projectId, provider, target = {}) {
      const input = { projectId, provider, settings: { target } };
      const { createStorage } = await client.run(documents.CreateStorage, { input });
      return as(createStorage, 'CreateStorageSuccess').storage;
    },

    async importTasks(projectId, tasks) {
      const { importTasks } = await client.run(documents.ImportTasks, { input: { projectId, tasks } });
      as(importTasks, 'ImportTasksSuccess');
      return (await member.tasks(projectId)).map(({ id }) => id);
    },

    async annotate(taskId, result = []) {
      const { createAnnotation } = await client.run(documents.CreateAnnotation, {
        input: { taskId, result },
      });
      return as(createAnnotation, 'CreateAnnotationSuccess').annotation.id;
    },

    async change(annotationId, result) {
      const { updateAnnotation } = await client.run(documents.UpdateAnnotation, {
        input: { annotationId, result },
      });
      as(updateAnnotation, 'UpdateAnnotationSuccess');
    },

    async unannotate(annotationId) {
      const { deleteAnnotation } = await client.run(documents.DeleteAnnotation, { input: { annotationId } });
      as(deleteAnnotation, 'DeleteAnnotationSuccess');
    },

    exports: (storageId, filter = {}) =>
      allPages(async (after) => {
        const variables = { storageId, filter, first: 200, after };
        return (await client.run(documents.ListExports, variables)).storage?.exports;
      }),

    async exported(storageId) {
      for (;;) {
        const exports = await member.exports(storageId);
        if (exports.length > 0 && exports.every(({ nextAttemptAt }) => nextAttemptAt === null))
          return exports;
        await sleep(20);
      }
    },

    async start(storageId, options = {}) {
      const { syncStorage } = await client.run(documents.SyncStorage, { input: { storageId, ...options } });
      return as(syncStorage, 'SyncStorageSuccess').sync;
    },

    async sync(storageId, options) {
      return member.ended((await member.start(storageId, options)).id);
    },

    async ended(syncId) {
      for (;;) {
        const sync = await member.getSync(syncId);
        if (sync.finishedAt !== null) return sync;
        await sleep(20);
      }
    },

    async getSync(id) {
      const { sync } = await client.run(documents.GetSync, { id });
      if (!sync) throw new Error(`There is no sync ${id}.`);
      return sync;
    },

    tasks: (projectId, filter = {}) =>
      allPages(async (after) => {
        const variables = { projectId, filter, first: 250, after };
        const page = (await client.run(documents.ListTasks, variables)).project?.tasks;
        const nodes = page?.nodes.map((task) => ({
          ...task,
          annotations: task.annotations.nodes,
          predictions: task.predictions.nodes,
        }));
        return page && { ...page, nodes: nodes! };
      }),

    objects: (storageId, filter = {}) =>
      allPages(async (after) => {
        const variables = { storageId, filter, first: 250, after };
        return (await client.run(documents.ListObjects, variables)).storage?.objects;
      }),

    issues: (syncId, filter = {}) =>
      allPages(async (after) => {
        const variables = { syncId, filter, first: 250, after };
        return (await client.run(documents.ListIssues, variables)).sync?.issues;
      }),
  };
  return member;
}

interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

async function allPages<T>(fetch: (after: string | null) => Promise<Page<T> | undefined>): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | null = null; ; ) {
    const page = await fetch(after);
    if (!page) throw new Error('There is no such record.');
    found.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return found;
    after = page.pageInfo.endCursor;
  }
}
