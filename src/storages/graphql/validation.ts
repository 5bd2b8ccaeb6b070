import { builder } from '../../graphql/builder.ts';
import { CapabilityEnum, ProviderErrorCodeEnum } from '../../graphql/errors.ts';
import type { CapabilityCheck, StorageValidation } from '../model.ts';
import { CheckStatusEnum } from './enums.ts';

const CapabilityCheckType = builder.objectRef<CapabilityCheck>('CapabilityCheck').implement({
  description: 'The check of one capability.',
  fields: (t) => ({
    capability: t.field({
      type: CapabilityEnum,
      description: 'The capability that was checked.',
      resolve: (it) => it.capability,
    }),
    status: t.field({
      type: CheckStatusEnum,
      description: 'The outcome of the check.',
      resolve: (it) => it.status,
    }),
    required: t.exposeBoolean('required', {
      description: 'Whether the storage cannot work without the capability.',
    }),
    code: t.field({
      type: ProviderErrorCodeEnum,
      nullable: true,
      description: 'Why the check failed; null when it did not.',
      resolve: (it) => it.code,
    }),
    message: t.exposeString('message', { description: 'What happened, in words for people.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to do to remove the cause.' }),
  }),
});

export const StorageValidationType = builder.objectRef<StorageValidation>('StorageValidation').implement({
  description: 'The outcome of checking a storage.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', {
      description:
        'Whether the storage can be saved as it is: true exactly when `createStorage` would succeed. Other checks may have failed: each says so itself.',
    }),
    checks: t.field({
      type: [CapabilityCheckType],
      description: 'The checks, in the order in which they were carried out.',
      resolve: ({ checks }) => checks,
    }),
    exampleKey: t.exposeString('exampleKey', {
      nullable: true,
      description:
        'A full key as a target storage would have it, of an annotation that does not exist; null for a source storage.',
    }),
  }),
});
