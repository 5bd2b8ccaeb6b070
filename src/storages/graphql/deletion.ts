import { ForbiddenError, NotFoundError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { globalId } from '../../graphql/ids.ts';
import { storageKey, storageTypeName } from '../../graphql/provider.ts';

const DeleteStorageInput = builder.inputType('DeleteStorageInput', {
  description: 'Which storage to disconnect.',
  fields: (t) => ({ storageId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

builder.mutationField('deleteStorage', (t) =>
  t.field({
    type: 'ID',
    description:
      'Disconnects a storage: its ledger and history are deleted, its tasks and the objects in it stay.',
    args: {
      input: t.arg({ type: DeleteStorageInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedId', description: 'Id of the deleted storage.' },
      result: { description: 'The storage is disconnected.' },
    },
    resolve: async (_, { input }, context) => {
      const storage = await context.services.storages.delete(viewerOf(context), storageKey(input.storageId));
      return globalId(storageTypeName(storage.provider), storage.id);
    },
  }),
);
