import { isSecretName } from '../security/redact.ts';
import type { Action } from './actions.ts';
import type { Grant } from './authorize.ts';

/** What of a record changed, field by field; absent sides: it was not there before, or is not after. */
export type Changes = Record<string, { before?: unknown; after?: unknown }>;

/** One thing that somebody did, as it is stored. */
export interface AuditEntry {
  organizationId: number;
  projectId: number | null;
  userId: number;
  /** 0: by the command line. */
  tokenId: number;
  /** Address of the client; null: the command line. */
  address: string | null;
  action: Action;
  /** Of the record; null: there is no single one. */
  recordId: number | null;
  changes: Changes;
}

/** Longest text that is kept of a value, in characters. */
const MAX_TEXT = 500;
/** They change with everything else and say nothing. */
const uninteresting = ['id', 'projectId', 'organizationId', 'createdAt', 'updatedAt', 'version'];

/** How two states of a record differ. Secrets are shown as `changed`, whatever they are. */
export function changesBetween(before: object | undefined, after: object | undefined): Changes {
  const [old, now] = [before ?? {}, after ?? {}] as Record<string, unknown>[];
  const names = new Set([...Object.keys(old!), ...Object.keys(now!)]);
  const changed = [...names].filter(
    (name) => !uninteresting.includes(name) && json(old![name]) !== json(now![name]),
  );
  return Object.fromEntries(
    changed.map((name) => [name, { ...side('before', name, old!), ...side('after', name, now!) }]),
  );
}

function side(which: 'before' | 'after', name: string, record: Record<string, unknown>): object {
  const value = record[name];
  if (value === undefined || value === null) return {};
  if (isSecretName(name) || ArrayBuffer.isView(value)) return { [which]: 'changed' };
  const text = json(value);
  return { [which]: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : value };
}

const json = (value: unknown): string => JSON.stringify(value) ?? '';

/** @throws TypeError for a grant that no person has: those leave their own records */
export function entryOf(grant: Grant, recordId: number | null, changes: Changes): AuditEntry {
  const { viewer, action, projectId } = grant;
  if (!viewer) throw new TypeError(`Nobody did ${action}.`);
  const { organizationId, userId, tokenId, address = null } = viewer;
  return { organizationId, projectId, userId, tokenId, address, action, recordId, changes };
}
