import type { TestProject } from 'vitest/node';
import { type RedisAddress, startRedis } from './redis.ts';

/** What the run's servers are reached by; test files get it with `inject('redis')`. */
export interface RedisAddresses {
  /** Asks for nothing. */
  open: RedisAddress;
  /** Asks for a password, and has a second port that speaks TLS. */
  secured: RedisAddress;
}

/** Starts two Redis servers for the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop: stopOpen, ...open } = await startRedis();
  const { stop: stopSecured, ...secured } = await startRedis({ password: true, tls: true });
  project.provide('redis', { open, secured });
  return async () => {
    await Promise.all([stopOpen(), stopSecured()]);
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    redis: RedisAddresses;
  }
}
