import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';

/** Longest name of a file on common file systems, in bytes. */
const MAX_NAME = 255;

/**
 * Where the copy of an object lies below `root`. Keys are other people's texts: each part becomes a name
 * that can neither climb nor hide, and no two keys share one.
 */
export function copyPath(root: string, storageId: number, key: string): string {
  return join(root, 'copies', String(storageId), ...key.split('/').map(fileName));
}

function fileName(part: string): string {
  const name = encodeURIComponent(part.toWellFormed())
    .replaceAll('~', '%7E')
    .replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
  if (name === '') return '%';
  if (name.length <= MAX_NAME) return name;
  return `${name.slice(0, 180)}~${createHash('sha256').update(part).digest('hex')}`;
}

/** Copies an object into the data directory. A copy is there whole or not at all. */
export async function keepCopy(
  root: string,
  storageId: number,
  store: Store,
  object: ObjectInfo,
  signal: AbortSignal,
): Promise<void> {
  await place(root, copyPath(root, storageId, object.key), async (draft) => {
    const { stream } = await store.read(object.key, { ifVersion: object.version ?? undefined, signal });
    await pipeline(stream, createWriteStream(draft, { mode: 0o600 }), { signal });
  });
}

/** Keeps a copy of what was written to a storage. */
export async function keepWritten(
  root: string,
  storageId: number,
  key: string,
  body: Uint8Array,
): Promise<void> {
  await place(root, copyPath(root, storageId, key), (draft) => writeFile(draft, body, { mode: 0o600 }));
}

/** The copy goes with the object. */
export async function dropCopy(root: string, storageId: number, key: string): Promise<void> {
  await rm(copyPath(root, storageId, key), { force: true });
}

async function place(root: string, path: string, write: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(root, 'copies', `.${randomUUID()}`);
  await mkdir(dirname(path), { recursive: true });
  try {
    await write(draft);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
