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
    HCL: 'Terraform.',
    SHELL: 'Commands for a shell.',
    TEXT: 'Something to read.',
  },
);

export const SetupStepType = builder.objectRef<SetupStep>('SetupStep').implement({
  description: 'Something to paste at the provider.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'What it is.' }),
    format: t.field({
      type: SetupFormatEnum,
      description: 'What kind of text it is.',
      resolve: ({ format }) => format,
    }),
    content: t.exposeString('content', { description: "The text, with this storage's own names in it." }),
    explanation: t.exposeString('explanation', { description: 'What it is good for, and where it goes.' }),
  }),
});

const DiagnosisCheckEnum = describedEnum(
  'DiagnosisCheckKind',
  'A request as a browser makes it to a freshly signed URL.',
  diagnosisChecks,
  {
    HEAD: 'HEAD; not required, since URLs are signed for GET.',
    GET: 'The whole object.',
    RANGE: 'Its first byte, as players ask for.',
    PREFLIGHT: 'May this origin send GET with a Range header? (CORS preflight)',
  },
);

const DiagnosisCheckType = builder.objectRef<DiagnosisCheck>('DiagnosisCheck').implement({
  description: 'What came of one request.',
  fields: (t) => ({
    check: t.field({ type: DiagnosisCheckEnum, description: 'The request.', resolve: ({ check }) => check }),
    ok: t.exposeBoolean('ok', { description: 'Whether the page gets what it needs.' }),
    status: t.exposeInt('status', { nullable: true, description: 'HTTP status that came; null: no answer.' }),
    message: t.exposeString('message', { description: 'What happened.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to change.' }),
    missingHeaders: t.exposeStringList('missingHeaders', {
      description: 'Headers that should have come, as `name: value`.',
    }),
  }),
});

export const DiagnosisType = builder.objectRef<Diagnosis>('StorageDiagnosis').implement({
  description: 'Whether a page on the given origin can show media of a storage by signed URL.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether it can.' }),
    checks: t.field({
      type: [DiagnosisCheckType],
      description: 'The requests tried.',
      resolve: ({ checks }) => checks,
    }),
    proposals: t.field({
      type: [SetupStepType],
      description: 'What to paste at the provider so that the failed ones pass.',
      resolve: ({ proposals }) => proposals,
    }),
  }),
});
