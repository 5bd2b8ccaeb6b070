import type { z } from 'zod';
import type { storages } from '../database/tables/storages.ts';
import type { Capability, ProviderErrorCode } from '../errors.ts';
import type { ProviderName } from '../providers/provider.ts';

export const directions = ['SOURCE', 'TARGET'] as const;
export type Direction = (typeof directions)[number];

type Row = typeof storages.$inferSelect;
export type StorageOf<D extends Direction> = Omit<
  Row,
  'provider' | 'config' | 'formerConfigs' | 'settings' | 'direction'
> & {
  provider: ProviderName;
  direction: D;
  /** The provider's settings; its own schema knows their shape. */
  config: Record<string, unknown>;
  /** Those by which URIs of before may still name its objects. */
  formerConfigs: Record<string, unknown>[];
  settings: D extends 'SOURCE' ? SourceSettings : TargetSettings;
};
export type Storage = StorageOf<'SOURCE'> | StorageOf<'TARGET'>;

/** A storage as it was when it was last changed. */
export interface StorageVersion {
  id: number;
  /** Milliseconds since the epoch. */
  updatedAt: number;
}

export const importMethods = ['FILES', 'TASKS'] as const;
export const onChangedPolicies = ['IGNORE', 'FLAG', 'UPDATE', 'NEW_TASK'] as const;
export const onRemovedPolicies = ['KEEP', 'FLAG', 'DELETE_UNANNOTATED'] as const;
export const exportLayouts = ['ANNOTATION', 'TASK'] as const;
export const writeModes = ['OVERWRITE', 'NEW_OBJECT_PER_VERSION'] as const;

/** When a storage is synced by itself. */
export interface Schedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** IANA name: `Europe/Berlin`. */
  timeZone: string;
}

/** How a source storage becomes tasks. */
export interface SourceSettings {
  /** RE2 expression that a key must match from its start; null: all. */
  filter: string | null;
  importMethod: (typeof importMethods)[number];
  /** Data key of import method FILES; null: the label config's first one. */
  dataKey: string | null;
  /** Field of a row by which it is known again when it moves; null or absent: `id`. */
  idField?: string | null;
  recursive: boolean;
  presign: boolean;
  presignTtlMinutes: number;
  onChanged: (typeof onChangedPolicies)[number];
  onRemoved: (typeof onRemovedPolicies)[number];
  /** Share of the ledger, 0 to 1, above which a sync deletes no tasks: a wrong prefix looks like removal. */
  maximumRemovedShare: number;
  /** Keep a copy of each imported object in the data directory. */
  keepCopies: boolean;
  /** null: synced only on request, or on notification. */
  schedule: Schedule | null;
}

/** How annotations are written to a target storage. */
export interface TargetSettings {
  layout: (typeof exportLayouts)[number];
  keyTemplate: string;
  /** Whether what has changed is written over what was, or beside it. */
  writeMode: (typeof writeModes)[number];
  canDeleteObjects: boolean;
  exportOnSave: boolean;
  /** Keep a copy of each exported object in the data directory. */
  keepCopies: boolean;
}

/** What a key template can name. */
export interface TemplateFields {
  /** null: layout TASK. */
  annotation: { id: number; createdAt: Date; completedBy: number | null } | null;
  task: { id: number; innerId: number; sourceKey: string | null; createdAt: Date };
  project: { id: number };
}

/** What a provider's GraphQL input says; undefined: not given, null: cleared. Unchecked. */
export interface ProviderInput {
  provider: ProviderName;
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

export interface SettingsInput {
  source?: Partial<SourceSettings> | null | undefined;
  target?: Partial<TargetSettings> | null | undefined;
}

export interface CreateStorageInput {
  projectId: number;
  provider: ProviderInput;
  settings: SettingsInput;
  title?: string | null | undefined;
  description?: string | null | undefined;
  synchronizable?: boolean | null | undefined;
  /** A repeated request with the same key returns what the first one created. */
  idempotencyKey?: string | null | undefined;
}

export interface UpdateStorageInput
  extends Partial<Omit<CreateStorageInput, 'projectId' | 'idempotencyKey'>> {
  storageId: number;
  /** Whether it is the container of before under another name: what is known of its objects stays known. */
  sameContainer?: boolean | null | undefined;
  /** Only if the storage was last changed then. */
  ifUpdatedAt?: Date | null | undefined;
}

export const checkStatuses = ['PASSED', 'FAILED', 'UNTESTED'] as const;

/** The proof, or its failure, of one capability. */
export interface CapabilityCheck {
  capability: Capability;
  status: (typeof checkStatuses)[number];
  /** Whether the storage can do its job without it. */
  required: boolean;
  code: ProviderErrorCode | null;
  message: string;
  hint: string | null;
}

export interface StorageValidation {
  /** All required capabilities passed. */
  ok: boolean;
  checks: CapabilityCheck[];
  /** A key as the storage would have it; null: it is a source. */
  exampleKey: string | null;
}

/** What a new source storage has where nothing is said. `recursive` is the provider's. */
export const sourceDefaults = {
  importMethod: 'FILES',
  presign: true,
  presignTtlMinutes: 15,
  onChanged: 'IGNORE',
  onRemoved: 'KEEP',
  maximumRemovedShare: 0.5,
  keepCopies: false,
} as const satisfies Partial<SourceSettings>;

/** The same of a target storage. */
export const targetDefaults = {
  layout: 'ANNOTATION',
  writeMode: 'OVERWRITE',
  canDeleteObjects: false,
  exportOnSave: true,
  keepCopies: false,
} as const satisfies Partial<TargetSettings>;

export const optional = <T extends z.ZodType>(type: T, fallback: z.infer<T>) =>
  type.nullish().transform((value) => value ?? fallback);
