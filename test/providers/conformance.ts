import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import type {
  Driver,
  Provider,
  ProviderCapabilities,
  ProviderEnvironment,
} from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { copyCases } from './cases/copy.ts';
import { listCases } from './cases/list.ts';
import { presignCases } from './cases/presign.ts';
import { readCases } from './cases/read.ts';
import { refusalCases } from './cases/refusals.ts';
import { streamCases } from './cases/stream.ts';
import { writeCases } from './cases/write.ts';

/**
 * What a provider lends the suite. The suite asserts through `openStore`, so that a provider is tested as
 * the services use it; the harness works behind the store's back, with the provider's own SDK or files.
 *
 * A harness file starts its real server in `beforeAll`, calls `conformance('S3', harness)`, and stops the
 * server in `afterAll`. A server that is missing is a failure, never a skip.
 */
export interface Harness<Settings extends object, Secrets extends object> {
  provider: Provider<Settings, Secrets>;
  /**
   * Makes a new, empty container and answers a storage in it that is limited to `prefix`, written as a
   * user would type it: '' (the whole container), 'team one/set+1', 'a'. Called once or twice per case.
   */
  open(request: { prefix: string }): Promise<Opened<Settings, Secrets>>;
  /** Cases that this provider cannot have, each with the reason that the table prints. */
  skips?: Partial<Record<CaseName, string>>;
}

export interface Opened<Settings extends object, Secrets extends object> {
  settings: Settings;
  /** Every string in here of 8 characters or more is searched for in the texts of all errors. */
  secrets: Secrets;
  environment: ProviderEnvironment;
  /** Creates or overwrites an object behind the store's back. `key` is the full key. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** The same for some thousand objects, where the provider has a faster way than many `put`. */
  putMany?(keys: readonly string[], body: Uint8Array): Promise<void>;
  /**
   * Makes an empty folder as the provider's console would; `key` ends in '/'. Absent: an empty object
   * of that key.
   */
  putFolder?(key: string): Promise<void>;
  /** Well-formed secrets that the server refuses. Needed unless the case is skipped. */
  wrongSecrets?: Secrets;
  /** Settings that name a container that does not exist. Needed unless the case is skipped. */
  missingContainer?: Settings;
  /** Removes the container. */
  close(): Promise<void>;
}

/** One case's view of an opened storage; hides the provider's own types. */
export interface Trial {
  store: Store;
  capabilities: ProviderCapabilities;
  /** Never aborted. */
  signal: AbortSignal;
  /** Full key of a name in the storage. */
  key(name: string): string;
  put(key: string, body: Uint8Array): Promise<void>;
  putMany(keys: readonly string[], body: Uint8Array): Promise<void>;
  putFolder(key: string): Promise<void>;
  /** A storage in a new container of its own; `prefix` is put behind the present mode's. */
  elsewhere(prefix: string): Promise<Trial>;
  /** The same container, opened with what is wrong on purpose. */
  withWrongSecrets(): Store;
  withMissingContainer(): Store;
  /** The ProviderError that `promise` fails with. Anything else, or a secret in its text, fails the test. */
  failure(promise: Promise<unknown>): Promise<ProviderError>;
  /** Driver methods called so far. */
  driverCalls(): number;
}

export type Case = (trial: Trial) => Promise<void>;

/** Every case by its name: the rows of the table that the reporter prints. */
export const cases = {
  ...listCases,
  ...readCases,
  ...writeCases,
  ...streamCases,
  ...copyCases,
  ...refusalCases,
  ...presignCases,
};
export type CaseName = keyof typeof cases;

/** Case names by what the provider must be able to do; a skip must agree with the declared capabilities. */
const needs: { capability: keyof ProviderCapabilities; names: CaseName[] }[] = [
  { capability: 'listsInOrder', names: ['list: begins behind a key'] },
  {
    capability: 'folders',
    names: [
      'list: first level only',
      'list: folder markers are left out',
      'refused: writing below an empty segment or to a folder',
    ],
  },
  {
    capability: 'conditionalWrites',
    names: ['write: only where there is no object yet', 'write: only over the expected version'],
  },
  { capability: 'presign', names: Object.keys(presignCases) as CaseName[] },
];

/** The same by the methods that a driver may lack: one reason does for all cases of a method. */
export const optional = { writeStream: namesOf(streamCases), copy: namesOf(copyCases) };

function namesOf<T extends object>(some: T): (keyof T & CaseName)[] {
  return Object.keys(some) as (keyof T & CaseName)[];
}

/** The same reason for each of these cases. */
export const skipping = (names: readonly CaseName[], reason: string): Partial<Record<CaseName, string>> =>
  Object.fromEntries(names.map((name) => [name, reason]));

const modes = [
  { mode: 'bare', prefix: '' },
  { mode: 'under a prefix', prefix: 'team one/set+1' },
];

/**
 * Runs every case against a provider, once on a bare container and once under a prefix.
 * `name` is the column of the table: the provider's name, with its server or credentials if there are several.
 */
export function conformance<Settings extends object, Secrets extends object>(
  name: string,
  harness: Harness<Settings, Secrets>,
): void {
  for (const { mode, prefix } of modes) {
    describe(`conformance: ${name}`, () => {
      describe(mode, () => {
        const closers: (() => Promise<void>)[] = [];
        let trial: Trial;
        beforeEach(async (context) => {
          const reason = harness.skips?.[context.task.name as CaseName];
          if (reason !== undefined) context.skip(reason);
          trial = await begin(harness, prefix, closers);
        });
        afterEach(async () => {
          for (const close of closers.splice(0).reverse()) await close();
        });
        for (const [caseName, run] of Object.entries(cases)) {
          test(caseName, { timeout: 120_000 }, () => run(trial));
        }
      });
    });
  }
  test(`conformance: ${name}: skips agree with what it can do`, async () => {
    for (const { capability, names } of needs) {
      for (const caseName of names) {
        const skipped = harness.skips?.[caseName] !== undefined;
        if (!harness.provider.capabilities[capability])
          expect(skipped, `${caseName}: name a reason`).toBe(true);
        else if (capability !== 'folders')
          expect(skipped, `${caseName}: ${capability} is declared`).toBe(false);
      }
    }
    const opened = await harness.open({ prefix: '' });
    const driver = harness.provider.open(opened.settings, opened.secrets, opened.environment);
    for (const method of ['writeStream', 'copy'] as const) {
      const run = optional[method].filter((caseName) => harness.skips?.[caseName] === undefined);
      expect(run.length > 0, `cases of ${method} run exactly where it is there`).toBe(
        driver[method] !== undefined,
      );
    }
    await driver.close();
    await opened.close();
  });
}

async function begin<Settings extends object, Secrets extends object>(
  harness: Harness<Settings, Secrets>,
  prefix: string,
  closers: (() => Promise<void>)[],
): Promise<Trial> {
  const opened = await harness.open({ prefix });
  closers.push(() => opened.close());
  let calls = 0;
  const provider: Provider<Settings, Secrets> = {
    ...harness.provider,
    open: (...parameters) => counting(harness.provider.open(...parameters), () => calls++),
  };
  function open(settings: Settings, secrets: Secrets): Store {
    const store = openStore(provider, settings, secrets, opened.environment, { baseDelayMs: 10 });
    closers.push(() => store.close());
    return store;
  }
  const canaries = [...longStrings(opened.secrets), ...longStrings(opened.wrongSecrets)];
  const store = open(opened.settings, opened.secrets);
  return {
    store,
    capabilities: harness.provider.capabilities,
    signal: new AbortController().signal,
    key: (name) => store.location.prefix + name,
    put: (key, body) => opened.put(key, body),
    async putMany(keys, body) {
      if (opened.putMany) return opened.putMany(keys, body);
      for (let i = 0; i < keys.length; i += 16) {
        await Promise.all(keys.slice(i, i + 16).map((key) => opened.put(key, body)));
      }
    },
    putFolder: (key) => (opened.putFolder ? opened.putFolder(key) : opened.put(key, new Uint8Array())),
    elsewhere: (own) => begin(harness, prefix === '' ? own : `${prefix}/${own}`, closers),
    withWrongSecrets() {
      if (!opened.wrongSecrets)
        throw new Error('The harness gives neither wrongSecrets nor a reason to skip.');
      return open(opened.settings, opened.wrongSecrets);
    },
    withMissingContainer() {
      if (!opened.missingContainer)
        throw new Error('The harness gives neither missingContainer nor a reason to skip.');
      return open(opened.missingContainer, opened.secrets);
    },
    async failure(promise) {
      const error = await promise.then(
        () => expect.fail('It succeeded, and should have failed.'),
        (reason: unknown) => reason,
      );
      if (!(error instanceof ProviderError)) throw error;
      const text = [error.message, error.hint, error.stack, JSON.stringify(error)].join('\n');
      for (const canary of canaries) expect(text).not.toContain(canary);
      return error;
    },
    driverCalls: () => calls,
  };
}

/** The driver with each call of a method counted; `classify` and `close` reach no storage and do not count. */
function counting(driver: Driver, count: () => void): Driver {
  return new Proxy(driver, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        if (name !== 'classify' && name !== 'close') count();
        return Reflect.apply(value, target, parameters);
      };
    },
  });
}

function longStrings(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 8 ? [value] : [];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(longStrings) : [];
}
