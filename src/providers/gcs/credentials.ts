import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { type GcsSettings, mayTakeTokensFrom } from './config.ts';
import { defaultCredentials } from './default-credentials.ts';
import { federatedToken } from './federation.ts';
import { impersonate } from './iam.ts';
import { type Credentials, keyCredentials, remoteSigner } from './key-credentials.ts';
import { cloudScope } from './oauth.ts';
import { type GcsSecrets, parseServiceAccount, type ServiceAccountKey } from './service-account.ts';
import { keepToken } from './tokens.ts';

/** The credentials that the settings choose. Opening asks nobody; the first request does. */
export function openCredentials(
  settings: GcsSettings,
  secrets: GcsSecrets,
  environment: ProviderEnvironment,
): Credentials {
  switch (settings.credentials) {
    case 'SERVICE_ACCOUNT':
      return keyCredentials(keyIn(secrets, environment), environment, 'TOKEN');
    case 'DEFAULT':
      return defaultCredentials(environment);
    case 'IMPERSONATION': {
      const own = defaultCredentials(environment, cloudScope);
      const email = settings.serviceAccountEmail ?? '';
      const tokens = keepToken(async (signal) =>
        impersonate(email, await own.tokens.current(signal), { environment, signal }),
      );
      // Who may be the account may have it sign, too.
      return { tokens, signer: async (signal) => remoteSigner(email, own.tokens, { environment, signal }) };
    }
    case 'WORKLOAD_IDENTITY': {
      const tokens = keepToken((signal) => federatedToken(settings, environment, signal));
      const email = settings.serviceAccountEmail ?? '';
      return { tokens, signer: async (signal) => remoteSigner(email, tokens, { environment, signal }) };
    }
  }
}

/** Checked again at use: what the operator allows may have changed since the key was stored. */
function keyIn({ serviceAccountJson }: GcsSecrets, environment: ProviderEnvironment): ServiceAccountKey {
  const parsed = serviceAccountJson === undefined ? undefined : parseServiceAccount(serviceAccountJson);
  if (!parsed || !('key' in parsed)) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
  if (!mayTakeTokensFrom(parsed.key.tokenUri, environment))
    throw new DriverFailure({ code: 'ADDRESS_NOT_ALLOWED' });
  return parsed.key;
}
