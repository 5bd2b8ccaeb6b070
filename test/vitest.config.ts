import { defineConfig } from 'vitest/config';

/** Real servers, each started once for the whole run. One that is missing fails the run. */
const servers = ['postgres', 'radosgw', 'redis', 'azurite', 'gcs'];

export default defineConfig({
  // As Node resolves modules: else `graphql` is there twice, and instanceof lies.
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: servers.map((name) => `test/servers/global-setup-${name}.ts`),
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Real servers and a browser on a shared machine: one that stumbles gets a second try, and the report says so.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', './test/support/conformance-table.ts'],
  },
});
