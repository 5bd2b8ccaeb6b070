import type { Reporter, TestCase, TestModule } from 'vitest/node';

const passed = '✓';
const skipped = '–';
const failed = '✗';

/** Cells by case, then by provider; a cell stands for all runs of the case (bare, under a prefix). */
type Table = Map<string, Map<string, Cell>>;
interface Cell {
  failed: boolean;
  reason: string | undefined;
}

/**
 * Prints, after all other reports, what the conformance suite showed of each provider, the reason of every
 * skip in the run, and as the last line the totals: "123 passed, 0 failed, 2 skipped". A test file that
 * does not load counts as one failure, so that nothing can be missing from a green line.
 */
export default class ConformanceTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const table = tableOf(tests);
    const lines = table.size > 0 ? renderTable(table) : [];
    lines.push(...renderOtherSkips(tests));
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // Tests behind a hook or import that failed are reported as skipped: the failure itself is counted.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length;
    // A test that never came to its end (state "pending": the run was stopped) did not pass.
    const failures = count('failed') + count('pending') + broken;
    lines.push('', `${count('passed')} passed, ${failures} failed, ${count('skipped')} skipped`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

/** Provider of a test of the suite: describe("conformance: S3") > describe("bare") > test. */
function providerOf(test: TestCase): string | undefined {
  const [top, ...below] = test.fullName.split(' > ');
  return below.length > 0 ? /^conformance: (.+)$/.exec(top ?? '')?.[1] : undefined;
}

/** Never run because a hook around it failed. */
function isBehindFailure(test: TestCase): boolean {
  let around: TestCase['parent'] = test.parent;
  while (around.type === 'suite' && around.errors().length === 0) around = around.parent;
  return around.errors().length > 0;
}

const reasonOf = (test: TestCase): string | undefined => {
  const result = test.result();
  return result.state === 'skipped' ? (result.note ?? 'no reason given') : undefined;
};

function tableOf(tests: readonly TestCase[]): Table {
  const table: Table = new Map();
  for (const test of tests) {
    const provider = providerOf(test);
    if (provider === undefined) continue;
    const row = table.get(test.name) ?? new Map<string, Cell>();
    table.set(test.name, row);
    const before = row.get(provider);
    const { state } = test.result();
    row.set(provider, {
      failed: before?.failed || state === 'failed' || state === 'pending' || isBehindFailure(test),
      reason: reasonOf(test) ?? before?.reason,
    });
  }
  return table;
}

function renderTable(table: Table): string[] {
  const providers = [...new Set([...table.values()].flatMap((row) => [...row.keys()]))].sort();
  const reasons: string[] = [];
  const cellText = (cell: Cell | undefined): string => {
    if (!cell) return '';
    if (cell.failed) return failed;
    if (cell.reason === undefined) return passed;
    if (!reasons.includes(cell.reason)) reasons.push(cell.reason);
    return `${skipped} ${reasons.indexOf(cell.reason) + 1}`;
  };
  const rows = [...table].map(([name, row]) => [
    name,
    ...providers.map((provider) => cellText(row.get(provider))),
  ]);
  const header = ['Conformance', ...providers];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]!.length), title.length),
  );
  const render = (row: string[]) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const notes = reasons.map((reason, index) => `${skipped} ${index + 1}: ${reason}`);
  return ['', render(header), rule, ...rows.map(render), ...(notes.length > 0 ? ['', ...notes] : [])];
}

/** Skips outside the suite, each with its test, so that none goes unseen. */
function renderOtherSkips(tests: readonly TestCase[]): string[] {
  const others = tests.filter(
    (test) => providerOf(test) === undefined && reasonOf(test) !== undefined && !isBehindFailure(test),
  );
  return others.length > 0
    ? ['', ...others.map((test) => `skipped: ${test.fullName}: ${reasonOf(test)}`)]
    : [];
}
