import {
  ConflictError,
  capabilities,
  conflictCodes,
  type FieldError,
  ForbiddenError,
  fieldErrorCodes,
  type LongshoreError,
  NotFoundError,
  ProviderError,
  type ProviderErrorCode,
  providerErrorCodes,
  ValidationError,
} from '../errors.ts';
import { builder } from './builder.ts';
import { describedEnum } from './enums.ts';

export const ErrorInterface = builder.interfaceRef<LongshoreError>('Error').implement({
  description: 'The reason why a mutation changed nothing.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What happened, in words for people.' }),
  }),
});

const FieldErrorCodeEnum = describedEnum(
  'FieldErrorCode',
  'The kind of mistake in a field of an input.',
  fieldErrorCodes,
  {
    REQUIRED: 'The field is absent, null or empty, and the request needs it.',
    INVALID: 'The value does not have the expected form.',
    OUT_OF_RANGE: 'The value is too small, too large, too long, or the list has too many elements.',
    UNKNOWN_FIELD: 'No such field exists.',
    NOT_ALLOWED: 'The value contradicts another field or the saved record.',
  },
);

const FieldErrorType = builder.objectRef<FieldError>('FieldError').implement({
  description: 'One wrong field of an input.',
  fields: (t) => ({
    path: t.stringList({
      description:
        'Where the field is in the input: `["provider", "s3", "bucket"]`. Elements of lists go by their index.',
      resolve: ({ path }) => path.split(/[.[\]]+/).filter((part) => part !== ''),
    }),
    code: t.field({
      type: FieldErrorCodeEnum,
      description: 'What is wrong, as a code for programs.',
      resolve: ({ code = 'INVALID' }) => code,
    }),
    message: t.exposeString('message', { description: 'What was expected, and what came.' }),
  }),
});

export const CapabilityEnum = describedEnum('Capability', 'What a storage can be used for.', capabilities, {
  CONNECT: 'The host can be reached.',
  AUTHENTICATE: 'The credentials are accepted.',
  LIST: 'Objects can be listed.',
  READ: 'Objects can be read.',
  SIGN: 'URLs can be signed that let a browser read an object.',
  WRITE: 'Objects can be written.',
  DELETE: 'Objects can be deleted.',
});

export const describedProviderErrors: Readonly<Record<ProviderErrorCode, string>> = {
  ADDRESS_NOT_ALLOWED: 'The address is not public, and the administrator has not opened it.',
  DNS_FAILURE: 'The host name does not resolve.',
  TLS_FAILURE: 'The TLS connection failed: the certificate is not trusted, or not for this host.',
  CONNECTION_REFUSED: 'Nothing listens at the address.',
  CONNECTION_LOST: 'The connection to the storage was lost.',
  TIMEOUT: 'The storage did not respond in time.',
  WRONG_CREDENTIALS: 'The credentials are not accepted.',
  CREDENTIALS_UNAVAILABLE: 'The machine that runs the service has no credentials of the provider.',
  CREDENTIALS_EXPIRED: 'The credentials have expired.',
  FORBIDDEN: 'The credentials are good but may not do this.',
  CONTAINER_NOT_FOUND: 'There is no such bucket, container or database.',
  WRONG_REGION: 'The bucket lies in another region.',
  EMPTY_PREFIX: 'There is no object under the prefix.',
  NO_MATCH: 'The filter matches no object.',
  OBJECT_NOT_FOUND: 'There is no such object.',
  OBJECT_CHANGED: 'The object was changed while it was read.',
  OBJECT_UNREADABLE: 'The object is there but cannot be read.',
  INVALID_KEY: 'The key is not one that this storage may use.',
  RANGE_NOT_SATISFIABLE: 'The object is shorter than the range asked for.',
  RATE_LIMITED: 'The provider asks the service to slow down.',
  UNAVAILABLE: 'The provider is unavailable.',
  UNEXPECTED_RESPONSE: "The response does not follow the provider's protocol.",
  UNSUPPORTED: 'The provider does not support this.',
};

export const ProviderErrorCodeEnum = describedEnum(
  'ProviderErrorCode',
  'Why an external storage failed or refused.',
  providerErrorCodes,
  describedProviderErrors,
);

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'The input is wrong; each field says what was expected.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    fields: t.expose('fields', { type: [FieldErrorType], description: 'The wrong fields.' }),
  }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'There is no such record, or none that you may see.',
  interfaces: [ErrorInterface],
});

export const ForbiddenErrorType = builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'You may see the record but not do this with it.',
  interfaces: [ErrorInterface],
});

const ConflictCodeEnum = describedEnum(
  'ConflictCode',
  'How a request contradicts the present state of a record.',
  conflictCodes,
  {
    OVERLAPPING_STORAGES:
      'A source and a target storage of the project would see the same objects, so that exports came back as tasks.',
    NOT_SYNCHRONIZABLE: 'The storage has `synchronizable: false`.',
    CONTAINER_KNOWN: 'The project has imported from the new container before, as another one.',
    NOT_A_SOURCE: 'The storage is a target storage, and only source storages can do this.',
    SYNC_ENDED: 'The sync has already ended.',
    LIMIT_REACHED: 'The project has as many records of this kind as it can have.',
    ALREADY_A_MEMBER: 'The person belongs to the organization already.',
    IDEMPOTENCY_KEY_REUSED: 'The idempotency key came with another input before.',
    CREATED_AND_DELETED: 'What the idempotency key created has been deleted since.',
    CHANGED_MEANWHILE: 'The record was changed after the instant given as `ifUpdatedAt`.',
    LAST_OWNER: 'An organization needs an owner, and this is the last one.',
  },
);

builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'The request contradicts the present state of the record.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    code: t.field({
      type: ConflictCodeEnum,
      description: 'The cause, as a code for programs.',
      resolve: ({ code }) => code,
    }),
  }),
});

builder.objectType(ProviderError, {
  name: 'ProviderError',
  description: 'The external storage failed or refused.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    code: t.field({
      type: ProviderErrorCodeEnum,
      description: 'The cause of the failure.',
      resolve: ({ code }) => code,
    }),
    capability: t.field({
      type: CapabilityEnum,
      nullable: true,
      description: 'The capability that the request needed.',
      resolve: ({ capability }) => capability,
    }),
    retryable: t.exposeBoolean('retryable', {
      description: 'Whether the same request can succeed later without anybody changing anything.',
    }),
    hint: t.exposeString('hint', { description: 'What to do next.' }),
  }),
});
