import { afterAll, afterEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/client.ts';
import { createTargetPreview } from '../../src/exports/preview.ts';
import { storageKey } from '../../src/graphql/provider.ts';
import { createPreviewService } from '../../src/syncs/preview/preview.ts';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';

/** A preview ends in time, whatever the storage does. The limits are short here; usual ones are 20 and 30 seconds. */
const memory = openMemory({
  pageSize: 100,
  generated: { count: 1_000_000, key: (index) => `photos/${String(index).padStart(9, '0')}.jpg` },
});
const it = await testApp({ registry: memory.registry, worker: 'none' });
const project = await it.owner.project();
const { id } = await it.owner.connect(project, memory.input('photos'), { presign: false });
const viewer = await it.app.services.organizations.authenticate(it.owner.token!);
const database = openDatabase(it.databaseUrl, { connections: 2, name: 'preview' });
afterAll(() => database.close());
afterEach(() => memory.release());

const { projects, storages } = it.app.services;
const limits = { listingMs: 300, totalMs: 1_000 };
const previews = createPreviewService(database, projects, storages, createTargetPreview(database), limits);
const preview = () => previews.preview(viewer, { storageId: storageKey(id) }, new AbortController().signal);

test('a listing without an end is given up, and said to be', async () => {
  memory.container.latencyMs = 20;
  const started = performance.now();
  const { complete, counts, entries } = await preview();
  expect(performance.now() - started).toBeLessThan(5_000);
  memory.container.latencyMs = 0;
  expect(complete).toBe(false);
  expect(counts.listed).toBeGreaterThanOrEqual(100);
  expect(counts.removed).toBe(0);
  expect(entries).toHaveLength(10);
});

test('a storage that says nothing at all ends it with a reason', async () => {
  memory.hold();
  const started = performance.now();
  await expect(preview()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(memory.waiting()).toBe(0);
});
