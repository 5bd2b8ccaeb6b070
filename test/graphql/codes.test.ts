import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { graphql } from '../support/generated/gql.ts';
import { numberOf } from '../support/ids.ts';

/** Causes are closed sets; and sums of them are exact, however few are recorded. */
const it = await testApp();

const Codes = graphql(/* GraphQL */ `
  query Codes($syncId: ID!, $storageId: ID!) {
    sync(id: $syncId) {
      error {
        code
      }
      counts {
        skippedBy {
          reason
          count
        }
        issuesBy {
          code
          count
        }
      }
      issues(first: 250) {
        nodes {
          code
        }
      }
    }
    storage(id: $storageId) {
      ... on ExternalStorage {
        objects(first: 250) {
          nodes {
            code
          }
        }
      }
    }
  }
`);

test('issues of one cause are counted exactly, though only a hundred of them are recorded', async () => {
  const names = Array.from({ length: 150 }, (_, index) => `broken-${index}.json`);
  const path = await it.files('broken', {
    ...Object.fromEntries(names.map((name) => [name, '{"text":'])),
    'good.json': '{"text":"a"}',
    'notes.txt': 'x',
  });
  const project = await it.owner.project();
  const storage = await it.owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const { id } = await it.owner.sync(storage.id);
  const { sync } = await it.owner.run(Codes, { syncId: id, storageId: storage.id });
  expect(sync!.counts.issuesBy).toContainEqual({ code: 'BROKEN_JSON', count: 150 });
  expect(sync!.counts.skippedBy).toEqual([{ reason: 'NOT_A_TASK_FILE', count: 1 }]);
  const codes = sync!.issues.nodes.map(({ code }) => code);
  expect(codes.filter((code) => code === 'BROKEN_JSON')).toHaveLength(100);
  expect(codes).toContain('TOO_MANY_ISSUES');
});

test('a cause that a newer release has stored is OTHER, and spoils nothing else', async () => {
  const path = await it.files('newer', { 'a.json': '{"text":', 'b.txt': 'x' });
  const project = await it.owner.project();
  const storage = await it.owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const { id } = await it.owner.sync(storage.id);
  await it.sql`UPDATE sync_issues SET code = 'NEWER' WHERE sync_id = ${numberOf(id)}`;
  await it.sql`UPDATE objects SET code = 'NEWER' WHERE storage_id = ${numberOf(storage.id)} AND state = 'FAILED'`;
  await it.sql`
    UPDATE syncs SET error_code = 'NEWER', error_message = 'New.',
      counts = jsonb_set(counts::jsonb, '{skippedBy}', '{"NEWER": 1}') WHERE id = ${numberOf(id)}`;
  const { sync, storage: found } = await it.owner.run(Codes, { syncId: id, storageId: storage.id });
  expect(sync).toMatchObject({
    error: { code: 'OTHER' },
    counts: { skippedBy: [{ reason: 'OTHER', count: 1 }] },
    issues: { nodes: [{ code: 'OTHER' }] },
  });
  expect(found).toMatchObject({ objects: { nodes: [{ code: 'OTHER' }, { code: 'NOT_A_TASK_FILE' }] } });
});
