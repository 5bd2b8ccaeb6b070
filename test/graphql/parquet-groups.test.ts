import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { caseFile, corporaMissing } from '../support/corpora.ts';

/** Parquet files as pandas and pyarrow write them where there is nothing to write. */
const it = await testApp();

test('row groups without rows hold up nothing, and a file without any is imported', async ({ skip }) => {
  skip(corporaMissing !== undefined, corporaMissing);
  const names = ['mixed_rowgroup.parquet', 'pandas_empty.parquet'];
  const files = names.map((name) => [name, caseFile(`03-parquet-zero-rows/${name}`)] as const);
  const path = await it.files('groups', Object.fromEntries(files));
  const project = await it.owner.project();
  const storage = await it.owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  expect(await it.owner.sync(storage.id)).toMatchObject({
    status: 'COMPLETED',
    counts: { imported: 2, failed: 0, tasksCreated: 2 },
  });
  const objects = await it.owner.objects(storage.id);
  expect(objects.map(({ state, taskCount }) => [state, taskCount])).toEqual([
    ['IMPORTED', 2],
    ['IMPORTED', 0],
  ]);
  expect((await it.owner.sync(storage.id)).counts).toMatchObject({ unchanged: 2, imported: 0 });
});
