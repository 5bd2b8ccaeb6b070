import type { ProviderErrorCode } from '../../errors.ts';
import { DriverFailure, unknownResponse } from '../errors.ts';
import type { Failure } from '../provider.ts';
import { GcsError, type GcsErrorOptions } from './error.ts';
import { classifyIdentity, scopes } from './identity-failures.ts';

/**
 * What Cloud Storage's refusals mean. Reasons: "HTTP status and error codes for JSON" of the Cloud Storage
 * documentation, and `google.api.ErrorReason` of Google's API definitions.
 */

/** The server answered, even with success, but not as Cloud Storage does. */
export const notGcs: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The endpoint answered, but not as Google Cloud Storage does.',
  hint: 'Leave the endpoint empty for Google itself; otherwise enter the address that the JSON API answers at.',
};

const redirect: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The endpoint sent the request on to another address, which is not followed.',
  hint: 'Enter the address that the JSON API itself answers at.',
};

const billing: Failure = {
  code: 'FORBIDDEN',
  message: 'The Google Cloud project of the bucket is disabled or has a problem with its billing.',
  hint: "Open the project's billing page in the Google Cloud console.",
};

const retention: Failure = {
  code: 'FORBIDDEN',
  message: 'The object may not be replaced or deleted now: it is under a hold or a retention policy.',
  hint: 'Choose a bucket or prefix without retention for annotations, or release the hold.',
};

const requesterPays: Failure = {
  code: 'FORBIDDEN',
  message:
    'The bucket has Requester Pays switched on, so that it answers only those who name a project to bill.',
  hint: 'Switch Requester Pays off for this bucket, or copy the objects to another one.',
};

const apiDisabled: Failure = {
  code: 'FORBIDDEN',
  message: 'The Cloud Storage API is not enabled in the Google Cloud project.',
  hint: 'Enable it: gcloud services enable storage.googleapis.com',
};

const kms: Failure = {
  code: 'FORBIDDEN',
  message: 'The Cloud KMS key of the object or bucket could not be used.',
  hint: "Check that the key exists and is enabled, and that the project's Cloud Storage service agent may use it (roles/cloudkms.cryptoKeyEncrypterDecrypter).",
};

const customerKey: Failure = {
  code: 'OBJECT_UNREADABLE',
  message: 'The object is encrypted with a key that only its writer has (customer-supplied encryption key).',
  hint: 'Rewrite the object with a key of Google or of Cloud KMS.',
};

/** Maps, since the reasons come from a server that anybody may have named. */
const special: ReadonlyMap<string, Failure> = new Map(
  Object.entries<Failure>({
    ACCESS_TOKEN_SCOPE_INSUFFICIENT: scopes,
    SERVICE_DISABLED: apiDisabled,
    accessNotConfigured: apiDisabled,
    'usageLimits.accessNotConfigured': apiDisabled,
    accountDisabled: billing,
    UserProjectAccountProblem: billing,
    userProjectMissing: requesterPays,
    AuthenticationRequiredRequesterPays: requesterPays,
    objectUnderActiveHold: retention,
    retentionPolicyNotMet: retention,
    resourceIsEncryptedWithCustomerEncryptionKey: customerKey,
    orgPolicyConstraintFailed: {
      code: 'FORBIDDEN',
      message: 'An organization policy of Google Cloud forbids this.',
      hint: "Ask an administrator of the bucket's organization.",
    },
    sslRequired: {
      code: 'UNEXPECTED_RESPONSE',
      message: 'The endpoint answers over TLS only.',
      hint: 'Enter the endpoint with https.',
    },
  }),
);

const byReason: ReadonlyMap<string, ProviderErrorCode> = new Map(
  Object.entries<ProviderErrorCode>({
    rateLimitExceeded: 'RATE_LIMITED',
    'usageLimits.rateLimitExceeded': 'RATE_LIMITED',
    userRateLimitExceeded: 'RATE_LIMITED',
    RATE_LIMIT_EXCEEDED: 'RATE_LIMITED',
    quotaExceeded: 'RATE_LIMITED',
    dailyLimitExceeded: 'RATE_LIMITED',
    backendError: 'UNAVAILABLE',
    internalError: 'UNAVAILABLE',
  }),
);

const byStatus: Readonly<Record<number, ProviderErrorCode>> = {
  401: 'WRONG_CREDENTIALS',
  403: 'FORBIDDEN',
  405: 'UNSUPPORTED',
  408: 'TIMEOUT',
  409: 'UNAVAILABLE',
  412: 'OBJECT_CHANGED',
  416: 'RANGE_NOT_SATISFIABLE',
  429: 'RATE_LIMITED',
  451: 'FORBIDDEN',
  501: 'UNSUPPORTED',
};

/** Where the reason is too general, the sentence tells these apart; it has read so for years. */
const bySentence: readonly [RegExp, Failure][] = [
  [/requester pays/i, requesterPays],
  [/billing account/i, billing],
  [/cloud ?kms|cryptoKey/i, kms],
  [/authentication scopes|scope\(s\)/i, scopes],
  [
    /ip filter/i,
    {
      code: 'FORBIDDEN',
      message: "The bucket's IP filter does not let this service in.",
      hint: "Add the service's addresses to the filter: the setup guide of this storage shows the file.",
    },
  ],
  [
    /vpcServiceControls|prohibited by organization's policy/i,
    {
      code: 'FORBIDDEN',
      message: 'A VPC Service Controls perimeter keeps this service out.',
      hint: "Add an ingress rule for this service's addresses or identity to the perimeter of the bucket's project.",
    },
  ],
];

/** Classifies what requests throw; undefined for what is no response: network, abort, programming errors. */
export function classifyGcs(error: unknown): Failure | undefined {
  if (!(error instanceof GcsError)) return undefined;
  const { response } = error;
  const { status, reasons, retryAfterMs } = response;
  if (status >= 300 && status < 400) return redirect;
  const limited = reasons.map((reason) => byReason.get(reason)).find((code) => code !== undefined);
  if (limited) return { code: limited, retryAfterMs };
  if (status >= 500 && status !== 501) return { code: 'UNAVAILABLE', retryAfterMs };
  if (status === 429) return { code: 'RATE_LIMITED', retryAfterMs };
  return response.service === 'STORAGE' ? classifyStorage(response) : classifyIdentity(response);
}

function classifyStorage(response: GcsErrorOptions): Failure {
  const { status, reasons, sentence } = response;
  const known = reasons.map((reason) => special.get(reason)).find((failure) => failure !== undefined);
  if (known) return known;
  if (reasons.some((reason) => reason.startsWith('cloudKms'))) return kms;
  if (status === 400 || status === 403) {
    const told = bySentence.find(([pattern]) => pattern.test(sentence));
    if (told) return told[1];
  }
  if (status === 404) return missing(response);
  if (status === 400 && /bucket name/i.test(sentence)) return { code: 'CONTAINER_NOT_FOUND' };
  if (status === 400 && /object name/i.test(sentence)) return { code: 'INVALID_KEY' };
  // A web page in place of words is a proxy's, which knows nothing of who may do what.
  if (!response.documented && sentence === '' && (status === 401 || status === 403)) return notGcs;
  const code = byStatus[status];
  if (code) return { code, retryAfterMs: response.retryAfterMs };
  return response.documented ? unknownResponse(status, reasons[0]) : notGcs;
}

/** Downloads answer 404 in plain text, everything else in an error document. */
function missing({ about, sentence, documented, reasons, status }: GcsErrorOptions): Failure {
  if (/bucket does not exist/i.test(sentence)) return { code: 'CONTAINER_NOT_FOUND' };
  if (reasons.length > 0 && !reasons.some((reason) => /^not_?found$/i.test(reason))) {
    return unknownResponse(status, reasons[0]);
  }
  if (/no such object/i.test(sentence) && about !== 'BUCKET') return { code: 'OBJECT_NOT_FOUND' };
  if (about === 'OBJECT' && sentence !== '') return { code: 'OBJECT_NOT_FOUND' };
  if (about === 'BUCKET' && documented) return { code: 'CONTAINER_NOT_FOUND' };
  return notGcs;
}

/** Reasons of plain refusals by Cloud Storage's and Google's own access control. */
const refused = new Set(['forbidden', 'insufficientPermissions', 'PERMISSION_DENIED']);

/**
 * Whether the error is a refusal that only comes after it was proven who asks.
 * @throws DriverFailure for one whose reason no table knows: it proves nothing
 */
export function isProvenRefusal(error: unknown): boolean {
  if (!(error instanceof GcsError) || classifyGcs(error)?.code !== 'FORBIDDEN') return false;
  const { status, reasons } = error.response;
  const known = (reason: string) =>
    refused.has(reason) || special.has(reason) || reason.startsWith('cloudKms');
  if (reasons.some(known)) return true;
  throw new DriverFailure(unknownResponse(status, reasons[0]), error);
}
