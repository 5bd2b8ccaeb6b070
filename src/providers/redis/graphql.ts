import { builder } from '../../graphql/builder.ts';
import { type InputFields, type ProviderGraphql, setting } from '../../graphql/provider.ts';

const userInput = (name: string, required: boolean) =>
  builder.inputType(name, {
    description: 'A user of the access control list (Redis 6 and newer).',
    fields: (t) => ({
      username: t.string({ required, description: 'Name of the user.' }),
      password: t.string({ required, description: 'Password. Never shown again.' }),
    }),
  });

const credentialsInput = (name: string, user: ReturnType<typeof userInput>) =>
  builder.inputType(name, {
    description: 'How to get in: exactly one way.',
    isOneOf: true,
    fields: (t) => ({
      none: t.boolean({ description: 'No password. Only `true`.' }),
      password: t.string({ description: 'The password of the default user. Never shown again.' }),
      user: t.field({ type: user, description: 'A user with a password.' }),
    }),
  });

const CredentialsInput = credentialsInput('RedisCredentialsInput', userInput('RedisUserInput', true));
const CredentialsUpdateInput = credentialsInput(
  'RedisCredentialsUpdateInput',
  userInput('RedisUserUpdateInput', false),
);

const fields = (t: InputFields) => ({
  host: t.string({ description: 'Host name or IP address; default localhost.' }),
  port: t.int({ description: 'Port; default 6379.' }),
  database: t.int({ description: 'Number of the database; default 0.' }),
  path: t.string({ description: 'What every key begins with, exactly as written: `tasks:`.' }),
  tls: t.boolean({ description: 'Connect by TLS; default off.' }),
  tlsCa: t.string({ description: 'Certificates to trust instead of the usual authorities, PEM.' }),
});

const RedisInput = builder.inputType('RedisInput', {
  description: 'The string values of a Redis database.',
  fields: (t) => ({
    ...fields(t),
    credentials: t.field({ type: CredentialsInput, description: 'How to get in; default none.' }),
  }),
});

const RedisUpdateInput = builder.inputType('RedisUpdateInput', {
  description: 'Changes of a Redis storage; what is absent stays. Another server needs the password again.',
  fields: (t) => ({
    ...fields(t),
    credentials: t.field({ type: CredentialsUpdateInput, description: 'How to get in.' }),
  }),
});

const storage: ProviderGraphql['storage'] = {
  description: 'The string values of a Redis database.',
  fields: (t) => ({
    host: t.string({ description: 'Its host.', resolve: ({ config }) => String(config.host) }),
    port: t.int({ description: 'Its port.', resolve: ({ config }) => Number(config.port) }),
    database: t.int({ description: 'Its database.', resolve: ({ config }) => Number(config.database) }),
    path: t.string({
      description: 'What every key begins with.',
      resolve: ({ config }) => String(config.path),
    }),
    tls: t.boolean({
      description: 'Whether it connects by TLS.',
      resolve: ({ config }) => config.tls === true,
    }),
    tlsCa: t.string({
      nullable: true,
      description: 'Certificates that it trusts instead of the usual authorities, PEM.',
      resolve: (storage) => setting(storage, 'tlsCa'),
    }),
    username: t.string({
      nullable: true,
      description: 'Its user, if it has one.',
      resolve: (storage) => setting(storage, 'username'),
    }),
  }),
  secrets: { password: 'Whether a password is stored.' },
};

export const graphql: ProviderGraphql<typeof RedisInput.$inferInput> = {
  provider: 'REDIS',
  description: 'A Redis database whose string values are objects; no password, password, or user.',
  storage,
  createInput: RedisInput,
  updateInput: RedisUpdateInput as unknown as typeof RedisInput,
  read({ credentials, ...settings }) {
    const { settings: way, secrets } = waysIn(credentials);
    return { settings: { ...settings, ...way }, secrets };
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
