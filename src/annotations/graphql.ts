import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { globalId, keyOf } from '../graphql/ids.ts';
import { idempotencyKey, ifUpdatedAt } from '../graphql/inputs.ts';
import { UserType } from '../organizations/graphql.ts';
import { ProjectType } from '../projects/graphql.ts';
import { TaskType, taskKey } from '../tasks/graphql.ts';
import type { Annotation } from './model.ts';

export const AnnotationType = builder.objectRef<Annotation>('Annotation');
builder.node(AnnotationType, {
  description: 'What a person labeled in a task.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.annotation.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'groundTruth' in value,
  fields: (t) => ({
    task: t.field({
      type: TaskType,
      description: 'The task that is annotated.',
      resolve: async ({ taskId }, _, { loaders }) => (await loaders.task.load(taskId))!,
    }),
    result: t.expose('result', { type: 'JSON', description: 'The labeled regions: a list.' }),
    completedBy: t.field({
      type: UserType,
      nullable: true,
      description: 'User who made the annotation.',
      resolve: ({ completedBy }, _, { loaders }) =>
        completedBy === null ? null : loaders.user.load(completedBy),
    }),
    wasCancelled: t.exposeBoolean('wasCancelled', { description: 'Whether the task was skipped.' }),
    groundTruth: t.exposeBoolean('groundTruth', {
      description: 'Whether other annotations are measured against it.',
    }),
    leadTime: t.exposeFloat('leadTime', {
      nullable: true,
      description: 'Time that the annotation took, in seconds.',
    }),
    importId: t.expose('importId', {
      type: 'BigInt',
      nullable: true,
      description: 'Id of the annotation where it was imported from.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the annotation was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When the annotation was last changed.',
    }),
  }),
});

const AnnotationConnection = builder.connectionObject(
  { type: AnnotationType, name: 'AnnotationConnection', description: 'A page of annotations.' },
  { name: 'AnnotationEdge', description: 'An annotation and its cursor.' },
);

builder.objectField(TaskType, 'annotations', (t) =>
  t.field({
    type: AnnotationConnection,
    description: 'Annotations of the task, oldest first.',
    args: pageArgs(t.arg),
    resolve: ({ id, totalAnnotations, cancelledAnnotations }, args, { loaders }) => {
      const total = totalAnnotations + cancelledAnnotations;
      return connectionOf(args, {
        fetch: async (page: { limit: number; after: number | undefined }) =>
          total === 0 ? [] : loaders.annotationsOfTask.load({ owner: id, ...page }),
        keyOf: (annotation: Annotation) => annotation.id,
        count: async () => total,
      });
    },
  }),
);

builder.objectField(ProjectType, 'annotations', (t) =>
  t.field({
    type: AnnotationConnection,
    description: 'The annotations of all tasks of the project, oldest first.',
    args: pageArgs(t.arg),
    resolve: ({ id }, args, context) =>
      connectionOf(args, {
        fetch: (page) => context.services.annotations.list(viewerOf(context), id, page),
        keyOf: (annotation: Annotation) => annotation.id,
        count: () => context.services.annotations.count(viewerOf(context), id),
      }),
  }),
);

const CreateAnnotationInput = builder.inputType('CreateAnnotationInput', {
  description: 'A new annotation of yours.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task that is annotated.' }),
    result: t.field({ type: 'JSON', required: true, description: 'The labeled regions: a list.' }),
    wasCancelled: t.boolean({ defaultValue: false, description: 'Whether you skip the task.' }),
    groundTruth: t.boolean({
      defaultValue: false,
      description: 'Whether other annotations are measured against it.',
    }),
    leadTime: t.float({ description: 'Time that the annotation took, in seconds.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const UpdateAnnotationInput = builder.inputType('UpdateAnnotationInput', {
  description: 'Changes of an annotation; what is absent stays.',
  fields: (t) => ({
    annotationId: t.id({ required: true, description: 'The annotation to change.' }),
    result: t.field({ type: 'JSON', description: 'The labeled regions: a list.' }),
    wasCancelled: t.boolean({ description: 'Whether the task was skipped.' }),
    groundTruth: t.boolean({ description: 'Whether other annotations are measured against it.' }),
    leadTime: t.float({ description: 'Time that the annotation took, in seconds.' }),
    ifUpdatedAt: ifUpdatedAt(t),
  }),
});

const DeleteAnnotationInput = builder.inputType('DeleteAnnotationInput', {
  description: 'Which annotation to delete.',
  fields: (t) => ({ annotationId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

const annotationKey = (id: string) => keyOf('annotation', id, 'Annotation');

builder.mutationFields((t) => ({
  createAnnotation: t.field({
    type: AnnotationType,
    description: 'Annotates a task, or skips it.',
    args: {
      input: t.arg({
        type: CreateAnnotationInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'annotation', description: 'The new annotation.' },
      result: { description: 'The annotation was saved.' },
    },
    resolve: (_, { input: { taskId, ...input } }, context) =>
      context.services.annotations.create(viewerOf(context), taskKey(taskId), {
        ...input,
        result: input.result,
      }),
  }),
  updateAnnotation: t.field({
    type: AnnotationType,
    description: 'Changes an annotation.',
    args: {
      input: t.arg({
        type: UpdateAnnotationInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'annotation', description: 'The annotation as it is now.' },
      result: { description: 'The annotation was changed.' },
    },
    resolve: (_, { input: { annotationId, ...input } }, context) =>
      context.services.annotations.update(viewerOf(context), annotationKey(annotationId), input),
  }),
  deleteAnnotation: t.field({
    type: 'ID',
    description: 'Deletes an annotation.',
    args: {
      input: t.arg({
        type: DeleteAnnotationInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedId', description: 'Id of the deleted annotation.' },
      result: { description: 'The annotation was deleted.' },
    },
    resolve: async (_, { input }, context) => {
      const { id } = await context.services.annotations.delete(
        viewerOf(context),
        annotationKey(input.annotationId),
      );
      return globalId('Annotation', id);
    },
  }),
}));
