import { beforeAll, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { fieldPath } from '../support/client.ts';
import type { SyncFieldsFragment } from '../support/generated/graphql.ts';
import type { TaskNode } from '../support/member.ts';
import * as documents from './documents.ts';

/** Rows that bring annotations, predictions and more with them (form `{data, …}`). */
const it = await testApp();
const { owner } = it;
const annotator = await it.member('ANNOTATOR');
const [me, them] = await Promise.all([owner, annotator].map(emailOf));
const [someone] = await it.sql`SELECT id FROM users WHERE email = ${them!}`;
const [admin] = await it.sql`SELECT id FROM users WHERE email = ${me!}`;

async function emailOf(member: typeof owner): Promise<string> {
  return (await member.run(documents.WhoAmI)).viewer.user.email;
}

const region = { from_name: 'label', to_name: 'image', type: 'choices', value: { choices: ['cat'] } };
const rows = [
  { data: { image: 'a' }, meta: { batch: 7 }, allow_skip: false },
  {
    data: { image: 'b' },
    annotations: [
      { id: 1001, result: [region], completed_by: someone!.id, lead_time: 12.5, ground_truth: true },
      { result: [], was_cancelled: true, completed_by: { email: them } },
      { id: 'not-a-number', result: [region], completed_by: 999_999 },
      { import_id: 1004, result: [], completed_by: null },
      { id: 1005, result: [], completed_by: { id: admin!.id, email: them } },
      { id: 1006, result: [], completed_by: { id: someone!.id, email: 'stranger@example.com' } },
    ],
    predictions: [{ result: [region], score: 0.75, model_version: 'v1' }, { result: [] }],
  },
  { image: 'c' },
];

let project: string;
let sync: SyncFieldsFragment;
let tasks: TaskNode[];
beforeAll(async () => {
  const path = await it.files('rows', { 'tasks.jsonl': rows.map((row) => JSON.stringify(row)).join('\n') });
  project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  sync = await owner.sync(storage.id);
  tasks = await owner.tasks(project);
});

test('all of a row is kept: data, meta, whether it may be skipped', () => {
  expect(tasks).toMatchObject([
    { innerId: 1, data: { image: 'a' }, meta: { batch: 7 }, allowSkip: false },
    { innerId: 2, data: { image: 'b' }, meta: {}, allowSkip: true },
    { innerId: 3, data: { image: 'c' }, meta: {}, allowSkip: true },
  ]);
});

test('annotations: the id becomes importId, unknown authors become the project’s owner', () => {
  expect(tasks[1]!.annotations).toMatchObject([
    { result: [region], importId: 1001, leadTime: 12.5, groundTruth: true, completedBy: { email: them } },
    { result: [], importId: null, wasCancelled: true, groundTruth: false, completedBy: { email: them } },
    { result: [region], importId: null, completedBy: { email: me } },
    { result: [], importId: 1004, wasCancelled: false, completedBy: { email: me } },
    // Of the e-mail and the id of one person, the e-mail says who it is: ids are each installation's own.
    { result: [], importId: 1005, completedBy: { email: them } },
    { result: [], importId: 1006, completedBy: { email: me } },
  ]);
});

test('predictions, with score and model', () => {
  expect(tasks[1]!.predictions).toEqual([
    { result: [region], score: 0.75, modelVersion: 'v1' },
    { result: [], score: null, modelVersion: null },
  ]);
});

test('the counters of a task, of the project and of the sync are right', async () => {
  const counters = { totalAnnotations: 5, cancelledAnnotations: 1, totalPredictions: 2, isLabeled: true };
  expect(tasks[1]).toMatchObject(counters);
  const none = { totalAnnotations: 0, cancelledAnnotations: 0, totalPredictions: 0, isLabeled: false };
  expect([tasks[0], tasks[2]]).toMatchObject([none, none]);
  expect(sync).toMatchObject({
    status: 'COMPLETED',
    counts: { tasksCreated: 3, failedRows: 0, warnings: 2 },
  });
  expect((await owner.tasks(project, { isLabeled: true })).map(({ innerId }) => innerId)).toEqual([2]);
  const found = await owner.run(documents.ListAnnotations, { projectId: project });
  expect(found.project!.annotations).toMatchObject({ totalCount: 6 });
});

test('what was left out or looks odd is recorded as a warning', async () => {
  expect(await owner.issues(sync.id)).toMatchObject([
    {
      severity: 'WARNING',
      code: 'INVALID_FIELD',
      row: 1,
      path: 'annotations[2].id',
      message: 'annotations[2].id: expected a whole number, came a string; left out.',
    },
    {
      severity: 'WARNING',
      code: 'MIXED_FORMS',
      key: 'rows/tasks.jsonl',
      row: 2,
      message: 'The object mixes bare tasks with {data, annotations, …} ones; both are imported.',
    },
  ]);
});

test('given inline, the same rows make the same tasks; one bad row keeps all of them out', async () => {
  const inline = await owner.project();
  const send = async (given: unknown[]) => {
    const input = { projectId: inline, tasks: given };
    return (await owner.run(documents.ImportTasks, { input })).importTasks;
  };
  expect(await send(rows)).toEqual({ __typename: 'ImportTasksSuccess', taskCount: 3 });
  const shape = ({ data, meta, annotations, predictions, totalAnnotations }: TaskNode) => ({
    ...{ data, meta, predictions, totalAnnotations },
    annotations: annotations.map(({ id: _, ...annotation }) => annotation),
  });
  expect((await owner.tasks(inline)).map(shape)).toEqual(tasks.map(shape));
  expect(
    await send([{ image: 'fine' }, { data: { image: 'x' }, annotations: [{ result: 'no list' }] }, 7]),
  ).toMatchObject({
    __typename: 'ValidationError',
    fields: [
      {
        path: fieldPath('tasks.1.annotations[0].result'),
        message: 'annotations[0].result: expected a list, came a string; left out.',
      },
      { path: fieldPath('tasks.2'), message: 'Expected an object.' },
    ],
  });
  expect(await owner.tasks(inline)).toHaveLength(3);
});
