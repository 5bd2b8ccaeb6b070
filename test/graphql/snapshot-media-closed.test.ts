import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { CreateExport, GetSnapshot } from './snapshot-documents.ts';

/** What the operator serves to no browser is not copied to where somebody could get it. */
const it = await testApp();
const { owner } = it;

test('files are missing where the operator does not serve them', async () => {
  const path = await it.files('closed', { 'a.wav': 'a sound' });
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path } });
  await owner.importTasks(projectId, [{ image: '/data/local-files/?d=closed/a.wav' }]);
  const out = { localFiles: { path: await it.files('out', {}) } };
  const { id: targetId } = await owner.target(projectId, out, { exportOnSave: false });
  const input = { projectId, targetId, withMedia: true };
  const { createExport } = await owner.run(CreateExport, { input });
  const { id } = as(createExport, 'CreateExportSuccess').snapshot;
  const look = async () => (await owner.run(GetSnapshot, { id })).node as { state: string; counts: object };
  await expect.poll(async () => (await look()).state, { timeout: 20_000 }).toBe('COMPLETED');
  expect((await look()).counts).toMatchObject({ media: 0, missingMedia: 1 });
});
