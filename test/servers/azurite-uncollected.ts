import { createRequire } from 'node:module';

/**
 * Loaded into Azurite 3.36 before its own code. It collects garbage ten minutes after its start, and over what a run of
 * the tests leaves there that never ends: from then on it answers nobody. A server that lives for one run need not
 * collect, and there is no setting for it.
 */
const constants = createRequire(import.meta.url)('azurite/dist/src/blob/utils/constants.js') as {
  DEFAULT_GC_INTERVAL_MS: number;
};
constants.DEFAULT_GC_INTERVAL_MS = 24 * 60 * 60 * 1_000;
