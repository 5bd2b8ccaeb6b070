import { builder } from '../../graphql/builder.ts';
import { type InputFields, type ProviderGraphql, setting } from '../../graphql/provider.ts';

const accountKeyInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'A key of the storage account.',
    fields: (t) => ({
      accountKey: t.string({ required, description: 'The account key. It is never shown again.' }),
    }),
  });

const sasInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'A shared access signature.',
    fields: (t) => ({
      sasToken: t.string({ required, description: 'The SAS token, `sv=…&sig=…`. It is never shown again.' }),
    }),
  });

const servicePrincipalInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'An application of Microsoft Entra ID with a client secret.',
    fields: (t) => ({
      tenantId: t.string({ required, description: 'Id or domain of the tenant.' }),
      clientId: t.string({ required, description: 'Client id of the application.' }),
      clientSecret: t.string({ required, description: 'The client secret. It is never shown again.' }),
      authorityHost: t.string({
        description: 'Address where the application signs in; absent: https://login.microsoftonline.com.',
      }),
    }),
  });

/** What a new storage needs, and the same for changes of one: what is absent stays. */
function credentialsInput(kind: 'Input' | 'UpdateInput') {
  const required = kind === 'Input';
  const accountKey = accountKeyInput(`AzureBlobAccountKey${kind}`, required);
  const sas = sasInput(`AzureBlobSas${kind}`, required);
  const principal = servicePrincipalInput(`AzureBlobServicePrincipal${kind}`, required);
  return builder.inputType(`AzureBlobCredentials${kind}`, {
    description: 'The credentials: exactly one kind.',
    isOneOf: true,
    fields: (t) => ({
      accountKey: t.field({ type: accountKey, description: 'A key of the account.' }),
      environment: t.boolean({
        description:
          "AZURE_BLOB_ACCOUNT_NAME and AZURE_BLOB_ACCOUNT_KEY of the service's environment. Only `true`.",
      }),
      sas: t.field({ type: sas, description: 'A shared access signature.' }),
      servicePrincipal: t.field({ type: principal, description: 'A service principal.' }),
    }),
  });
}

const CredentialsInput = credentialsInput('Input');
const CredentialsUpdateInput = credentialsInput('UpdateInput');

const fields = (t: InputFields, required: boolean) => ({
  container: t.string({ required, description: 'Name of the container.' }),
  prefix: t.string({
    description: 'The folder that the storage is limited to: `images` never matches `images2/…`.',
  }),
  accountName: t.string({ description: 'Name of the storage account, unless the endpoint says it.' }),
  tlsCa: t.string({
    description:
      "Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form.",
  }),
  endpoint: t.string({
    description: 'Address of the account; absent: `https://<account>.blob.core.windows.net`.',
  }),
});

const AzureBlobInput = builder.inputType('AzureBlobInput', {
  description: 'A container of Azure Blob Storage.',
  fields: (t) => ({
    ...fields(t, true),
    credentials: t.field({
      type: CredentialsInput,
      required: true,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const AzureBlobUpdateInput = builder.inputType('AzureBlobUpdateInput', {
  description:
    'Changes of an Azure storage; what is absent stays. Another container or endpoint needs the secrets again.',
  fields: (t) => ({
    ...fields(t, false),
    credentials: t.field({
      type: CredentialsUpdateInput,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'A container of Azure Blob Storage.',
  fields: (t) => ({
    container: t.string({
      description: 'Name of the container.',
      resolve: ({ config }) => String(config.container),
    }),
    accountName: t.string({
      nullable: true,
      description: 'The storage account.',
      resolve: (storage) => setting(storage, 'accountName'),
    }),
    tlsCa: t.string({
      nullable: true,
      description: 'Certificates that are trusted beside the usual authorities, in PEM form.',
      resolve: (storage) => setting(storage, 'tlsCa'),
    }),
    endpoint: t.string({
      nullable: true,
      description: 'Address of the account; null: `https://<account>.blob.core.windows.net`.',
      resolve: (storage) => setting(storage, 'endpoint'),
    }),
    tenantId: t.string({
      nullable: true,
      description: 'Tenant of the service principal.',
      resolve: (storage) => setting(storage, 'tenantId'),
    }),
    clientId: t.string({
      nullable: true,
      description: 'Client id of the service principal.',
      resolve: (storage) => setting(storage, 'clientId'),
    }),
    authorityHost: t.string({
      nullable: true,
      description: 'Address where the service principal signs in; null: https://login.microsoftonline.com.',
      resolve: (storage) => setting(storage, 'authorityHost'),
    }),
  }),
  secrets: {
    accountKey: 'Whether a key of the account is stored.',
    sasToken: 'Whether a shared access signature is stored.',
    clientSecret: 'Whether a client secret is stored.',
  },
};

export const graphql: ProviderGraphql<Partial<typeof AzureBlobInput.$inferInput>> = {
  provider: 'AZURE_BLOB',
  description: 'A container of Azure Blob Storage; account key, environment, SAS token or service principal.',
  storage,
  createInput: AzureBlobInput,
  updateInput: AzureBlobUpdateInput as unknown as typeof AzureBlobInput,
  read({ credentials, ...settings }) {
    const { settings: way, secrets } = waysIn(credentials);
    return { settings: { ...settings, ...way }, secrets };
  },
};

const noPrincipal = { tenantId: null, clientId: null, authorityHost: null };
const noSecrets = { accountKey: null, sasToken: null, clientSecret: null };

/** One way in clears the others. */
function waysIn(credentials: typeof CredentialsInput.$inferInput | null | undefined) {
  if (!credentials) return { settings: {}, secrets: {} };
  const { accountKey, sas, servicePrincipal } = credentials;
  if (accountKey) {
    const settings = { credentials: 'ACCOUNT_KEY', ...noPrincipal };
    return { settings, secrets: { ...noSecrets, accountKey: accountKey.accountKey } };
  }
  if (sas) {
    const settings = { credentials: 'SAS', ...noPrincipal };
    return { settings, secrets: { ...noSecrets, sasToken: sas.sasToken } };
  }
  if (servicePrincipal) {
    const { clientSecret, ...principal } = servicePrincipal;
    const settings = { credentials: 'SERVICE_PRINCIPAL', ...principal };
    return { settings, secrets: { ...noSecrets, clientSecret } };
  }
  // `environment: false` names no way at all: the settings' own check says so.
  const settings = { credentials: credentials.environment ? 'ENVIRONMENT' : null, ...noPrincipal };
  return { settings, secrets: noSecrets };
}
