import {
  AnonymousCredential,
  BlobSASPermissions,
  BlobServiceClient,
  generateBlobSASQueryParameters,
  newPipeline,
  type Pipeline,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { sharedRequest } from '../shared-request.ts';
import { accountNameOf, environmentAccount, mayBeAsked, serviceUrl } from './account.ts';
import { clientOptions } from './client.ts';
import type { AzureBlobSecrets, AzureBlobSettings } from './config.ts';
import { requestToken } from './token.ts';

/** How requests are authorized, and URLs signed, by the credentials that the settings choose. */
export interface Access {
  pipeline: Pipeline;
  /** Address of the blob service, with the SAS token if there is one. */
  url: string;
  /** Query of a URL that reads one blob until `expiresAt`, or earlier. Absent: cannot sign. */
  sign?(key: string, expiresAt: Date): Promise<{ query: string; expiresAt: Date }>;
}

/**
 * Version of signed URLs: the newest that Azurite also verifies. A URL keeps its own version's rules, so
 * this need not follow the SDK's.
 */
const sasVersion = '2025-11-05';
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Clocks may differ ("Best practices when using SAS", Microsoft Learn). */
const clockSkewMs = 15 * minute;
/** Longest life of a user delegation key ("Get User Delegation Key", Azure Storage REST API), short of that skew. */
const longestKeyMs = 7 * day - clockSkewMs;

/**
 * Access as the settings choose it. Asks nobody; the first request does.
 * @throws ProviderError CREDENTIALS_UNAVAILABLE
 */
export function openAccess(
  settings: AzureBlobSettings,
  secrets: AzureBlobSecrets,
  environment: ProviderEnvironment,
): Access {
  const options = clientOptions(environment.outbound);
  const url = serviceUrl(settings, environment);
  switch (settings.credentials) {
    case 'SAS': {
      if (!secrets.sasToken) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
      return { pipeline: newPipeline(new AnonymousCredential(), options), url: `${url}?${secrets.sasToken}` };
    }
    case 'ACCOUNT_KEY':
    case 'ENVIRONMENT': {
      // The operator may have closed since what was open when the storage was saved.
      if (settings.credentials === 'ENVIRONMENT' && !mayBeAsked(settings.endpoint, environment))
        throw new DriverFailure({ code: 'ADDRESS_NOT_ALLOWED' });
      const { accountName, accountKey } =
        settings.credentials === 'ENVIRONMENT'
          ? environmentAccount(settings, environment)
          : { accountName: accountNameOf(settings), accountKey: secrets.accountKey };
      if (!accountName || !accountKey) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
      const credential = new StorageSharedKeyCredential(accountName, accountKey);
      const sign = async (key: string, expiresAt: Date) => {
        const values = signatureValues(settings.container, key, expiresAt, url);
        return { query: generateBlobSASQueryParameters(values, credential).toString(), expiresAt };
      };
      return { pipeline: newPipeline(credential, options), url, sign };
    }
    case 'SERVICE_PRINCIPAL': {
      const { clientSecret } = secrets;
      const accountName = accountNameOf(settings);
      if (!accountName || !clientSecret) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
      // The pipeline keeps the token and renews it two minutes before its end.
      const shared = sharedRequest((signal) => requestToken(settings, clientSecret, environment, signal));
      const getToken = () => shared();
      const pipeline = newPipeline({ getToken }, options);
      const service = new BlobServiceClient(url, pipeline);
      const delegation = delegationKeys((start, end, abortSignal) =>
        service.getUserDelegationKey(start, end, { abortSignal }),
      );
      const sign = async (key: string, wanted: Date) => {
        const delegationKey = await delegation(wanted);
        const expiresAt = new Date(Math.min(wanted.getTime(), delegationKey.signedExpiresOn.getTime()));
        const values = signatureValues(settings.container, key, expiresAt, url);
        const signed = generateBlobSASQueryParameters(values, delegationKey, accountName);
        return { query: signed.toString(), expiresAt };
      };
      return { pipeline, url, sign };
    }
  }
}

/** To read one blob; without a start, which clocks that differ would turn into a refusal. */
function signatureValues(containerName: string, blobName: string, expiresOn: Date, url: string) {
  return {
    version: sasVersion,
    containerName,
    blobName,
    permissions: BlobSASPermissions.parse('r'),
    expiresOn,
    protocol: url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
  };
}

/**
 * Keys that sign for the service principal, each begun with its first and last moment. One is kept for a
 * day, or as long as a URL needs it, and renewed in its last hour; concurrent callers share a request. While
 * the old key will do, a renewal that fails is not the caller's problem.
 */
export function delegationKeys<Key extends Pick<UserDelegationKey, 'signedExpiresOn'>>(
  begin: (start: Date, end: Date, signal: AbortSignal) => Promise<Key>,
): (until: Date) => Promise<Key> {
  let kept: Key | undefined;
  let asked = { start: new Date(), end: new Date() };
  const beginShared = sharedRequest((signal) => begin(asked.start, asked.end, signal));
  return async (until) => {
    const now = Date.now();
    const neededUntil = Math.min(until.getTime(), now + longestKeyMs - hour);
    const lasts = (key: Key, time: number) => key.signedExpiresOn.getTime() >= time;
    if (kept && lasts(kept, Math.max(neededUntil, now + hour))) return kept;
    const end = Math.min(Math.max(neededUntil + hour, now + day), now + longestKeyMs);
    asked = { start: new Date(now - clockSkewMs), end: new Date(end) };
    try {
      kept = await beginShared();
    } catch (error) {
      if (!kept || !lasts(kept, neededUntil)) throw error;
    }
    return kept;
  };
}
