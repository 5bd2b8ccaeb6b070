import type { TestProject } from 'vitest/node';
import { type FakeGcsAddress, startFakeGcs } from './fake-gcs-server.ts';

/** Starts one fake-gcs-server for the whole run; test files reach it by `inject('fakeGcs')`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { address, stop } = await startFakeGcs();
  if ('missing' in address) process.stderr.write(`fake-gcs-server: ${address.missing}\n`);
  project.provide('fakeGcs', address);
  return stop;
}

declare module 'vitest' {
  interface ProvidedContext {
    fakeGcs: FakeGcsAddress;
  }
}
