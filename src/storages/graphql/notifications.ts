import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { idempotencyKeyOfSecret } from '../../graphql/inputs.ts';
import { storageKey } from '../../graphql/provider.ts';
import type { Storage } from '../model.ts';

const CreateNotificationTokenInput = builder.inputType('CreateNotificationTokenInput', {
  description: 'The storage that is to receive notifications.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'A source storage.' }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const CreateNotificationTokenSuccess = builder
  .objectRef<{ storage: Storage; token: string }>('CreateNotificationTokenSuccess')
  .implement({
    description: 'The address that receives notifications.',
    fields: (t) => ({
      url: t.field({
        type: 'URL',
        description: 'Address to give to the provider, token included. It is not shown again.',
        resolve: ({ storage, token }, _, { services }) =>
          new URL(`/storages/${storage.id}/notifications?token=${token}`, services.baseUrl()),
      }),
      token: t.exposeString('token', {
        description: 'The token alone, for providers that send an Authorization header.',
      }),
    }),
  });

builder.mutationField('createNotificationToken', (t) =>
  t.field({
    type: CreateNotificationTokenSuccess,
    description:
      'Creates an address that receives notifications of changed objects from the provider (S3, GCS, Azure); only those objects are synced then. An earlier token of the storage is revoked.',
    args: {
      input: t.arg({
        type: CreateNotificationTokenInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: { types: [ValidationError, NotFoundError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input }, context) =>
      context.services.storages.createNotificationToken(
        viewerOf(context),
        storageKey(input.storageId),
        input.idempotencyKey,
      ),
  }),
);
