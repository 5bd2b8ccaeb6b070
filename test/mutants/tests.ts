const providers = ['unit/layers', 'providers/memory', 'unit/glance', 'jobs/limits', 'jobs/weaknesses'];
const engine = [
  ...[
    'jobs/policies',
    'jobs/absence',
    'jobs/retries',
    'graphql/idempotence',
    'jobs/signal',
    'graphql/ledger',
  ],
  ...['graphql/syncs', 'jobs/disorder', 'jobs/row-identity', 'jobs/limits', 'jobs/schedules'],
  ...['jobs/histories', 'jobs/weaknesses', 'jobs/crash'],
];
/** Slow; and of what few of the files do. */
const notified = /objects\/ledger|syncs\/(repository|start\/|compare\/named|run\/(run|scan))/;

/** The tests that guard a source file: those that are quick and bite come first. */
export function testsOf(file: string): string[] {
  const names = file.startsWith('src/providers/')
    ? providers
    : [...engine, ...(notified.test(file) ? ['jobs/notifications'] : [])];
  return names.map((name) => `test/${name}.test.ts`);
}
