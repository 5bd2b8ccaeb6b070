import { S3ServiceException } from '@aws-sdk/client-s3';
import { STSServiceException } from '@aws-sdk/client-sts';
import type { ProviderErrorCode } from '../../errors.ts';
import { canFailBy, unknownResponse } from '../errors.ts';
import type { Failure } from '../provider.ts';
import type { S3Settings } from './config.ts';

/**
 * What S3's and STS's refusals mean. Codes: "Error responses" of the Amazon S3 API Reference, "Common
 * errors" and AssumeRole of the AWS STS API Reference, and the few that other servers add.
 */

const byName: Readonly<Record<string, ProviderErrorCode>> = {
  SignatureDoesNotMatch: 'WRONG_CREDENTIALS',
  InvalidAccessKeyId: 'WRONG_CREDENTIALS',
  InvalidToken: 'WRONG_CREDENTIALS',
  InvalidTokenId: 'WRONG_CREDENTIALS',
  InvalidClientTokenId: 'WRONG_CREDENTIALS',
  NoSuchUser: 'WRONG_CREDENTIALS',
  // versitygw, whatever was asked of it.
  XAdminUserNotFound: 'WRONG_CREDENTIALS',
  InvalidSecurity: 'WRONG_CREDENTIALS',
  NotSignedUp: 'WRONG_CREDENTIALS',
  Unauthorized: 'WRONG_CREDENTIALS',
  ExpiredToken: 'CREDENTIALS_EXPIRED',
  TokenRefreshRequired: 'CREDENTIALS_EXPIRED',
  AccessDenied: 'FORBIDDEN',
  Forbidden: 'FORBIDDEN',
  AccountProblem: 'FORBIDDEN',
  AllAccessDisabled: 'FORBIDDEN',
  NoSuchBucket: 'CONTAINER_NOT_FOUND',
  InvalidBucketName: 'CONTAINER_NOT_FOUND',
  PermanentRedirect: 'WRONG_REGION',
  TemporaryRedirect: 'WRONG_REGION',
  AuthorizationHeaderMalformed: 'WRONG_REGION',
  IllegalLocationConstraintException: 'WRONG_REGION',
  InvalidRegionName: 'WRONG_REGION',
  NoSuchKey: 'OBJECT_NOT_FOUND',
  NoSuchVersion: 'OBJECT_NOT_FOUND',
  NotFound: 'OBJECT_NOT_FOUND',
  PreconditionFailed: 'OBJECT_CHANGED',
  InvalidObjectState: 'OBJECT_UNREADABLE',
  KeyTooLongError: 'INVALID_KEY',
  // Ceph and MinIO, of a key that is too long, too.
  InvalidObjectName: 'INVALID_KEY',
  XMinioInvalidObjectName: 'INVALID_KEY',
  InvalidURI: 'INVALID_KEY',
  InvalidRange: 'RANGE_NOT_SATISFIABLE',
  SlowDown: 'RATE_LIMITED',
  BandwidthLimitExceeded: 'RATE_LIMITED',
  RequestLimitExceeded: 'RATE_LIMITED',
  Throttling: 'RATE_LIMITED',
  ThrottlingException: 'RATE_LIMITED',
  TooManyRequests: 'RATE_LIMITED',
  RequestTimeout: 'TIMEOUT',
  InternalError: 'UNAVAILABLE',
  ServiceUnavailable: 'UNAVAILABLE',
  OperationAborted: 'UNAVAILABLE',
  ConditionalRequestConflict: 'UNAVAILABLE',
  MethodNotAllowed: 'UNSUPPORTED',
  NotImplemented: 'UNSUPPORTED',
};

/** What the status alone says: of a response to HEAD, which has no document, and beside a code that is not known. */
const byStatus: Readonly<Record<number, ProviderErrorCode>> = {
  401: 'WRONG_CREDENTIALS',
  403: 'FORBIDDEN',
  404: 'OBJECT_NOT_FOUND',
  405: 'UNSUPPORTED',
  408: 'TIMEOUT',
  412: 'OBJECT_CHANGED',
  416: 'RANGE_NOT_SATISFIABLE',
  429: 'RATE_LIMITED',
  501: 'UNSUPPORTED',
  503: 'RATE_LIMITED',
};

const clock: Failure = {
  code: 'WRONG_CREDENTIALS',
  message:
    'The storage refused the signature because its clock and the clock of this service differ too much.',
  hint: 'Set both clocks by a time server; S3 allows 15 minutes of difference.',
};

const badKey: Failure = {
  code: 'INVALID_KEY',
  message:
    'The storage takes no object of this name: it is longer than 1,024 bytes, or has what is not allowed.',
  hint: 'Use a shorter key: for exports, change the key template or the prefix.',
};

const special: Readonly<Record<string, Failure>> = {
  KeyTooLongError: badKey,
  InvalidObjectName: badKey,
  XMinioInvalidObjectName: badKey,
  RequestTimeTooSkewed: clock,
  InvalidObjectState: {
    code: 'OBJECT_UNREADABLE',
    message: 'The object lies in an archive storage class and cannot be read from there.',
    hint: 'Restore the object, or move it to a storage class with immediate access.',
  },
  QuotaExceeded: {
    code: 'FORBIDDEN',
    message: 'The quota of the storage is used up.',
    hint: 'Make room at the provider or raise the quota.',
  },
};

const customerKey: Failure = {
  code: 'OBJECT_UNREADABLE',
  message: 'The object is encrypted with a key that only its writer has (SSE-C).',
  hint: 'Write the object again with a key of S3 or of KMS.',
};

/** The server takes no objects with the encryption that the settings ask for, or takes them without. */
export function notEncrypted({ type }: Encryption, what: 'REFUSED' | 'IGNORED'): Failure {
  const message =
    what === 'REFUSED'
      ? `The storage refuses the server-side encryption that its settings ask for (${type}).`
      : `The storage took the object without a word of the server-side encryption that its settings ask for (${type}).`;
  return {
    code: 'UNSUPPORTED',
    message,
    hint: 'Ask for an encryption that the server offers, or for none and let the bucket encrypt by its own default.',
  };
}

const kms: Failure = {
  code: 'FORBIDDEN',
  message: 'The KMS key of the object or bucket could not be used.',
  hint: 'Check that the key exists in the region of the bucket and is enabled, and that the credentials may use it (kms:Decrypt, kms:GenerateDataKey).',
};

type Encryption = NonNullable<S3Settings['encryption']>;

/** What a refusal is told by, beside itself. */
export interface Asked {
  /** HEAD: as READ, but no response to it has a document. */
  of: 'LIST' | 'HEAD' | 'READ' | 'WRITE' | 'DELETE' | 'AUTHENTICATE';
  /** The configured region, named when it is the wrong one. */
  region: string;
  /** Asked for with an object that is written. */
  encryption?: Encryption | undefined;
}

/**
 * Classifies what the SDK throws.
 * @returns undefined for what is not the servers' response: network, abort, programming errors
 */
export function classifyS3(error: unknown, asked: Asked): Failure | undefined {
  if (error instanceof S3ServiceException) return classifyResponse(error, asked);
  return classifyOther(error);
}

/** As `classifyS3`, for what is no response of S3's. */
export function classifyOther(error: unknown): Failure | undefined {
  if (error instanceof STSServiceException) return classifySts(error);
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return {
      code: 'CREDENTIALS_UNAVAILABLE',
      hint: 'Give this service AWS credentials of its own (environment, profile, instance or task role), or enter an access key for the storage.',
    };
  }
  // The SDK marks what went wrong in reading a response so; with a code it was the network, else the response.
  return '$response' in error && !('code' in error) ? unreadable(error.$response) : undefined;
}

/** No error document of S3's: a proxy in front of it speaks so when it is S3 that fails. */
function unreadable(response: unknown): Failure {
  const { statusCode: status = 0, headers } = (response ?? {}) as {
    statusCode?: number;
    headers?: Record<string, string | undefined>;
  };
  const retryAfterMs = waitOf(headers?.['retry-after']);
  if (status === 429) return { code: 'RATE_LIMITED', retryAfterMs };
  return status >= 500 ? { code: 'UNAVAILABLE', retryAfterMs } : notS3;
}

/** The server answered, even with success, but not as S3 does. */
export const notS3: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The endpoint answered, but not as S3 does.',
  hint: 'Check that the endpoint is the address of the S3 API, not of a web console or a proxy in front of it.',
};

function classifyResponse(error: S3ServiceException, asked: Asked): Failure {
  const status = error.$metadata.httpStatusCode ?? 0;
  const { name, message } = error;
  // An error document that says a thing twice comes as a list of both.
  if (typeof name !== 'string' || typeof message !== 'string') return notS3;
  const retryAfterMs = retryAfter(error);
  // The SDK keeps the code of an error document under the name that it has there.
  const documented = 'Code' in error;
  if (name.startsWith('KMS.') || (status === 403 && /\bkms:/i.test(message))) return kms;
  const encrypting = encryptionFailure(error, asked);
  if (encrypting) return encrypting;
  // The name is the server's own word: it must not reach what objects inherit.
  const known = Object.hasOwn(special, name) ? special[name] : undefined;
  if (known) return known;
  const named = Object.hasOwn(byName, name) ? byName[name] : undefined;
  const rightRegion = regionIn(error);
  if (
    named === 'WRONG_REGION' ||
    (rightRegion && rightRegion !== asked.region && [301, 307, 400].includes(status))
  ) {
    return wrongRegion(asked.region, rightRegion);
  }
  if (status >= 300 && status < 400) {
    return {
      code: 'UNEXPECTED_RESPONSE',
      message: 'The endpoint sent the request on to another address, which is not followed.',
      hint: 'Enter the address that the S3 API itself answers at.',
    };
  }
  // Overload and failure are told by whatever stands in front of S3, too; everything else is S3's own to say.
  const passing = status >= 500 || status === 429 || status === 408;
  if (!documented && !passing && asked.of !== 'HEAD') return notS3;
  // A code that nobody knows, with a 404, may be about anything.
  const plain = status === 404 && asked.of !== 'HEAD' ? undefined : byStatus[status];
  const code = (documented || asked.of === 'HEAD' ? named : undefined) ?? plain;
  // Who is refused for a reason that nobody knows may not have been known either.
  if (asked.of === 'AUTHENTICATE' && status === 403 && !named) return unknownResponse(status, name);
  if (code && canFailBy(code, asked.of === 'HEAD' ? 'READ' : asked.of)) return { code, retryAfterMs };
  if (status >= 500) return { code: 'UNAVAILABLE', retryAfterMs };
  return documented ? unknownResponse(status, name) : notS3;
}

/** Servers refuse encryption that they do not offer by many a code: what was asked for tells it, or the sentence. */
function encryptionFailure(
  { name, message, $metadata }: S3ServiceException,
  { of, encryption }: Asked,
): Failure | undefined {
  const { httpStatusCode: status } = $metadata;
  const spoken = /encrypt|\bsse\b|\bkms\b/i.test(`${name} ${message}`);
  if (of === 'READ' && status === 400 && spoken) return customerKey;
  if (of !== 'WRITE' || !encryption) return undefined;
  const refused = status === 501 || (status === 400 && (spoken || name === 'InvalidArgument'));
  return refused ? notEncrypted(encryption, 'REFUSED') : undefined;
}

function wrongRegion(region: string, right: string | undefined): Failure {
  return right
    ? {
        code: 'WRONG_REGION',
        message: `The bucket is in region "${right}", not in "${region}".`,
        hint: `Set the region to "${right}".`,
      }
    : {
        code: 'WRONG_REGION',
        message: `The bucket is not in region "${region}".`,
        hint: 'Set the region that the provider shows for the bucket.',
      };
}

/** The region that the response names, in its header or its error document, if it reads like one. */
function regionIn(error: S3ServiceException): string | undefined {
  const named = 'Region' in error ? error.Region : undefined;
  const found = header(error, 'x-amz-bucket-region') ?? named;
  return typeof found === 'string' && /^[a-z0-9-]{1,32}$/.test(found) ? found : undefined;
}

function header(error: S3ServiceException | STSServiceException, name: string): string | undefined {
  const headers: Record<string, string | undefined> = error.$response?.headers ?? {};
  return headers[name];
}

/** Retry-After (RFC 9110 section 10.2.3), seconds or a date, in milliseconds. */
function retryAfter(error: S3ServiceException | STSServiceException): number | undefined {
  return waitOf(header(error, 'retry-after'));
}

function waitOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** AssumeRole failed: then it is the role, or what this service itself is. */
function classifySts(error: STSServiceException): Failure {
  const status = error.$metadata.httpStatusCode ?? 0;
  switch (error.name) {
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'InvalidClientTokenId':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return {
        code: 'CREDENTIALS_UNAVAILABLE',
        message: 'AWS refused the credentials by which this service assumes roles.',
        hint: 'An administrator of this service has to renew its own AWS credentials.',
      };
    case 'RequestTimeTooSkewed':
      return clock;
    case 'Throttling':
    case 'ThrottlingException':
      return { code: 'RATE_LIMITED', retryAfterMs: retryAfter(error) };
    case 'RegionDisabledException':
      return {
        code: 'WRONG_CREDENTIALS',
        message: 'The account has AWS STS switched off in this region.',
        hint: "Activate STS for the region in the account settings of IAM, at the role's account.",
      };
  }
  if (status === 429 || status === 503) return { code: 'RATE_LIMITED', retryAfterMs: retryAfter(error) };
  if (status >= 500) return { code: 'UNAVAILABLE', retryAfterMs: retryAfter(error) };
  return {
    code: 'WRONG_CREDENTIALS',
    message: 'The role could not be assumed.',
    hint: "Check the role's ARN, and that its trust policy names this service and your organization's external ID; storageSetupGuide prints it.",
  };
}
