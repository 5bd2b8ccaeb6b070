import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { cursorsOf, orderInput, type Position } from '../graphql/orders.ts';
import { ExternalStorage } from '../storages/graphql/types.ts';
import { TaskType } from '../tasks/graphql.ts';
import { asIssueCode, IssueCodeEnum } from './codes/graphql.ts';
import { type ObjectOrderField, objectOrderFields, objectStates, type StorageObject } from './model.ts';

const ObjectStateEnum = describedEnum('StorageObjectState', 'The state of an object.', objectStates, {
  IMPORTED: 'Its tasks are in the project.',
  CHANGED: 'It was imported, and has changed since (policy FLAG).',
  REMOVED: 'It was known, and is gone from the storage.',
  SKIPPED: 'It was passed over; `code` says why.',
  OUT_OF_SCOPE: 'It was known, and lies outside of what the storage looks at now. Its tasks stay.',
  FAILED: 'It could not be imported, or not all its rows; `code` and `message` say why.',
});

export const StorageObjectType = builder.objectRef<StorageObject>('StorageObject');
builder.node(StorageObjectType, {
  description: 'An entry of the object ledger: what is known of one object of a source storage.',
  id: { resolve: ({ storageId, key }) => `${storageId}:${key}`, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) =>
    Promise.all(
      ids.map((id) => {
        const end = id.indexOf(':');
        return loaders.object.load({ storageId: Number(id.slice(0, end)), key: id.slice(end + 1) });
      }),
    ),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'failedRows' in value,
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Full key of the object.' }),
    uri: t.string({
      description: 'URI of the object, as task data name it.',
      resolve: async ({ storageId, key }, _, { loaders, services }) => {
        const storage = await loaders.storage.load(storageId);
        const provider = storage && services.registry.get(storage.provider);
        return storage && provider ? provider.uri(storage.config, key) : key;
      },
    }),
    size: t.expose('size', { type: 'BigInt', description: 'Size in bytes.' }),
    version: t.exposeString('version', {
      nullable: true,
      description: 'ETag, generation or version, as last imported; null: the provider has none.',
    }),
    modifiedAt: t.expose('modifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the object was last modified.',
    }),
    state: t.field({
      type: ObjectStateEnum,
      description: 'The present state of the record.',
      resolve: ({ state }) => state,
    }),
    code: t.field({
      type: IssueCodeEnum,
      nullable: true,
      description: 'Why the object was skipped or failed.',
      // Of what is out of scope it says what it was before, for when it comes back.
      resolve: ({ code, state }) => (code === null || state === 'OUT_OF_SCOPE' ? null : asIssueCode(code)),
    }),
    message: t.exposeString('message', { nullable: true, description: 'The cause in words for people.' }),
    taskCount: t.exposeInt('taskCount', { description: 'Rows of the object that are tasks.' }),
    failedRows: t.exposeInt('failedRows', {
      description: 'Rows of the object that failed when it was last read.',
    }),
  }),
});

const StorageObjectOrder = orderInput('StorageObject', objectOrderFields, {
  KEY: 'The key of the object, byte by byte.',
  SIZE: 'The size of the object.',
});

const StorageObjectFilter = builder.inputType('StorageObjectFilter', {
  description: 'Which entries; all conditions must hold.',
  fields: (t) => ({
    states: t.field({ type: [ObjectStateEnum], description: 'Only those in one of these states.' }),
    code: t.field({
      type: IssueCodeEnum,
      description: 'Only objects that were skipped or failed for this reason.',
    }),
    keyPrefix: t.string({ description: 'Only objects whose keys begin so.' }),
    modifiedAfter: t.field({
      type: 'DateTime',
      description: 'Only objects last modified at this instant or later.',
    }),
    modifiedBefore: t.field({
      type: 'DateTime',
      description: 'Only objects last modified before this instant.',
    }),
  }),
});

const StorageObjectConnection = builder.connectionObject(
  { type: StorageObjectType, name: 'StorageObjectConnection', description: 'A page of the object ledger.' },
  { name: 'StorageObjectEdge', description: 'An entry and its cursor.' },
);

builder.interfaceField(ExternalStorage, 'objects', (t) =>
  t.field({
    type: StorageObjectConnection,
    description: 'The object ledger: each object ever seen in the storage.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: StorageObjectFilter, description: 'Which entries to return; absent: all.' }),
      orderBy: t.arg({
        type: StorageObjectOrder,
        required: true,
        defaultValue: { field: 'KEY', direction: 'ASC' },
        description: 'How the entries are sorted.',
      }),
    },
    resolve: (storage, { filter, orderBy: order, ...page }, context) =>
      connectionOf(page, {
        fetch: (keyset: { limit: number; after: Position | undefined }) =>
          context.services.objects.list(viewerOf(context), storage, filter ?? {}, { ...keyset, order }),
        count: () => context.services.objects.count(viewerOf(context), storage, filter ?? {}),
        ...cursorsOf<StorageObject, ObjectOrderField>(order, {
          values: { KEY: ({ key }) => key, SIZE: ({ size }) => size },
          keyOf: ({ key }) => key,
        }),
      }),
  }),
);

builder.objectField(TaskType, 'sourceObject', (t) =>
  t.field({
    type: StorageObjectType,
    nullable: true,
    description:
      'The object that the task came from; null: the task was given inline, or the storage is disconnected.',
    resolve: ({ containerId, key }, _, { loaders }) =>
      containerId === null || key === null ? null : loaders.sourceObject.load({ containerId, key }),
  }),
);
