import { builder } from '../../graphql/builder.ts';
import { type InputFields, type ProviderGraphql, setting } from '../../graphql/provider.ts';
import { type Topology as RedisTopology, redisDefaults } from './config.ts';

const Topology = builder.enumType('RedisTopology', {
  description: 'How the Redis servers of a storage work together.',
  values: {
    STANDALONE: { description: 'One server holds all keys; `host` and `port` name it.' },
    CLUSTER: {
      description:
        'The keys are spread over the nodes of a Redis Cluster; `host` and `port` name one of them. The other nodes are found through it, and have to be addresses that the service may connect to.',
    },
    SENTINEL: {
      description:
        'A Sentinel knows which server is the primary at present; `host` and `port` name the Sentinel, `primaryName` the primary.',
    },
  } satisfies Record<RedisTopology, object>,
});

const userInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'A user of the access control list (Redis 6 and newer).',
    fields: (t) => ({
      username: t.string({ required, description: 'Name of the user.' }),
      password: t.string({ required, description: 'Password of the user. It is never shown again.' }),
    }),
  });

const credentialsInput = (name: string, user: ReturnType<typeof userInput>) =>
  builder.inputType(name, {
    description: 'The credentials: exactly one kind.',
    isOneOf: true,
    fields: (t) => ({
      none: t.boolean({ description: 'No password at all. Only `true` is valid.' }),
      password: t.string({ description: 'The password of the default user. It is never shown again.' }),
      user: t.field({ type: user, description: 'A user with a password.' }),
    }),
  });

const CredentialsInput = credentialsInput('RedisCredentialsInput', userInput('RedisUserInput', true));
const CredentialsUpdateInput = credentialsInput(
  'RedisCredentialsUpdateInput',
  userInput('RedisUserUpdateInput', false),
);

/** @param defaults of a new storage; changes leave what is absent */
const fields = (t: InputFields, defaults: Partial<typeof redisDefaults>) => ({
  host: t.string({ defaultValue: defaults.host, description: 'Host name or IP address.' }),
  port: t.int({ defaultValue: defaults.port, description: 'Port of the server: 1 to 65535.' }),
  topology: t.field({
    type: Topology,
    defaultValue: defaults.topology,
    description: 'How the servers work together.',
  }),
  primaryName: t.string({
    description: 'The name by which the Sentinel knows the primary: `mymaster`. Only with SENTINEL.',
  }),
  sentinelPassword: t.string({
    description:
      'The password of the Sentinel itself, if it asks for one. Only with SENTINEL. Never shown again.',
  }),
  database: t.int({
    defaultValue: defaults.database,
    description: 'Number of the database; 0 is the only one of a cluster.',
  }),
  path: t.string({ description: 'What every key begins with, exactly as written: `tasks:`.' }),
  tls: t.boolean({ defaultValue: defaults.tls, description: 'Whether to connect by TLS.' }),
  tlsCa: t.string({ description: 'Certificates to trust instead of the usual authorities, in PEM form.' }),
});

const RedisInput = builder.inputType('RedisInput', {
  description: 'The string values of a Redis database.',
  fields: (t) => ({
    ...fields(t, redisDefaults),
    credentials: t.field({
      type: CredentialsInput,
      description: 'Credentials that the service connects with; absent: none.',
    }),
  }),
});

const RedisUpdateInput = builder.inputType('RedisUpdateInput', {
  description: 'Changes of a Redis storage; what is absent stays. Another server needs the password again.',
  fields: (t) => ({
    ...fields(t, {}),
    credentials: t.field({
      type: CredentialsUpdateInput,
      description: 'Credentials that the service connects with.',
    }),
  }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'The string values of a Redis database.',
  fields: (t) => ({
    host: t.string({ description: 'Host name or IP address.', resolve: ({ config }) => String(config.host) }),
    port: t.int({ description: 'Port of the server.', resolve: ({ config }) => Number(config.port) }),
    topology: t.field({
      type: Topology,
      description: 'How the servers work together.',
      resolve: (storage) => (setting(storage, 'topology') ?? 'STANDALONE') as RedisTopology,
    }),
    primaryName: t.string({
      nullable: true,
      description: 'Name by which the Sentinel knows the primary; null without a Sentinel.',
      resolve: (storage) => setting(storage, 'primaryName'),
    }),
    database: t.int({
      description: 'Number of the database.',
      resolve: ({ config }) => Number(config.database),
    }),
    path: t.string({
      description: 'What every key begins with.',
      resolve: ({ config }) => String(config.path),
    }),
    tls: t.boolean({
      description: 'Whether the service connects by TLS.',
      resolve: ({ config }) => config.tls === true,
    }),
    tlsCa: t.string({
      nullable: true,
      description: 'Certificates that are trusted instead of the usual authorities, in PEM form.',
      resolve: (storage) => setting(storage, 'tlsCa'),
    }),
    username: t.string({
      nullable: true,
      description: 'Name of the user; null: none is used.',
      resolve: (storage) => setting(storage, 'username'),
    }),
  }),
  secrets: {
    password: 'Whether a password is stored.',
    sentinelPassword: 'Whether a password of the Sentinel is stored.',
  },
};

export const graphql: ProviderGraphql<typeof RedisInput.$inferInput> = {
  provider: 'REDIS',
  description: 'A Redis database whose string values are objects; no password, password, or user.',
  storage,
  createInput: RedisInput,
  updateInput: RedisUpdateInput as unknown as typeof RedisInput,
  read({ credentials, sentinelPassword, ...settings }) {
    const { settings: way, secrets } = waysIn(credentials);
    return { settings: { ...settings, ...way }, secrets: { ...secrets, sentinelPassword } };
  },
};

/** One way in clears the others. */
function waysIn(credentials: typeof CredentialsInput.$inferInput | null | undefined) {
  if (!credentials) return { settings: {}, secrets: {} };
  const { password, user } = credentials;
  if (user) {
    const { username, password: ofUser } = user;
    return { settings: { credentials: 'USER', username }, secrets: { password: ofUser } };
  }
  if (password != null) {
    return { settings: { credentials: 'PASSWORD', username: null }, secrets: { password } };
  }
  // `none: false` names no way at all: the settings' own check says so.
  const kind = credentials.none ? 'NONE' : false;
  return { settings: { credentials: kind, username: null }, secrets: { password: null } };
}
