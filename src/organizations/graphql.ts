import { permits } from '../access/permissions.ts';
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { ForbiddenErrorType } from '../graphql/errors.ts';
import { globalId, keyOf } from '../graphql/ids.ts';
import { idempotencyKeyOfSecret } from '../graphql/inputs.ts';
import {
  type ApiToken,
  type Organization,
  type Role,
  roles,
  tokenScopes,
  type User,
  type Viewer,
} from './model.ts';

export const RoleEnum = describedEnum(
  'Role',
  'What a member may do. Each role includes those below it.',
  roles,
  {
    OWNER: 'May do everything in the organization.',
    ADMINISTRATOR: 'Manages members and sees the external ID.',
    MANAGER: 'Manages projects and their storages.',
    ANNOTATOR: 'Sees projects and annotates tasks.',
  },
);

const TokenScopeEnum = describedEnum(
  'TokenScope',
  'What a token is limited to, within what the role of its user allows.',
  tokenScopes,
  {
    READ: 'Reads what its user may see. Every token has this scope.',
    SYNC: 'Starts, retries and cancels syncs, and imports tasks.',
    ANNOTATE: 'Creates, changes and deletes annotations.',
    ADMINISTER:
      'Manages projects, storages, webhooks, members and tokens, deletes tasks, and validates storages.',
  },
);

builder.objectField(ForbiddenErrorType, 'requiredRole', (t) =>
  t.field({
    type: RoleEnum,
    nullable: true,
    description: 'The lowest role that may do this. null: no role would suffice.',
    resolve: ({ requiredRole }) => requiredRole as Role | null,
  }),
);

export const OrganizationType = builder.objectRef<Organization>('Organization');
builder.node(OrganizationType, {
  description: 'The users who share projects.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.organization.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'externalId' in value,
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Name of the organization.' }),
    externalId: t.string({
      nullable: true,
      description:
        'External ID that the service assumes IAM roles with: name it as sts:ExternalId in the trust policy of the role. Only administrators see it.',
      resolve: ({ externalId }, _, { viewer }) =>
        viewer && permits(viewer, 'organization.readExternalId') ? externalId : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the record was created.' }),
  }),
});

export const UserType = builder.objectRef<User>('User');
builder.node(UserType, {
  description: 'A person who is, or was, a member of your organization.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  // A token for one project looks nobody up; it sees those whose work is in the project.
  loadMany: (ids, { loaders, viewer }) =>
    Promise.all(
      ids
        .map(Number)
        .map((id) => (viewer?.projectId === null || viewer?.userId === id ? loaders.user.load(id) : null)),
    ),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'firstName' in value,
  fields: (t) => ({
    email: t.exposeString('email', { description: 'E-mail address, by which the user is known.' }),
    firstName: t.exposeString('firstName', { description: 'First name of the user.' }),
    lastName: t.exposeString('lastName', { description: 'Last name of the user.' }),
  }),
});

const ApiTokenType = builder.objectRef<ApiToken>('ApiToken');
builder.node(ApiTokenType, {
  description: 'A token for the API. The token itself is shown once, when it is created.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.apiToken.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'revokedAt' in value,
  fields: (t) => ({
    title: t.exposeString('title', { description: 'What the token is for.' }),
    hint: t.exposeString('hint', { description: 'The last four characters of the token.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the record was created.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the token expires; null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the token was revoked; null: it was not.',
    }),
    scopes: t.expose('scopes', {
      type: [TokenScopeEnum],
      description: 'What the token is limited to; all scopes: whatever its user may do.',
    }),
    projectId: t.id({
      nullable: true,
      description: 'The only project that the token is for; null: all projects.',
      resolve: ({ projectId }) => projectId && globalId('Project', projectId),
    }),
  }),
});

const ApiTokenConnection = builder.connectionObject(
  { type: ApiTokenType, name: 'ApiTokenConnection', description: 'A page of API tokens.' },
  { name: 'ApiTokenEdge', description: 'An API token and its cursor.' },
);

export const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'The user who sends the request.',
  fields: (t) => ({
    user: t.field({
      type: UserType,
      description: 'The user that your token stands for.',
      resolve: async ({ userId }, _, { loaders }) => (await loaders.user.load(userId))!,
    }),
    organization: t.field({
      type: OrganizationType,
      description: 'The organization that your token is for.',
      resolve: async ({ organizationId }, _, { loaders }) =>
        (await loaders.organization.load(organizationId))!,
    }),
    role: t.field({
      type: RoleEnum,
      description: 'Your role in the organization.',
      resolve: ({ role }) => role,
    }),
    scopes: t.field({
      type: [TokenScopeEnum],
      description: 'What the token of the request is limited to.',
      resolve: ({ scopes }) => scopes,
    }),
    projectId: t.id({
      nullable: true,
      description: 'The only project that the token of the request is for; null: all projects.',
      resolve: ({ projectId }) => projectId && globalId('Project', projectId),
    }),
    apiTokens: t.field({
      type: ApiTokenConnection,
      description: 'Your tokens that are not revoked, newest first.',
      args: pageArgs(t.arg),
      resolve: (viewer, args, { services: { organizations } }) =>
        connectionOf(args, {
          fetch: (page: { limit: number; after: number | undefined }) =>
            organizations.apiTokens(viewer, page),
          keyOf: ({ id }: ApiToken) => id,
          count: () => organizations.countApiTokens(viewer),
        }),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    description: 'The user and the organization that your token stands for.',
    resolve: (_, __, context) => viewerOf(context),
  }),
);

const CreateApiTokenInput = builder.inputType('CreateApiTokenInput', {
  description: 'A new token for yourself.',
  fields: (t) => ({
    title: t.string({ required: true, description: 'What the token is for.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When the token expires; absent: never.' }),
    scopes: t.field({
      type: [TokenScopeEnum],
      description:
        'What the token is limited to: at most the scopes of the token you use now; absent: those.',
    }),
    projectId: t.id({
      description:
        'The only project that the token is for, with which it ends; absent: all projects. Such a token does nothing for the organization.',
    }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const CreateApiTokenSuccess = builder
  .objectRef<{ apiToken: ApiToken; token: string }>('CreateApiTokenSuccess')
  .implement({
    description: 'The API token was created.',
    fields: (t) => ({
      apiToken: t.field({
        type: ApiTokenType,
        description: 'The record of the token, without the secret.',
        resolve: ({ apiToken }) => apiToken,
      }),
      token: t.exposeString('token', { description: 'The secret token. It is not shown again.' }),
    }),
  });

const RevokeApiTokenInput = builder.inputType('RevokeApiTokenInput', {
  description: 'The token of yours to revoke.',
  fields: (t) => ({ tokenId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreateApiTokenSuccess,
    description: 'Creates a token for yourself, in the organization of the token you use now.',
    args: {
      input: t.arg({ type: CreateApiTokenInput, required: true, description: 'The fields of the request.' }),
    },
    errors: { types: [ValidationError, ForbiddenError, NotFoundError, ConflictError], directResult: true },
    resolve: (_, { input: { projectId, ...input } }, context) =>
      context.services.organizations.createApiToken(viewerOf(context), {
        ...input,
        projectId: projectId == null ? null : keyOf('project', projectId, 'Project'),
      }),
  }),
  revokeApiToken: t.field({
    type: ApiTokenType,
    description: 'Revokes one of your tokens, at once.',
    args: {
      input: t.arg({ type: RevokeApiTokenInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'apiToken', description: 'The revoked token.' },
      result: { description: 'The token was revoked, at once.' },
    },
    resolve: (_, { input }, context) =>
      context.services.organizations.revokeApiToken(
        viewerOf(context),
        keyOf('API token', input.tokenId, 'ApiToken'),
      ),
  }),
}));
