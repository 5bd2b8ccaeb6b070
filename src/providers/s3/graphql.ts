import { builder } from '../../graphql/builder.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { type InputFields, type ProviderGraphql, setting } from '../../graphql/provider.ts';
import { DEFAULT_REGION } from './config.ts';

const EncryptionTypeEnum = describedEnum('S3EncryptionType', 'Who holds the key.', ['AES256', 'KMS'], {
  AES256: 'S3 itself (SSE-S3).',
  KMS: 'AWS Key Management Service (SSE-KMS).',
});

const EncryptionInput = builder.inputType('S3EncryptionInput', {
  description: 'Server-side encryption of written objects.',
  fields: (t) => ({
    type: t.field({ type: EncryptionTypeEnum, required: true, description: 'Who holds the key.' }),
    keyId: t.string({ description: 'With KMS: the id, ARN or alias of the key.' }),
  }),
});

const accessKeyInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'An access key, with the session token if it is a temporary one.',
    fields: (t) => ({
      accessKeyId: t.string({ required, description: 'Access key ID.' }),
      secretAccessKey: t.string({ required, description: 'Secret access key. It is never shown again.' }),
      sessionToken: t.string({
        description: 'Session token of temporary credentials. It is never shown again.',
      }),
    }),
  });

const RoleInput = builder.inputType('S3RoleInput', {
  description:
    'An IAM role that the service assumes, always with the external ID of your organization: see `viewer.organization.externalId`.',
  fields: (t) => ({
    roleArn: t.string({
      required: true,
      description: 'ARN of the role: `arn:aws:iam::123456789012:role/name`.',
    }),
  }),
});

const credentialsInput = (name: string, accessKey: ReturnType<typeof accessKeyInput>) =>
  builder.inputType(name, {
    description: 'The credentials: exactly one kind.',
    isOneOf: true,
    fields: (t) => ({
      accessKey: t.field({ type: accessKey, description: 'An access key.' }),
      role: t.field({ type: RoleInput, description: 'An IAM role.' }),
      default: t.boolean({
        description: "The service's own AWS credentials, by the default chain of its machine. Only `true`.",
      }),
    }),
  });

const CredentialsInput = credentialsInput('S3CredentialsInput', accessKeyInput('S3AccessKeyInput', true));
const CredentialsUpdateInput = credentialsInput(
  'S3CredentialsUpdateInput',
  accessKeyInput('S3AccessKeyUpdateInput', false),
);

/** @param required of a new storage, which has defaults too; changes leave what is absent */
const fields = (t: InputFields, required: boolean) => ({
  bucket: t.string({ required, description: 'Name of the bucket.' }),
  prefix: t.string({
    description: 'The folder that the storage is limited to: `images` never matches `images2/…`.',
  }),
  region: t.string({
    defaultValue: required ? DEFAULT_REGION : undefined,
    description: 'Region of the bucket.',
  }),
  endpoint: t.string({
    description: 'Address of a server that is not AWS: `https://minio.example.com:9000`.',
  }),
  tlsCa: t.string({
    description:
      "Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form.",
  }),
  publicEndpoint: t.string({
    description: 'Address under which browsers reach that server, where it differs from `endpoint`.',
  }),
  pathStyle: t.boolean({
    description:
      'Whether the bucket stands in the path rather than in the host name; absent: only for IP addresses and localhost.',
  }),
  encryption: t.field({ type: EncryptionInput, description: 'Server-side encryption of written objects.' }),
});

const S3Input = builder.inputType('S3Input', {
  description: 'A bucket of Amazon S3 or of a server that speaks its protocol.',
  fields: (t) => ({
    ...fields(t, true),
    credentials: t.field({
      type: CredentialsInput,
      required: true,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const S3UpdateInput = builder.inputType('S3UpdateInput', {
  description:
    'Changes of an S3 storage; what is absent stays. Another bucket or endpoint needs the secrets again.',
  fields: (t) => ({
    ...fields(t, false),
    credentials: t.field({
      type: CredentialsUpdateInput,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'A bucket of Amazon S3 or of a server that speaks its protocol.',
  fields: (t) => ({
    bucket: t.string({ description: 'Name of the bucket.', resolve: ({ config }) => String(config.bucket) }),
    region: t.string({
      description: 'Region of the bucket.',
      resolve: ({ config }) => String(config.region),
    }),
    endpoint: t.string({
      nullable: true,
      description: 'Address of a server that is not AWS.',
      resolve: (storage) => setting(storage, 'endpoint'),
    }),
    tlsCa: t.string({
      nullable: true,
      description: 'Certificates that are trusted beside the usual authorities, in PEM form.',
      resolve: (storage) => setting(storage, 'tlsCa'),
    }),
    publicEndpoint: t.string({
      nullable: true,
      description: 'Address under which browsers reach the server; null: the endpoint.',
      resolve: (storage) => setting(storage, 'publicEndpoint'),
    }),
    pathStyle: t.boolean({
      nullable: true,
      description: 'Whether the bucket stands in the path; null: only for IP addresses and localhost.',
      resolve: ({ config }) => config.pathStyle as boolean | undefined,
    }),
    accessKeyId: t.string({
      nullable: true,
      description: 'Access key ID; null where no access key is used.',
      resolve: (storage) => setting(storage, 'accessKeyId'),
    }),
    roleArn: t.string({
      nullable: true,
      description: 'ARN of the IAM role; null where none is used.',
      resolve: (storage) => setting(storage, 'roleArn'),
    }),
    encryptionType: t.field({
      type: EncryptionTypeEnum,
      nullable: true,
      description: 'Server-side encryption of written objects.',
      resolve: ({ config }) => (config.encryption as { type: 'AES256' | 'KMS' } | undefined)?.type,
    }),
    encryptionKeyId: t.string({
      nullable: true,
      description: 'Id, ARN or alias of the KMS key.',
      resolve: ({ config }) => (config.encryption as { keyId?: string } | undefined)?.keyId,
    }),
  }),
  secrets: {
    secretAccessKey: 'Whether a secret access key is stored.',
    sessionToken: 'Whether a session token is stored.',
  },
};

export const graphql: ProviderGraphql<Partial<typeof S3Input.$inferInput>> = {
  provider: 'S3',
  description: 'A bucket of Amazon S3 or of an S3-compatible server; access key, IAM role or default chain.',
  storage,
  createInput: S3Input,
  updateInput: S3UpdateInput as unknown as typeof S3Input,
  read({ credentials, encryption, ...settings }) {
    const ofKms = encryption?.keyId == null ? {} : { keyId: encryption.keyId };
    return {
      settings: {
        ...settings,
        ...(encryption !== undefined && { encryption: encryption && { type: encryption.type, ...ofKms } }),
        ...waysIn(credentials).settings,
      },
      secrets: waysIn(credentials).secrets,
    };
  },
};

/** One way in clears the others. */
function waysIn(credentials: typeof CredentialsInput.$inferInput | null | undefined) {
  if (!credentials) return { settings: {}, secrets: {} };
  const { accessKey, role } = credentials;
  const noSecrets = { secretAccessKey: null, sessionToken: null };
  if (role) {
    return {
      settings: { credentials: 'ROLE', roleArn: role.roleArn, accessKeyId: null },
      secrets: noSecrets,
    };
  }
  if (!accessKey) {
    // `default: false` names no way at all: the settings' own check says so.
    const kind = credentials.default ? 'DEFAULT' : null;
    return { settings: { credentials: kind, roleArn: null, accessKeyId: null }, secrets: noSecrets };
  }
  const { accessKeyId, secretAccessKey, sessionToken } = accessKey;
  return {
    settings: { credentials: 'ACCESS_KEY', roleArn: null, accessKeyId },
    // A new secret without a session token is a lasting one.
    secrets: {
      secretAccessKey,
      sessionToken: sessionToken === undefined && secretAccessKey ? null : sessionToken,
    },
  };
}
