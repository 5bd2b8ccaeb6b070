import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As Node resolves modules: else `graphql` is there twice, and instanceof lies.
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/servers.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What is waited for comes when it can: a second, the default, is soon over on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default', './test/support/conformance-table.ts'],
  },
});
