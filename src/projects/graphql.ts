import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { findOrNull, globalId, keyOf } from '../graphql/ids.ts';
import { idempotencyKey, ifUpdatedAt } from '../graphql/inputs.ts';
import { cursorsOf, orderInput, type Position } from '../graphql/orders.ts';
import { UserType } from '../organizations/graphql.ts';
import { type Project, type ProjectOrderField, projectOrderFields } from './model.ts';

export const ProjectType = builder.objectRef<Project>('Project');
builder.node(ProjectType, {
  description: 'A labeling project: tasks, the storages they come from and the storages annotations go to.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.project.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'labelConfig' in value,
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Title of the project.' }),
    description: t.exposeString('description', { description: 'What the project is about.' }),
    labelConfig: t.exposeString('labelConfig', { description: 'How tasks are shown and labeled (XML).' }),
    dataKeys: t.exposeStringList('dataKeys', {
      description: 'The data keys that the label config shows; import method FILES fills the first one.',
    }),
    maximumAnnotations: t.exposeInt('maximumAnnotations', {
      description: 'Number of annotations that make a task labeled.',
    }),
    createdBy: t.field({
      type: UserType,
      nullable: true,
      description: 'User who created the project.',
      resolve: ({ createdBy }, _, { loaders }) => (createdBy === null ? null : loaders.user.load(createdBy)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the record was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});

/** @throws NotFoundError */
export const projectKey = (id: string) => keyOf('project', id, 'Project');

const ProjectConnection = builder.connectionObject(
  { type: ProjectType, name: 'ProjectConnection', description: 'A page of projects.' },
  { name: 'ProjectEdge', description: 'A project and its cursor.' },
);

const ProjectOrder = orderInput('Project', projectOrderFields, {
  CREATED_AT: 'When the project was created.',
  UPDATED_AT: 'When the project was last changed.',
  TITLE: 'The title of the project.',
});

const ProjectFilterInput = builder.inputType('ProjectFilter', {
  description: 'Which projects; all conditions must hold.',
  fields: (t) => ({
    titlePrefix: t.string({ description: 'Only projects whose titles begin so, in any case of letters.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'Only those created at this instant or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Only those created before this instant.' }),
  }),
});

builder.queryFields((t) => ({
  project: t.field({
    type: ProjectType,
    nullable: true,
    description: 'A project by its id; null when there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Opaque id of the record.' }) },
    resolve: (_, { id }, context) => {
      viewerOf(context);
      return findOrNull(() => context.loaders.project.load(projectKey(id)));
    },
  }),
  projects: t.field({
    type: ProjectConnection,
    description: 'The projects of your organization.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: ProjectFilterInput, description: 'Which projects to return; absent: all.' }),
      orderBy: t.arg({
        type: ProjectOrder,
        required: true,
        defaultValue: { field: 'CREATED_AT', direction: 'ASC' },
        description: 'How the projects are sorted.',
      }),
    },
    resolve: (_, { filter, orderBy: order, ...args }, context) => {
      const viewer = viewerOf(context);
      const { projects } = context.services;
      return connectionOf(args, {
        fetch: (page: { limit: number; after: Position | undefined }) =>
          projects.list(viewer, filter ?? {}, { ...page, order }),
        count: () => projects.count(viewer, filter ?? {}),
        ...cursorsOf<Project, ProjectOrderField>(order, {
          values: {
            CREATED_AT: ({ createdAt }) => createdAt,
            UPDATED_AT: ({ updatedAt }) => updatedAt,
            TITLE: ({ title }) => title,
          },
          keyOf: ({ id }) => id,
        }),
      });
    },
  }),
}));

const CreateProjectInput = builder.inputType('CreateProjectInput', {
  description: 'A new project.',
  fields: (t) => ({
    title: t.string({ required: true, description: 'Title of the project.' }),
    description: t.string({ description: 'What the project is about.' }),
    labelConfig: t.string({
      description:
        'How tasks are shown and labeled (XML), such as `<View><Image name="img" value="$image"/></View>`.',
    }),
    maximumAnnotations: t.int({
      defaultValue: 1,
      description: 'Number of annotations that make a task labeled.',
    }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const UpdateProjectInput = builder.inputType('UpdateProjectInput', {
  description: 'Changes of a project; what is absent stays.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project to change.' }),
    title: t.string({ description: 'Title of the project.' }),
    description: t.string({ description: 'What the project is about.' }),
    labelConfig: t.string({ description: 'How tasks are shown and labeled (XML).' }),
    maximumAnnotations: t.int({ description: 'Number of annotations that make a task labeled.' }),
    ifUpdatedAt: ifUpdatedAt(t),
  }),
});

const DeleteProjectInput = builder.inputType('DeleteProjectInput', {
  description: 'Which project to delete.',
  fields: (t) => ({ projectId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

builder.mutationFields((t) => ({
  createProject: t.field({
    type: ProjectType,
    description: 'Creates a project in your organization.',
    args: {
      input: t.arg({ type: CreateProjectInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, ForbiddenError, ConflictError],
      dataField: { name: 'project', description: 'The new project.' },
      result: { description: 'The project was created.' },
    },
    resolve: (_, { input }, context) => context.services.projects.create(viewerOf(context), input),
  }),
  updateProject: t.field({
    type: ProjectType,
    description: 'Changes a project.',
    args: {
      input: t.arg({ type: UpdateProjectInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'project', description: 'The project as it is now.' },
      result: { description: 'The project was changed.' },
    },
    resolve: (_, { input: { projectId, title, ...rest } }, context) =>
      context.services.projects.update(viewerOf(context), projectKey(projectId), {
        ...rest,
        ...(title != null && { title }),
      }),
  }),
  deleteProject: t.field({
    type: 'ID',
    description: 'Deletes a project with its tasks, annotations and storages. Objects in the storages stay.',
    args: {
      input: t.arg({ type: DeleteProjectInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedId', description: 'Id of the deleted project.' },
      result: { description: 'The project was deleted.' },
    },
    resolve: async (_, { input }, context) => {
      const { id } = await context.services.projects.delete(viewerOf(context), projectKey(input.projectId));
      return globalId('Project', id);
    },
  }),
}));
