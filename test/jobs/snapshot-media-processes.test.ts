import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryName } from '../../src/providers/local-files/walk.ts';
import type { MediaOutcome } from '../../src/snapshots/media/outcome.ts';
import type { Manifest } from '../../src/snapshots/model.ts';
import { CreateExport, GetSnapshot } from '../graphql/snapshot-documents.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { as } from '../support/client.ts';
import type { StorageProviderInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { type RoleProcess, startRole } from '../support/process.ts';

/** Workers that are killed, frozen past their lease, or told to stop in the midst of copying media to a target. */
const it = await testApp({ worker: 'none', settings: { LOCAL_FILES_SERVING_ENABLED: 'true' } });
const { owner } = it;
const startWorker = () => startRole(it, ['worker'], { WORKER_EXPORT_LEASE_SECONDS: '1' });

/** Small ones go through memory, large ones byte by byte in several parts, those of S3 to S3 not through us at all. */
const SMALL = 660;
const LARGE = 3;
const REMOTE = 37;
const COUNT = SMALL + LARGE + REMOTE;
/** So many workers are struck, each when so many copies more lie at the target; a portion has 500 tasks. */
const BLOWS = 3;
const STEP = 200;

const digits = Array.from({ length: 2_700_000 }, (_, index) => index).join('\n');
const content = {
  ...Object.fromEntries(Array.from({ length: SMALL }, (_, n) => [`small/${n}.txt`, `small ${n}`])),
  ...Object.fromEntries(Array.from({ length: LARGE }, (_, n) => [`large/${n}.txt`, `large ${n} ${digits}`])),
};
const path = await it.files('media', content);
const photos = await createBucket();
const remote = Object.fromEntries(Array.from({ length: REMOTE }, (_, n) => [`${n}.jpg`, `remote ${n}`]));
for (const [key, text] of Object.entries(remote)) await photos.put(key, text);

const asUri = (prefix: string, texts: Record<string, string>) =>
  Object.entries(texts).map(([key, text]) => [prefix + key, text] as const);
/** What lies at each URI. */
const sources = new Map([
  ...asUri('/data/local-files/?d=media/', content),
  ...asUri(`s3://${photos.name}/`, remote),
]);
const gone = `s3://${photos.name}/gone.jpg`;

interface Place {
  provider: StorageProviderInput;
  /** Paths of all that lies in a folder. */
  within(folder: string): Promise<string[]>;
  text(path: string): Promise<string>;
}

async function atS3(): Promise<Place> {
  const bucket = await createBucket();
  return { provider: bucket.input({ prefix: 'out' }), within: bucket.keysUnder, text: bucket.text };
}

async function atLocalFiles(signal: string): Promise<Place> {
  const provider = { localFiles: { path: await it.files(`out-${signal}`, {}) } };
  const at = (path: string) => join(it.documentRoot, path);
  return {
    provider,
    async within(folder) {
      const entries = await readdir(at(folder), { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries.filter((entry) => entry.isFile());
      return files.map((file) => relative(it.documentRoot, join(file.parentPath, file.name)));
    },
    text: (path) => readFile(at(path), 'utf8'),
  };
}

const signals = ['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const;
const blows = signals.flatMap((signal) => [
  { signal, provider: 'S3', open: atS3 },
  { signal, provider: 'local files', open: atLocalFiles },
]);

test.each(blows)('$signal, to $provider', { timeout: 240_000 }, async ({ signal, open }) => {
  const place = await open(signal);
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path } });
  await owner.connect(projectId, photos.input());
  const { id: targetId } = await owner.target(projectId, place.provider, { exportOnSave: false });
  // Large ones and those of S3 lie among the small ones; every tenth task shows one that an earlier task has shown.
  const uris = [...sources.keys()].map((uri, n) => ({ uri, order: (n * 373) % COUNT }));
  const shown = uris.sort((a, b) => a.order - b.order).map(({ uri }) => uri);
  const tasks = shown.map((uri, n) => ({ image: uri, ...(n % 10 === 9 && { again: shown[n - 9], gone }) }));
  await owner.importTasks(projectId, tasks);
  const { createExport } = await owner.run(CreateExport, {
    input: { projectId, targetId, format: 'JSONL', withMedia: true },
  });
  const { id } = as(createExport, 'CreateExportSuccess').snapshot;
  // The tries that it has left end in the second portion, unless those count that brought it on.
  await it.sql`UPDATE snapshots SET attempts = 5 WHERE id = ${numberOf(id)}`;
  const look = async () => {
    const { node } = await owner.run(GetSnapshot, { id });
    return node as { state: string; folder: string; error: object | null; counts: object };
  };
  const row = async () => {
    const [found] = await it.sql<{ folder: string | null; fence: number }[]>`
      SELECT folder, fence::int FROM snapshots WHERE id = ${numberOf(id)}`;
    return found!;
  };
  const copies = async () => {
    const { folder } = await row();
    const files = folder ? await place.within(`${folder}media/`) : [];
    return files.filter((file) => !isHidden(file)).length;
  };

  let struck: RoleProcess | undefined;
  for (let blow = 1; blow <= BLOWS + 1; blow++) {
    const worker = await startWorker();
    while ((await row()).fence < blow) await sleep(10);
    if (struck && signal === 'SIGSTOP') await wake(struck);
    if (blow > BLOWS) break;
    while ((await copies()) < blow * STEP) await sleep(10);
    worker.kill(signal);
    if (signal !== 'SIGSTOP') await worker.exited;
    struck = worker;
    expect((await look()).state).not.toBe('COMPLETED');
  }
  await expect.poll(async () => (await look()).state, { timeout: 120_000 }).toMatch(/COMPLETED|FAILED/);
  const { state, folder, error, counts } = await look();
  expect({ state, error }).toEqual({ state: 'COMPLETED', error: null });
  const bytes = [...sources.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(counts).toMatchObject({ tasks: COUNT, media: COUNT, mediaBytes: bytes, missingMedia: 1 });
  const hidden = await expectWhole(place, folder, counts);
  // Only what is killed leaves half a file, under a name that no listing shows.
  if (signal !== 'SIGKILL') expect(hidden).toEqual([]);
});

/** Lets a frozen worker go on while another one is at work, until it has seen that. */
async function wake(worker: RoleProcess): Promise<void> {
  worker.kill('SIGCONT');
  await expect.poll(worker.said, { timeout: 20_000 }).toContain('left to another worker');
  worker.kill('SIGTERM');
  await worker.exited;
}

/** Each medium lies there as at its source and is listed once, and nothing else lies there. @returns half-written files */
async function expectWhole(place: Place, folder: string, counts: object): Promise<string[]> {
  const manifest: Manifest = JSON.parse(await place.text(`${folder}manifest.json`));
  expect(manifest.counts).toEqual(counts);
  const list: MediaOutcome[] = [];
  for (const { name, key, sha256 } of manifest.files) {
    const text = await place.text(key!);
    expect(hashOf(text)).toBe(sha256);
    if (name.startsWith('media-')) list.push(...linesOf(text));
  }
  expect(list.map(({ uri }) => uri).sort()).toEqual([...sources.keys(), gone].sort());
  const names: string[] = [];
  for (const outcome of list) {
    if (outcome.name === null) {
      expect(outcome).toMatchObject({ uri: gone, error: { code: 'OBJECT_NOT_FOUND' } });
      continue;
    }
    const text = sources.get(outcome.uri)!;
    expect(hashOf(await place.text(folder + outcome.name)), outcome.uri).toBe(hashOf(text));
    // What the storage has copied by itself was not seen here.
    const seen = outcome.uri.startsWith('/') || 'localFiles' in place.provider;
    expect(outcome).toMatchObject({ bytes: Buffer.byteLength(text), sha256: seen ? hashOf(text) : null });
    names.push(folder + outcome.name);
  }
  const there = await place.within(folder);
  const hidden = there.filter(isHidden);
  expect(there.filter((file) => !isHidden(file)).sort()).toEqual(
    [`${folder}manifest.json`, ...manifest.files.map(({ key }) => key!), ...names].sort(),
  );
  return hidden;
}

const isHidden = (path: string) => temporaryName.test(path.slice(path.lastIndexOf('/') + 1));
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const linesOf = (text: string): MediaOutcome[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
