import { builder } from '../../graphql/builder.ts';
import { type InputFields, type ProviderGraphql, setting } from '../../graphql/provider.ts';

const WorkloadIdentityInput = builder.inputType('GcsWorkloadIdentityInput', {
  description:
    'Workload Identity Federation: the service proves its AWS identity to Google and acts as a service account, without a key.',
  fields: (t) => ({
    projectNumber: t.string({ required: true, description: 'Number of the project that the pool is in.' }),
    poolId: t.string({ required: true, description: 'Workload identity pool.' }),
    providerId: t.string({ required: true, description: 'Provider of the pool.' }),
    serviceAccountEmail: t.string({ required: true, description: 'Service account to act as.' }),
  }),
});

const ImpersonationInput = builder.inputType('GcsImpersonationInput', {
  description:
    'A service account that the service acts as by its own Google credentials (Application Default Credentials), without a key.',
  fields: (t) => ({
    serviceAccountEmail: t.string({ required: true, description: 'Service account to act as.' }),
  }),
});

const CredentialsInput = builder.inputType('GcsCredentialsInput', {
  description: 'The credentials: exactly one kind.',
  isOneOf: true,
  fields: (t) => ({
    serviceAccountJson: t.string({
      description:
        'Content of the JSON key file of a service account. Never shown again. Empty, in changes: the stored one.',
    }),
    default: t.boolean({
      description: "The service's own Google credentials (Application Default Credentials). Only `true`.",
    }),
    impersonation: t.field({ type: ImpersonationInput, description: 'A service account to act as.' }),
    workloadIdentity: t.field({ type: WorkloadIdentityInput, description: 'Workload Identity Federation.' }),
  }),
});

const fields = (t: InputFields, required: boolean) => ({
  bucket: t.string({ required, description: 'Name of the bucket.' }),
  prefix: t.string({
    description: 'The folder that the storage is limited to: `images` never matches `images2/…`.',
  }),
  projectId: t.string({ description: "The bucket's project, for the commands of the setup guide." }),
  tlsCa: t.string({
    description:
      "Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form.",
  }),
  endpoint: t.string({
    description: 'Address of a server that is not Google’s; absent: storage.googleapis.com.',
  }),
});

const GcsInput = builder.inputType('GcsInput', {
  description: 'A bucket of Google Cloud Storage.',
  fields: (t) => ({
    ...fields(t, true),
    credentials: t.field({
      type: CredentialsInput,
      required: true,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const GcsUpdateInput = builder.inputType('GcsUpdateInput', {
  description:
    'Changes of a GCS storage; what is absent stays. Another bucket or endpoint needs the key again.',
  fields: (t) => ({
    ...fields(t, false),
    credentials: t.field({
      type: CredentialsInput,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'A bucket of Google Cloud Storage.',
  fields: (t) => ({
    bucket: t.string({ description: 'Name of the bucket.', resolve: ({ config }) => String(config.bucket) }),
    projectId: t.string({
      nullable: true,
      description: "The bucket's project.",
      resolve: (storage) => setting(storage, 'projectId'),
    }),
    tlsCa: t.string({
      nullable: true,
      description: 'Certificates that are trusted beside the usual authorities, in PEM form.',
      resolve: (storage) => setting(storage, 'tlsCa'),
    }),
    endpoint: t.string({
      nullable: true,
      description: 'Address of a server that is not Google’s.',
      resolve: (storage) => setting(storage, 'endpoint'),
    }),
    clientEmail: t.string({
      nullable: true,
      description: 'The service account whose key is used.',
      resolve: (storage) => setting(storage, 'clientEmail'),
    }),
    serviceAccountEmail: t.string({
      nullable: true,
      description: 'The service account acted as, by Workload Identity Federation or impersonation.',
      resolve: (storage) => setting(storage, 'serviceAccountEmail'),
    }),
    workloadIdentityProvider: t.string({
      nullable: true,
      description: 'Full name of the workload identity provider.',
      resolve: ({ config: { projectNumber, poolId, providerId } }) =>
        projectNumber === undefined
          ? null
          : `projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}/providers/${providerId}`,
    }),
  }),
  secrets: { serviceAccountJson: 'Whether the key of a service account is stored.' },
};

export const graphql: ProviderGraphql<Partial<typeof GcsInput.$inferInput>> = {
  provider: 'GCS',
  description:
    'A bucket of Google Cloud Storage; service-account key, default credentials, impersonation or workload identity.',
  storage,
  createInput: GcsInput,
  updateInput: GcsUpdateInput as unknown as typeof GcsInput,
  read({ credentials, ...settings }) {
    const { settings: way, secrets } = waysIn(credentials);
    return { settings: { ...settings, ...way }, secrets };
  },
};

const noFederation = { projectNumber: null, poolId: null, providerId: null, serviceAccountEmail: null };

/** One way in clears the others. */
function waysIn(credentials: typeof CredentialsInput.$inferInput | null | undefined) {
  if (!credentials) return { settings: {}, secrets: {} };
  const { serviceAccountJson, workloadIdentity, impersonation } = credentials;
  if (workloadIdentity) {
    const settings = { credentials: 'WORKLOAD_IDENTITY', clientEmail: null, ...workloadIdentity };
    return { settings, secrets: { serviceAccountJson: null } };
  }
  if (impersonation) {
    const settings = { credentials: 'IMPERSONATION', clientEmail: null, ...noFederation, ...impersonation };
    return { settings, secrets: { serviceAccountJson: null } };
  }
  if (serviceAccountJson != null) {
    const settings = { credentials: 'SERVICE_ACCOUNT', ...noFederation };
    return { settings, secrets: { serviceAccountJson: serviceAccountJson || undefined } };
  }
  // `default: false` names no way at all: the settings' own check says so.
  const kind = credentials.default ? 'DEFAULT' : null;
  const settings = { credentials: kind, clientEmail: null, ...noFederation };
  return { settings, secrets: { serviceAccountJson: null } };
}
