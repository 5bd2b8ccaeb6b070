import { rm } from 'node:fs/promises';
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isIntrospectionType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { afterAll, expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import * as documents from './documents.ts';
import { AddMember, InviteMember } from './member-documents.ts';
import { CreateExport } from './snapshot-documents.ts';
import { CreateWebhook } from './webhook-documents.ts';

/** Each field of each type that queries can reach, of each provider, on a project in which everything has happened. */
const providers = [
  await s3Places(),
  await gcsPlaces(await serverOf('radosgw')),
  await azureBlobPlaces(),
  await redisPlaces(),
];
afterAll(() => Promise.all(providers.map(({ close }) => close())));
const ways = [localFiles, ...providers.map((provider) => Object.values(provider.ways)[0]!)];
const settings = Object.assign({}, ...providers.map((provider) => provider.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;

/** A project with what there can be: imported and failed objects, annotations, exports, a webhook and its deliveries. */
async function populate(): Promise<void> {
  const projectId = await owner.project();
  const webhook = { projectId, url: 'http://127.0.0.1:9/', events: ['SYNC_ENDED' as const] };
  as((await owner.run(CreateWebhook, { input: webhook })).createWebhook, 'CreateWebhookSuccess');
  await owner.run(AddMember, { input: { email: 'annotator@example.com', role: 'ANNOTATOR' } });
  await owner.run(InviteMember, { input: { email: 'guest@example.com', role: 'ANNOTATOR' } });
  await owner.run(documents.CreateApiToken, { input: { title: 'Pipeline' } });
  const unmounted = await it.files('unmounted', {});
  const lost = await owner.connect(projectId, { localFiles: { path: unmounted } });
  await rm(unmounted, { recursive: true });
  await owner.sync(lost.id);
  for (const way of ways) {
    const place = await way.open(it);
    const key = `${place.prefix}1.jpg`;
    const row = { data: { image: place.uri(key) }, predictions: [{ result: [], score: 0.5 }] };
    await place.put('1.jpg', 'bytes');
    await place.put('good.json', JSON.stringify(row));
    await place.put('broken.json', '{');
    const schedule = { cron: '0 3 * * *' };
    const storage = await owner.connect(projectId, place.provider, { importMethod: 'TASKS', schedule });
    await owner.sync(storage.id);
  }
  const { createExport } = await owner.run(CreateExport, { input: { projectId } });
  const { snapshot } = as(createExport, 'CreateExportSuccess');
  // Gone before the end, it has an error.
  await it.sql`
    UPDATE snapshots SET state = 'FAILED', error_code = 'CLIENT_CLOSED' WHERE project_id IS NOT NULL`;
  expect(snapshot.state).toBe('READY');
  const [task] = await owner.tasks(projectId);
  await owner.annotate(task!.id, [{ id: 'a' }]);
  for (const broken of [true, false]) {
    const path = await it.files(`target-${broken}`, {});
    const target = await owner.target(projectId, { localFiles: { path } });
    await it.files(`target-${broken}`, broken ? { '1.json/in-the-way': '' } : {});
    await owner.sync(target.id);
  }
}

type Json = Record<string, unknown>;
const nodeTypes = new Set(schema.getPossibleTypes(schema.getType('Node') as never));
const seen = new Set<string>();
/** Records found by their ids, still to be looked at. */
const found = new Map<string, string>();

/** What to ask of a field's value: records by their ids alone, anything else whole. Aliased, so that no two collide. */
function selectionOf({ type }: GraphQLField<unknown, unknown>, depth: number): string {
  const inner = getNamedType(type);
  if (isLeafType(inner)) return '';
  const possible = isAbstractType(inner) ? schema.getPossibleTypes(inner) : [inner as GraphQLObjectType];
  const each = possible.map((of) => {
    const isRecord = nodeTypes.has(of);
    const fields = isRecord ? [of.getFields().id!] : Object.values(of.getFields());
    const texts = fields
      .filter((field) => depth > 0 || isLeafType(getNamedType(field.type)))
      .map((field) => `${of.name}__${field.name}: ${field.name} ${selectionOf(field, depth - 1)}`);
    return `... on ${of.name} { ${texts.join(' ')} }`;
  });
  return `{ __typename ${each.join(' ')} }`;
}

/** Notes what came, and the records in it. */
function note(value: unknown): void {
  if (Array.isArray(value)) for (const entry of value) note(entry);
  if (typeof value !== 'object' || value === null) return;
  const { __typename: name, ...fields } = value as Json;
  for (const [alias, inner] of Object.entries(fields)) {
    if (typeof name === 'string') seen.add(alias.replace('__', '.'));
    if (alias.endsWith('__id') && typeof inner === 'string') found.set(inner, String(name));
    note(inner);
  }
}

async function ask(query: string): Promise<Json> {
  const { text } = await owner.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = JSON.parse(text);
  expect([query, errors]).toEqual([query, undefined]);
  note(data);
  return data;
}

/** Plain values all at once, the other fields one at a time: what is wrong with one is told by its name. */
async function askFields(type: GraphQLObjectType, wrap: (text: string) => string): Promise<void> {
  const texts = Object.values(type.getFields()).map((field) => {
    const args = field.args.flatMap(({ name }) => {
      const value = given(name, field);
      return value === undefined ? [] : [`${name}: ${value}`];
    });
    const call = args.length > 0 ? `(${args.join(', ')})` : '';
    return `${type.name}__${field.name}: ${field.name}${call} ${selectionOf(field, 3)}`;
  });
  const plain = texts.filter((text) => !text.includes('{'));
  if (plain.length > 0) await ask(wrap(plain.join(' ')));
  for (const text of texts) if (text.includes('{')) await ask(wrap(text));
}

/** The value of an argument, if there is to be one. */
function given(name: string, { type }: GraphQLField<unknown, unknown>): string | undefined {
  const possible = (of: GraphQLNamedType) =>
    isAbstractType(of) ? schema.getPossibleTypes(of).map(String) : [of.name];
  const ids = [...found]
    .filter(([, of]) => possible(getNamedType(type)).includes(of))
    .map(([id]) => `"${id}"`);
  const saved = [...found].find(([, of]) => of === 'LocalFilesStorage');
  return {
    first: '10',
    id: ids[0],
    ids: `[${ids.slice(0, 2)}]`,
    input: `{ saved: { storageId: "${saved?.[0]}" } }`,
  }[name];
}

/** All types that queries reach. */
function reachable(): GraphQLObjectType[] {
  const types = new Set<GraphQLObjectType>();
  const add = (type: GraphQLObjectType) => {
    if (types.has(type)) return;
    types.add(type);
    for (const field of Object.values(type.getFields())) {
      const inner = getNamedType(field.type);
      if (isAbstractType(inner)) schema.getPossibleTypes(inner).forEach(add);
      else if (isObjectType(inner) && !isIntrospectionType(inner)) add(inner);
    }
  };
  add(schema.getQueryType()!);
  return [...types];
}

test('each field of each record responds, reached through node', { timeout: 120_000 }, async () => {
  await populate();
  const viewer = schema.getType('Viewer') as GraphQLObjectType;
  await askFields(viewer, (text) => `{ __typename viewer { __typename ${text} } }`);
  await ask('{ __typename projects { nodes { __typename Project__id: id } } }');
  const asked = new Map<string, number>();
  for (const [id, name] of found) {
    const times = asked.get(name) ?? 0;
    if (times >= 4) continue;
    asked.set(name, times + 1);
    const type = schema.getType(name) as GraphQLObjectType;
    await askFields(type, (text) => `{ node(id: "${id}") { __typename ... on ${name} { ${text} } } }`);
  }
  await askFields(schema.getQueryType()!, (text) => `{ __typename ${text} }`);
  const unseen = reachable()
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
    .filter((name) => !seen.has(name));
  expect(unseen).toEqual([]);
});
