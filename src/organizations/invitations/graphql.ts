import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { RoleEnum } from '../graphql.ts';
import type { Invitation } from './service.ts';

const InvitationType = builder.objectRef<Invitation>('Invitation').implement({
  description: 'An invitation to become a member of your organization.',
  fields: (t) => ({
    email: t.exposeString('email', { description: 'E-mail address of whoever is invited.' }),
    role: t.field({ type: RoleEnum, description: 'Role of the future member.', resolve: ({ role }) => role }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the code stops working.' }),
  }),
});

const InviteMemberInput = builder.inputType('InviteMemberInput', {
  description: 'Somebody who is invited to become a member of your organization.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'E-mail address, by which the user will be known.' }),
    role: t.field({ type: RoleEnum, required: true, description: 'Role of the member: at most your own.' }),
  }),
});

const WithdrawInvitationInput = builder.inputType('WithdrawInvitationInput', {
  description: 'The invitation to withdraw.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'E-mail address of whoever was invited.' }),
  }),
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
  withdrawInvitation: t.field({
    type: InvitationType,
    description: 'Withdraws an invitation that was not accepted yet. Needs the role ADMINISTRATOR.',
    args: {
      input: t.arg({
        type: WithdrawInvitationInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError],
      dataField: { name: 'invitation', description: 'The former invitation.' },
      result: { description: 'The invitation was withdrawn.' },
    },
    resolve: (_, { input: { email } }, context) =>
      context.services.invitations.withdraw(viewerOf(context), email),
  }),
}));
