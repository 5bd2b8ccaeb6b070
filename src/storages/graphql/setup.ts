import { builder } from '../../graphql/builder.ts';
import { describedEnum } from '../../graphql/enums.ts';
import type { SetupStep } from '../../providers/guide.ts';
import { type Diagnosis, type DiagnosisCheck, diagnosisChecks } from '../probes/diagnose.ts';

const SetupFormatEnum = describedEnum(
  'SetupFormat',
  'What kind of text a step is.',
  ['JSON', 'HCL', 'SHELL', 'TEXT'],
  {
    JSON: 'A JSON document.',
    HCL: 'A Terraform configuration.',
    SHELL: 'Commands for a shell.',
    TEXT: 'Text for people to read.',
  },
);

export const SetupStepType = builder.objectRef<SetupStep>('SetupStep').implement({
  description: 'A step of setting up the provider.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Title of the step.' }),
    format: t.field({
      type: SetupFormatEnum,
      description: 'What kind of text it is.',
      resolve: ({ format }) => format,
    }),
    content: t.exposeString('content', { description: "The text, with this storage's own names in it." }),
    explanation: t.exposeString('explanation', {
      description: 'What the text is for, and where to paste it.',
    }),
  }),
});

const DiagnosisCheckEnum = describedEnum(
  'DiagnosisCheckKind',
  'A request as a browser makes it to a freshly signed URL.',
  diagnosisChecks,
  {
    HEAD: 'A HEAD request; not required, since URLs are signed for GET.',
    GET: 'A GET of the whole object.',
    RANGE: 'A GET of the first byte, as players send it.',
    PREFLIGHT: 'A CORS preflight: whether the origin may send GET with a Range header.',
  },
);

const DiagnosisCheckType = builder.objectRef<DiagnosisCheck>('DiagnosisCheck').implement({
  description: 'The outcome of one request.',
  fields: (t) => ({
    check: t.field({
      type: DiagnosisCheckEnum,
      description: 'The request that was sent.',
      resolve: ({ check }) => check,
    }),
    ok: t.exposeBoolean('ok', { description: 'Whether the response gives the page what it needs.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'HTTP status of the response; null: there was none.',
    }),
    message: t.exposeString('message', { description: 'What happened, in words for people.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to change at the provider.' }),
    missingHeaders: t.exposeStringList('missingHeaders', {
      description: 'Headers that the response lacks, as `name: value`.',
    }),
  }),
});

export const DiagnosisType = builder.objectRef<Diagnosis>('StorageDiagnosis').implement({
  description: 'Whether a page on the given origin can show media of a storage by signed URL.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether the page can show the media.' }),
    checks: t.field({
      type: [DiagnosisCheckType],
      description: 'The requests that were sent.',
      resolve: ({ checks }) => checks,
    }),
    proposals: t.field({
      type: [SetupStepType],
      description: 'Steps at the provider that make the failed requests succeed.',
      resolve: ({ proposals }) => proposals,
    }),
  }),
});
