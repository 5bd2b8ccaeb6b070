import type { TestProject } from 'vitest/node';
import { type AzuriteAddress, startAzurite } from './azurite.ts';

/** Starts the Azurite servers once for the whole run; test files reach them by `inject('azurite')`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...address } = await startAzurite();
  project.provide('azurite', address);
  return stop;
}

declare module 'vitest' {
  interface ProvidedContext {
    azurite: AzuriteAddress;
  }
}
