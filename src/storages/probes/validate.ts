import { randomUUID } from 'node:crypto';
import { type Capability, ProviderError } from '../../errors.ts';
import { toProviderError } from '../../providers/errors.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { type Connection, openConnection, whileSomebodyWaits } from '../connect/open.ts';
import { compileFilter } from '../filter.ts';
import type {
  CapabilityCheck,
  Direction,
  SourceSettings,
  StorageValidation,
  TargetSettings,
} from '../model.ts';

/** How many objects are looked at before "the filter matches nothing" is said. */
const FILTER_SAMPLE = 10_000;
/** How long one capability may take to prove, in milliseconds. */
const CHECK_LIMIT = 30_000;
/** The same for whether the host answers at all, tries included: one that never does shall not hold anybody up. */
const REACH_LIMIT = whileSomebodyWaits.requestTimeoutMs;

/** Codes that mean we never got a usable answer from the host. */
const unreachable = new Set([
  'ADDRESS_NOT_ALLOWED',
  'DNS_FAILURE',
  'TLS_FAILURE',
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'TIMEOUT',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'UNEXPECTED_RESPONSE',
]);
/** Codes that mean the host did not accept who we are. */
const unaccepted = new Set([
  'WRONG_CREDENTIALS',
  'CREDENTIALS_UNAVAILABLE',
  'CREDENTIALS_EXPIRED',
  'WRONG_REGION',
]);

export interface Candidate extends Connection {
  direction: Direction;
  source?: SourceSettings;
  target?: TargetSettings;
}

/**
 * Proves each capability apart, now, and leaves nothing behind. Later capabilities are not tried when
 * an earlier one that they need has failed: they are UNTESTED, which is not a pass.
 */
export async function validateConnection(
  candidate: Candidate,
  signal: AbortSignal,
): Promise<StorageValidation> {
  const checks: CapabilityCheck[] = [];
  const impossible = candidate.provider.unsupported?.(candidate.settings, candidate.secrets) ?? {};
  const required = requiredCapabilities(candidate, impossible);
  const add = (capability: Capability, outcome: Outcome) =>
    checks.push({ capability, required: required.has(capability), ...outcome });
  const skip = (capability: Capability, reason: string) =>
    add(capability, untested(impossible[capability] ?? reason));
  const store = openConnection(candidate, whileSomebodyWaits);

  /** Runs one proof; answers whether it passed. */
  async function prove(
    capability: Capability,
    proof: (signal: AbortSignal) => Promise<string>,
  ): Promise<boolean> {
    const reason = impossible[capability];
    if (reason !== undefined) {
      add(capability, untested(reason));
      return false;
    }
    try {
      add(capability, passed(await proof(AbortSignal.any([signal, AbortSignal.timeout(CHECK_LIMIT)]))));
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      add(capability, failed(failureOf(error, capability)));
      return false;
    }
  }

  try {
    const known = await authenticate(store, signal, add);
    if (!known) {
      for (const capability of remaining(candidate)) skip(capability, 'Not tried: an earlier check failed.');
    } else if (candidate.direction === 'SOURCE') {
      const found: { sample?: ObjectInfo } = {};
      await prove('LIST', async (limit) => {
        found.sample = await sampleObject(store, candidate, limit);
        return `Lists objects, for example "${found.sample.key}".`;
      });
      const { sample } = found;
      if (sample) {
        await prove('READ', (limit) => readSample(store, sample, limit));
        await prove('SIGN', (limit) => fetchSigned(store, candidate, sample, limit));
      } else {
        const reason = 'Not tried: there was no object to try it on.';
        for (const capability of ['READ', 'SIGN'] as const) skip(capability, reason);
      }
    } else {
      await proveTarget(store, candidate, prove, skip);
    }
  } finally {
    await store.close();
  }
  return { ok: checks.every((check) => !check.required || check.status === 'PASSED'), checks };
}

/** The store has worded its own errors; what is left comes from fetching a signed URL. */
const failureOf = (error: unknown, capability: Capability) =>
  toProviderError(error, { classify: () => undefined, capability });

type Outcome = Omit<CapabilityCheck, 'capability' | 'required'>;
const passed = (message: string): Outcome => ({ status: 'PASSED', code: null, message, hint: null });
const untested = (message: string): Outcome => ({ status: 'UNTESTED', code: null, message, hint: null });
const failed = ({ code, message, hint }: ProviderError): Outcome => ({
  status: 'FAILED',
  code,
  message,
  hint,
});

function requiredCapabilities(
  { direction, source, target }: Candidate,
  impossible: Partial<Record<Capability, string>>,
): Set<Capability> {
  const required = new Set<Capability>(['CONNECT', 'AUTHENTICATE']);
  if (direction === 'SOURCE') {
    required.add('LIST');
    // What has no URLs of its own goes through the service, whatever the setting says.
    const signs = source?.presign === true && impossible.SIGN === undefined;
    if (source?.importMethod === 'TASKS' || !signs) required.add('READ');
    if (signs) required.add('SIGN');
  } else {
    required.add('WRITE');
    if (target?.canDeleteObjects) required.add('DELETE');
  }
  return required;
}

function remaining({ direction }: Candidate): Capability[] {
  return direction === 'SOURCE' ? ['LIST', 'READ', 'SIGN'] : ['LIST', 'WRITE', 'READ', 'DELETE'];
}

/** Tells "not reached" from "not accepted" from "not allowed this one thing". */
async function authenticate(
  store: Store,
  signal: AbortSignal,
  add: (capability: Capability, outcome: Outcome) => void,
): Promise<boolean> {
  try {
    await store.authenticate(AbortSignal.any([signal, AbortSignal.timeout(REACH_LIMIT)]));
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = failureOf(error, 'AUTHENTICATE');
    if (unreachable.has(failure.code)) {
      add('CONNECT', failed(failure));
      add('AUTHENTICATE', untested('Not tried: the storage was not reached.'));
      return false;
    }
    add('CONNECT', passed('The storage answers.'));
    if (unaccepted.has(failure.code)) {
      add('AUTHENTICATE', failed(failure));
      return false;
    }
    // Forbidden or missing: the credentials are good, the checks that follow say what lacks.
    add('AUTHENTICATE', passed('The storage accepts the credentials.'));
    return true;
  }
  add('CONNECT', passed('The storage answers.'));
  add('AUTHENTICATE', passed('The storage accepts the credentials.'));
  return true;
}

/** The first object that a sync would take. @throws ProviderError EMPTY_PREFIX or NO_MATCH */
export async function sampleObject(
  store: Store,
  { provider, source }: Pick<Candidate, 'provider' | 'source'>,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const matches = compileFilter(source?.filter ?? null);
  const subject = provider.filterSubject ?? ((key: string) => key);
  let seen = 0;
  for await (const page of store.list({ recursive: source?.recursive ?? true, signal })) {
    for (const object of page.objects) if (matches(subject(object.key))) return object;
    seen += page.objects.length;
    if (seen >= FILTER_SAMPLE) break;
  }
  if (seen > 0) {
    throw new ProviderError({
      code: 'NO_MATCH',
      capability: 'LIST',
      retryable: false,
      message: `None of the first ${seen} objects matches the filter.`,
      hint: 'The filter is a regular expression for the whole key (for local files: the file name), not a glob: ".*\\.jpg", not "*.jpg".',
    });
  }
  const outside = source?.recursive ? '' : ' outside its folders';
  const where =
    store.location.prefix === ''
      ? `The container holds no object${outside}.`
      : `Nothing lies under "${store.location.prefix}".`;
  throw new ProviderError({
    code: 'EMPTY_PREFIX',
    capability: 'LIST',
    retryable: false,
    message: where,
    hint: source?.recursive
      ? 'Check the prefix, or put objects there: the storage can be saved as it is.'
      : 'Check the prefix; objects in folders below it are found only with "recursive: true".',
  });
}

async function readSample(store: Store, sample: ObjectInfo, signal: AbortSignal): Promise<string> {
  const range = sample.size > 0 ? { start: 0, end: 0 } : undefined;
  const body = await store.read(sample.key, { range, signal });
  for await (const _ of body.stream) break;
  return `Reads "${sample.key}".`;
}

/** Signs a URL and fetches its first byte as a browser would. */
async function fetchSigned(
  store: Store,
  { environment }: Candidate,
  sample: ObjectInfo,
  signal: AbortSignal,
): Promise<string> {
  const { url } = await store.presign(sample.key, { ttlSeconds: 60, signal });
  const headers: Record<string, string> = sample.size > 0 ? { range: 'bytes=0-0' } : {};
  const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_LIMIT)]);
  const response = await environment.outbound.fetch(url, { headers, signal: limit });
  await response.body?.cancel();
  if (response.status === 200 || response.status === 206) return 'A signed URL answers GET.';
  throw new ProviderError({
    code: response.status === 403 || response.status === 401 ? 'FORBIDDEN' : 'UNEXPECTED_RESPONSE',
    capability: 'SIGN',
    retryable: false,
    message: `A freshly signed URL answered with status ${response.status}.`,
    hint: 'The credentials that sign must be allowed to read the object.',
  });
}

/** Writes, reads back and removes one probe of its own; none stays behind that could be removed. */
async function proveTarget(
  store: Store,
  { provider, target }: Candidate,
  prove: (capability: Capability, proof: (signal: AbortSignal) => Promise<string>) => Promise<boolean>,
  skip: (capability: Capability, reason: string) => void,
): Promise<void> {
  const separator = provider.capabilities.folders || store.location.prefix !== '' ? '' : 'longshore:';
  const key = `${store.location.prefix}${separator}.longshore-probe-${randomUUID()}.json`;
  const body = Buffer.from('{"probe":true}');
  let mayBeThere = false;
  try {
    await prove('LIST', async (signal) => {
      for await (const _ of store.list({ recursive: false, signal })) break;
      return 'Lists objects.';
    });
    const written = await prove('WRITE', async (signal) => {
      mayBeThere = true;
      await store.write(key, body, { contentType: 'application/json', signal }).catch((error: unknown) => {
        mayBeThere = !isRefusal(error);
        throw error;
      });
      return 'Writes an object.';
    });
    if (!written) {
      skip('READ', 'Not tried: there was no object to read.');
      skip('DELETE', 'Not tried: there was no object to delete.');
      return;
    }
    await prove('READ', (signal) => readBack(store, key, body, signal));
    await prove('DELETE', async (signal) => {
      try {
        await store.remove(key, signal);
        mayBeThere = false;
      } catch (error) {
        mayBeThere = !isRefusal(error);
        const { code, message, hint, retryable } = failureOf(error, 'DELETE');
        throw new ProviderError({
          code,
          capability: 'DELETE',
          retryable,
          message: `${message} The probe "${key}" is still there.`,
          hint: target?.canDeleteObjects
            ? hint
            : 'Delete the probe by hand, or allow deletion for a moment and validate again.',
          cause: error,
        });
      }
      return 'Deletes an object.';
    });
  } finally {
    // A write whose answer was lost may have been done, and a client that has gone away cleans nothing up.
    if (mayBeThere) await store.remove(key, AbortSignal.timeout(REACH_LIMIT)).catch(() => undefined);
  }
}

/** Whether the storage has said no, so that nothing was done. */
const isRefusal = (error: unknown) => error instanceof ProviderError && !error.retryable;

async function readBack(store: Store, key: string, body: Buffer, signal: AbortSignal): Promise<string> {
  const { stream } = await store.read(key, { signal });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop ends the answer, however long it may be.
    if (length > body.length) break;
    chunks.push(chunk);
  }
  if (length === body.length && Buffer.concat(chunks).equals(body)) return 'Reads back what it wrote.';
  throw new ProviderError({
    code: 'UNEXPECTED_RESPONSE',
    capability: 'READ',
    retryable: false,
    message: 'The object read back differs from what was written.',
    hint: 'Something between Longshore and the storage changes bodies: a proxy, or a bucket policy.',
  });
}
