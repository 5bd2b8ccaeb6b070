import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as, fieldPath } from '../support/client.ts';
import * as documents from './documents.ts';

/** Numbers come out as they went in, digit for digit, whichever way they take. */
const it = await testApp();
const { owner } = it;

const numbers =
  '{"id":1478720431326732291,"steam":76561197980428154,"price":19.90,"fine":0.12345678901234567890}';
/** A value for a request's variables: written as it stands. */
const raw = (text: string) => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
const variables = {
  id: raw('1478720431326732291'),
  steam: raw('76561197980428154'),
  price: raw('19.90'),
  fine: raw('0.12345678901234567890'),
};

/** The text of the last answer that a client got, as it came over the wire. */
const lastAnswer = () => it.traffic.findLast((text) => text.startsWith('{'))!;
/** How often the numbers stand in a text, whatever the order of their keys. */
const digitsIn = (text: string) =>
  ['1478720431326732291', '76561197980428154', '19.90', '0.12345678901234567890'].map(
    (number) => text.split(new RegExp(`:\\s?${number.replace('.', '\\.')}(?=[,}])`)).length - 1,
  );

async function tasksText(projectId: string): Promise<string> {
  await owner.run(documents.ListTasks, { projectId, filter: {}, first: 100 });
  return lastAnswer();
}

test.each(['.json', '.jsonl'])(
  'of a task file (%s): data, meta, results of annotations and predictions',
  async (ending) => {
    const row = `{"data":${numbers},"meta":${numbers},"annotations":[{"result":[${numbers}]}],"predictions":[{"result":[${numbers}]}]}`;
    const path = await it.files(`full${ending}`, { [`a${ending}`]: ending === '.json' ? `[${row}]` : row });
    const project = await owner.project();
    const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 1 } });
    expect(digitsIn(await tasksText(project))).toEqual([4, 4, 4, 4]);
  },
);

test('of a bare row, as the database keeps them', async () => {
  const path = await it.files('bare', {
    'a.json': '[{"tweet_id":1478720431326732291,"steam":76561197980428154}]',
  });
  const project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  await owner.sync(storage.id);
  const [stored] = await it.sql`SELECT data::text FROM tasks WHERE key LIKE '%bare/a.json'`;
  expect(stored!.data).toBe('{"steam": 76561197980428154, "tweet_id": 1478720431326732291}');
  expect(digitsIn((await tasksText(project)).replace('tweet_id', 'id'))).toEqual([1, 1, 0, 0]);
});

test('of importTasks, given by a variable', async () => {
  const projectId = await owner.project();
  const tasks = [variables, { data: variables, predictions: [{ result: [variables], score: raw('0.50') }] }];
  const { importTasks } = await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  expect(as(importTasks, 'ImportTasksSuccess').taskCount).toBe(2);
  expect(digitsIn(await tasksText(projectId))).toEqual([3, 3, 3, 3]);
});

test('of importTasks, given as a literal', async () => {
  const projectId = await owner.project();
  const literal = numbers.replaceAll(/"(\w+)":/g, '$1:');
  const query = `mutation { importTasks(input: {projectId: "${projectId}", tasks: [${literal}]}) { __typename } }`;
  const headers = { 'content-type': 'application/json' };
  await owner.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  expect(lastAnswer()).toContain('ImportTasksSuccess');
  expect(digitsIn(await tasksText(projectId))).toEqual([1, 1, 1, 1]);
});

test('of annotations made, changed and listed; other scalars read them as they always have', async () => {
  const projectId = await owner.project();
  await owner.run(documents.ImportTasks, { input: { projectId, tasks: [{ image: 'a' }] } });
  const [task] = await owner.tasks(projectId);
  const leadTime = raw('2.50') as number;
  const { createAnnotation } = await owner.run(documents.CreateAnnotation, {
    input: { taskId: task!.id, result: [variables], leadTime },
  });
  expect(digitsIn(lastAnswer())).toEqual([1, 1, 1, 1]);
  const { id: annotationId } = as(createAnnotation, 'CreateAnnotationSuccess').annotation;
  await owner.run(documents.UpdateAnnotation, { input: { annotationId, result: [variables, variables] } });
  expect(digitsIn(lastAnswer())).toEqual([2, 2, 2, 2]);
  expect(digitsIn(await tasksText(projectId))).toEqual([2, 2, 2, 2]);
  expect((await owner.tasks(projectId))[0]!.annotations).toMatchObject([{ leadTime: 2.5 }]);
});

test('that the database can’t keep are refused by name', async () => {
  const projectId = await owner.project();
  const tasks = [{ image: 'a', n: raw('1e400') }];
  const { importTasks } = await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  expect(importTasks).toMatchObject({
    __typename: 'ValidationError',
    fields: [{ path: fieldPath('tasks.0.n') }],
  });
});
