import { randomBytes } from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../errors.ts';

/**
 * The text of a file that only its owner may read (mode 0600), made with `create()` when it is not there. It
 * appears whole or not at all, and of several processes that make it at once all get the same text. Throws
 * ConfigError when group or others may read it, or when it cannot be read or made.
 */
export async function readOrCreatePrivateFile(path: string, create: () => string): Promise<string> {
  try {
    return (await read(path)) ?? (await createOnce(path, create()));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError(`${path} cannot be read or made${code}: check the permissions of its directory.`);
  }
}

async function read(path: string): Promise<string | undefined> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { mode } = await file.stat();
    // Windows has no such bits and reports 0666 for every file.
    if (process.platform !== 'win32' && mode & 0o077) {
      throw new ConfigError(`${path} holds a secret but others may read it: run "chmod 600 ${path}".`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function createOnce(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    // Unlike rename, a link never replaces what another process has put there meanwhile.
    await link(temporary, path);
    return text;
  } catch (error) {
    const theirs =
      error instanceof Error && 'code' in error && error.code === 'EEXIST' ? await read(path) : undefined;
    if (theirs === undefined) throw error;
    return theirs;
  } finally {
    await file.close();
    await unlink(temporary);
  }
}
