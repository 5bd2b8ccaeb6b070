import { ForbiddenError, NotFoundError, ProviderError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { IssueCodeEnum } from '../../objects/codes/graphql.ts';
import { atCandidate } from '../../storages/graphql/candidate.ts';
import type { StorageSchema } from '../../storages/graphql/mutations.ts';
import { type PreviewEntry, previewActions } from './entries.ts';
import type { SyncPreview } from './preview.ts';

const PreviewActionEnum = describedEnum(
  'PreviewAction',
  'What a sync would do with an object.',
  previewActions,
  {
    IMPORT: 'Import the object.',
    UNCHANGED: 'Do nothing: the object was imported and has not changed.',
    CHANGED: 'Apply the policy `onChanged`: the object has changed.',
    SKIP: 'Skip the object; `code` says why.',
    FAIL: 'Record the object as failed; `code` and `message` say why.',
  },
);

const PreviewEntryType = builder.objectRef<PreviewEntry>('PreviewEntry').implement({
  description: 'What a sync would do with one object.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Full key of the object.' }),
    size: t.expose('size', { type: 'BigInt', description: 'Size in bytes.' }),
    modifiedAt: t.expose('modifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the object was last modified.',
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
  }),
});

const countDescriptions: Record<keyof SyncPreview['counts'], string> = {
  listed: 'Objects that were listed.',
  import: 'Objects that would be imported.',
  unchanged: 'Objects imported before and the same since.',
  changed: 'Objects that have changed.',
  skip: 'Objects that would be skipped.',
  fail: 'Objects that would fail, by their name alone: their content is not read for this.',
  removed: 'Objects that are gone.',
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

const SyncPreviewType = builder.objectRef<SyncPreview>('SyncPreview').implement({
  description: 'What a sync would do, without doing it.',
  fields: (t) => ({
    entries: t.field({
      type: [PreviewEntryType],
      description: 'The first objects of the listing.',
      resolve: ({ entries }) => entries,
    }),
    counts: t.field({
      type: PreviewCountsType,
      description: 'The number of objects by what a sync would do.',
      resolve: ({ counts }) => counts,
    }),
    complete: t.exposeBoolean('complete', {
      description: 'false: the listing takes long, and the counts are of its first 20 seconds.',
    }),
  }),
});

/** Adds previewSync, which takes what the storages' own mutations take. */
export function definePreview({ candidateInput, candidateOf }: StorageSchema): void {
  const PreviewSyncInput = candidateInput('PreviewSync', 'The source storage to look at.', (t) => ({
    first: t.int({
      defaultValue: 10,
      description: 'How many objects to show one by one: 1 to 100.',
    }),
  }));

  builder.mutationField('previewSync', (t) =>
    t.field({
      type: SyncPreviewType,
      description: 'Shows what a sync would do, by the same comparison that a sync makes. Writes nothing.',
      args: {
        input: t.arg({ type: PreviewSyncInput, required: true, description: 'The fields of the request.' }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'preview', description: 'What a sync would do.' },
        result: { description: 'The storage was listed.' },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ first }) =>
          context.services.previews.preview(
            viewerOf(context),
            { ...candidateOf(input), first },
            context.signal,
          ),
        ),
    }),
  );
}
