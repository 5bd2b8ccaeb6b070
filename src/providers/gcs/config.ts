import { isIP } from 'node:net';
import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { authorities, folderPrefix, hostAndPort, origin, text, unlike } from '../fields.ts';
import type { Location, ProviderEnvironment } from '../provider.ts';
import {
  emailPattern,
  type GcsSecrets,
  isGoogleTokenUri,
  parseServiceAccount,
  projectPattern,
} from './service-account.ts';

/**
 * Settings of Google Cloud Storage, where they point, and how URIs read. Rules for names: "Bucket naming
 * guidelines" of the Cloud Storage documentation; `WorkloadIdentityPool` of the IAM API reference.
 */

const bucketPattern = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const poolPattern = /^(?!gcp-)[a-z0-9-]{4,32}$/;
export const googleEndpoint = 'https://storage.googleapis.com';

function like(pattern: RegExp, expected: string) {
  return text(expected)
    .trim()
    .regex(pattern, { error: ({ input }) => unlike(expected, input) });
}

const federationFields = {
  projectNumber: { pattern: /^[1-9]\d{5,18}$/, expected: 'a project number (digits; not the project id)' },
  poolId: { pattern: poolPattern, expected: 'a workload identity pool id' },
  providerId: { pattern: poolPattern, expected: 'a workload identity provider id' },
  serviceAccountEmail: {
    pattern: emailPattern,
    expected: 'an e-mail address like "name@project-id.iam.gserviceaccount.com"',
  },
};
type FederationField = keyof typeof federationFields;
const federationNames = Object.keys(federationFields) as FederationField[];

/** What each kind of credentials is called in the GraphQL input. */
const inputNames = {
  SERVICE_ACCOUNT: 'serviceAccountJson',
  DEFAULT: 'default',
  WORKLOAD_IDENTITY: 'workloadIdentity',
  IMPERSONATION: 'impersonation',
} as const;

/** Stored and shown. Issues of the credentials carry the paths of the GraphQL input, `credentials.workloadIdentity.poolId`. */
export const gcsSettings = z
  .strictObject({
    bucket: text('a bucket name')
      .trim()
      .refine(isBucketName, {
        error: ({ input }) =>
          unlike(
            'a bucket name of 3 to 63 lower-case letters, digits, "-", "_" or ".", beginning and ending with a letter or digit',
            input,
          ),
      }),
    prefix: folderPrefix(),
    /** Of the bucket's owner, for the commands of the setup guide. */
    projectId: like(projectPattern, 'a project id like "my-project-123"').optional(),
    /** Address of a server that is not Google's, or a private one of Google's; absent: storage.googleapis.com. */
    endpoint: origin(googleEndpoint).optional(),
    /** Certificates that the server of the endpoint is signed by, beside the usual authorities; PEM. */
    tlsCa: authorities().optional(),
    credentials: z.enum(['SERVICE_ACCOUNT', 'DEFAULT', 'WORKLOAD_IDENTITY', 'IMPERSONATION'], {
      error: ({ input }) =>
        unlike('exactly one of serviceAccountJson, default, workloadIdentity and impersonation', input),
    }),
    /** Of SERVICE_ACCOUNT: whose key it is, taken from the JSON when it is checked. */
    clientEmail: z.string().optional(),
    projectNumber: z.string().trim().optional(),
    poolId: z.string().trim().optional(),
    providerId: z.string().trim().optional(),
    serviceAccountEmail: z.string().trim().optional(),
  })
  .superRefine((settings, context) => {
    const { endpoint, tlsCa } = settings;
    if (tlsCa !== undefined && (!endpoint?.startsWith('https:') || isGoogle(endpoint))) {
      context.addIssue({
        code: 'custom',
        path: ['tlsCa'],
        message: "expected none but for an https endpoint of one's own",
      });
    }
    const kind = inputNames[settings.credentials];
    const needed = settings.credentials === 'IMPERSONATION' ? ['serviceAccountEmail'] : federationNames;
    const federated = kind === 'workloadIdentity' || kind === 'impersonation';
    for (const name of federationNames) {
      const { pattern, expected } = federationFields[name];
      const value = settings[name];
      const own = federated && needed.includes(name);
      const path = ['credentials', own ? kind : 'workloadIdentity'];
      if (own && !pattern.test(value ?? '')) {
        context.addIssue({ code: 'custom', path: [...path, name], message: unlike(expected, value) });
      } else if (!own && value !== undefined) {
        context.addIssue({ code: 'custom', path, message: `expected none beside ${kind}` });
        return;
      }
    }
  });

export type GcsSettings = z.infer<typeof gcsSettings>;

/** Names with dots may be longer, but not their parts. */
function isBucketName(name: string): boolean {
  const parts = name.split('.');
  return (
    bucketPattern.test(name) && isIP(name) === 0 && parts.every(({ length }) => length > 0 && length <= 63)
  );
}

/**
 * What needs both halves or the environment: a service account comes with its key file, whose e-mail address
 * becomes visible; tokens are fetched from Google, or from where the operator allowed by name; and they are sent
 * to a server of the user's choice only if they stem from the user's own key.
 * @throws ValidationError
 */
export function checkCredentials(
  settings: GcsSettings,
  secrets: GcsSecrets,
  environment: ProviderEnvironment,
): GcsSettings {
  const problem = endpointProblem(settings, environment);
  if (problem) throw new ValidationError([{ path: 'endpoint', message: problem }]);
  if (settings.credentials !== 'SERVICE_ACCOUNT') return { ...settings, clientEmail: undefined };
  const path = 'credentials.serviceAccountJson';
  const parsed = secrets.serviceAccountJson && parseServiceAccount(secrets.serviceAccountJson);
  if (!parsed || !('key' in parsed)) {
    const message = 'expected the content of the JSON key file of a service account, got nothing';
    throw new ValidationError([{ path, message }]);
  }
  const { tokenUri, clientEmail } = parsed.key;
  if (!mayTakeTokensFrom(tokenUri, environment)) {
    const message = `expected Google's own "https://oauth2.googleapis.com/token", or an address whose host the operator names in OUTBOUND_ALLOW`;
    throw new ValidationError([{ path: `${path}.token_uri`, message }]);
  }
  return { ...settings, clientEmail };
}

/** Whether the signed assertions of a service account may be sent there. */
export function mayTakeTokensFrom(tokenUri: string, environment: ProviderEnvironment): boolean {
  return isGoogleTokenUri(tokenUri) || isNamedByOperator(tokenUri, environment);
}

/**
 * Why requests with a bearer token must not go to the endpoint; undefined: they may. A bearer token works for
 * whoever reads it, so it goes over TLS, and one that this service obtains by its own identity goes to Google.
 */
export function endpointProblem(
  { endpoint, credentials }: Pick<GcsSettings, 'endpoint' | 'credentials'>,
  environment: ProviderEnvironment,
): string | undefined {
  if (endpoint === undefined || isGoogle(endpoint) || isNamedByOperator(endpoint, environment))
    return undefined;
  if (credentials !== 'SERVICE_ACCOUNT') {
    return "expected an address of Google (*.googleapis.com), or a host that the operator names in OUTBOUND_ALLOW: this service's own credentials are sent nowhere else";
  }
  return endpoint.startsWith('https:')
    ? undefined
    : 'expected an https address, or a host that the operator names in OUTBOUND_ALLOW: access tokens are not sent in clear text';
}

function isNamedByOperator(address: string, { outbound }: ProviderEnvironment): boolean {
  return outbound.names(...hostAndPort(address));
}

/** Whether the requests go to Google itself: no endpoint, or a regional or private one of Google's. */
function isGoogle(endpoint: string): boolean {
  return /^https:\/\/[a-z0-9.-]+\.googleapis\.com$/.test(endpoint);
}

/**
 * Where a storage points. Google's bucket names are unique in the world (`gs://bucket`); elsewhere the server's
 * origin belongs to it (`gs+https://host:4443/bucket`).
 */
export function gcsLocation({ bucket, prefix, endpoint }: GcsSettings): Location {
  const elsewhere = endpoint !== undefined && !isGoogle(endpoint);
  return { container: elsewhere ? `gs+${endpoint}/${bucket}` : `gs://${bucket}`, prefix };
}

/** `gs://bucket/key`, the key as it is: neither escaped nor normalised. */
export function gcsUri({ bucket }: GcsSettings, key: string): string {
  return `gs://${bucket}/${key}`;
}

/** Inverse of `gcsUri`; undefined: of another bucket, or no URI of an object. */
export function gcsKeyOf({ bucket }: GcsSettings, uri: string): string | undefined {
  const start = `gs://${bucket}/`;
  return uri.startsWith(start) && uri.length > start.length ? uri.slice(start.length) : undefined;
}

/** The project that a service account belongs to; undefined: its address does not say. */
export function projectOf(email: string): string | undefined {
  return /^[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1];
}
