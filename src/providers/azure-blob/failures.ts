import { isRestError, type RestError } from '@azure/storage-blob';
import type { ProviderErrorCode } from '../../errors.ts';
import { DriverFailure, unknownResponse } from '../errors.ts';
import { classifyNetworkError } from '../network-errors.ts';
import type { Failure } from '../provider.ts';
import { accountNameOf } from './account.ts';
import type { AzureBlobSettings } from './config.ts';
import type { SasToken } from './sas.ts';

/**
 * What Azure's refusals mean. Codes: "Status and error codes", "Common REST API error codes" and "Blob
 * service error codes" (Azure Storage REST API).
 */

/** What the storage knows of itself, to say which part of it is wrong. */
export interface FailureContext {
  settings: AzureBlobSettings;
  sas: SasToken | undefined;
}

const byName: Readonly<Record<string, ProviderErrorCode>> = {
  AuthenticationFailed: 'WRONG_CREDENTIALS',
  InvalidAuthenticationInfo: 'WRONG_CREDENTIALS',
  NoAuthenticationInformation: 'WRONG_CREDENTIALS',
  AuthorizationPermissionMismatch: 'FORBIDDEN',
  AuthorizationResourceTypeMismatch: 'FORBIDDEN',
  AuthorizationServiceMismatch: 'FORBIDDEN',
  InsufficientAccountPermissions: 'FORBIDDEN',
  PublicAccessNotPermitted: 'FORBIDDEN',
  ContainerNotFound: 'CONTAINER_NOT_FOUND',
  ContainerBeingDeleted: 'CONTAINER_NOT_FOUND',
  ContainerDisabled: 'CONTAINER_NOT_FOUND',
  InvalidResourceName: 'CONTAINER_NOT_FOUND',
  BlobNotFound: 'OBJECT_NOT_FOUND',
  ResourceNotFound: 'OBJECT_NOT_FOUND',
  ConditionNotMet: 'OBJECT_CHANGED',
  TargetConditionNotMet: 'OBJECT_CHANGED',
  // Where there was to be none.
  BlobAlreadyExists: 'OBJECT_CHANGED',
  InvalidUri: 'INVALID_KEY',
  OutOfRangeInput: 'INVALID_KEY',
  RequestUrlFailedToParse: 'INVALID_KEY',
  InvalidRange: 'RANGE_NOT_SATISFIABLE',
  ServerBusy: 'RATE_LIMITED',
  OperationTimedOut: 'TIMEOUT',
  InternalError: 'UNAVAILABLE',
  AccountBeingCreated: 'UNAVAILABLE',
};

const byStatus: Readonly<Record<number, ProviderErrorCode>> = {
  401: 'WRONG_CREDENTIALS',
  403: 'FORBIDDEN',
  408: 'TIMEOUT',
  412: 'OBJECT_CHANGED',
  416: 'RANGE_NOT_SATISFIABLE',
  429: 'RATE_LIMITED',
  501: 'UNSUPPORTED',
  503: 'RATE_LIMITED',
};

const special: Readonly<Record<string, Failure>> = {
  AccountIsDisabled: {
    code: 'FORBIDDEN',
    message: 'The storage account is disabled.',
    hint: 'Check the subscription of the account in the Azure portal.',
  },
  AuthorizationFailure: {
    code: 'FORBIDDEN',
    message: 'The storage account does not let this service in.',
    hint: "Allow this service's address in the account's networking settings (firewall), and check the rights of the credentials.",
  },
  AuthorizationProtocolMismatch: {
    code: 'FORBIDDEN',
    message: 'The SAS token is for https only, and the endpoint is http.',
    hint: 'Use the https address of the account.',
  },
  AuthorizationSourceIPMismatch: {
    code: 'FORBIDDEN',
    message: 'The SAS token is for other addresses than that of this service.',
    hint: "Create a SAS token without allowed addresses, or with this service's.",
  },
  BlobArchived: {
    code: 'OBJECT_UNREADABLE',
    message: 'The blob lies in the archive tier and cannot be read from there.',
    hint: 'Move it to the hot, cool or cold tier.',
  },
  BlobBeingRehydrated: {
    code: 'OBJECT_UNREADABLE',
    message: 'The blob is being moved out of the archive tier.',
    hint: 'Try again in some hours.',
  },
  BlobImmutableDueToPolicy: {
    code: 'FORBIDDEN',
    message: 'An immutability policy or legal hold keeps the blob from being changed or deleted.',
    hint: 'Use a container without such a policy for annotations.',
  },
  KeyBasedAuthenticationNotPermitted: {
    code: 'WRONG_CREDENTIALS',
    message: 'The storage account does not allow access by account key.',
    hint: 'Use a service principal, or allow storage account key access in the configuration of the account.',
  },
  LeaseIdMissing: {
    code: 'FORBIDDEN',
    message: 'The blob is leased by somebody, and cannot be changed or deleted until the lease ends.',
    hint: 'Break the lease, or try again when it has ended.',
  },
  SnapshotsPresent: {
    code: 'FORBIDDEN',
    message: 'The blob has snapshots, which this service does not delete along with it.',
    hint: 'Delete its snapshots first.',
  },
  UnauthorizedBlobOverwrite: {
    code: 'FORBIDDEN',
    message: 'The SAS token allows to create blobs, but not to overwrite them.',
    hint: 'Create a SAS token with the permission to write (w).',
  },
};

/** The server answered, even with success, but not as Azure does. */
export const notAzure: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The endpoint answered, but not as Azure Blob Storage does.',
  hint: 'Check that the endpoint is the blob endpoint of the account, not a web page, another service or a proxy.',
};

const oldVersion: Failure = {
  code: 'UNSUPPORTED',
  message: 'The endpoint knows only older versions of the Blob API than this service speaks.',
  hint: 'Update the server behind the endpoint (Azurite: start it with --skipApiVersionCheck).',
};

const vaultKey: Failure = {
  code: 'FORBIDDEN',
  message: 'The customer-managed key that the account is encrypted with could not be used.',
  hint: "Check in Azure Key Vault that the key exists and is enabled, and that the account's identity may wrap and unwrap with it.",
};

const expiredSas: Failure = {
  code: 'CREDENTIALS_EXPIRED',
  message: 'The SAS token has expired.',
  hint: 'Create a new SAS token and enter it here.',
};

/**
 * Classifies what the SDK throws.
 * @returns undefined for what is not the server's response: network, abort
 */
export function classifyAzure(error: unknown, context: FailureContext): Failure | undefined {
  if (isRestError(error) && error.statusCode !== undefined) return classifyResponse(error, context);
  if (!(error instanceof Error)) return undefined;
  // How the SDK's stream puts a body that breaks off; an abort of our own is told apart before it comes here.
  if (error.name === 'AbortError' || /^Data corruption failure: received less/.test(error.message)) {
    return { code: 'CONNECTION_LOST' };
  }
  const network = classifyNetworkError(error);
  if (network?.code === 'DNS_FAILURE') return unknownHost(context.settings) ?? network;
  // What the SDK throws when a response lacks a field, or is no XML.
  if (!network && (isRestError(error) || error instanceof TypeError || error instanceof RangeError)) {
    return notAzure;
  }
  return network;
}

/** Each account has a host name of its own: without one there is no such account. */
function unknownHost(settings: AzureBlobSettings): Failure | undefined {
  if (settings.endpoint) return undefined;
  return {
    code: 'DNS_FAILURE',
    message: `There is no storage account "${accountNameOf(settings)}" in the public cloud, or its name cannot be resolved now.`,
    hint: 'Check the account name; for other clouds and private endpoints enter the endpoint.',
  };
}

function classifyResponse(error: RestError, context: FailureContext): Failure {
  const status = error.statusCode ?? 0;
  const name = codeOf(error);
  const retryAfterMs = retryAfter(error);
  if (context.sas?.expiresAt && context.sas.expiresAt <= new Date() && (status === 401 || status === 403)) {
    return expiredSas;
  }
  // Azurite's word for a wrong signature, where Azure says AuthenticationFailed; Azurite has no firewall.
  if (name === 'AuthorizationFailure' && isFromAzurite(error)) return wrongCredentials(context);
  if (Object.hasOwn(special, name)) return special[name] ?? notAzure;
  if (error.code === 'InvalidHeaderValue' && error.message.includes('service version')) return oldVersion;
  if (name.startsWith('KeyVault') || name.startsWith('CustomerManagedKey')) return vaultKey;
  // Azure names the cause of each refusal in a header, also to HEAD; overload is told by others, too.
  const passing = status === 429 || status === 408 || status >= 500;
  if (name === '' && status >= 400 && !passing) return notAzure;
  // A code that nobody knows, with a 404, may be about anything.
  const plain = status === 404 ? undefined : byStatus[status];
  const code = Object.hasOwn(byName, name) ? byName[name] : plain;
  if (code === 'OBJECT_NOT_FOUND' && isListing(error)) return { code: 'CONTAINER_NOT_FOUND' };
  if (code === 'FORBIDDEN') return forbidden(error, context);
  if (code === 'WRONG_CREDENTIALS') return wrongCredentials(context);
  if (code) return { code, retryAfterMs };
  if (status >= 500) return { code: 'UNAVAILABLE', retryAfterMs };
  if (status >= 300 && status < 400) {
    return {
      code: 'UNEXPECTED_RESPONSE',
      message: 'The endpoint sent the request on to another address, which is not followed.',
      hint: 'Enter the address that the blob service itself answers at.',
    };
  }
  return /^[A-Z][A-Za-z]+$/.test(name) && status >= 400 ? unknownResponse(status, name) : notAzure;
}

/** Azure names the cause of each refusal in a header; what the SDK reads from a body may be anybody's. */
function codeOf(error: RestError): string {
  return error.response?.headers.get('x-ms-error-code') ?? '';
}

/**
 * Whether the error is a refusal that only comes after it was proven who asks.
 * @throws DriverFailure for one that no table knows: it proves nothing
 */
export function isProvenRefusal(error: unknown, context: FailureContext): boolean {
  if (classifyAzure(error, context)?.code !== 'FORBIDDEN' || !isRestError(error)) return false;
  const name = codeOf(error);
  // By the account's firewall or its state, whoever asks.
  if (name === 'AuthorizationFailure' || name === 'AccountIsDisabled') return false;
  if (Object.hasOwn(special, name) || Object.hasOwn(byName, name) || name.startsWith('KeyVault')) return true;
  throw new DriverFailure(unknownResponse(error.statusCode ?? 0, name), error);
}

function wrongCredentials({ settings: { credentials } }: FailureContext): Failure {
  const hints = {
    ACCOUNT_KEY:
      'Enter the account key again, and check that it belongs to this account and was not rotated; the clocks of both sides may differ by 15 minutes.',
    ENVIRONMENT: 'The operator of this service has to check the account key in its environment.',
    SAS: 'Create a new SAS token for this container and enter it: this one was changed, revoked, or made for another container or account.',
    SERVICE_PRINCIPAL: 'Check that the tenant is the one that the storage account belongs to.',
  };
  return { code: 'WRONG_CREDENTIALS', hint: hints[credentials] };
}

/** What was asked, in the terms of SAS permissions and of roles. */
interface Action {
  verb: string;
  permission: string;
  role: string;
}

function actionOf(error: RestError): Action {
  const method = error.request?.method;
  const contributor = 'Storage Blob Data Contributor';
  if (method === 'DELETE') return { verb: 'delete blobs', permission: 'd', role: contributor };
  if (method === 'PUT') return { verb: 'write blobs', permission: 'w', role: contributor };
  const reader = 'Storage Blob Data Reader';
  if (isListing(error)) return { verb: 'list blobs', permission: 'l', role: reader };
  return { verb: 'read blobs', permission: 'r', role: reader };
}

function isFromAzurite({ response }: RestError): boolean {
  return response?.headers.get('server')?.startsWith('Azurite') ?? false;
}

function isListing({ request }: RestError): boolean {
  return /[?&]comp=list(&|$)/.test(request?.url ?? '');
}

function forbidden(error: RestError, { settings, sas }: FailureContext): Failure {
  const code = 'FORBIDDEN';
  const { verb, permission, role } = actionOf(error);
  if (sas) {
    const lacks = sas.permissions !== undefined && !sas.permissions.includes(permission);
    return {
      code,
      message: `The SAS token does not allow to ${verb}${lacks ? `: it lacks the permission "${permission}"` : ''}.`,
      hint: `Create a SAS token of the container with the permission "${permission}"; the setup guide of this storage shows the command.`,
    };
  }
  if (settings.credentials !== 'SERVICE_PRINCIPAL') return { code };
  const application = `the application ${settings.clientId}`;
  if (/[?&]comp=userdelegationkey(&|$)/.test(error.request?.url ?? '')) {
    return {
      code,
      message: 'The service principal may not sign URLs.',
      hint: `Give ${application} the role Storage Blob Delegator at the storage account.`,
    };
  }
  return {
    code,
    message: `The service principal may not ${verb}.`,
    hint: `Give ${application} the role ${role} at the container; a new role takes up to ten minutes to count.`,
  };
}

/** Retry-After (RFC 9110 section 10.2.3), seconds or a date, in milliseconds. */
function retryAfter(error: RestError): number | undefined {
  const value = error.response?.headers.get('retry-after');
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
