import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import * as documents from './documents.ts';

/** What the API says to somebody who has mistaken one thing for another. */
const it = await testApp();
const { owner } = it;
const project = await owner.project();

const Remarks = graphql(/* GraphQL */ `
  mutation Remarks($input: PreviewSyncInput!) {
    previewSync(input: $input) {
      __typename
      ... on PreviewSyncSuccess {
        preview {
          remarks {
            code
            message
          }
          entries {
            key
            action
            data
            hasMoreRows
          }
        }
      }
    }
  }
`);

const ById = graphql(/* GraphQL */ `
  query ById($id: ID!) {
    project(id: $id) {
      id
    }
    storage(id: $id) {
      __typename
    }
    task(id: $id) {
      id
    }
    sync(id: $id) {
      id
    }
  }
`);

test('a bucket that is missing is named with where it was looked for', async () => {
  const bucket = await createBucket();
  const provider = bucket.input({ bucket: 'no-such-bucket' });
  const input = { projectId: project, provider, settings: { source: {} } };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  expect(as(createStorage, 'ProviderError')).toMatchObject({
    code: 'CONTAINER_NOT_FOUND',
    message: `There is no bucket or container "s3+${bucket.server.endpoint}/no-such-bucket".`,
  });
});

test('a storage without a title is named by its URI', async () => {
  const bucket = await createBucket();
  await owner.connect(project, bucket.input({ prefix: 'photos' }));
  const input = { projectId: project, provider: bucket.input(), settings: { target: {} } };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  expect(as(createStorage, 'ConflictError').message).toContain(`"s3://${bucket.name}/photos/"`);
});

test('what is asked for by an id is null when the id is of another type, forged, or missing', async () => {
  const [task] = await owner.importTasks(await owner.project(), [{ data: { image: 'a' } }]);
  const nothing = { project: null, storage: null, task: null, sync: null };
  expect(await owner.run(ById, { id: project })).toEqual({ ...nothing, project: { id: project } });
  expect(await owner.run(ById, { id: task! })).toEqual({ ...nothing, task: { id: task } });
  const missing = ['Project', 'S3Storage', 'Task', 'Sync'].map((type) => btoa(`${type}:987654`));
  for (const id of ['', 'nonsense', btoa('Project:x'), ...missing]) {
    expect(await owner.run(ById, { id })).toEqual(nothing);
  }
});

test.each([[1], ['a'], [null], [[]]])('an annotation with %j as a region is refused', async (region) => {
  const [task] = await owner.importTasks(await owner.project(), [{ data: { image: 'a' } }]);
  const result = [{ id: 'x' }, region];
  const { createAnnotation } = await owner.run(documents.CreateAnnotation, {
    input: { taskId: task!, result },
  });
  const { fields } = as(createAnnotation, 'ValidationError');
  expect(fields).toEqual([{ path: ['result', '1'], message: 'Expected a region, which is an object.' }]);
  const annotationId = await owner.annotate(task!, [{ id: 'x' }]);
  const { updateAnnotation } = await owner.run(documents.UpdateAnnotation, {
    input: { annotationId, result },
  });
  expect(updateAnnotation.__typename).toBe('ValidationError');
});

test('nor is a number a region that has more digits than JavaScript can hold', async () => {
  const [task] = await owner.importTasks(await owner.project(), [{ data: { image: 'a' } }]);
  const query =
    'mutation ($input: CreateAnnotationInput!) { createAnnotation(input: $input) { __typename } }';
  const body = `{"query":${JSON.stringify(query)},"variables":{"input":{"taskId":"${task}","result":[9007199254740993]}}}`;
  const headers = { 'content-type': 'application/json' };
  const { text } = await owner.fetch('/graphql', { method: 'POST', headers, body });
  expect(JSON.parse(text).data.createAnnotation.__typename).toBe('ValidationError');
});

const withoutKey = '<View><Text name="text" value="Is it a cat?"/></View>';

test.each([
  ['media', undefined, ['a.jpg', 'notes.json'], []],
  ['names without an extension', undefined, ['a', 'b'], []],
  ['task files, imported as files', undefined, ['a.json', 'b.jsonl.gz', 'c.parquet'], ['TASK_FILES']],
  ['a label config without a data key', withoutKey, ['a.jpg'], ['NO_DATA_KEY']],
  ['both', withoutKey, ['a.json'], ['NO_DATA_KEY', 'TASK_FILES']],
])('%s: what the preview remarks, the sync warns of, once', async (_name, labelConfig, keys, codes) => {
  const bucket = await createBucket();
  for (const key of keys) await bucket.put(key, '{}');
  const storage = await owner.connect(await owner.project(labelConfig), bucket.input());
  const storageId = storage.id;
  const { previewSync } = await owner.run(Remarks, { input: candidate({ storageId }) });
  const { remarks } = as(previewSync, 'PreviewSyncSuccess').preview;
  expect(remarks.map(({ code }) => code)).toEqual(codes);
  const sync = await owner.sync(storageId);
  expect(sync.counts).toMatchObject({ imported: keys.length, warnings: codes.length });
  const issues = await owner.issues(sync.id);
  expect(issues.map(({ code, message }) => ({ code, message }))).toEqual(remarks);
  const next = await owner.sync(storageId);
  expect(next.counts).toMatchObject({ unchanged: keys.length, warnings: 0 });
});

const one = '{"data":{"text":"one"}}';

test.each([
  ['one.json', one, false],
  ['one-in-a-list.json', `[${one}]`, false],
  ['two.json', `[${one},{"data":{"text":"two"}}]`, true],
  ['two.jsonl', `${one}\n{"data":{"text":"two"}}\n`, true],
  ['one.jsonl', `${one}\n\n`, false],
  ['cut-off.json', `[${one},{"data":`, true],
])(
  'a preview of %s shows its first task, and whether there are more rows',
  async (key, body, hasMoreRows) => {
    const bucket = await createBucket();
    await bucket.put(key, body);
    const provider = bucket.input();
    const settings = { source: { importMethod: 'TASKS' as const } };
    const input = candidate({ projectId: await owner.project(), provider, settings });
    const { previewSync } = await owner.run(Remarks, { input });
    const { entries } = as(previewSync, 'PreviewSyncSuccess').preview;
    expect(entries).toEqual([{ key, action: 'IMPORT', data: { text: 'one' }, hasMoreRows }]);
  },
);
