import { createPrivateKey, type KeyObject, sign as signWithCallback } from 'node:crypto';
import { promisify } from 'node:util';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { notOauth } from './identity-failures.ts';
import type { Subject } from './requests.ts';
import { sendForJson } from './requests.ts';
import type { ServiceAccountKey } from './service-account.ts';
import type { AccessToken } from './tokens.ts';

/** Lists, reads, writes and deletes objects. */
export const storageScope = 'https://www.googleapis.com/auth/devstorage.read_write';
/** Also signs by the IAM API; what the identity may really do is for IAM to say. */
export const cloudScope = 'https://www.googleapis.com/auth/cloud-platform';

const assertionSeconds = 3600;
/** In the thread pool: an RSA signature takes a millisecond of a core. */
const signAsync = promisify<string, Buffer, KeyObject, Buffer>(signWithCallback);

/** RSASSA-PKCS1-v1_5 with SHA-256: RS256 of JWTs, GOOG4-RSA-SHA256 of signed URLs. */
export function signRsaSha256(data: string, key: KeyObject): Promise<Buffer> {
  return signAsync('RSA-SHA256', Buffer.from(data), key);
}

/**
 * A token for the service account, in exchange for an assertion that its key signs (RFC 7523 section 2.1;
 * "Using OAuth 2.0 for Server to Server Applications", Google Identity documentation).
 */
export async function serviceAccountToken(
  { clientEmail, privateKeyId, privateKey, tokenUri }: ServiceAccountKey,
  request: { scope: string; environment: ProviderEnvironment; subject: Subject; signal: AbortSignal },
): Promise<AccessToken> {
  const iat = Math.floor(Date.now() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', kid: privateKeyId };
  const claims = {
    iss: clientEmail,
    scope: request.scope,
    aud: tokenUri,
    iat,
    exp: iat + assertionSeconds,
  };
  const unsigned = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = await signRsaSha256(unsigned, createPrivateKey(privateKey));
  return grant(tokenUri, request, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${unsigned}.${signature.toString('base64url')}`,
  });
}

/**
 * A token by one of OAuth's grants (RFC 6749 section 4).
 * @param uri the token endpoint
 * @param parameters sent as a form
 */
export async function grant(
  uri: string,
  {
    environment,
    subject,
    signal,
  }: { environment: ProviderEnvironment; subject: Subject; signal: AbortSignal },
  parameters: Record<string, string>,
): Promise<AccessToken> {
  const begun = Date.now();
  const response = await sendForJson(
    environment,
    {
      method: 'POST',
      url: uri,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: [Buffer.from(new URLSearchParams(parameters).toString())],
      signal,
    },
    subject,
  );
  const { access_token: value, expires_in: seconds } = response;
  if (typeof value !== 'string' || value === '' || typeof seconds !== 'number') {
    throw new DriverFailure(notOauth);
  }
  return { value, expiresAt: begun + seconds * 1000 };
}
