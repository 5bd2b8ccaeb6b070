import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { notOauth } from './identity-failures.ts';
import { cloudScope } from './oauth.ts';
import { sendForJson } from './requests.ts';
import type { AccessToken } from './tokens.ts';

/**
 * The IAM Service Account Credentials API ("generateAccessToken", "signBlob"). The operator may put
 * another address for it in GOOGLE_IAM_CREDENTIALS_ENDPOINT, such as a private one; users cannot.
 */
const googleIam = 'https://iamcredentials.googleapis.com';
const lifetimeSeconds = 3600;

interface Context {
  environment: ProviderEnvironment;
  signal: AbortSignal;
}

/** A token of the service account, for who may impersonate it by `token`. */
export async function impersonate(email: string, token: string, context: Context): Promise<AccessToken> {
  const body = { scope: [cloudScope], lifetime: `${lifetimeSeconds}s` };
  const response = await call(email, 'generateAccessToken', token, body, 'IMPERSONATION', context);
  const { accessToken: value, expireTime } = response;
  const expiresAt = typeof expireTime === 'string' ? Date.parse(expireTime) : Number.NaN;
  if (typeof value !== 'string' || value === '' || !Number.isFinite(expiresAt))
    throw new DriverFailure(notOauth);
  return { value, expiresAt };
}

/** Signs with a key that Google keeps for the service account: RSASSA-PKCS1-v1_5 with SHA-256. */
export async function signBlob(
  data: string,
  email: string,
  token: string,
  context: Context,
): Promise<Buffer> {
  const body = { payload: Buffer.from(data).toString('base64') };
  const { signedBlob } = await call(email, 'signBlob', token, body, 'SIGNING', context);
  if (typeof signedBlob !== 'string' || signedBlob === '') throw new DriverFailure(notOauth);
  return Buffer.from(signedBlob, 'base64');
}

function call(
  email: string,
  method: 'generateAccessToken' | 'signBlob',
  token: string,
  body: object,
  service: 'IMPERSONATION' | 'SIGNING',
  { environment, signal }: Context,
): Promise<Record<string, unknown>> {
  const endpoint = environment.env.GOOGLE_IAM_CREDENTIALS_ENDPOINT || googleIam;
  return sendForJson(
    environment,
    {
      method: 'POST',
      url: `${endpoint}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:${method}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: [Buffer.from(JSON.stringify(body))],
      signal,
    },
    { service },
  );
}
