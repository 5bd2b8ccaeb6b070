import type { TestProject } from 'vitest/node';
import { type RadosgwAddress, startRadosgw } from './radosgw.ts';

/** Starts one radosgw for the whole run; test files reach it by `radosgwAt(inject('radosgw'))`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { endpoint, accessKeyId, secretAccessKey, configFile, stop } = await startRadosgw();
  project.provide('radosgw', { endpoint, accessKeyId, secretAccessKey, configFile });
  return stop;
}

declare module 'vitest' {
  interface ProvidedContext {
    radosgw: RadosgwAddress;
  }
}
