import type { ProviderError, ProviderErrorCode } from '../../errors.ts';

/** Causes that no object of the storage can escape. */
const storageWide = new Set<ProviderErrorCode>([
  'ADDRESS_NOT_ALLOWED',
  'DNS_FAILURE',
  'TLS_FAILURE',
  'CONNECTION_REFUSED',
  'WRONG_CREDENTIALS',
  'CREDENTIALS_UNAVAILABLE',
  'CREDENTIALS_EXPIRED',
  'CONTAINER_NOT_FOUND',
  'WRONG_REGION',
]);

/** Causes that lie in one object: whoever finds them has been let in. */
const ofOneObject = new Set<ProviderErrorCode>([
  'OBJECT_NOT_FOUND',
  'OBJECT_CHANGED',
  'OBJECT_UNREADABLE',
  'INVALID_KEY',
]);

/** Whether the failure is the storage's, whichever object met it. */
export const isStorageWide = ({ code }: ProviderError) => storageWide.has(code);

/** Whether the failure says nothing about other objects. */
export const isOfOneObject = ({ code }: ProviderError) => ofOneObject.has(code);
