import { providerError } from '../errors.ts';
import { hostAndPort } from '../fields.ts';
import type { ProviderEnvironment } from '../provider.ts';

/** Which account a storage is in, by its settings, its endpoint or the environment of this service. */
export interface AccountSettings {
  accountName?: string | undefined;
  endpoint?: string | undefined;
}

export const accountPattern = /^[a-z0-9]{3,24}$/;
/** Base64 of an account key. */
export const keyPattern = /^(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** `account.blob.core.windows.net` and its like in Azure's other clouds; `account.z01.blob.storage.azure.net`. */
export const azureHost =
  /^([a-z0-9]{3,24})(?:-secondary)?\.(?:blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|z\d+\.blob\.storage\.azure\.net)$/;

/** The service's own account, for credentials of kind ENVIRONMENT. */
export const environmentNames = { account: 'AZURE_BLOB_ACCOUNT_NAME', key: 'AZURE_BLOB_ACCOUNT_KEY' };

/**
 * The account of the service's own environment.
 * @throws ProviderError CREDENTIALS_UNAVAILABLE: there is none, or it is another one than the storage's
 */
export function environmentAccount(
  settings: AccountSettings,
  { env }: ProviderEnvironment,
): { accountName: string; accountKey: string } {
  const names = `${environmentNames.account} and ${environmentNames.key}`;
  const [accountName, key] = [env[environmentNames.account]?.trim(), env[environmentNames.key]?.trim()];
  const hint = `The operator of this service has to set ${names} and restart it; or enter an account key for this storage.`;
  if (!accountName || !key) {
    const message = `The environment of this service has no account: it needs both ${names}.`;
    throw providerError({ code: 'CREDENTIALS_UNAVAILABLE', message, hint });
  }
  if (!accountPattern.test(accountName) || !keyPattern.test(key)) {
    const message = `The environment of this service has no valid account: check ${names}.`;
    throw providerError({ code: 'CREDENTIALS_UNAVAILABLE', message, hint });
  }
  const expected = settings.accountName ?? endpointAccount(settings.endpoint);
  if (expected && expected !== accountName) {
    const message = `This storage is in the account "${expected}", and ${environmentNames.account} names another one.`;
    throw providerError({ code: 'CREDENTIALS_UNAVAILABLE', message, hint });
  }
  return { accountName, accountKey: key };
}

/** Whether this service's own account key may sign requests to the endpoint: Azure's over TLS, or one that the operator names. */
export function mayBeAsked(endpoint: string | undefined, { outbound }: ProviderEnvironment): boolean {
  if (endpoint === undefined) return true;
  const { protocol, hostname } = new URL(endpoint);
  return (protocol === 'https:' && azureHost.test(hostname)) || outbound.names(...hostAndPort(endpoint));
}

/** The account that an endpoint names: its path if it has one, else the first label of a host of Azure's form. */
export function endpointAccount(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const { pathname, hostname } = new URL(address);
  return pathname === '/' ? azureHost.exec(hostname)?.[1] : pathname.slice(1);
}

/** The account's name, where the settings say it. */
export function accountNameOf(settings: AccountSettings): string | undefined {
  return settings.accountName ?? endpointAccount(settings.endpoint);
}

/**
 * Address of the account's blob service, without a slash at its end.
 * @throws ProviderError CREDENTIALS_UNAVAILABLE: only the environment could name the account, and does not
 */
export function serviceUrl(settings: AccountSettings, environment: ProviderEnvironment): string {
  const { endpoint: address, accountName } = settings;
  if (address) return address;
  const name = accountName ?? environmentAccount(settings, environment).accountName;
  return `https://${name}.blob.core.windows.net`;
}
