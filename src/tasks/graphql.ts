import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { type Context, viewerOf } from '../graphql/context.ts';
import { keyOf } from '../graphql/ids.ts';
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
  description: 'What a model says about a task.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.prediction.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'modelVersion' in value,
  fields: (t) => ({
    result: t.expose('result', { type: 'JSON', description: 'The predicted regions: a list.' }),
    score: t.exposeFloat('score', { nullable: true, description: 'How sure the model is.' }),
    modelVersion: t.exposeString('modelVersion', {
      nullable: true,
      description: 'Name and version of the model.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

const PredictionConnection = builder.connectionObject(
  { type: PredictionType, name: 'PredictionConnection', description: 'A page of predictions.' },
  { name: 'PredictionEdge', description: 'A prediction and its cursor.' },
);

export const TaskType = builder.objectRef<Task>('Task');
builder.node(TaskType, {
  description: 'Something to label.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.task.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'innerId' in value,
  fields: (t) => ({
    innerId: t.expose('innerId', { type: 'BigInt', description: 'Its number within the project, from 1.' }),
    project: t.field({
      type: ProjectType,
      description: 'The project it belongs to.',
      resolve: async ({ projectId }, _, { loaders }) => (await loaders.project.load(projectId))!,
    }),
    data: t.field({
      type: 'JSON',
      description: 'What is labeled, as imported: storage URIs stay as they are.',
      resolve: async (task, _, { loaders }) => withDataKey(task, await loaders.project.load(task.projectId)),
    }),
    meta: t.expose('meta', { type: 'JSON', description: 'What the import said beside the data.' }),
    overlap: t.exposeInt('overlap', { description: 'Annotations that make it labeled.' }),
    isLabeled: t.exposeBoolean('isLabeled', { description: 'Whether it has them.' }),
    allowSkip: t.exposeBoolean('allowSkip', { description: 'Whether annotators may skip it.' }),
    totalAnnotations: t.exposeInt('totalAnnotations', {
      description: 'Annotations, skipped ones not counted.',
    }),
    cancelledAnnotations: t.exposeInt('cancelledAnnotations', { description: 'Annotations that skip it.' }),
    totalPredictions: t.exposeInt('totalPredictions', { description: 'Predictions.' }),
    sourceKey: t.exposeString('key', {
      nullable: true,
      description: 'Key of the object it came from; null: given inline.',
    }),
    sourceRow: t.int({
      nullable: true,
      description: 'Row of the object, from 0; null: the whole object, or given inline.',
      resolve: ({ row }) => (row === null || row < 0 ? null : row),
    }),
    predictions: t.field({
      type: PredictionConnection,
      description: 'What models say about the task, oldest first.',
      args: pageArgs(t.arg),
      resolve: ({ id, totalPredictions }, args, { loaders }) =>
        connectionOf(args, {
          fetch: async (page: { limit: number; after: number | undefined }) =>
            totalPredictions === 0 ? [] : loaders.predictionsOfTask.load({ owner: id, ...page }),
          keyOf: (prediction: Prediction) => prediction.id,
          count: async () => totalPredictions,
        }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was imported.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

/** @throws NotFoundError */
export const taskKey = (id: string) => keyOf('task', id, 'Task');

const TaskOrder = orderInput('Task', taskOrderFields, {
  INNER_ID: 'The number of the task within its project.',
  CREATED_AT: 'When the task was created.',
  UPDATED_AT: 'When the task was last changed.',
});

const TaskFilterInput = builder.inputType('TaskFilter', {
  description: 'Which tasks; all conditions must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'Only these.' }),
    isLabeled: t.boolean({ description: 'Only those that are labeled, or are not.' }),
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
      filter: t.arg({ type: TaskFilterInput, description: 'Which tasks; absent: all.' }),
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
async function conditionsOf(
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
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_, { id }, context) => {
      viewerOf(context);
      return context.loaders.task.load(taskKey(id));
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
    projectId: t.id({ required: true, description: 'Their project.' }),
    taskIds: t.idList({ required: true, description: 'Their ids; those of other projects are passed over.' }),
  }),
});

builder.mutationFields((t) => ({
  importTasks: t.field({
    type: 'Int',
    description: 'Imports tasks given inline.',
    args: { input: t.arg({ type: ImportTasksInput, required: true, description: 'The tasks.' }) },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'taskCount', description: 'How many tasks were created.' },
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
      'Deletes tasks with their annotations. Syncs do not bring them back, unless told to reimport.',
    args: { input: t.arg({ type: DeleteTasksInput, required: true, description: 'The tasks.' }) },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedCount', description: 'How many tasks were deleted.' },
      result: { description: 'The tasks are gone.' },
    },
    resolve: (_, { input }, context) =>
      context.services.tasks.deleteTasks(
        viewerOf(context),
        projectKey(input.projectId),
        input.taskIds.map(taskKey),
      ),
  }),
}));
