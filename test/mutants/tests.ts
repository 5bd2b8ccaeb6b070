const ofProviders = ['unit/layers', 'providers/memory', 'unit/glance', 'jobs/limits'];
const ofEngine = [
  'unit/judge',
  ...['jobs/policies', 'jobs/absence', 'graphql/idempotence', 'jobs/row-identity', 'jobs/retries'],
  ...['jobs/signal', 'graphql/syncs', 'jobs/disorder', 'graphql/ledger', 'graphql/hints'],
];
const ofStart = ['jobs/schedules', 'graphql/syncs'];
/** For what the quick ones leave alive. */
const slow = ['jobs/limits', 'jobs/weaknesses', 'jobs/histories', 'jobs/notifications'];

/** The tests that guard a source file: those that are quick and bite come first. */
export function testsOf(file: string, { all }: { all: boolean }): string[] {
  const quick = file.startsWith('src/providers/')
    ? ofProviders
    : file.startsWith('src/syncs/start/')
      ? ofStart
      : ofEngine;
  const more = [
    ...(file.startsWith('src/syncs/read/') ? ['graphql/bad-files', 'jobs/round-trip'] : []),
    ...(file.startsWith('src/syncs/run/') ? ['jobs/crash'] : []),
    ...(file === 'src/tasks/bulk.ts' ? ['graphql/pre-annotations'] : []),
  ];
  return [...quick, ...more, ...(all ? slow : [])].map((name) => `test/${name}.test.ts`);
}
