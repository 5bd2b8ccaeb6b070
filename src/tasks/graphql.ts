import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { type Context, viewerOf } from '../graphql/context.ts';
import { findOrNull, keyOf } from '../graphql/ids.ts';
import { idempotencyKey } from '../graphql/inputs.ts';
import { cursorsOf, orderInput, type Position } from '../graphql/orders.ts';
import { storageKey } from '../graphql/provider.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { withDataKey } from './data.ts';
import {
  type Prediction,
  type Task,
  type TaskFilter,
  type TaskOrderField,
  taskOrderFields,
} from './model.ts';

const PredictionType = builder.objectRef<Prediction>('Prediction');
builder.node(PredictionType, {
  description: 'What a model predicts for a task.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.prediction.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'modelVersion' in value,
  fields: (t) => ({
    result: t.expose('result', { type: 'JSON', description: 'The predicted regions: a list.' }),
    score: t.exposeFloat('score', { nullable: true, description: 'Confidence of the model.' }),
    modelVersion: t.exposeString('modelVersion', {
      nullable: true,
      description: 'Name and version of the model.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the prediction was stored.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});

const PredictionConnection = builder.connectionObject(
  { type: PredictionType, name: 'PredictionConnection', description: 'A page of predictions.' },
  { name: 'PredictionEdge', description: 'A prediction and its cursor.' },
);

export const TaskType = builder.objectRef<Task>('Task');
builder.node(TaskType, {
  description: 'An item to label.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.task.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'innerId' in value,
  fields: (t) => ({
    innerId: t.expose('innerId', {
      type: 'BigInt',
      description: 'Number of the task within the project, from 1.',
    }),
    project: t.field({
      type: ProjectType,
      description: 'The project that the storage belongs to.',
      resolve: async ({ projectId }, _, { loaders }) => (await loaders.project.load(projectId))!,
    }),
    data: t.field({
      type: 'JSON',
      description: 'Data of the task, as imported: storage URIs stay as they are.',
      resolve: async (task, _, { loaders }) => withDataKey(task, await loaders.project.load(task.projectId)),
    }),
    meta: t.expose('meta', { type: 'JSON', description: 'Metadata that came with the data.' }),
    overlap: t.exposeInt('overlap', { description: 'Number of annotations that make the task labeled.' }),
    isLabeled: t.exposeBoolean('isLabeled', {
      description: 'Whether the task has as many annotations as it needs.',
    }),
    allowSkip: t.exposeBoolean('allowSkip', { description: 'Whether annotators may skip the task.' }),
    totalAnnotations: t.exposeInt('totalAnnotations', {
      description: 'Number of annotations, without those that skip the task.',
    }),
    cancelledAnnotations: t.exposeInt('cancelledAnnotations', {
      description: 'Number of annotations that skip the task.',
    }),
    totalPredictions: t.exposeInt('totalPredictions', { description: 'Number of predictions.' }),
    sourceKey: t.exposeString('key', {
      nullable: true,
      description: 'Key of the object that the task came from; null: the task was given inline.',
    }),
    sourceRow: t.int({
      nullable: true,
      description:
        'Row of the object that the task came from, from 0; null: the whole object, or the task was given inline.',
      resolve: ({ row }) => (row === null || row < 0 ? null : row),
    }),
    predictions: t.field({
      type: PredictionConnection,
      description: 'Predictions of the task, oldest first.',
      args: pageArgs(t.arg),
      resolve: ({ id, totalPredictions }, args, { loaders }) =>
        connectionOf(args, {
          fetch: async (page: { limit: number; after: number | undefined }) =>
            totalPredictions === 0 ? [] : loaders.predictionsOfTask.load({ owner: id, ...page }),
          keyOf: (prediction: Prediction) => prediction.id,
          count: async () => totalPredictions,
        }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the task was imported.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});

/** @throws NotFoundError */
export const taskKey = (id: string) => keyOf('task', id, 'Task');

const TaskOrder = orderInput('Task', taskOrderFields, {
  INNER_ID: 'The number of the task within its project.',
  CREATED_AT: 'When the task was created.',
  UPDATED_AT: 'When the task was last changed.',
});

export const TaskFilterInput = builder.inputType('TaskFilter', {
  description: 'Which tasks; all conditions must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'Only tasks with these ids.' }),
    isLabeled: t.boolean({ description: 'Only tasks that are labeled, or only those that are not.' }),
    sourceKey: t.string({ description: 'Only those that came from the object with this key.' }),
    keyPrefix: t.string({ description: 'Only those that came from objects whose keys begin so.' }),
    storageId: t.id({ description: 'Only those that came from objects in this storage.' }),
    hasAnnotations: t.boolean({
      description: 'Only those with at least one annotation (skipped ones count), or only those without.',
    }),
    createdAfter: t.field({ type: 'DateTime', description: 'Only those created at this instant or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Only those created before this instant.' }),
  }),
});

const TaskConnection = builder.connectionObject(
  { type: TaskType, name: 'TaskConnection', description: 'A page of tasks.' },
  { name: 'TaskEdge', description: 'A task and its cursor.' },
);

builder.objectField(ProjectType, 'tasks', (t) =>
  t.field({
    type: TaskConnection,
    description: 'The tasks of the project.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: TaskFilterInput, description: 'Which tasks to return; absent: all.' }),
      orderBy: t.arg({
        type: TaskOrder,
        required: true,
        defaultValue: { field: 'INNER_ID', direction: 'ASC' },
        description: 'How the tasks are sorted.',
      }),
    },
    resolve: async ({ id: projectId }, { filter, orderBy: order, ...page }, context) => {
      const { tasks } = context.services;
      const wanted = await conditionsOf(filter ?? {}, context);
      return connectionOf(page, {
        fetch: (keyset: { limit: number; after: Position | undefined }) =>
          tasks.list(viewerOf(context), projectId, wanted, { ...keyset, order }),
        count: () => tasks.count(viewerOf(context), projectId, wanted),
        ...cursorsOf<Task, TaskOrderField>(order, {
          values: {
            INNER_ID: ({ innerId }) => innerId,
            CREATED_AT: ({ createdAt }) => createdAt,
            UPDATED_AT: ({ updatedAt }) => updatedAt,
          },
          keyOf: ({ innerId }) => innerId,
        }),
      });
    },
  }),
);

/** A storage that does not exist, or is not to be seen, has no tasks. */
export async function conditionsOf(
  { ids, sourceKey, storageId, ...filter }: typeof TaskFilterInput.$inferInput,
  { loaders }: Context,
): Promise<TaskFilter> {
  const storage = storageId == null ? undefined : await loaders.storage.load(storageKey(storageId));
  return {
    ...filter,
    ids: storage === null ? [] : ids?.map(taskKey),
    key: sourceKey,
    ...(storage && { storage }),
  };
}

builder.queryField('task', (t) =>
  t.field({
    type: TaskType,
    nullable: true,
    description: 'A task by its id; null when there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Opaque id of the record.' }) },
    resolve: (_, { id }, context) => {
      viewerOf(context);
      return findOrNull(() => context.loaders.task.load(taskKey(id)));
    },
  }),
);

const ImportTasksInput = builder.inputType('ImportTasksInput', {
  description: 'Tasks given inline.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project to import to.' }),
    tasks: t.field({
      type: ['JSON'],
      required: true,
      description:
        'Bare tasks (`{"image": "s3://…"}`), or `{data, annotations, predictions, meta, allow_skip}`. All are imported, or none.',
    }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const DeleteTasksInput = builder.inputType('DeleteTasksInput', {
  description: 'Which tasks to delete.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project of the tasks.' }),
    taskIds: t.idList({
      required: true,
      description: 'Ids of the tasks; those of other projects are ignored.',
    }),
  }),
});

builder.mutationFields((t) => ({
  importTasks: t.field({
    type: 'Int',
    description: 'Imports tasks given inline.',
    args: {
      input: t.arg({ type: ImportTasksInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'taskCount', description: 'Number of tasks that were created.' },
      result: { description: 'The tasks were imported.' },
    },
    resolve: (_, { input }, context) =>
      context.services.tasks.importTasks(
        viewerOf(context),
        projectKey(input.projectId),
        input.tasks,
        input.idempotencyKey,
      ),
  }),
  deleteTasks: t.field({
    type: 'Int',
    description:
      'Deletes tasks with their annotations. Syncs do not import them again, unless `reimport` is set.',
    args: {
      input: t.arg({ type: DeleteTasksInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedCount', description: 'Number of tasks that were deleted.' },
      result: { description: 'The tasks were deleted.' },
    },
    resolve: (_, { input }, context) =>
      context.services.tasks.deleteTasks(
        viewerOf(context),
        projectKey(input.projectId),
        input.taskIds.map(taskKey),
      ),
  }),
}));
