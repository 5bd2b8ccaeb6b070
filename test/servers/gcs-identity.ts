import { createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { type AwsIdentity, callerOf } from './gcs-aws.ts';
import type { Recorded } from './s3-wire.ts';

/**
 * The identity side of the Cloud Storage test server: OAuth's token endpoint (service accounts by signed
 * assertion, people by refresh token), the Security Token Service for AWS identities, the IAM Service Account
 * Credentials API, and the metadata server of a machine. Everything that is presented is verified.
 */
export interface Principal {
  email: string;
  scopes: readonly string[];
}

/** What came to the identity services. */
export interface IdentityRequest {
  service: 'TOKEN' | 'STS' | 'IAM' | 'METADATA';
  path: string;
  parameters: Record<string, unknown>;
}

export interface Reply {
  status: number;
  body: object | string;
}

export interface Identity {
  requests: IdentityRequest[];
  /** Seconds that tokens issued from now on last. */
  tokenSeconds: number;
  /** Adds an account, or a further key to it. */
  addKey(email: string, privateKey: KeyObject): void;
  publicKeys(email: string): readonly KeyObject[];
  /** A person's login: refresh token and what its access tokens may do. */
  users: Map<string, Principal & { clientId: string; clientSecret: string }>;
  /** The account of the machine, null: it is none of Google's. */
  machine: Principal | null;
  awsIdentities: AwsIdentity[];
  /** Providers of workload identity pools by their full name: whom they let in. */
  providers: Map<string, { accountId: string; condition?: (arn: string) => boolean }>;
  /** Accounts by what may be impersonated or signed for: `email` by the ARN of a federated caller, or by itself. */
  tokenCreators: Map<string, Set<string>>;
  impersonators: Map<string, Set<string>>;
  /** All tokens issued so far are refused from now on. */
  revokeTokens(): void;
  /** Whose token it is; undefined: of nobody, expired or revoked. */
  principalOf(authorization: string | undefined): Principal | undefined;
  /** Answers a request of these services; undefined: it is of another one. */
  answer(request: Recorded, origin: string): Promise<Reply | undefined>;
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const cloudScope = 'https://www.googleapis.com/auth/cloud-platform';
const knownScopes =
  /^https:\/\/www\.googleapis\.com\/auth\/(devstorage\.(read_only|read_write|full_control)|cloud-platform|iam)$/;

export function createIdentity(): Identity {
  const privateKeys = new Map<string, KeyObject[]>();
  const tokens = new Map<string, Principal & { expiresAt: number }>();

  function issue(email: string, scopes: readonly string[]): { value: string; expiresAt: number } {
    const value = `ya29.${randomBytes(24).toString('base64url')}`;
    const expiresAt = Date.now() + identity.tokenSeconds * 1000;
    tokens.set(value, { email, scopes, expiresAt });
    return { value, expiresAt };
  }

  function bearer(email: string, scopes: readonly string[], more: object = {}): Reply {
    const body = {
      access_token: issue(email, scopes).value,
      expires_in: identity.tokenSeconds,
      token_type: 'Bearer',
      ...more,
    };
    return { status: 200, body };
  }

  function token(form: Record<string, string>, audience: string): Reply {
    if (form.grant_type === 'refresh_token') {
      const user = identity.users.get(form.refresh_token ?? '');
      if (!user) return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.');
      const known = user.clientId === form.client_id && user.clientSecret === form.client_secret;
      return known ? bearer(user.email, user.scopes) : oauthError(401, 'invalid_client', 'Unauthorized');
    }
    if (form.grant_type !== jwtBearer) return oauthError(400, 'unsupported_grant_type', 'Invalid grant_type');
    const [head = '', claim = '', signature = ''] = (form.assertion ?? '').split('.');
    const header = jsonOf(head);
    const claims = jsonOf(claim);
    const { iss, aud, iat, exp, scope } = claims;
    const keys = typeof iss === 'string' ? (privateKeys.get(iss) ?? []) : [];
    if (keys.length === 0) return oauthError(400, 'invalid_grant', 'Invalid grant: account not found');
    const signed = keys.some((key) =>
      verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${claim}`),
        createPublicKey(key),
        Buffer.from(signature, 'base64url'),
      ),
    );
    if (header.alg !== 'RS256' || !signed) return oauthError(400, 'invalid_grant', 'Invalid JWT Signature.');
    if (aud !== audience) return oauthError(400, 'invalid_grant', 'Invalid JWT: wrong audience');
    const now = Date.now() / 1000;
    const timely =
      typeof iat === 'number' && typeof exp === 'number' && iat <= now + 60 && exp > now && exp - iat <= 3600;
    if (!timely) {
      return oauthError(
        400,
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    const scopes = String(scope ?? '').split(' ');
    if (!scopes.every((one) => knownScopes.test(one)))
      return oauthError(400, 'invalid_scope', `${scope} is no scope.`);
    return bearer(String(iss), scopes);
  }

  async function exchange(form: Record<string, string>): Promise<Reply> {
    const wanted = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      scope: cloudScope,
    };
    for (const [name, value] of Object.entries(wanted)) {
      if (form[name] !== value) return oauthError(400, 'invalid_request', `Invalid value for "${name}".`);
    }
    const audience = form.audience ?? '';
    const provider = identity.providers.get(audience);
    if (!provider) {
      return oauthError(
        400,
        'invalid_target',
        'The target service indicated by the "audience" parameters is invalid.',
      );
    }
    const arn = await callerOf(
      decodeURIComponent(form.subject_token ?? ''),
      audience,
      identity.awsIdentities,
    );
    if (!arn) return oauthError(400, 'invalid_grant', 'Received invalid AWS response with status code 403.');
    if (arn.split(':')[4] !== provider.accountId) {
      return oauthError(
        400,
        'invalid_grant',
        'The AWS account of the caller is not the one of the provider.',
      );
    }
    if (provider.condition && !provider.condition(arn)) {
      return oauthError(
        401,
        'unauthorized_client',
        'The given credential is rejected by the attribute condition.',
      );
    }
    return bearer(arn, [cloudScope], { issued_token_type: wanted.requested_token_type });
  }

  function iam(path: string, request: Recorded, parameters: Record<string, unknown>): Reply {
    const [, name = '', method = ''] = /\/serviceAccounts\/([^/:]+):(\w+)$/.exec(path) ?? [];
    const email = decodeURIComponent(name);
    const caller = identity.principalOf(request.headers.authorization);
    if (!caller) return apiError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (!caller.scopes.some((scope) => /cloud-platform$|\/iam$/.test(scope))) {
      const reason = 'ACCESS_TOKEN_SCOPE_INSUFFICIENT';
      return apiError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', reason);
    }
    const [key] = privateKeys.get(email) ?? [];
    if (!key) return apiError(404, 'NOT_FOUND', 'Requested entity was not found.');
    if (method === 'generateAccessToken' && identity.impersonators.get(email)?.has(caller.email)) {
      const { value, expiresAt } = issue(email, parameters.scope as string[]);
      return { status: 200, body: { accessToken: value, expireTime: new Date(expiresAt).toISOString() } };
    }
    if (method === 'signBlob' && identity.tokenCreators.get(email)?.has(caller.email)) {
      const payload = Buffer.from(String(parameters.payload), 'base64');
      const signedBlob = sign('RSA-SHA256', payload, key).toString('base64');
      return { status: 200, body: { keyId: 'kept-by-google', signedBlob } };
    }
    return apiError(
      403,
      'PERMISSION_DENIED',
      `Permission 'iam.serviceAccounts.${method}' denied on resource.`,
    );
  }

  function metadata(path: string): Reply {
    const { machine } = identity;
    if (!machine) return { status: 404, body: 'Not Found' };
    if (path.endsWith('/token')) return bearer(machine.email, machine.scopes);
    if (path.endsWith('/email')) return { status: 200, body: machine.email };
    if (path.endsWith('/universe-domain')) return { status: 200, body: 'googleapis.com' };
    return { status: 200, body: '' };
  }

  const identity: Identity = {
    requests: [],
    tokenSeconds: 3600,
    addKey: (email, key) => privateKeys.set(email, [...(privateKeys.get(email) ?? []), key]),
    publicKeys: (email) => (privateKeys.get(email) ?? []).map((key) => createPublicKey(key)),
    users: new Map(),
    machine: null,
    awsIdentities: [],
    providers: new Map(),
    tokenCreators: new Map(),
    impersonators: new Map(),
    revokeTokens: () => tokens.clear(),
    principalOf(authorization) {
      const found = tokens.get(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');
      return found && found.expiresAt > Date.now() ? found : undefined;
    },
    async answer(request, origin) {
      const path = request.url.split('?', 1)[0]!;
      const text = request.body.toString();
      const service = serviceOf(path);
      if (!service) return undefined;
      const parameters = service === 'IAM' ? jsonText(text) : Object.fromEntries(new URLSearchParams(text));
      identity.requests.push({ service, path, parameters });
      switch (service) {
        case 'TOKEN':
          return token(parameters as Record<string, string>, `${origin}/token`);
        case 'STS':
          return exchange(parameters as Record<string, string>);
        case 'IAM':
          return iam(path, request, parameters);
        case 'METADATA':
          return metadata(path);
      }
    },
  };
  return identity;
}

function serviceOf(path: string): IdentityRequest['service'] | undefined {
  if (path === '/token') return 'TOKEN';
  if (path === '/sts/v1/token') return 'STS';
  if (path.startsWith('/iam/v1/projects/-/serviceAccounts/')) return 'IAM';
  return path.startsWith('/computeMetadata/') ? 'METADATA' : undefined;
}

function jsonOf(base64url: string): Record<string, unknown> {
  return jsonText(Buffer.from(base64url, 'base64url').toString());
}

function jsonText(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function oauthError(status: number, error: string, error_description: string): Reply {
  return { status, body: { error, error_description } };
}

function apiError(code: number, status: string, message: string, reason?: string): Reply {
  const details = reason && [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }];
  return { status: code, body: { error: { code, message, status, details } } };
}
