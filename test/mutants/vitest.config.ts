import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../vitest.config.ts';

const named = process.argv.filter((argument) => argument.endsWith('.test.ts'));

/** Test files in the order in which they were named. */
class AsNamed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => named.findIndex((name) => moduleId.endsWith(name));
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

/** The first failure is enough. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    bail: 1,
    reporters: ['verbose'],
    sequence: { sequencer: AsNamed },
    fsModuleCache: true,
  },
});
