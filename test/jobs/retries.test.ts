import { expect, test } from 'vitest';
import { openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

test('every retry of a request is in the log, with its storage and cause', async () => {
  const engine = await openEngine();
  const it = await openFolder(engine, { importMethod: 'TASKS' });
  it.put('a.json', '{"text":"a"}');
  engine.container.fail({ method: 'read', key: /a\.json/, failure: { code: 'UNAVAILABLE' }, times: 2 });
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED' });
  const retries = engine.logs.map((line) => JSON.parse(line)).filter(({ failures }) => failures);
  expect(retries).toMatchObject([
    { provider: 'S3', storageId: it.storage.id, capability: 'READ', code: 'UNAVAILABLE', failures: 1 },
    { provider: 'S3', storageId: it.storage.id, capability: 'READ', code: 'UNAVAILABLE', failures: 2 },
  ]);
});
