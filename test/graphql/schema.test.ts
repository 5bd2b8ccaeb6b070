import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';

/** Rules that the whole schema keeps, whoever adds to it. */
const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
const builtIn = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);

const fieldsOf = (type: GraphQLNamedType): GraphQLField<unknown, unknown>[] =>
  isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];

test('every type, field, argument, enum value and input field has a description', () => {
  const missing: string[] = [];
  const check = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description?.trim()) missing.push(name);
  };
  for (const type of types) {
    if (!builtIn.has(type.name)) check(type.name, type);
    for (const field of fieldsOf(type)) {
      check(`${type.name}.${field.name}`, field);
      for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
    }
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
  }
  expect(missing).toEqual([]);
});

describe('secrets', () => {
  const secretName =
    /secret|password|passphrase|private|connectionString|sas|token|credential|(account|access|api|master|encryption)Key/i;
  /** What is shown on purpose, with the reason. */
  const shown: Record<string, string> = {
    'AddMemberSuccess.token': 'shown once, when it is made',
    'CreateApiTokenSuccess.token': 'shown once, when it is made',
    'CreateWebhookSuccess.secret': 'shown once, when it is made',
    'CreateApiTokenSuccess.apiToken': 'a record without the token',
    'RevokeApiTokenSuccess.apiToken': 'a record without the token',
    'Viewer.apiTokens': 'records without the tokens',
    'CreateNotificationTokenSuccess.token': 'shown once, when it is made',
    'S3Storage.accessKeyId': 'half of a pair that AWS itself treats as public',
    'S3Storage.encryptionKeyId': 'the name of a key, not the key',
  };

  test('no output field can carry one: outputs only say whether there is one', () => {
    const answers = types.filter((type) => type !== schema.getMutationType());
    const bearing = answers.flatMap((type) =>
      fieldsOf(type)
        .filter(({ name, type: of }) => secretName.test(name) && getNamedType(of).name !== 'Boolean')
        .map(({ name }) => `${type.name}.${name}`),
    );
    expect(bearing.filter((name) => !Object.hasOwn(shown, name))).toEqual([]);
  });

  test('JSON, which could carry anything, is only what was imported, annotated, or changed by somebody', () => {
    const free = types.flatMap((type) =>
      fieldsOf(type)
        .filter(({ type: of }) => getNamedType(of).name === 'JSON')
        .map(({ name }) => `${type.name}.${name}`),
    );
    expect(free.sort()).toEqual([
      'Annotation.result',
      // Secrets are told as changed.
      'AuditChange.after',
      'AuditChange.before',
      'Prediction.result',
      'PreviewEntry.data',
      'Task.data',
      'Task.meta',
      'Task.resolvedData',
    ]);
  });

  test('no filter or order reaches a column by name', () => {
    const filters = types.filter((type) => isInputObjectType(type) && /Filter|Order|Sort/.test(type.name));
    expect(filters.length).toBeGreaterThan(0);
    const names = filters.flatMap((type) => (isInputObjectType(type) ? Object.keys(type.getFields()) : []));
    expect(names.filter((name) => secretName.test(name))).toEqual([]);
  });
});

test('every mutation takes one input and answers with a union of its payload and typed errors', () => {
  const wrong: string[] = [];
  const errors = schema
    .getPossibleTypes(schema.getType('Error') as GraphQLInterfaceType)
    .map(({ name }) => name);
  for (const { name, args, type } of Object.values(schema.getMutationType()!.getFields())) {
    const named = getNamedType(type);
    const capitalized = name[0]!.toUpperCase() + name.slice(1);
    const members = isUnionType(named) ? named.getTypes().map((member) => member.name) : [];
    const right =
      args.map((arg) => `${arg.name}: ${String(arg.type)}`).join() === `input: ${capitalized}Input!` &&
      named.name === `${capitalized}Result` &&
      members.includes(`${capitalized}Success`) &&
      members.every((member) => member === `${capitalized}Success` || errors.includes(member));
    if (!right) wrong.push(name);
  }
  expect(wrong).toEqual([]);
});

test('everything with an id is a Node', () => {
  const node = schema.getType('Node') as GraphQLInterfaceType;
  const wrong = types.filter(
    (type) => isObjectType(type) && 'id' in type.getFields() && !type.getInterfaces().includes(node),
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
  // What else there is of records would be reached in no way but through others.
  expect(
    schema
      .getPossibleTypes(node)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    ...[
      'Annotation',
      'ApiToken',
      'AuditEntry',
      'AzureBlobStorage',
      'Export',
      'GcsStorage',
      'Invitation',
      'LocalFilesStorage',
    ],
    ...[
      'Member',
      'Organization',
      'Prediction',
      'Project',
      'RedisStorage',
      'S3Storage',
      'Snapshot',
      'StorageObject',
      'Sync',
    ],
    ...['SyncIssue', 'Task', 'User', 'Webhook', 'WebhookDelivery'],
  ]);
});

test('no list is without a bound', () => {
  /** Lists that are no connections, and what bounds them. */
  const bounded: Record<string, string> = {
    'Annotation.exports': '250, said in its description',
    'AuditEntry.changes': 'the fields of a record',
    'Project.webhooks': 'as many webhooks as a project may have',
    'Query.nodes': 'the ids of the request',
    'Query.storageProviders': 'the providers',
    'Query.storageSetupGuide': 'the steps of a guide',
    'StorageDiagnosis.checks': 'the requests of a diagnosis',
    'StorageDiagnosis.proposals': 'the steps of a guide',
    'StorageProviderInfo.presets': 'the vendors that are known',
    'StorageValidation.checks': 'the capabilities',
    'SyncCounts.issuesBy': 'the causes',
    'SyncCounts.skippedBy': 'the reasons',
    'SyncPreview.entries': 'its argument "first"',
    'SyncPreview.remarks': 'the few kinds of remarks',
    'SyncProgress.lastIssues': 'the last few',
    'Task.media': '250, said in its description',
    'ValidationError.fields': 'the fields of the request',
  };
  const lists = types.flatMap((type) =>
    fieldsOf(type)
      .filter(({ type: of }) => isListType(getNullableType(of)) && isCompositeType(getNamedType(of)))
      .filter(() => !/Connection$/.test(type.name))
      .map(({ name }) => `${type.name}.${name}`),
  );
  expect(lists.filter((name) => !Object.hasOwn(bounded, name))).toEqual([]);
});

test('the scalars are those that clients are told of', () => {
  const scalars = types.filter((type) => isScalarType(type) && !builtIn.has(type.name));
  expect(scalars.map(({ name }) => name).sort()).toEqual(['BigInt', 'DateTime', 'JSON', 'URL']);
});
