import { chmod } from 'node:fs/promises';

/**
 * Runs something as somebody whom file permissions hold back: root may read everything, then as nobody.
 * @param home the folder that nobody has to get through
 */
export async function asOrdinaryUser<T>(home: string, run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  await chmod(home, 0o755);
  process.seteuid!(65_534);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}
