import type { TestApp } from '../app.ts';
import type { StorageProviderInput } from '../generated/graphql.ts';

/** What credentials may be limited to. */
export type Right = 'LIST' | 'READ' | 'WRITE' | 'DELETE';

/** A server that somebody else runs, for a storage to be pointed at. */
export interface Elsewhere {
  host: string;
  port: number;
  secure?: boolean;
}

/** A container of one's own on a real server, and what a client sends to connect it. */
export interface Place {
  /** For a new storage, credentials included. */
  provider: StorageProviderInput;
  /** Writes behind the service's back; the key is relative to the prefix. */
  put(key: string, body: string | Uint8Array): Promise<unknown>;
  /** Removes behind the service's back; the key is relative to the prefix. */
  remove(key: string): Promise<unknown>;
  /** Full keys of all that is there, as the server's own means show them. */
  keys(): Promise<string[]>;
  /** What stands in front of a key. */
  prefix: string;
  /** URI of a full key, as it stands in task data. */
  uri(key: string): string;
  /** What the service has changed so far, as the server saw it: `PUT key`, `DELETE key`. */
  changes(): Promise<string[]>;
}

/** A place by one kind of credentials. */
export interface Way {
  open(app: TestApp): Promise<Place>;
  /** What the storage shows of its credentials. */
  shows: Record<string, unknown>;
}

/** How a provider is made to fail. */
export interface Failures {
  /** The same with wrong secrets. */
  wrongSecret(place: Place): StorageProviderInput;
  /** The same with a container that does not exist. */
  missing(place: Place): StorageProviderInput;
  /** The same, at another address. */
  at(place: Place, address: Elsewhere): StorageProviderInput;
  /** The same, by credentials that may do this and no more. */
  limited(place: Place, rights: Right[]): Promise<StorageProviderInput>;
}

/** A provider's servers, ready for storages. */
export interface Places {
  /** Settings of the service: its own identity at this provider. */
  settings: Record<string, string>;
  /** By names such as `S3: access key`. */
  ways: Record<string, Way>;
  /** Of places by the first way. */
  failures: Failures;
  close(): Promise<void>;
}

/** `http://host:port` */
export const originOf = ({ host, port, secure }: Elsewhere) =>
  `${secure ? 'https' : 'http'}://${host}:${port}`;

/** As people send it: field by field, `change` on top. */
export function changed<K extends keyof StorageProviderInput>(
  place: Place,
  name: K,
  change: Partial<NonNullable<StorageProviderInput[K]>>,
): StorageProviderInput {
  return { [name]: { ...place.provider[name], ...change } } as unknown as StorageProviderInput;
}
