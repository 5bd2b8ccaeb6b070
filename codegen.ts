import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Types of the operations that the tests send, made from the committed schema: `npm run codegen`. A client
 * of one's own takes this file over with its own folders; the scalars stay as they are here.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['test/{graphql,http,jobs,security}/**/*.ts'],
  generates: {
    'test/support/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumType: 'string-literal',
        scalars: { ID: 'string', DateTime: 'string', URL: 'string', JSON: 'unknown', BigInt: 'number' },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
  importExtension: '.ts',
};

export default config;
