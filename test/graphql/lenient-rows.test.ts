import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';

/** Rows that are a little off come in, and what was left out of them is said once. */
const it = await testApp();
const { owner } = it;

const PICTURE = '<View><Image name="picture" value="$image"/></View>';
const NOTHING_TO_SHOW = '<View/>';

async function importing(name: string, file: string, content: string, labelConfig = NOTHING_TO_SHOW) {
  const path = await it.files(name, { [file]: content });
  const project = await owner.project(labelConfig);
  const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const sync = await owner.sync(storage.id);
  const [tasks, issues] = [await owner.tasks(project), await owner.issues(sync.id)];
  return { sync, tasks, issues };
}

test('an export’s lists of ids are left out with one warning for the object', async () => {
  const row = {
    id: 573,
    data: { image: 's3://b/3.jpg' },
    annotations: [{ id: 22, completed_by: { id: 1, email: 'a@example.com' }, result: [] }],
    drafts: [5],
    predictions: [286],
  };
  const content = JSON.stringify([row, { ...row, id: 574 }]);
  const { sync, tasks, issues } = await importing('ids', '573.json', content);
  expect(sync).toMatchObject({
    status: 'COMPLETED',
    counts: { tasksCreated: 2, failedRows: 0, warnings: 1 },
  });
  expect(tasks.map(({ annotations, predictions }) => [annotations, predictions])).toMatchObject([
    [[{ importId: 22, result: [] }], []],
    [[{ importId: 22, result: [] }], []],
  ]);
  expect(issues).toMatchObject([{ severity: 'WARNING', code: 'IDS_ONLY', row: 0, path: 'predictions' }]);
});

test('scalars are taken from whatever says the same', async () => {
  const rows = [
    '{"data": {"i": 1}, "predictions": [{"result": [], "score": "0.9"}]}',
    '{"data": {"i": 2}, "predictions": [{"result": [], "model_version": 7}]}',
    '{"data": {"i": 3}, "annotations": [{"result": [], "was_cancelled": 1}]}',
  ];
  const { sync, tasks, issues } = await importing('scalars', 'a.jsonl', `${rows.join('\n')}\n`);
  expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 3, warnings: 0 } });
  expect(issues).toEqual([]);
  expect(tasks).toMatchObject([
    { predictions: [{ score: 0.9 }] },
    { predictions: [{ modelVersion: '7' }] },
    { annotations: [{ wasCancelled: true }], cancelledAnnotations: 1 },
  ]);
});

test('a bad field, a bad prediction, a bad annotation: the rest of the row comes in', async () => {
  const row = {
    data: { i: 1 },
    meta: 'x',
    annotations: [{ result: 'none' }, { result: [], lead_time: 'long' }],
    predictions: [{ score: 1 }, { result: [], score: 'high' }],
  };
  const { sync, tasks, issues } = await importing('bad', 'a.json', JSON.stringify(row));
  expect(sync).toMatchObject({
    status: 'COMPLETED',
    counts: { tasksCreated: 1, failedRows: 0, warnings: 5 },
  });
  expect(tasks).toMatchObject([
    { data: { i: 1 }, meta: {}, totalAnnotations: 1, annotations: [{ leadTime: null }] },
  ]);
  expect(tasks[0]!.predictions).toMatchObject([{ score: null }]);
  expect(issues.map(({ path }) => path)).toEqual([
    'meta',
    'annotations[0].result',
    'annotations[1].lead_time',
    'predictions[0].result',
    'predictions[1].score',
  ]);
});

test('keys beside the data that nobody reads are one warning for the object', async () => {
  const rows = ['completions', 'prediction', 'Annotations'].map((key) => ({
    data: { image: 'x' },
    [key]: [{ result: [] }],
  }));
  const { sync, issues } = await importing('unread', 'a.json', JSON.stringify(rows), PICTURE);
  expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 3, warnings: 1 } });
  expect(issues).toMatchObject([{ severity: 'WARNING', code: 'UNREAD_KEYS', row: 0, path: 'completions' }]);
});

test('rows of which the label config shows nothing are one warning for the object', async () => {
  const rows = [{ image: 'x' }, { picture: 'x' }, { data: { img: 'x' } }];
  const { sync, tasks, issues } = await importing(
    'unshown',
    'a.jsonl',
    rows.map((row) => JSON.stringify(row)).join('\n'),
    PICTURE,
  );
  expect(tasks).toHaveLength(3);
  expect(sync.status).toBe('COMPLETED');
  expect(issues).toMatchObject([
    { severity: 'WARNING', code: 'NOT_SHOWN', row: 1, path: 'data' },
    { severity: 'WARNING', code: 'MIXED_FORMS' },
  ]);
});
