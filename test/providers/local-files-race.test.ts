import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocalFiles } from '../../src/providers/local-files/driver.ts';

/**
 * A folder below the root is swapped for a link out of it, and back, as fast as the disk allows, while its files
 * are read, written, listed and removed.
 */
const signal = new AbortController().signal;
/** Of each race. */
const durationMs = 3_500;

let base: string;
let root: string;
let outside: string;
let stopSwapping: () => Promise<number>;

/** Swaps until told to stop; answers how often it did. Writers may make the folder anew while it is away. */
const swapper = `
  const { renameSync, rmSync, symlinkSync, unlinkSync } = require('node:fs');
  const { workerData: { folder, away, outside, stop }, parentPort } = require('node:worker_threads');
  const put = (inPlace) => {
    for (;;) {
      try {
        return inPlace();
      } catch {}
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch {}
    }
  };
  let swaps = 0;
  for (; Atomics.load(stop, 0) === 0; swaps++) {
    renameSync(folder, away);
    put(() => symlinkSync(outside, folder));
    unlinkSync(folder);
    put(() => renameSync(away, folder));
  }
  parentPort.postMessage(swaps);
`;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'longshore-race-')));
  [root, outside] = [join(base, 'root'), join(base, 'outside')];
  const folder = join(root, 'set/folder');
  await mkdir(folder, { recursive: true });
  await mkdir(outside);
  await writeFile(join(folder, 'file'), 'inside');
  await writeFile(join(outside, 'file'), 'secret');
  await writeFile(join(outside, 'only-outside'), 'secret');
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(swapper, {
    eval: true,
    workerData: { folder, away: join(root, 'away'), outside, stop },
  });
  const swapped = new Promise<number>((resolve, reject) => worker.on('message', resolve).on('error', reject));
  stopSwapping = async () => {
    Atomics.store(stop, 0, 1);
    return swapped;
  };
});

afterEach(async () => {
  await stopSwapping();
  await rm(base, { recursive: true });
});

/** Does this again and again; answers how often it succeeded, and what it gave. Failures are part of the game. */
async function race<T>(attempt: (round: number) => Promise<T>): Promise<T[]> {
  const given: T[] = [];
  const end = performance.now() + durationMs;
  for (let round = 0; performance.now() < end; round += 4) {
    const attempts = [0, 1, 2, 3].map((offset) => attempt(round + offset));
    for (const result of await Promise.allSettled(attempts)) {
      if (result.status === 'fulfilled') given.push(result.value);
    }
  }
  expect(await stopSwapping()).toBeGreaterThan(100);
  // On a busy machine few get through; without any the test would prove nothing.
  expect(given.length).toBeGreaterThan(0);
  return given;
}

const open = () => openLocalFiles({ root, prefix: 'set/' });

test('nothing is read outside the root', async () => {
  const driver = open();
  const read = await race(async () => text((await driver.read('set/folder/file', { signal })).stream));
  expect(new Set(read)).toEqual(new Set(['inside']));
});

test('nothing is listed outside the root', async () => {
  const driver = open();
  const listed = await race(async () => {
    const { objects } = await driver.listPage({ prefix: 'set/', recursive: true, signal });
    return objects.map(({ key }) => key);
  });
  expect(new Set(listed.flat())).toEqual(new Set(['set/folder/file']));
});

test('nothing is written or removed outside the root', async () => {
  const driver = open();
  const contentType = 'text/plain';
  await race(async (round) => {
    await driver.write(`set/folder/new-${round % 50}/file`, Buffer.from('mine'), { contentType, signal });
    await driver.write('set/folder/file', Buffer.from('mine'), { contentType, signal });
    await driver.remove('set/folder/only-outside', { signal });
  });
  expect((await readdir(outside)).sort()).toEqual(['file', 'only-outside']);
  expect(await readFile(join(outside, 'file'), 'utf8')).toBe('secret');
});
