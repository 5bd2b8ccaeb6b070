import { createPrivateKey } from 'node:crypto';
import type { ProviderEnvironment } from '../provider.ts';
import { signBlob } from './iam.ts';
import { serviceAccountToken, signRsaSha256, storageScope } from './oauth.ts';
import type { ServiceAccountKey } from './service-account.ts';
import { longestTtlSeconds, type Signer } from './signed-url.ts';
import { keepToken, type TokenSource } from './tokens.ts';

/** What the driver shows to Cloud Storage, and what it signs URLs by. */
export interface Credentials {
  tokens: TokenSource;
  /** @throws DriverFailure UNSUPPORTED for an identity that cannot sign */
  signer(signal: AbortSignal): Promise<Signer>;
}

/** By the key of a service account: it buys tokens, and signs URLs without asking anybody. */
export function keyCredentials(
  key: ServiceAccountKey,
  environment: ProviderEnvironment,
  service: 'TOKEN' | 'SERVICE_TOKEN',
  scope = storageScope,
): Credentials {
  const privateKey = createPrivateKey(key.privateKey);
  const signer: Signer = {
    email: key.clientEmail,
    sign: (data) => signRsaSha256(data, privateKey),
    longestTtlSeconds,
  };
  return {
    tokens: keepToken((signal) =>
      serviceAccountToken(key, { scope, environment, subject: { service }, signal }),
    ),
    signer: async () => signer,
  };
}

/** The keys that Google keeps last 12 hours or more ("signBlob", IAM Service Account Credentials API). */
const remoteTtlSeconds = 12 * 60 * 60;

/** By the IAM API, for identities without a key at hand. */
export function remoteSigner(
  email: string,
  tokens: TokenSource,
  context: { environment: ProviderEnvironment; signal: AbortSignal },
): Signer {
  return {
    email,
    sign: async (data) => signBlob(data, email, await tokens.current(context.signal), context),
    longestTtlSeconds: remoteTtlSeconds,
  };
}
