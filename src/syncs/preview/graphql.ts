import { ForbiddenError, NotFoundError, ProviderError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { IssueCodeEnum } from '../../objects/codes/graphql.ts';
import { atCandidate } from '../../storages/graphql/candidate.ts';
import type { StorageCandidates } from '../../storages/graphql/candidate-inputs.ts';
import type { Remark } from '../compare/files.ts';
import { exportDrifts } from '../model.ts';
import { type PreviewEntry, previewActions } from './entries.ts';
import type { SyncPreview } from './preview.ts';

const PreviewActionEnum = describedEnum(
  'PreviewAction',
  'What a sync would do with an object.',
  previewActions,
  {
    IMPORT: 'Import the object.',
    UNCHANGED: 'Do nothing: the object was imported, or written to the target storage, and has not changed.',
    CHANGED: 'Apply the policy `onChanged`: the object has changed.',
    SKIP: 'Skip the object; `code` says why.',
    FAIL: 'Record the object as failed; `code` and `message` say why.',
    WRITE: 'Write the object to the target storage: it is new there, or its content or key has changed.',
    DELETE: 'Delete the object from the target storage: its annotation is gone.',
  },
);

const ExportDriftEnum = describedEnum(
  'ExportDrift',
  'How an object of a target storage differs from what was written there.',
  exportDrifts,
  {
    MISSING: 'The object is gone from the storage.',
    ALTERED: 'Somebody else has changed the object: its size or version is another one.',
  },
);

const PreviewEntryType = builder.objectRef<PreviewEntry>('PreviewEntry').implement({
  description: 'What a sync would do with one object.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'Full key of the object; empty when the object is too large for a target storage.',
    }),
    size: t.expose('size', { type: 'BigInt', description: 'Size in bytes.' }),
    modifiedAt: t.expose('modifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the object was last modified, or last written to a target storage.',
    }),
    action: t.field({
      type: PreviewActionEnum,
      description: 'What a sync would do.',
      resolve: ({ action }) => action,
    }),
    code: t.field({
      type: IssueCodeEnum,
      nullable: true,
      description: 'Why the object would be skipped or fail.',
      resolve: ({ code }) => code,
    }),
    message: t.exposeString('message', { nullable: true, description: 'The cause in words for people.' }),
    data: t.expose('data', {
      type: 'JSON',
      nullable: true,
      description: 'Data of its task, or of the first task that it defines; null: none would be created.',
    }),
    hasMoreRows: t.exposeBoolean('hasMoreRows', {
      description: 'Whether the task file has more rows than the one whose `data` is shown.',
    }),
    drift: t.field({
      type: ExportDriftEnum,
      nullable: true,
      description:
        'How the object of a target storage differs from what was written there; null when it does not, or without `drift: true`.',
      resolve: ({ drift }) => drift,
    }),
  }),
});

const countDescriptions: Record<keyof SyncPreview['counts'], string> = {
  listed: 'Objects that were listed; of a target storage, those that belong there or did.',
  import: 'Objects that would be imported.',
  unchanged: 'Objects imported or written before and the same since.',
  changed: 'Objects that have changed.',
  skip: 'Objects that would be skipped.',
  fail: 'Objects that would fail, by their name alone: their content is not read for this.',
  removed: 'Objects that are gone.',
  write: 'Objects that would be written to the target storage.',
  delete: 'Objects that would be deleted from the target storage.',
  missing: 'Objects of the target storage that a sync would leave as they are, and that are gone from there.',
  altered:
    'Objects of the target storage that a sync would leave as they are, and that somebody else has changed.',
};

const PreviewCountsType = builder.objectRef<SyncPreview['counts']>('PreviewCounts').implement({
  description: 'What a sync would do with all objects.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(countDescriptions).map(([name, description]) => [
        name,
        t.field({ type: 'BigInt', description, resolve: (counts) => counts[name as keyof typeof counts] }),
      ]),
    ),
});

const PreviewRemarkType = builder.objectRef<Remark>('PreviewRemark').implement({
  description: 'Something to know before the first sync, of all objects together.',
  fields: (t) => ({
    code: t.field({
      type: IssueCodeEnum,
      description: 'The code of the warning that a sync would record.',
      resolve: ({ code }) => code,
    }),
    message: t.exposeString('message', { description: 'What it is, and what to do, in words for people.' }),
  }),
});

const SyncPreviewType = builder.objectRef<SyncPreview>('SyncPreview').implement({
  description: 'What a sync would do, without doing it.',
  fields: (t) => ({
    entries: t.field({
      type: [PreviewEntryType],
      description:
        'The first objects of the listing; of a target storage, the first that a sync would change or that differ.',
      resolve: ({ entries }) => entries,
    }),
    counts: t.field({
      type: PreviewCountsType,
      description: 'The number of objects by what a sync would do.',
      resolve: ({ counts }) => counts,
    }),
    remarks: t.field({
      type: [PreviewRemarkType],
      description:
        'What there is to say of the objects that would be imported, such as that they are named like task files; empty for a target storage.',
      resolve: ({ remarks }) => remarks,
    }),
    complete: t.exposeBoolean('complete', {
      description: 'false: it takes long, and the counts are of the first 20 seconds.',
    }),
  }),
});

/** Adds previewSync, which takes what the storages' own mutations take. */
export function definePreview({ candidateInput, candidateOf }: StorageCandidates): void {
  const PreviewSyncInput = candidateInput('PreviewSync', 'The storage to look at.', (t) => ({
    first: t.int({
      defaultValue: 10,
      description: 'How many objects to show one by one: 1 to 100.',
    }),
    drift: t.boolean({
      defaultValue: false,
      description:
        'Whether to compare the objects of a target storage with what was written there, by size and version: what somebody else has changed or deleted. `syncStorage` with `full: true` writes all of it again.',
    }),
  }));

  builder.mutationField('previewSync', (t) =>
    t.field({
      type: SyncPreviewType,
      description:
        'Shows what a sync would do, by the same comparison that a sync makes: what a source storage would import, or what would be written to a target storage and deleted there. Writes nothing.',
      args: {
        input: t.arg({ type: PreviewSyncInput, required: true, description: 'The fields of the request.' }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'preview', description: 'What a sync would do.' },
        result: { description: 'The storage was looked at.' },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ first, drift }) =>
          context.services.previews.preview(
            viewerOf(context),
            { ...candidateOf(input), first, drift },
            context.signal,
          ),
        ),
    }),
  );
}
