import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Capability, ProviderErrorCode } from '../errors.ts';
import type { OutboundGuard } from '../security/outbound.ts';
import type { GuideRequest, SetupStep } from './guide.ts';
import type { NotificationReader } from './notifications.ts';

/**
 * The contract for who writes a provider. A provider is a folder with
 *
 *   config.ts   its settings and secrets (zod), where they point, how its URIs read
 *   driver.ts   the driver: small and dumb, talks to the provider's SDK
 *   guide.ts    what to paste at the provider (policies, CORS rules)
 *   notifications.ts   what it tells about changed objects, if it tells
 *   graphql.ts  its input and object types
 *
 * plus one line in registry.ts and one harness in test/providers. Everything that is the same for all
 * providers (key checks, time limits, retry, resumed reads, error texts) lives in store.ts and layers.ts:
 * a driver neither retries, nor sets a time limit, nor words an error. It only classifies.
 */

/** The provider kinds, as stored in the database and shown in GraphQL. */
export const providerNames = ['S3', 'GCS', 'AZURE_BLOB', 'REDIS', 'LOCAL_FILES'] as const;
export type ProviderName = (typeof providerNames)[number];

/** One object as a listing or a head request shows it. */
export interface ObjectInfo {
  /** Full key inside the container, exactly as the provider names it. */
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the content does: the ETag, generation or version; null where there is none. */
  version: string | null;
  modifiedAt: Date | null;
  /** Media type the provider stored with the object; listings rarely know it. */
  contentType?: string | null;
  /** Content coding that the object is stored in (RFC 9110, section 8.4.1): `gzip`. Its bytes are as stored. */
  contentEncoding?: string | null;
}

/** A name that stands for no object, with the reason for people. */
export interface OddName {
  name: string;
  reason: string;
}

/** Part of a listing, at most a few thousand objects. Folder markers and folders are already left out. */
export interface ListPage {
  objects: ObjectInfo[];
  /** Objects whose name we can't take: kept apart so that they can be shown as skipped. */
  unusable?: OddName[];
  /**
   * What is there and cannot be looked at (a folder without permission, a link to a disk that is not mounted): of
   * it, and of all keys below it, the listing says nothing.
   */
  unreadable?: OddName[];
  /** About so many names were gone through for this page, where that is more than it shows. */
  looked?: number;
  /** There are folders below the prefix that the listing left out (`recursive: false`). */
  folders?: boolean;
  /** Where the provider goes on behind this page, for `ListRequest.token`; absent: the listing has ended. */
  next?: string | undefined;
}

export interface ListRequest {
  /** Full prefix, as Location.prefix gives it: '' or, for folder-like providers, ending in '/'; or a whole key. */
  prefix: string;
  /** false: only the objects directly below the prefix. */
  recursive: boolean;
  /**
   * Begin behind this key (exclusive), in ascending byte order of the UTF-8 key. Given to drivers without
   * `beginsBehindKeys` only by who asks by itself for what the listing leaves out.
   */
  after?: string | undefined;
  /** Keys from this one on are not wanted. A driver that cannot say so to its provider gives them all the same. */
  before?: string | undefined;
  /** Go on where a page of this listing said; the same again for a page that failed. */
  token?: string | undefined;
  signal: AbortSignal;
}

/** Bytes `start` to `end`, both included and counted from 0; `end` absent: to the end of the object. */
export interface ByteRange {
  start: number;
  end?: number | undefined;
}

export interface ReadRequest {
  range?: ByteRange | undefined;
  /** Fail with OBJECT_CHANGED when the object's version is no longer this one. */
  ifVersion?: string | undefined;
  signal: AbortSignal;
}

/** An opened object. Destroying the stream releases the connection at once. */
export interface ObjectBody {
  /** `size` is that of the whole object, whatever the range. */
  info: ObjectInfo;
  /** Bytes that the stream will give. */
  length: number;
  stream: Readable;
}

export interface StreamRequest {
  contentType: string;
  /** Bytes of the body. */
  size: number;
  signal: AbortSignal;
}

/** An object to be copied, in a container as its Location names it. */
export interface CopySource {
  container: string;
  /** As it was found: the copy fails when it has another version by now. */
  info: ObjectInfo;
}

export interface WriteRequest {
  contentType: string;
  /**
   * Fail with OBJECT_CHANGED unless the object has this version; null: unless there is none. Given only to providers
   * with `conditionalWrites`, of whose servers some do not know it.
   */
  ifVersion?: string | null | undefined;
  signal: AbortSignal;
}

export interface RemoveRequest {
  /** Fail with OBJECT_CHANGED when the object has another version. Given only to providers with `conditionalWrites`. */
  ifVersion?: string | undefined;
  signal: AbortSignal;
}

/** Opened access to one container with one set of credentials. Methods get full keys. */
export interface Driver {
  listPage(request: ListRequest): Promise<ListPage>;
  /**
   * A listing that begins behind a key is complete. Absent: servers are known that leave keys out then, so a
   * listing that is to go on behind a key begins at its beginning.
   */
  readonly beginsBehindKeys?: boolean;
  head(key: string, request: { signal: AbortSignal }): Promise<ObjectInfo>;
  /**
   * Many at once; what is not there, or cannot be looked at, is left out. Absent: there is no such request, and a
   * listing is the shortest way to see many.
   */
  heads?(keys: readonly string[], request: { signal: AbortSignal }): Promise<ObjectInfo[]>;
  read(key: string, request: ReadRequest): Promise<ObjectBody>;
  /** Creates or overwrites; answers what the provider now holds. All or nothing. */
  write(key: string, body: Uint8Array, request: WriteRequest): Promise<ObjectInfo>;
  /**
   * Writes an object that is too long to be held in memory, over whatever is there. All or nothing. Absent: there is no
   * such request.
   */
  writeStream?(key: string, body: Readable, request: StreamRequest): Promise<ObjectInfo>;
  /**
   * Has the provider copy an object of another container by itself, with this driver's credentials. undefined: the
   * container is not at this very server. Absent: there is no such request.
   */
  copy?(key: string, from: CopySource, request: { signal: AbortSignal }): Promise<ObjectInfo | undefined>;
  /** Removing what is not there is not an error. */
  remove(key: string, request: RemoveRequest): Promise<void>;
  /** A URL that lets its bearer GET (and nothing else) this key for so long. Absent: cannot presign. */
  presign?(key: string, request: { ttlSeconds: number; signal: AbortSignal }): Promise<PresignedUrl>;
  /**
   * Cheapest proof that host and credentials are good, apart from any object. Who is known but may not do this much
   * passes; CONTAINER_NOT_FOUND and nothing else is thrown of whoever is known.
   */
  authenticate(request: { signal: AbortSignal }): Promise<void>;
  /** What an error thrown by the SDK means; undefined: not known to this driver, look at the network. */
  classify(error: unknown): Failure | undefined;
  close(): Promise<void>;
}

export interface PresignedUrl {
  url: string;
  expiresAt: Date;
}

/** A driver's verdict on an error of its SDK. Texts come from providers/errors.ts unless given here. */
export interface Failure {
  code: ProviderErrorCode;
  /** Overrides the standard sentence; names things (the right region), never quotes the provider. */
  message?: string | undefined;
  hint?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** Where a storage points. */
export interface Location {
  /**
   * Canonical name of the container, equal for two storages exactly if they see the same objects:
   * tasks are unique by project, container, key and row. `s3://bucket`, `s3+https://host:port/bucket`.
   */
  container: string;
  /** Full prefix that all keys of the storage begin with: '' or ending in the provider's separator. */
  prefix: string;
}

/** A vendor or server that speaks the provider's protocol. */
export interface ProviderPreset {
  name: string;
  /** For people. */
  title: string;
  /** Address, with `{region}`, `{account}`, `{namespace}` or `{host}` to fill in. */
  endpoint: string;
  /** The only one there is; null: the one that the bucket is in. */
  region: string | null;
  /** Whether the bucket stands in the path rather than in the host name. */
  pathStyle: boolean;
  /** What to mind. */
  notes: readonly string[];
}

/** What the service lends a driver. */
export interface ProviderEnvironment {
  /** Decides every outbound address; agents and look-ups for SDK clients come from here. */
  outbound: OutboundGuard;
  /** External ID of the organization that owns the storage: the only one ever sent to STS. */
  externalId: string;
  /** Whether that organization may use the service's own credentials. */
  ownCredentials: boolean;
  /** Absolute real path below which local files may be used; null: local files are switched off. */
  documentRoot: string | null;
  /** Where the service keeps its own files, which no storage may reach; null: it keeps none. */
  dataDirectory: string | null;
  /** The process environment, for a provider's own chain of default credentials. */
  env: Readonly<Record<string, string | undefined>>;
}

/** What every storage of a provider can or can't. */
export interface ProviderCapabilities {
  /** Listings are promised to give keys in ascending byte order of their UTF-8. */
  listsInOrder: boolean;
  presign: boolean;
  /** '.' and '..' between slashes are names like any other: keys are sent, and signed, byte for byte. */
  dotsInKeys?: boolean;
  /** The provider itself can refuse to write over another version than the expected one. */
  conditionalWrites?: boolean;
  /** Versions are made of time and size: equal ones do not prove equal bytes. */
  weakVersions?: boolean;
  /** Keys form folders with '/': non-recursive listing and prefixes ending in '/' make sense. */
  folders: boolean;
}

/**
 * A provider: pure description plus `open`. `Settings` are stored and shown, `Secrets` are stored
 * encrypted and never shown. Both are flat JSON objects.
 */
export interface Provider<Settings extends object = object, Secrets extends object = object> {
  name: ProviderName;
  /** For people: "Amazon S3 and compatible". */
  title: string;
  capabilities: ProviderCapabilities;
  /** Strict: unknown keys are refused. Issues' paths are the field names of the provider's GraphQL input. */
  settings: z.ZodType<Settings>;
  secrets: z.ZodType<Secrets>;
  /**
   * Settings that say where the secrets are sent: changing one needs the secrets again. By their path in the
   * provider's GraphQL input, which ends with the setting's name.
   */
  secretsBoundTo: readonly string[];
  /**
   * Credentials that belong together: when one of `changed` becomes another, each of `needs` has to be given again.
   * By their paths in the provider's GraphQL input, as `secretsBoundTo`.
   */
  wholeCredentials?: readonly { changed: readonly string[]; needs: readonly string[] }[];
  /** Checks that need the environment (document root) or both halves (key pair); throws ValidationError. */
  check?(
    settings: Settings,
    secrets: Secrets,
    environment: ProviderEnvironment,
  ): Settings | Promise<Settings>;
  location(settings: Settings, environment: ProviderEnvironment): Location;
  /** How every URI of the provider begins, whatever its container; without flags, groups that capture, or anchors. */
  uriStart: RegExp;
  /** URI of an object as it stands in task data: `s3://bucket/key`. */
  uri(settings: Settings, key: string): string;
  /** Inverse of `uri` for this storage; undefined: the URI is not of this container. */
  keyOf(settings: Settings, uri: string): string | undefined;
  /** Certificates (PEM) that connections of a storage with these settings trust beside the usual authorities. */
  trusts?(settings: Settings): string | undefined;
  /** Vendors and servers that speak the same protocol. */
  presets?: readonly ProviderPreset[];
  /** Name of the setting that says with what all keys begin. */
  prefixSetting?: string;
  /** Whether a new source storage looks into folders below its prefix by default. */
  recursiveByDefault?: boolean;
  /** The part of a key that the filter is tested on; absent: the whole key. */
  filterSubject?(key: string): string;
  /** What to paste at the provider so that it lets the service do this much and no more. */
  guide?(settings: Settings, request: GuideRequest): SetupStep[];
  /** How it tells of changed objects; absent: it does not. */
  notifications?: NotificationReader<Settings>;
  /** Whether these settings name no credentials of the storage's, so that the service's own open it. */
  usesOwnCredentials?(settings: Settings): boolean;
  /** Capabilities that this configuration can't have, with the reason to show ("Redis has no URLs"). */
  unsupported?(settings: Settings, secrets: Secrets): Partial<Record<Capability, string>>;
  open(settings: Settings, secrets: Secrets, environment: ProviderEnvironment): Driver;
}
