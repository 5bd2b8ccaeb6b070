import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  providerErrorCodes,
  ValidationError,
} from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { describedEnum, describedOther, OTHER, storedAs } from '../graphql/enums.ts';
import { describedProviderErrors } from '../graphql/errors.ts';
import { keyOf } from '../graphql/ids.ts';
import { idempotencyKey } from '../graphql/inputs.ts';
import { storageKey } from '../graphql/provider.ts';
import { UserType } from '../organizations/graphql.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { ExternalStorage } from '../storages/graphql/types.ts';
import { conditionsOf, TaskFilterInput } from '../tasks/graphql.ts';
import {
  errorOf,
  fileNameOf,
  MANIFEST,
  MAX_OPEN,
  MAX_SNAPSHOTS,
  type Snapshot,
  type SnapshotError,
  snapshotFailureCodes,
  snapshotFormats,
  snapshotStates,
  stateOf,
} from './model.ts';

const SnapshotFormatEnum = describedEnum(
  'SnapshotFormat',
  'What a snapshot is written as.',
  snapshotFormats,
  {
    JSON: 'One array of tasks with their annotations and predictions, in the fields of Label Studio’s exports.',
    JSONL: 'JSON Lines: the same, a task a line.',
    CSV: 'A table (RFC 4180): an annotation a line, and one line for a task that has none. Predictions are left out.',
  },
);

const SnapshotStateEnum = describedEnum('SnapshotState', 'The state of a snapshot.', snapshotStates, {
  READY: 'The snapshot can be downloaded; nobody has begun.',
  QUEUED: 'The snapshot waits for a worker; `error` says why an earlier attempt failed.',
  IN_PROGRESS: 'Tasks are being read and written.',
  COMPLETED: 'All tasks were written. A download can be repeated, and shows the tasks of then.',
  FAILED: 'The snapshot did not come to its end; `error` says why. A download can be repeated.',
});

const codes = [...snapshotFailureCodes, 'NOT_STORED', ...providerErrorCodes] as const;
const asErrorCode = storedAs(codes);
const SnapshotErrorCodeEnum = describedEnum(
  'SnapshotErrorCode',
  'Why a snapshot did not come to its end.',
  [...codes, OTHER],
  {
    CLIENT_CLOSED: 'The client closed the connection before the end.',
    ACCESS_ENDED: 'The user lost access to the project, or the project was deleted.',
    READ_FAILED: 'The tasks could not be read from the database to the end.',
    PROCESS_LOST: 'The process that worked on the snapshot was lost.',
    NOT_STORED: 'The storage confirmed an object, and it is not there as it was written.',
    ...describedProviderErrors,
    OTHER: describedOther,
  },
);

const SnapshotErrorType = builder.objectRef<SnapshotError>('SnapshotError').implement({
  description: 'Why a snapshot failed.',
  fields: (t) => ({
    code: t.field({
      type: SnapshotErrorCodeEnum,
      description: 'The cause of the failure.',
      resolve: ({ code }) => asErrorCode(code),
    }),
    message: t.exposeString('message', { description: 'The cause in words for people.' }),
    hint: t.exposeString('hint', { description: 'What to do to remove the cause.' }),
  }),
});

const SnapshotCountsType = builder.objectRef<Snapshot>('SnapshotCounts').implement({
  description: 'What a snapshot has written so far.',
  fields: (t) => ({
    tasks: t.expose('tasks', { type: 'BigInt', description: 'Number of tasks.' }),
    annotations: t.expose('annotations', { type: 'BigInt', description: 'Number of annotations.' }),
    predictions: t.expose('predictions', { type: 'BigInt', description: 'Number of predictions.' }),
    media: t.expose('media', {
      type: 'BigInt',
      description: 'Number of objects that were copied since tasks point at them.',
    }),
    mediaBytes: t.expose('mediaBytes', { type: 'BigInt', description: 'Size of those objects, in bytes.' }),
    missingMedia: t.expose('missingMedia', {
      type: 'BigInt',
      description:
        'Number of URIs in tasks that have no copy; the manifest names the first 1,000 with the cause.',
    }),
  }),
});

const SnapshotType = builder.objectRef<Snapshot>('Snapshot');
builder.node(SnapshotType, {
  description:
    'All tasks of a project, or those that a filter names, with their annotations and predictions: as a download, or as objects of a target storage. Each task is written as it is when its turn comes.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'expectedTasks' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.snapshot.load(Number(id)))),
  fields: (t) => ({
    project: t.field({
      type: ProjectType,
      description: 'The project whose tasks are written.',
      resolve: async ({ projectId }, _, { loaders }) => (await loaders.project.load(projectId))!,
    }),
    format: t.field({
      type: SnapshotFormatEnum,
      description: 'The format of the file.',
      resolve: ({ format }) => format,
    }),
    state: t.field({
      type: SnapshotStateEnum,
      description: 'The present state of the snapshot; of a download, that of the last one.',
      resolve: stateOf,
    }),
    counts: t.field({
      type: SnapshotCountsType,
      description: 'What has been written so far.',
      resolve: (snapshot) => snapshot,
    }),
    expectedTasks: t.expose('expectedTasks', {
      type: 'BigInt',
      nullable: true,
      description:
        'Number of tasks at the start; null before the start, and for more than 1,000,000, where counting stops.',
    }),
    target: t.field({
      type: ExternalStorage,
      nullable: true,
      description: 'The target storage that the snapshot is written to; null: it is downloaded.',
      resolve: ({ targetId }, _, { loaders }) => (targetId === null ? null : loaders.storage.load(targetId)),
    }),
    withMedia: t.exposeBoolean('withMedia', {
      description: 'Whether the objects that tasks point at are copied to the target, too.',
    }),
    folder: t.exposeString('folder', {
      nullable: true,
      description:
        'What the keys of the objects at the target begin with: parts `tasks-00001.jsonl` and on, with media `media/` and the lists `media-00001.jsonl` and on, and `manifest.json`, which is written last. Null for a download, and before a worker has begun.',
    }),
    downloadUrl: t.field({
      type: 'URL',
      nullable: true,
      description:
        'Where to download the tasks, as often as needed; null for a snapshot at a target. Send the same Authorization header.',
      resolve: ({ id, targetId, format }, _, { services }) =>
        targetId === null ? new URL(`/snapshots/${id}/${fileNameOf(format)}`, services.baseUrl()) : null,
    }),
    manifestUrl: t.field({
      type: 'URL',
      nullable: true,
      description:
        'Where to download the manifest: the counts, and the size and SHA-256 of each file. Null until the snapshot is COMPLETED. Send the same Authorization header.',
      resolve: (snapshot, _, { services }) =>
        stateOf(snapshot) === 'COMPLETED'
          ? new URL(`/snapshots/${snapshot.id}/${MANIFEST}`, services.baseUrl())
          : null,
    }),
    size: t.expose('bytes', {
      type: 'BigInt',
      nullable: true,
      description:
        'Size of the tasks that were written, in bytes; null while a download is not COMPLETED, or no part is written.',
    }),
    contentHash: t.exposeString('sha256', {
      nullable: true,
      description:
        'SHA-256 of the file as it was last downloaded, in hexadecimal; null until then. The parts at a target have theirs in the manifest.',
    }),
    error: t.field({
      type: SnapshotErrorType,
      nullable: true,
      description: 'Why the snapshot failed; null when it did not.',
      resolve: errorOf,
    }),
    attempts: t.exposeInt('attempts', {
      description: 'Number of times that a worker has taken it up since something was last written.',
    }),
    createdBy: t.field({
      type: UserType,
      nullable: true,
      description: 'User who asked for the snapshot; null when the user no longer exists.',
      resolve: ({ createdBy }, _, { loaders }) => (createdBy === null ? null : loaders.user.load(createdBy)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the snapshot was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the tasks began to be written; null before that.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the snapshot was completed or failed; null before that.',
    }),
  }),
});

const SnapshotConnection = builder.connectionObject(
  { type: SnapshotType, name: 'SnapshotConnection', description: 'A page of snapshots.' },
  { name: 'SnapshotEdge', description: 'A snapshot and its cursor.' },
);

builder.objectField(ProjectType, 'snapshots', (t) =>
  t.field({
    type: SnapshotConnection,
    description: `Snapshots of the project, newest first. The last ${MAX_SNAPSHOTS} are kept. Needs the role MANAGER.`,
    args: pageArgs(t.arg),
    resolve: ({ id }, page, context) =>
      connectionOf(page, {
        fetch: (keyset: { limit: number; after: number | undefined }) =>
          context.services.snapshots.list(viewerOf(context), id, keyset),
        keyOf: (snapshot: Snapshot) => snapshot.id,
        count: () => context.services.snapshots.count(viewerOf(context), id),
      }),
  }),
);

const CreateExportInput = builder.inputType('CreateExportInput', {
  description: 'A new snapshot of a project.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project whose tasks are written.' }),
    format: t.field({
      type: SnapshotFormatEnum,
      required: true,
      defaultValue: 'JSON',
      description: 'The format of the file.',
    }),
    targetId: t.id({
      description: 'The target storage of the project to write to; absent: the snapshot is downloaded.',
    }),
    withMedia: t.boolean({
      defaultValue: false,
      description:
        'Whether to copy the objects in source storages of the project that the data of tasks points at, too. Needs `targetId`. Objects above 64 MiB are missing at targets of Redis; so are local files that the operator does not serve to browsers.',
    }),
    filter: t.field({ type: TaskFilterInput, description: 'Which tasks to write; absent: all.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

builder.mutationField('createExport', (t) =>
  t.field({
    type: SnapshotType,
    description: `Creates a snapshot of a project: to be downloaded at its \`downloadUrl\`, or, with \`targetId\`, written by a worker to a target storage, in a folder of its own. The subscription \`snapshotProgress\` follows it. At most ${MAX_OPEN} snapshots of a project are written at a time.`,
    args: {
      input: t.arg({ type: CreateExportInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'snapshot', description: 'The new snapshot.' },
      result: { description: 'The snapshot was created.' },
    },
    resolve: async (_, { input: { projectId, targetId, filter, ...input } }, context) =>
      context.services.snapshots.create(viewerOf(context), projectKey(projectId), {
        ...input,
        targetId: targetId == null ? null : storageKey(targetId),
        filter: await conditionsOf(filter ?? {}, context),
      }),
  }),
);

builder.subscriptionField('snapshotProgress', (t) =>
  t.field({
    type: SnapshotType,
    description:
      'The progress of a snapshot: its present state first, then every change, ending when it is COMPLETED or FAILED.',
    args: {
      snapshotId: t.arg.id({ required: true, description: 'The snapshot to follow.' }),
    },
    subscribe: (_, { snapshotId }, context) =>
      context.services.snapshots.follow(
        viewerOf(context),
        keyOf('snapshot', snapshotId, 'Snapshot'),
        context.signal,
      ),
    resolve: (snapshot) => snapshot,
  }),
);
