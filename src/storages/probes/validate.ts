import { type Capability, ProviderError } from '../../errors.ts';
import { stageOf, toProviderError } from '../../providers/errors.ts';
import { defaultLayerOptions, retry } from '../../providers/layers.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import { type Store, trustingEnvironment } from '../../providers/store.ts';
import { openConnection, whileSomebodyWaits } from '../connect/open.ts';
import type { CapabilityCheck, StorageValidation } from '../model.ts';
import type { Candidate } from './candidate.ts';
import { isEmptyContainer, nothingFound, search, whyGivenUp } from './sample.ts';
import { proveTarget } from './target.ts';

/** How long one capability may take to prove, in milliseconds. */
const CHECK_LIMIT = 30_000;
/** The same for whether the host answers at all, tries included: one that never does shall not hold anybody up. */
const REACH_LIMIT = whileSomebodyWaits.requestTimeoutMs;

/**
 * Proves each capability apart, now, and leaves nothing behind. Later capabilities are not tried when
 * an earlier one that they need has failed: they are UNTESTED, which is not a pass.
 */
export async function validateConnection(
  candidate: Candidate,
  signal: AbortSignal,
): Promise<Omit<StorageValidation, 'exampleKey'>> {
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
      let sample: ObjectInfo | undefined;
      await prove('LIST', async (limit) => {
        const found = await search(store, candidate, limit);
        sample = found.sample;
        if (sample) return `Lists objects, for example "${sample.key}".`;
        const unknown = whyGivenUp(found);
        if (unknown) return `Lists objects; ${unknown}.`;
        if (isEmptyContainer(found, store)) return 'Lists objects; the container has none yet.';
        throw nothingFound(found, store, candidate);
      });
      if (sample) {
        const object = sample;
        await prove('READ', (limit) => readSample(store, object, limit));
        await prove('SIGN', (limit) => fetchSigned(store, candidate, object, limit));
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
  return { ok: obstacleIn(checks) === undefined, checks };
}

/** What a storage is not saved without. */
const essential: readonly Capability[] = ['CONNECT', 'AUTHENTICATE', 'LIST', 'WRITE'];

/** The check for which a storage is not saved; an empty place may fill later, and other rights be given. */
export function obstacleIn(checks: readonly CapabilityCheck[]): CapabilityCheck | undefined {
  return checks.find(
    ({ capability, required, status, code }) =>
      required &&
      status !== 'PASSED' &&
      essential.includes(capability) &&
      code !== 'EMPTY_PREFIX' &&
      code !== 'NO_MATCH',
  );
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
    if (stageOf(failure) === 'CONNECT') {
      add('CONNECT', failed(failure));
      add('AUTHENTICATE', untested('Not tried: the storage was not reached.'));
      return false;
    }
    add('CONNECT', passed('The storage answers.'));
    // A driver says that the container is missing only when it has proven who asks.
    const known = failure.code === 'CONTAINER_NOT_FOUND';
    add('AUTHENTICATE', known ? passed(accepted) : failed(failure));
    return known;
  }
  add('CONNECT', passed('The storage answers.'));
  add('AUTHENTICATE', passed(accepted));
  return true;
}

const accepted = 'The storage accepts the credentials.';

async function readSample(store: Store, sample: ObjectInfo, signal: AbortSignal): Promise<string> {
  const range = sample.size > 0 ? { start: 0, end: 0 } : undefined;
  const body = await store.read(sample.key, { range, signal });
  for await (const _ of body.stream) break;
  return `Reads "${sample.key}".`;
}

/** Signs a URL and fetches its first byte as a browser would. */
async function fetchSigned(
  store: Store,
  { provider, settings, environment }: Candidate,
  sample: ObjectInfo,
  signal: AbortSignal,
): Promise<string> {
  const { url } = await store.presign(sample.key, { ttlSeconds: 60, signal });
  const headers: Record<string, string> = sample.size > 0 ? { range: 'bytes=0-0' } : {};
  const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_LIMIT)]);
  const { outbound } = trustingEnvironment(provider, settings, environment);
  async function attempt(): Promise<string> {
    const response = await outbound.fetch(url, { headers, signal: limit });
    await response.body?.cancel();
    if (response.status === 200 || response.status === 206) return 'A signed URL answers GET.';
    throw refusalOfUrl(response.status);
  }
  const options = { ...defaultLayerOptions, ...whileSomebodyWaits };
  return retry(attempt, { signal: limit, toError: (error) => failureOf(error, 'SIGN'), options });
}

function refusalOfUrl(status: number): ProviderError {
  const passing = status === 429 || status >= 500;
  const refused = status === 401 || status === 403;
  return new ProviderError({
    code: passing ? 'UNAVAILABLE' : refused ? 'FORBIDDEN' : 'UNEXPECTED_RESPONSE',
    capability: 'SIGN',
    retryable: passing,
    message: `A freshly signed URL answered with status ${status}.`,
    hint: passing ? 'Try again later.' : 'The credentials that sign must be allowed to read the object.',
  });
}
