import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { keyOf } from '../../graphql/ids.ts';
import { OrganizationType, RoleEnum, UserType } from '../graphql.ts';
import { type Invitation, invitationStates, stateOf } from './model.ts';

const InvitationStateEnum = describedEnum(
  'InvitationState',
  'What has become of an invitation that was neither accepted nor revoked.',
  invitationStates,
  {
    PENDING: 'The invitation waits to be accepted.',
    EXPIRED: 'The week is over: the code does not work any more.',
    VOID: 'The inviter may no longer invite to this role: the code does not work while that is so.',
  },
);

const InvitationType = builder.objectRef<Invitation>('Invitation');
builder.node(InvitationType, {
  description: 'An invitation to become a member of your organization. Its code is shown only once.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'invitedBy' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.invitation.load(Number(id)))),
  fields: (t) => ({
    email: t.exposeString('email', { description: 'E-mail address of whoever is invited.' }),
    role: t.field({ type: RoleEnum, description: 'Role of the future member.', resolve: ({ role }) => role }),
    state: t.field({
      type: InvitationStateEnum,
      description: 'Whether the code of the invitation works at the moment.',
      resolve: async (invitation, _, { loaders }) =>
        stateOf(invitation, (await loaders.member.load(invitation.invitedBy))?.role),
    }),
    invitedBy: t.field({
      type: UserType,
      description: 'User who gave out the latest code.',
      resolve: async ({ invitedBy }, _, { loaders }) => (await loaders.user.load(invitedBy))!,
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the latest code was given out.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the code stops working.' }),
  }),
});

const InvitationConnection = builder.connectionObject(
  { type: InvitationType, name: 'InvitationConnection', description: 'A page of invitations.' },
  { name: 'InvitationEdge', description: 'An invitation and its cursor.' },
);

builder.objectField(OrganizationType, 'invitations', (t) =>
  t.field({
    type: InvitationConnection,
    description:
      'Invitations that were neither accepted nor revoked, in the order in which the addresses were first invited. Needs the role ADMINISTRATOR.',
    args: pageArgs(t.arg),
    resolve: (_, page, context) => {
      const { invitations } = context.services;
      const viewer = viewerOf(context);
      return connectionOf(page, {
        fetch: (keyset: { limit: number; after: number | undefined }) => invitations.list(viewer, keyset),
        keyOf: ({ id }: Invitation) => id,
        count: () => invitations.count(viewer),
      });
    },
  }),
);

const InviteMemberInput = builder.inputType('InviteMemberInput', {
  description: 'Somebody who is invited to become a member of your organization.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'E-mail address, by which the user will be known.' }),
    role: t.field({ type: RoleEnum, required: true, description: 'Role of the member: at most your own.' }),
  }),
});

const RevokeInvitationInput = builder.inputType('RevokeInvitationInput', {
  description: 'The invitation to revoke.',
  fields: (t) => ({ invitationId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

const InviteMemberSuccess = builder
  .objectRef<{ invitation: Invitation; invitationCode: string }>('InviteMemberSuccess')
  .implement({
    description: 'The invitation waits to be accepted.',
    fields: (t) => ({
      invitation: t.field({
        type: InvitationType,
        description: 'The invitation, without its code.',
        resolve: ({ invitation }) => invitation,
      }),
      invitationCode: t.exposeString('invitationCode', {
        description:
          'The code to hand over, which works once and is not shown again: `POST /invitations` with `{"code": …}` returns a first token.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  inviteMember: t.field({
    type: InviteMemberSuccess,
    description:
      'Invites somebody to become a member of your organization, for a week. A new code replaces the one that the address was given before. Needs the role ADMINISTRATOR.',
    args: {
      input: t.arg({ type: InviteMemberInput, required: true, description: 'The fields of the request.' }),
    },
    errors: { types: [ValidationError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input }, context) => context.services.invitations.invite(viewerOf(context), input),
  }),
  revokeInvitation: t.field({
    type: InvitationType,
    description:
      'Revokes an invitation that was not accepted, with its code, at once. Needs the role ADMINISTRATOR.',
    args: {
      input: t.arg({
        type: RevokeInvitationInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'invitation', description: 'The former invitation.' },
      result: { description: 'The invitation was revoked.' },
    },
    resolve: (_, { input: { invitationId } }, context) =>
      context.services.invitations.revoke(viewerOf(context), keyOf('invitation', invitationId, 'Invitation')),
  }),
}));
