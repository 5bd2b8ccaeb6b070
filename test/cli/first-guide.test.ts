import { execFileSync } from 'node:child_process';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import type { TestApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { newFolder, type Serving, serve } from './longshore.ts';

/**
 * The examples of the first releases' guide, typed into a shell as they stand there: only the command, the bucket, and
 * the way to the test's server (another name in the params) differ. Credentials are those of the machine.
 */
const gcs = await gcsPlaces(await serverOf('radosgw'));
afterAll(gcs.close);

interface Guide {
  bucket: string;
  endpoint: string;
  env: Record<string, string>;
  /** The URI scheme. */
  scheme: string;
  put(key: string, body: string): Promise<unknown>;
  keys(): Promise<string[]>;
}

const guides: Record<string, () => Promise<Guide>> = {
  async s3() {
    const bucket = await createBucket();
    const { endpoint, accessKeyId, secretAccessKey } = bucket.server;
    return {
      ...{ bucket: bucket.name, endpoint, scheme: 's3', put: bucket.put, keys: bucket.keys },
      env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    };
  },
  async gcs() {
    const way = gcs.ways['GCS: Application Default Credentials']!;
    const place = await way.open({ secret: () => undefined } as unknown as TestApp);
    const { bucket, endpoint } = place.provider.gcs!;
    const { put, keys } = place;
    return { bucket, endpoint: endpoint!, env: gcs.settings, scheme: 'gs', put, keys };
  },
};

/** The words that bash makes of a line. */
const typed = (line: string) =>
  execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

interface Shown {
  tasks: { nodes: { id: string; data: Record<string, unknown> }[] };
}
const shown = async (service: Serving) =>
  (
    await service.query<{ projects: { nodes: (Shown & { id: string; title: string })[] } }>(
      `{ projects { nodes { id title tasks { nodes { id data } } } } }`,
    )
  ).projects.nodes;

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

describe.each(Object.keys(guides))('%s', (kind) => {
  async function begin(line: string, guide: Guide) {
    const params = JSON.stringify({ endpoint: guide.endpoint });
    const env = { ...guide.env, OUTBOUND_ALLOW: new URL(guide.endpoint).host };
    // As if it stood in the guide's own machine's settings, where no params are typed.
    const settings = { ...env, SOURCE_PARAMS: params, TARGET_PARAMS: params };
    return serve(typed(line), { folder, env: settings });
  }

  test('"Read bucket with JSON-formatted tasks": nothing is synced without a regex, which is said', async () => {
    const guide = await guides[kind]!();
    await guide.put('a.json', '{"text":"one"}');
    const service = await begin(
      `start my_project --init --source ${kind} --source-path ${guide.bucket}`,
      guide,
    );
    expect(await shown(service)).toMatchObject([{ title: 'my_project', tasks: { nodes: [] } }]);
    expect(service.said()).toContain('"regex" is not set, so nothing is synced');
  });

  test('"Write completions to bucket"', async () => {
    const guide = await guides[kind]!();
    // The second one of the guide names the path so.
    const path = kind === 's3' ? '--target-path' : '--source-path';
    const service = await begin(
      `start my_project --init --target ${kind}-completions ${path} ${guide.bucket}`,
      guide,
    );
    const [project] = await shown(service);
    await service.query(
      `mutation { importTasks(input: { projectId: "${project!.id}", tasks: [{ data: { a: 1 } }] }) { __typename } }`,
    );
    const task = (await shown(service))[0]!.tasks.nodes[0]!;
    await service.query(
      `mutation { createAnnotation(input: { taskId: "${task.id}", result: [] }) { __typename } }`,
    );
    await expect.poll(guide.keys, { timeout: 20_000 }).toEqual([expect.stringMatching(/^\d+\.json$/)]);
  });

  test('"Working with BLOBs": params with quotes as the guide has them, which the shell takes away', async () => {
    const guide = await guides[kind]!();
    await guide.put('a.jpg', 'a');
    const service = await begin(
      `start my_project --init --source ${kind} --source-path ${guide.bucket} --source-params "{\\"data_key\\": \\"my-object-tag-$value\\", \\"use_blob_urls\\": true, \\"endpoint\\": \\"${guide.endpoint}\\", \\"regex\\": ".*"}"`,
      guide,
    );
    const [project] = await shown(service);
    const [[key, uri]] = project!.tasks.nodes.map(({ data }) => Object.entries(data)[0]!) as [
      [string, string],
    ];
    expect(key).toBe('my-object-tag-');
    expect(uri).toMatch(new RegExp(`^${guide.scheme}://${guide.bucket}/.*a\\.jpg$`));
  });
});
