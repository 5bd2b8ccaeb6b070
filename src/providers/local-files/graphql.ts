import { builder } from '../../graphql/builder.ts';
import { type ProviderGraphql, setting } from '../../graphql/provider.ts';

const pathText = 'Absolute path of a folder strictly below LOCAL_FILES_DOCUMENT_ROOT.';

const LocalFilesInput = builder.inputType('LocalFilesInput', {
  description: 'A folder of the machine that the service runs on.',
  fields: (t) => ({ path: t.string({ required: true, description: pathText }) }),
});

const LocalFilesUpdateInput = builder.inputType('LocalFilesUpdateInput', {
  description: 'Changes of a local-files storage; what is absent stays.',
  fields: (t) => ({ path: t.string({ description: pathText }) }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'A folder of the machine that the service runs on.',
  fields: (t) => ({
    path: t.string({
      description: 'Absolute path of the folder.',
      resolve: (storage) => setting(storage, 'path') ?? '',
    }),
  }),
  secrets: {},
};

export const graphql: ProviderGraphql<Partial<typeof LocalFilesInput.$inferInput>> = {
  provider: 'LOCAL_FILES',
  description: 'A folder below the document root of the service; no credentials.',
  storage,
  createInput: LocalFilesInput,
  updateInput: LocalFilesUpdateInput as unknown as typeof LocalFilesInput,
  read: (settings) => ({ settings, secrets: {} }),
};
