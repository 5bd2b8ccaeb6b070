import { ProviderError, ValidationError } from '../../errors.ts';
import { providerError } from '../../providers/errors.ts';
import type { SetupStep } from '../../providers/guide.ts';
import { trustingEnvironment } from '../../providers/store.ts';
import { openConnection, whileSomebodyWaits } from '../connect/open.ts';
import type { Candidate } from './candidate.ts';
import { sampleObject } from './sample.ts';

export const diagnosisChecks = ['HEAD', 'GET', 'RANGE', 'PREFLIGHT'] as const;

/** One request as a browser on `origin` makes it to a freshly signed URL. */
export interface DiagnosisCheck {
  check: (typeof diagnosisChecks)[number];
  ok: boolean;
  /** HTTP status that came; null: no answer. */
  status: number | null;
  message: string;
  /** What to change; null: nothing. */
  hint: string | null;
  /** Headers that should have come, as `name: value`. */
  missingHeaders: string[];
}

export interface Diagnosis {
  ok: boolean;
  checks: DiagnosisCheck[];
  /** What to paste at the provider so that the failed checks pass. */
  proposals: SetupStep[];
}

/** How long each may take, in milliseconds: finding an object to try, and every request of the browser. */
const LIMIT = 15_000;

/**
 * Does what a labeling page does: signs a URL and fetches it from the page's origin, whole and in part.
 * Whether the page may read the answer follows the CORS protocol (Fetch Standard, section 3.3).
 */
export async function diagnose(
  candidate: Candidate,
  origin: string,
  signal: AbortSignal,
): Promise<Diagnosis> {
  checkOrigin(origin);
  const reason = candidate.provider.unsupported?.(candidate.settings, candidate.secrets)?.SIGN;
  if (reason !== undefined) {
    const hint = 'Media of this storage reach the browser through the service, which needs no CORS rule.';
    throw new ProviderError({
      code: 'UNSUPPORTED',
      capability: 'SIGN',
      retryable: false,
      message: reason,
      hint,
    });
  }
  const store = openConnection(candidate, whileSomebodyWaits);
  try {
    const found = AbortSignal.timeout(LIMIT);
    const sample = await sampleObject(store, candidate, AbortSignal.any([signal, found])).catch((error) => {
      throw error === found.reason ? providerError({ code: 'TIMEOUT' }, { capability: 'LIST' }) : error;
    });
    const { url } = await store.presign(sample.key, { ttlSeconds: 120, signal });
    const { provider, settings, environment } = candidate;
    const { fetch } = trustingEnvironment(provider, settings, environment).outbound;
    const send = async (init: RequestInit): Promise<Response> => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]);
      const response = await fetch(url, { ...init, headers: { origin, ...init.headers }, signal: limit });
      await response.body?.cancel();
      return response;
    };
    const checks = [
      await attempt('HEAD', () => send({ method: 'HEAD' }), [200], origin),
      await attempt('GET', () => send({ method: 'GET' }), [200], origin),
      await attempt(
        'RANGE',
        () => send({ headers: { range: 'bytes=0-0' } }),
        sample.size > 0 ? [206] : [200, 416],
        origin,
      ),
      await attempt('PREFLIGHT', () => send({ method: 'OPTIONS', headers: preflight }), [200, 204], origin),
    ];
    // A URL signed for GET need not answer HEAD: pages that ask beforehand use a ranged GET instead.
    const needed = checks.filter(({ check }) => check !== 'HEAD');
    const lacksRule = needed.some(({ missingHeaders }) => missingHeaders.length > 0);
    return {
      ok: needed.every(({ ok }) => ok),
      checks,
      proposals: lacksRule ? proposals(candidate, origin) : [],
    };
  } finally {
    await store.close();
  }
}

const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' };

async function attempt(
  check: DiagnosisCheck['check'],
  send: () => Promise<Response>,
  expected: readonly number[],
  origin: string,
): Promise<DiagnosisCheck> {
  let response: Response;
  try {
    response = await send();
  } catch {
    const message = 'The signed URL did not answer from here.';
    const hint = 'Check that the host in the URL (publicEndpoint, if set) is reachable by browsers.';
    return { check, ok: false, status: null, message, hint, missingHeaders: [] };
  }
  const { status } = response;
  const refused = !expected.includes(status);
  // What is refused for its signature lacks the headers whatever the rules say.
  const missingHeaders = refused && check === 'HEAD' ? [] : missingFrom(check, response.headers, origin);
  if (refused) return { check, ok: false, status, ...refusal(check, status, expected), missingHeaders };
  if (missingHeaders.length === 0) {
    return {
      check,
      ok: true,
      status,
      message: 'Answers, and the page may read it.',
      hint: null,
      missingHeaders,
    };
  }
  const message = `Answers, but a page on ${origin} may not read all it needs.`;
  const hint = 'Apply the CORS rule proposed below.';
  return { check, ok: false, status, message, hint, missingHeaders };
}

function refusal(check: DiagnosisCheck['check'], status: number, expected: readonly number[]) {
  const message = `Answered with status ${status}; expected ${expected.join(' or ')}.`;
  if (check === 'HEAD' && (status === 403 || status === 405)) {
    const hint = 'The URL is signed for GET only, as it should be; pages learn the size from a ranged GET.';
    return { message, hint };
  }
  if (check === 'PREFLIGHT') {
    return {
      message,
      hint: 'No CORS rule lets this origin send GET with a Range header: apply the one proposed below.',
    };
  }
  if (status === 403)
    return { message, hint: 'The credentials that sign must be allowed to read the object.' };
  return { message, hint: 'Check endpoint and bucket: what answers is not the object.' };
}

/** The headers of the CORS answer that this origin lacks. */
function missingFrom(check: DiagnosisCheck['check'], headers: Headers, origin: string): string[] {
  const missing: string[] = [];
  const allowed = headers.get('access-control-allow-origin');
  if (allowed !== '*' && allowed !== origin) missing.push(`Access-Control-Allow-Origin: ${origin}`);
  if (check === 'PREFLIGHT') {
    const methods = listOf(headers, 'access-control-allow-methods');
    if (!methods.includes('get') && !methods.includes('*')) missing.push('Access-Control-Allow-Methods: GET');
    const names = listOf(headers, 'access-control-allow-headers');
    if (!names.includes('range') && !names.includes('*')) missing.push('Access-Control-Allow-Headers: Range');
  } else if (check === 'RANGE') {
    const exposed = listOf(headers, 'access-control-expose-headers');
    if (!exposed.includes('content-range') && !exposed.includes('*')) {
      missing.push('Access-Control-Expose-Headers: Content-Range');
    }
  }
  return missing;
}

const listOf = (headers: Headers, name: string) =>
  (headers.get(name) ?? '').split(',').map((value) => value.trim().toLowerCase());

function proposals(candidate: Candidate, origin: string): SetupStep[] {
  const steps = candidate.provider.guide?.(candidate.settings, {
    direction: 'SOURCE',
    presign: true,
    origins: [origin],
    addresses: [],
    externalId: candidate.environment.externalId,
    servicePrincipal: null,
  });
  return (steps ?? []).filter(({ title }) => title.includes('CORS'));
}

/** @throws ValidationError unless it is what a browser sends as Origin (RFC 6454, section 6.2) */
function checkOrigin(origin: string): void {
  if (URL.parse(origin)?.origin === origin && /^https?:/.test(origin)) return;
  const message = 'Expected the origin of the labeling page, such as "https://label.example.com".';
  throw new ValidationError([{ path: 'origin', message }]);
}
