import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { clientOf } from './imports.ts';
import type { Scenario } from './scenario.ts';
import { openSyncBench } from './sync-bench.ts';

const size = 20_000;
const BUCKET = 'bench-exports';
/** As many requests at a time as an export has. */
const CONCURRENCY = 16;
/** Tasks that one request imports. */
const PORTION = 10_000;

const result = [
  {
    id: 'r1',
    type: 'rectanglelabels',
    from_name: 'box',
    to_name: 'image',
    value: { x: 1.5, y: 2.5, width: 10 },
  },
];

/** Both sides write about as many bytes. */
const BODY = 'x'.repeat(1_300);

export const exportToBucket: Scenario = {
  title: 'export of 20,000 annotations to radosgw; limit: bare PutObject, same SDK, same concurrency',
  size,
  goal: 0.8,
  compare: true,
  needsS3: true,
  async prepare({ s3 }) {
    const client = clientOf(s3!);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
  },
  async ours(bench) {
    const { endpoint, accessKeyId, secretAccessKey } = bench.run.s3!;
    const { app, viewer, project, sync } = await openSyncBench(bench);
    for (let first = 0; first < bench.run.size; first += PORTION) {
      const rows = Array.from({ length: Math.min(PORTION, bench.run.size - first) }, (_, index) => ({
        data: { image: `s3://images/photo-${first + index}.jpg` },
        annotations: [{ result }],
      }));
      await app.services.tasks.importTasks(viewer, project.id, rows);
    }
    const settings = { bucket: BUCKET, prefix: 'ours', endpoint, credentials: 'ACCESS_KEY', accessKeyId };
    const storage = await app.services.storages.create(
      viewer,
      {
        projectId: project.id,
        provider: { provider: 'S3', settings, secrets: { secretAccessKey } },
        settings: { target: { exportOnSave: false } },
      },
      new AbortController().signal,
    );
    await bench.time(bench.run.size, () => sync(storage));
    await app.close();
  },
  async limit(bench) {
    const client = clientOf(bench.run.s3!);
    await bench.time(bench.run.size, async () => {
      let next = 0;
      const put = async () => {
        for (let index = next++; index < bench.run.size; index = next++) {
          const object = {
            Bucket: BUCKET,
            Key: `limit/${index}.json`,
            Body: BODY,
            ContentType: 'application/json',
          };
          await client.send(new PutObjectCommand(object));
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, put));
    });
    client.destroy();
  },
};
