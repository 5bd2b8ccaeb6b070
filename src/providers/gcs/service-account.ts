import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

/**
 * The JSON key file of a service account, of which only a closed list of fields is used. Other kinds of Google
 * credential files name addresses, files and programs of this machine to take a token from
 * (`external_account` and its `credential_source`, `service_account_impersonation_url`), so that they are
 * refused as input of a user: whoever may connect a storage must not choose what this service runs or asks.
 */
export interface ServiceAccountKey {
  clientEmail: string;
  privateKeyId: string | undefined;
  /** PKCS #8 or PKCS #1 in PEM, RSA. */
  privateKey: string;
  projectId: string | undefined;
  /** Where assertions are exchanged for tokens; Google's own unless the operator named another. */
  tokenUri: string;
}

const googleTokenUri = 'https://oauth2.googleapis.com/token';
/** The second stands in key files of before 2018 and still works. */
const googleTokenUris = [googleTokenUri, 'https://accounts.google.com/o/oauth2/token'];

/** Whether assertions go to Google itself. */
export function isGoogleTokenUri(uri: string): boolean {
  return googleTokenUris.includes(uri);
}

const longestJson = 16_384;
/** RFC 7518 section 3.3. */
const leastModulusBits = 2048;

const foreign = new Set([
  'audience',
  'credential_source',
  'delegates',
  'service_account_impersonation',
  'service_account_impersonation_url',
  'source_credentials',
  'subject_token_type',
  'token_info_url',
  'token_url',
  'workforce_pool_user_project',
]);

const file = 'the content of the JSON key file of a service account';

/**
 * Reads the file's text. Values are never repeated in a problem, except for `type` and a universe's name.
 * @returns the key, or what is wrong by field of the file ('' for the text as a whole)
 */
export function parseServiceAccount(
  json: string,
): { key: ServiceAccountKey } | { problems: [field: string, message: string][] } {
  const fields = fieldsOf(json);
  if (typeof fields === 'string') return { problems: [['', fields]] };
  const problems: [string, string][] = [...kindProblems(fields)];
  const take = (field: string, pattern: RegExp, expected: string): string | undefined => {
    const value = fields[field];
    if (typeof value === 'string' && pattern.test(value)) return value;
    problems.push([field, `expected ${expected}, got ${value === undefined ? 'nothing' : 'something else'}`]);
    return undefined;
  };
  // A file of another kind lacks most fields: one problem says it all.
  if (problems.length > 0) return { problems };
  const clientEmail = take('client_email', emailPattern, 'the e-mail address of a service account');
  const privateKeyId =
    fields.private_key_id === undefined
      ? undefined
      : take('private_key_id', /^[\w-]{1,128}$/, 'the id of the key');
  const projectId =
    fields.project_id === undefined ? undefined : take('project_id', projectPattern, 'a project id');
  const privateKey = pemOf(fields.private_key);
  if (privateKey === undefined) {
    problems.push([
      'private_key',
      `expected an RSA private key of ${leastModulusBits} bits or more in PEM, complete from "-----BEGIN" to "-----END"`,
    ]);
  }
  const tokenUri = fields.token_uri === undefined ? googleTokenUri : urlOf(fields.token_uri);
  if (tokenUri === undefined) problems.push(['token_uri', `expected "${googleTokenUri}"`]);
  if (problems.length > 0 || !clientEmail || !privateKey || !tokenUri) return { problems };
  return { key: { clientEmail, privateKeyId, privateKey, projectId, tokenUri } };
}

/** `name@project.iam.gserviceaccount.com`, and the older forms of Compute Engine and App Engine. */
export const emailPattern = /^[a-z0-9][a-z0-9._-]{0,100}@[a-z0-9][a-z0-9.-]{0,100}\.gserviceaccount\.com$/;
/** "Creating and managing projects" of the Resource Manager documentation; older ones carry a domain and a colon. */
export const projectPattern = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

function fieldsOf(json: string): Record<string, unknown> | string {
  if (json.length > longestJson) return `expected ${file}, got a text longer than any`;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return `expected ${file}, got something that is no JSON`;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  return `expected ${file}, got JSON that is no object`;
}

function* kindProblems(fields: Record<string, unknown>): Iterable<[string, string]> {
  const { type, universe_domain: universe } = fields;
  if (type !== 'service_account') {
    const came = typeof type === 'string' ? `"${type.slice(0, 40)}"` : 'nothing';
    yield ['type', `expected "service_account", got ${came}${advice(type)}`];
  }
  for (const field of Object.keys(fields)) {
    if (foreign.has(field)) yield [field, 'expected none: a key file of a service account has no such field'];
  }
  if (universe !== undefined && universe !== 'googleapis.com') {
    yield ['universe_domain', 'expected "googleapis.com": other clouds built on Google\'s are not supported'];
  }
}

function advice(type: unknown): string {
  if (type === 'external_account') {
    return ': for Workload Identity Federation choose workloadIdentity and give its four fields';
  }
  if (type === 'authorized_user') return ": a person's own login cannot be stored";
  return '';
}

/** The key as given, with line breaks that were escaped twice on the way put right; undefined: not usable. */
function pemOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const pem = value.replaceAll('\\n', '\n');
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === 'rsa' && bits >= leastModulusBits ? pem : undefined;
  } catch {
    return undefined;
  }
}

function urlOf(value: unknown): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash;
  return plain ? url.href : undefined;
}

/** What is stored of a key file: the used fields and nothing else. */
export function serializeServiceAccount(key: ServiceAccountKey): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: key.projectId,
    private_key_id: key.privateKeyId,
    private_key: key.privateKey,
    client_email: key.clientEmail,
    token_uri: key.tokenUri,
  });
}

/** Stored encrypted, never shown. Used with SERVICE_ACCOUNT only. Issues carry the paths of the GraphQL input. */
export const gcsSecrets = z
  .strictObject({ serviceAccountJson: z.string({ error: `expected ${file}` }).optional() })
  .transform(({ serviceAccountJson }, context) => {
    if (serviceAccountJson === undefined) return {};
    const parsed = parseServiceAccount(serviceAccountJson);
    if ('key' in parsed) return { serviceAccountJson: serializeServiceAccount(parsed.key) };
    for (const [field, message] of parsed.problems) {
      const path = ['credentials', 'serviceAccountJson', ...(field === '' ? [] : [field])];
      context.addIssue({ code: 'custom', path, message });
    }
    return z.NEVER;
  }) satisfies z.ZodType<GcsSecrets>;

export interface GcsSecrets {
  serviceAccountJson?: string;
}
