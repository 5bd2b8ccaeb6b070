const ofProviders = ['unit/layers', 'providers/memory', 'unit/glance', 'jobs/limits', 'jobs/weaknesses'];
const ofEngine = [
  ...[
    'jobs/policies',
    'jobs/absence',
    'graphql/idempotence',
    'jobs/retries',
    'jobs/signal',
    'graphql/ledger',
  ],
  ...['graphql/syncs', 'jobs/disorder', 'jobs/row-identity', 'jobs/limits', 'jobs/schedules'],
];
const slow = ['jobs/weaknesses', 'jobs/histories', 'jobs/crash', 'jobs/notifications'];

/** The tests that guard a source file: those that are quick and bite come first. */
export function testsOf(file: string, { all }: { all: boolean }): string[] {
  const names = file.startsWith('src/providers/') ? ofProviders : all ? [...ofEngine, ...slow] : ofEngine;
  return names.map((name) => `test/${name}.test.ts`);
}
