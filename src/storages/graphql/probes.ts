import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  ProviderError,
  ValidationError,
} from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { atCandidate } from './candidate.ts';
import type { StorageCandidates } from './candidate-inputs.ts';
import { DiagnosisType, SetupStepType } from './setup.ts';
import { StorageValidationType } from './validation.ts';

/** Adds what looks at a storage and changes nothing: validateStorage, diagnoseStorage, storageSetupGuide. */
export function defineProbes(candidates: StorageCandidates) {
  defineValidation(candidates);
  defineDiagnosis(candidates);
  defineGuide(candidates);
}

function defineValidation({ candidateInput, candidateOf }: StorageCandidates) {
  const ValidateStorageInput = candidateInput('ValidateStorage', 'The storage to check.', () => ({}));

  builder.mutationField('validateStorage', (t) =>
    t.field({
      type: StorageValidationType,
      description:
        'Checks each capability of a storage on its own, at this moment. Saves nothing, and leaves no object in the storage.',
      args: {
        input: t.arg({
          type: ValidateStorageInput,
          required: true,
          description: 'The fields of the request.',
        }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ConflictError, ProviderError],
        dataField: { name: 'validation', description: 'The outcome of the checks.' },
        result: {
          description: 'All checks were carried out; `validation.ok` says whether the storage can be saved.',
        },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, () =>
          context.services.storages.validate(viewerOf(context), candidateOf(input), context.signal),
        ),
    }),
  );
}

function defineDiagnosis({ candidateInput, candidateOf }: StorageCandidates) {
  const DiagnoseStorageInput = candidateInput(
    'DiagnoseStorage',
    'The storage to check, and the origin of the page that shows its media.',
    (t) => ({
      origin: t.string({
        required: true,
        description: 'Origin of the page that shows media, such as `https://label.example.com`.',
      }),
    }),
  );

  builder.mutationField('diagnoseStorage', (t) =>
    t.field({
      type: DiagnosisType,
      description:
        'Signs a URL, requests it as a browser on the given origin would, and checks status, ranges and CORS headers.',
      args: {
        input: t.arg({
          type: DiagnoseStorageInput,
          required: true,
          description: 'The fields of the request.',
        }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'diagnosis', description: 'The outcome of the check.' },
        result: {
          description: 'All requests were sent; `diagnosis.ok` says whether a page can show the media.',
        },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ origin }) =>
          context.services.storages.diagnose(
            viewerOf(context),
            { ...candidateOf(input), origin },
            context.signal,
          ),
        ),
    }),
  );
}

function defineGuide({ candidateInput, candidateOf }: StorageCandidates) {
  const SetupGuideInput = candidateInput(
    'StorageSetupGuide',
    'The storage to set up; secrets are not needed.',
    (t) => ({
      origins: t.stringList({ description: 'Origins of the pages that show media, for CORS rules.' }),
      addresses: t.stringList({
        description: 'Addresses or networks that the service calls from, for policies limited to them.',
      }),
      servicePrincipal: t.string({
        description: 'ARN of the AWS principal that the service runs as, for trust policies.',
      }),
    }),
  );

  builder.queryField('storageSetupGuide', (t) =>
    t.field({
      type: [SetupStepType],
      description:
        'Steps that set up the provider for exactly this storage: least-privilege policies, trust, CORS rules.',
      args: {
        input: t.arg({ type: SetupGuideInput, required: true, description: 'The fields of the request.' }),
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ origins, addresses, servicePrincipal }) =>
          context.services.storages.guide(viewerOf(context), candidateOf(input), {
            origins,
            addresses,
            servicePrincipal,
          }),
        ),
    }),
  );
}
