import type { ProviderEnvironment } from '../provider.ts';
import { awsKeys, subjectToken } from './aws-identity.ts';
import type { GcsSettings } from './config.ts';
import { impersonate } from './iam.ts';
import { cloudScope, grant } from './oauth.ts';
import type { AccessToken } from './tokens.ts';

/**
 * Google's Security Token Service. The operator may put another address for it in GOOGLE_STS_ENDPOINT, such as a
 * private one; users cannot.
 */
const googleSts = 'https://sts.googleapis.com';

/** What a workload identity provider is called where tokens are meant for it. */
export function providerName({ projectNumber, poolId, providerId }: GcsSettings): string {
  return `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}/providers/${providerId}`;
}

/**
 * Workload Identity Federation, built from the four fields alone: this service's AWS identity in exchange for a
 * federated token (RFC 8693; `sts.googleapis.com/v1/token`), and that for one of the service account.
 */
export async function federatedToken(
  settings: GcsSettings,
  environment: ProviderEnvironment,
  signal: AbortSignal,
): Promise<AccessToken> {
  const audience = providerName(settings);
  const keys = await awsKeys(environment, signal);
  const endpoint = environment.env.GOOGLE_STS_ENDPOINT || googleSts;
  const federated = await grant(
    `${endpoint}/v1/token`,
    { environment, subject: { service: 'STS' }, signal },
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: cloudScope,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      subject_token: subjectToken(keys, { audience, now: new Date(), env: environment.env }),
    },
  );
  return impersonate(settings.serviceAccountEmail ?? '', federated.value, { environment, signal });
}
