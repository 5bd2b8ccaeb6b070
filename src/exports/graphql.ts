import { AnnotationType } from '../annotations/graphql.ts';
import { ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { type Context, viewerOf } from '../graphql/context.ts';
import { describedEnum, describedOther, OTHER, storedAs } from '../graphql/enums.ts';
import { describedProviderErrors } from '../graphql/errors.ts';
import { globalId } from '../graphql/ids.ts';
import { storageKey } from '../graphql/provider.ts';
import { projectKey } from '../projects/graphql.ts';
import { ExternalStorage } from '../storages/graphql/types.ts';
import { TaskType } from '../tasks/graphql.ts';
import {
  type ExportEvent,
  type ExportRecord,
  exportErrorCodes,
  exportEventKinds,
  exportStates,
} from './model.ts';

const ExportStateEnum = describedEnum('ExportState', 'The state of an export.', exportStates, {
  PENDING: 'The object waits to be written or deleted; `error` says why an earlier attempt failed.',
  EXPORTED: 'The object was written, and its presence was checked.',
  FAILED: 'The object could not be written or deleted; `retryFailed` tries again.',
  DELETED: 'The object was deleted with its annotation.',
  KEPT: 'The annotation is gone; the object stays, since the storage does not delete objects.',
});

const asExportErrorCode = storedAs(exportErrorCodes);
const ExportErrorCodeEnum = describedEnum(
  'ExportErrorCode',
  'Why an object was not written to a target storage, or not removed from it.',
  [...exportErrorCodes, OTHER],
  {
    ...describedProviderErrors,
    NOT_STORED: 'The storage confirmed the write, and the object is not there as it was written.',
    KEY_TAKEN: 'Another export of the storage has the same key: make the key template tell them apart.',
    TOO_LARGE: 'The object would hold more than 64 MiB.',
    COPY_FAILED: 'The object was written, and its copy could not be kept in the data directory.',
    OTHER: describedOther,
  },
);

const ExportErrorType = builder
  .objectRef<{ code: string; message: string; hint: string | null }>('ExportError')
  .implement({
    description: 'Why an export failed.',
    fields: (t) => ({
      code: t.field({
        type: ExportErrorCodeEnum,
        description: 'The cause of the failure.',
        resolve: ({ code }) => asExportErrorCode(code),
      }),
      message: t.exposeString('message', { description: 'The cause in words for people.' }),
      hint: t.exposeString('hint', { nullable: true, description: 'What to do to remove the cause.' }),
    }),
  });
const errorOf = (it: Pick<ExportRecord, 'errorCode' | 'errorMessage' | 'errorHint'>) =>
  it.errorCode === null ? null : { code: it.errorCode, message: it.errorMessage ?? '', hint: it.errorHint };

const ExportType = builder.objectRef<ExportRecord>('Export');
builder.node(ExportType, {
  description: 'The export record: what is known of one object of a target storage.',
  id: { resolve: ({ storageId, subjectId }) => `${storageId}:${subjectId}`, description: 'Opaque id.' },
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'subjectId' in value && 'wanted' in value,
  loadMany: (ids, { loaders }) =>
    Promise.all(
      ids.map((id) => {
        const [storageId, subjectId] = id.split(':').map(Number);
        return loaders.export.load({ storageId: storageId ?? 0, subjectId: subjectId ?? 0 });
      }),
    ),
  fields: (t) => ({
    storage: t.field({
      type: ExternalStorage,
      description: 'The target storage.',
      resolve: async ({ storageId }, _, { loaders }) => (await loaders.storage.load(storageId))!,
    }),
    task: t.field({
      type: TaskType,
      nullable: true,
      description: 'The task; null when it was deleted.',
      resolve: ({ taskId }, _, { loaders }) => loaders.task.load(taskId),
    }),
    state: t.field({
      type: ExportStateEnum,
      description: 'The present state of the record.',
      resolve: ({ state }) => state,
    }),
    key: t.exposeString('key', {
      nullable: true,
      description: 'Full key of the object; null before the first attempt.',
    }),
    etag: t.exposeString('version', {
      nullable: true,
      description: 'ETag, generation or version of the object, as last written; null where there is none.',
    }),
    contentHash: t.exposeString('hash', {
      nullable: true,
      description: "SHA-256 of the object's content, in hexadecimal.",
    }),
    size: t.expose('size', { type: 'BigInt', nullable: true, description: 'Size of the object in bytes.' }),
    attempts: t.exposeInt('attempts', { description: 'Number of attempts since the last success.' }),
    error: t.field({
      type: ExportErrorType,
      nullable: true,
      description: 'Why the last attempt failed; null when it did not.',
      resolve: errorOf,
    }),
    exportedAt: t.expose('exportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the object was last written.',
    }),
    nextAttemptAt: t.expose('dueAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt is due; null when nothing is to be done.',
    }),
  }),
});

/** Most exports of one annotation that are shown. */
const MAX_EXPORTS = 250;

builder.objectField(AnnotationType, 'exports', (t) =>
  t.field({
    type: [ExportType],
    description: `The objects of the annotation in the target storages of the project, one for each, at most ${MAX_EXPORTS}. A storage lists all of its own.`,
    resolve: async ({ id, taskId, projectId }, _, { loaders }) => {
      const records = await loaders.exportsOfTask.load({ projectId, taskId });
      const storages = await Promise.all(records.map(({ storageId }) => loaders.storage.load(storageId)));
      const own = records.filter(({ subjectId }, index) => {
        const settings = storages[index]?.settings;
        return settings && 'layout' in settings && subjectId === (settings.layout === 'TASK' ? taskId : id);
      });
      return own.slice(0, MAX_EXPORTS);
    },
  }),
);

const ExportConnection = builder.connectionObject(
  { type: ExportType, name: 'ExportConnection', description: 'A page of exports.' },
  { name: 'ExportEdge', description: 'An export and its cursor.' },
);

const ExportFilter = builder.inputType('ExportFilter', {
  description: 'Which exports; all conditions must hold.',
  fields: (t) => ({
    states: t.field({ type: [ExportStateEnum], description: 'Only those in one of these states.' }),
  }),
});

builder.interfaceField(ExternalStorage, 'exports', (t) =>
  t.field({
    type: ExportConnection,
    description: 'Objects that a target storage holds of the project. A source storage has none.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: ExportFilter, description: 'Which exports to return; absent: all.' }),
    },
    resolve: (storage, { filter, ...page }, context) =>
      connectionOf(page, {
        fetch: (keyset: { limit: number; after: number | undefined }) =>
          context.services.exports.list(viewerOf(context), storage, filter ?? {}, keyset),
        keyOf: ({ subjectId }: ExportRecord) => subjectId,
        count: () => context.services.exports.count(viewerOf(context), storage, filter ?? {}),
      }),
  }),
);

const ExportEventKindEnum = describedEnum(
  'ExportEventKind',
  'What happened to an object.',
  exportEventKinds,
  {
    EXPORTED: 'The object was written.',
    DELETED: 'The object was deleted.',
    FAILED: 'The object could not be written or deleted, and no further attempt follows.',
  },
);

const ExportEventType = builder.objectRef<ExportEvent>('ExportEvent').implement({
  description: 'An entry of the log of exports. Kept for 30 days.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Place of the event in the log: `after` of a subscription that continues behind it.',
      resolve: ({ id }) => cursorOf(id),
    }),
    kind: t.field({
      type: ExportEventKindEnum,
      description: 'What happened to the object.',
      resolve: ({ event }) => event,
    }),
    storage: t.field({
      type: ExternalStorage,
      nullable: true,
      description: 'The target storage; null when it was deleted.',
      resolve: ({ storageId }, _, { loaders }) => loaders.storage.load(storageId),
    }),
    taskId: t.id({ description: 'Id of the task.', resolve: ({ taskId }) => globalId('Task', taskId) }),
    annotationId: t.id({
      nullable: true,
      description: 'Id of the annotation; null in layout TASK.',
      resolve: async ({ storageId, subjectId }, _, { loaders }) => {
        const settings = (await loaders.storage.load(storageId))?.settings;
        return settings && 'layout' in settings && settings.layout === 'ANNOTATION'
          ? globalId('Annotation', subjectId)
          : null;
      },
    }),
    key: t.exposeString('key', { nullable: true, description: 'Full key of the object.' }),
    error: t.field({
      type: ExportErrorType,
      nullable: true,
      description: 'Why the export failed; null when it did not.',
      resolve: errorOf,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the event happened.' }),
  }),
});

const cursorOf = (id: number) => Buffer.from(`export:${id}`).toString('base64url');

/** @throws ValidationError */
function placeOf(cursor: string): number {
  const id = /^export:(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (id === undefined) {
    throw new ValidationError([{ path: 'after', message: 'Expected the cursor of an export event.' }]);
  }
  return Number(id);
}

builder.subscriptionField('exportEvents', (t) =>
  t.field({
    type: ExportEventType,
    description:
      'What happens to the objects of a project’s target storages, one event for each object, in order. With `after`, first everything behind that event: a client that comes back with its last cursor misses nothing and sees nothing twice; one that comes back after 30 days is refused.',
    args: {
      projectId: t.arg.id({ description: 'The project to follow, in place of a storage.' }),
      storageId: t.arg.id({ description: 'The target storage to follow, in place of a project.' }),
      after: t.arg.string({ description: 'Cursor of the last event that you have; absent: from now on.' }),
    },
    subscribe: (_, args, context) => followExports(args, context),
    resolve: (event) => event,
  }),
);

async function* followExports(
  { projectId, storageId, after }: Partial<Record<'projectId' | 'storageId' | 'after', string | null>>,
  context: Context,
): AsyncGenerator<ExportEvent> {
  const viewer = viewerOf(context);
  const { exports } = context.services;
  const { grant, scope } = await exports.watched(viewer, {
    projectId: projectId == null ? null : projectKey(projectId),
    storageId: storageId == null ? null : storageKey(storageId),
  });
  yield* exports.follow(grant, scope, after == null ? undefined : placeOf(after), context.signal);
}
