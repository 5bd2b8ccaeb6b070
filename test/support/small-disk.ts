import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of its own at a folder, that a test can fill and make read-only. */
export interface SmallDisk {
  path: string;
  /** Takes all room that is left, and gives it back. */
  fill(): void;
  free(): void;
  /** From now on it takes no writes, or does again. */
  readOnly(isReadOnly: boolean): void;
  close(): void;
}

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'pipe' });

/** Why there are no small disks here; undefined: there are. Only the superuser may mount one. */
export function whyNoDisk(): string | undefined {
  const path = join('/tmp', `longshore-disk-${process.pid}`);
  try {
    openDisk(path).close();
    return undefined;
  } catch {
    return 'mounting a file system is not permitted';
  }
}

/** Mounts one of 256 KiB. */
export function openDisk(path: string): SmallDisk {
  mkdirSync(path, { recursive: true });
  mount('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path);
  const filler = join(path, '.filler');
  return {
    path,
    fill() {
      try {
        writeFileSync(filler, Buffer.alloc(1 << 20));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(filler),
    readOnly: (isReadOnly) => void mount('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path),
    close() {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}
