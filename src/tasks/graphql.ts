import { ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { keyOf } from '../graphql/ids.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { withDataKey } from './data.ts';
import type { Prediction, Task } from './model.ts';

const PredictionType = builder.objectRef<Prediction>('Prediction').implement({
  description: 'What a model says about a task.',
  fields: (t) => ({
    id: t.globalID({ description: 'Opaque id.', resolve: ({ id }) => ({ id, type: 'Prediction' }) }),
    result: t.expose('result', { type: 'JSON', description: 'The regions: a list.' }),
    score: t.exposeFloat('score', { nullable: true, description: 'How sure the model is.' }),
    modelVersion: t.exposeString('modelVersion', { nullable: true, description: 'Which model.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

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
      type: [PredictionType],
      description: 'What models say, oldest first.',
      resolve: ({ id, totalPredictions }, _, { loaders }) =>
        totalPredictions === 0 ? [] : loaders.predictionsOfTask.load(id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was imported.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

/** @throws NotFoundError */
export const taskKey = (id: string) => keyOf('task', id, 'Task');

const TaskFilterInput = builder.inputType('TaskFilter', {
  description: 'Which tasks; all conditions must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'Only these.' }),
    isLabeled: t.boolean({ description: 'Only those that are labeled, or are not.' }),
    sourceKey: t.string({ description: 'Only those that came from the object with this key.' }),
  }),
});

const TaskConnection = builder.connectionObject(
  { type: TaskType, name: 'TaskConnection', description: 'A page of tasks.' },
  { name: 'TaskEdge', description: 'A task and its cursor.' },
);

builder.objectField(ProjectType, 'tasks', (t) =>
  t.field({
    type: TaskConnection,
    description: 'Its tasks, by innerId.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: TaskFilterInput, description: 'Which ones; absent: all.' }),
    },
    resolve: ({ id: projectId }, { filter, ...page }, context) => {
      const { tasks } = context.services;
      const { ids, isLabeled, sourceKey } = filter ?? {};
      const wanted = { ids: ids?.map(taskKey), isLabeled, key: sourceKey };
      return connectionOf(page, {
        fetch: (keyset) => tasks.list(viewerOf(context), projectId, wanted, keyset),
        keyOf: ({ innerId }: Task) => innerId,
        count: () => tasks.count(viewerOf(context), projectId, wanted),
      });
    },
  }),
);

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
      types: [ValidationError, NotFoundError, ForbiddenError],
      dataField: { name: 'taskCount', description: 'How many tasks were created.' },
      result: { description: 'The tasks were imported.' },
    },
    resolve: (_, { input }, context) =>
      context.services.tasks.importTasks(viewerOf(context), projectKey(input.projectId), input.tasks),
  }),
  deleteTasks: t.field({
    type: 'Int',
    description:
      'Deletes tasks with their annotations. Syncs do not bring them back, unless told to reimport.',
    args: { input: t.arg({ type: DeleteTasksInput, required: true, description: 'The tasks.' }) },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError],
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
