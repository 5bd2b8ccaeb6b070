import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { keyOf } from '../../graphql/ids.ts';
import { idempotencyKeyOfSecret } from '../../graphql/inputs.ts';
import { OrganizationType, RoleEnum, UserType } from '../graphql.ts';
import type { Member } from './service.ts';

const MemberType = builder.objectRef<Member>('Member');
builder.node(MemberType, {
  description: 'A user within your organization.',
  id: { resolve: ({ user }) => user.id, description: 'Opaque id.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'user' in value && 'role' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.member.load(Number(id)))),
  fields: (t) => ({
    userId: t.globalID({
      description: 'Id of the user: what `changeMemberRole` and `removeMember` take.',
      resolve: ({ user }) => ({ type: 'User', id: user.id }),
    }),
    user: t.field({
      type: UserType,
      description: 'The user who is the member.',
      resolve: ({ user }) => user,
    }),
    role: t.field({
      type: RoleEnum,
      description: 'What the member may do in the organization.',
      resolve: ({ role }) => role,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the membership began.' }),
  }),
});

const MemberConnection = builder.connectionObject(
  { type: MemberType, name: 'MemberConnection', description: 'A page of members.' },
  { name: 'MemberEdge', description: 'A member and its cursor.' },
);

builder.objectField(OrganizationType, 'members', (t) =>
  t.field({
    type: MemberConnection,
    description: 'Members of the organization, the earliest first.',
    args: pageArgs(t.arg),
    resolve: (_, page, context) => {
      const { members } = context.services;
      const viewer = viewerOf(context);
      return connectionOf(page, {
        fetch: (keyset: { limit: number; after: number | undefined }) => members.list(viewer, keyset),
        keyOf: ({ user }: Member) => user.id,
        count: () => members.count(viewer),
      });
    },
  }),
);

const AddMemberInput = builder.inputType('AddMemberInput', {
  description: 'Somebody who becomes a member of your organization.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'E-mail address, by which the user is known.' }),
    firstName: t.string({ description: 'First name of a new user.' }),
    lastName: t.string({ description: 'Last name of a new user.' }),
    role: t.field({ type: RoleEnum, required: true, description: 'Role of the member: at most your own.' }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const ChangeMemberRoleInput = builder.inputType('ChangeMemberRoleInput', {
  description: 'A member and the new role.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'Id of the user.' }),
    role: t.field({ type: RoleEnum, required: true, description: 'Role of the member: at most your own.' }),
  }),
});

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'The member to remove.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'Id of the user.' }) }),
});

const AddMemberSuccess = builder.objectRef<{ member: Member; token: string }>('AddMemberSuccess').implement({
  description: 'The user is a member.',
  fields: (t) => ({
    member: t.field({ type: MemberType, description: 'The new member.', resolve: ({ member }) => member }),
    token: t.exposeString('token', {
      description: 'A first token to hand over to the member. It works for a week and is not shown again.',
    }),
  }),
});

const userKey = (id: string) => keyOf('member', id, 'User');

builder.mutationFields((t) => ({
  addMember: t.field({
    type: AddMemberSuccess,
    description: 'Makes a user a member of your organization. Needs the role ADMINISTRATOR.',
    args: {
      input: t.arg({ type: AddMemberInput, required: true, description: 'The fields of the request.' }),
    },
    errors: { types: [ValidationError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input }, context) => context.services.members.add(viewerOf(context), input),
  }),
  changeMemberRole: t.field({
    type: MemberType,
    description: 'Changes the role of a member, at once. The last owner keeps the role.',
    args: {
      input: t.arg({
        type: ChangeMemberRoleInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'member', description: 'The member with the new role.' },
      result: { description: 'The role was changed.' },
    },
    resolve: (_, { input: { userId, role } }, context) =>
      context.services.members.changeRole(viewerOf(context), userKey(userId), role),
  }),
  removeMember: t.field({
    type: MemberType,
    description:
      'Ends a membership with all its tokens, feeds and links, at once. Annotations of the member stay.',
    args: {
      input: t.arg({ type: RemoveMemberInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'member', description: 'The former member.' },
      result: { description: 'The member was removed.' },
    },
    resolve: (_, { input: { userId } }, context) =>
      context.services.members.remove(viewerOf(context), userKey(userId)),
  }),
}));
