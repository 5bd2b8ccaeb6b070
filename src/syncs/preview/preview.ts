import { ownMarks } from '../../annotations/mark.ts';
import type { Database } from '../../database/client.ts';
import { ValidationError } from '../../errors.ts';
import { countPresent } from '../../objects/ledger.ts';
import { ownSnapshots } from '../../objects/own-snapshots.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { ProjectService } from '../../projects/service.ts';
import { providerError } from '../../providers/errors.ts';
import type { StorePage } from '../../providers/listing.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { openConnection } from '../../storages/connect/open.ts';
import type { StorageCandidate } from '../../storages/connect/resolve.ts';
import type { SourceSettings, TargetSettings } from '../../storages/model.ts';
import type { StorageService } from '../../storages/service.ts';
import { criteriaOf, dataKeyOf, scopeOf } from '../compare/criteria.ts';
import { countFile, type Remark, remarksOf } from '../compare/files.ts';
import type { ComparedPage } from '../compare/pages.ts';
import { compareByKey, type SeenKeys } from '../compare/seen.ts';
import { compareInOrder, DisorderError } from '../compare/walk.ts';
import type { ExportDrift } from '../model.ts';
import {
  actionOf,
  claimed,
  entriesOf,
  type PreviewAction,
  type PreviewContext,
  type PreviewEntry,
} from './entries.ts';

export interface SyncPreview {
  entries: PreviewEntry[];
  /** What there is to say of the objects that would be imported, all together. */
  remarks: Remark[];
  /** What a sync would do with all objects, as counts; `removed` only for a saved storage. */
  counts: Record<Lowercase<PreviewAction | ExportDrift> | 'listed' | 'removed', number>;
  /** false: the listing was given up after a while, and the counts are of its beginning. */
  complete: boolean;
}

/** `first`: how many objects to show one by one; `drift`: compare a target with what is there. */
export type PreviewInput = StorageCandidate & {
  first?: number | null | undefined;
  drift?: boolean | null | undefined;
};

/** A target storage to be looked at, saved or not (id 0). */
export interface TargetPreviewContext {
  store: Store;
  storage: { id: number; projectId: number };
  settings: TargetSettings;
  first: number;
  drift: boolean;
  /** When to stop, in milliseconds since the epoch. */
  deadline: number;
  signal: AbortSignal;
}

/** What a sync of a target storage would do; the noun that writes there says it. */
export type TargetPreview = (context: TargetPreviewContext) => Promise<Omit<SyncPreview, 'remarks'>>;

export const noPreviewCounts = (): SyncPreview['counts'] => ({
  ...{ listed: 0, import: 0, unchanged: 0, changed: 0, skip: 0, fail: 0, removed: 0 },
  ...{ write: 0, delete: 0, missing: 0, altered: 0 },
});

const MAX_ENTRIES = 100;
export interface PreviewLimits {
  /** How long a preview may list, in milliseconds. */
  listingMs: number;
  /** How long all of it may take, whatever the storage does. */
  totalMs: number;
}
const usual: PreviewLimits = { listingMs: 20_000, totalMs: 30_000 };
/** A storage that is not saved has no ledger. */
const UNSAVED = 0;

export type PreviewService = ReturnType<typeof createPreviewService>;

/** Shows what a sync would do, by the very comparison that a sync makes. Writes nothing. */
export function createPreviewService(
  database: Pick<Database, 'sql'>,
  projects: ProjectService,
  storages: StorageService,
  previewTarget: TargetPreview,
  limits = usual,
) {
  return {
    async preview(viewer: Viewer, input: PreviewInput, client: AbortSignal): Promise<SyncPreview> {
      const limit = AbortSignal.timeout(limits.totalMs);
      const signal = AbortSignal.any([client, limit]);
      const first = input.first ?? 10;
      if (first < 1 || first > MAX_ENTRIES) {
        throw new ValidationError([{ path: 'first', message: `Expected 1 to ${MAX_ENTRIES}.` }]);
      }
      const candidate = await storages.candidateOf(viewer, input);
      const drift = input.drift ?? false;
      if (candidate.source && drift) {
        const message = 'Only target storages are compared with what was written there.';
        throw new ValidationError([{ path: 'drift', code: 'NOT_ALLOWED', message }]);
      }
      const { projectId } = candidate;
      const project = await projects.get(viewer, projectId);
      const store = openConnection(candidate);
      const deadline = Date.now() + limits.listingMs;
      try {
        if (candidate.target) {
          // In another container nothing is known.
          const { stored } = candidate;
          const same = stored?.containerId === (await storages.containerOf(viewer, candidate));
          const storage = { id: stored && same ? stored.id : UNSAVED, projectId };
          const preview = await previewTarget({
            ...{ store, storage, settings: candidate.target, first, drift, deadline, signal },
          });
          return { ...preview, remarks: [] };
        }
        const settings = candidate.source!;
        const containerId = (await storages.containerOf(viewer, candidate)) ?? UNSAVED;
        const storage = { id: candidate.stored?.id ?? UNSAVED, projectId, containerId };
        const { externalId } = candidate.environment;
        const isOwnSnapshot = ownSnapshots(externalId, projectId);
        const criteria = criteriaOf(store, settings, project, {}, { isOwnSnapshot, signal });
        const dataKey = dataKeyOf(settings, project);
        const isOwn = ownMarks(externalId, projectId);
        const context = { database, store, storage, criteria, dataKey, isOwn, signal };
        return await previewOf(context, { settings, first, deadline });
      } catch (error) {
        throw limit.aborted && !client.aborted ? tooSlow(limits) : error;
      } finally {
        await store.close();
      }
    },
  };
}

function tooSlow({ totalMs }: PreviewLimits): Error {
  const message = `The preview was given up after ${totalMs / 1000} seconds.`;
  const hint = 'Run diagnoseStorage, which says what the storage is slow at, or sync without a preview.';
  return providerError({ code: 'TIMEOUT', message, hint }, { capability: 'LIST' });
}

interface Listing {
  settings: SourceSettings;
  first: number;
  /** When to stop, in milliseconds since the epoch. */
  deadline: number;
}

async function previewOf(context: PreviewContext, listing: Listing): Promise<SyncPreview> {
  const { listsInOrder } = context.store.provider.capabilities;
  const { samples, ...preview } = await compared(context, listing, listsInOrder).catch((error: unknown) => {
    // A listing that turns out to have no order is begun again, as one that promises none.
    if (error instanceof DisorderError) return compared(context, listing, false);
    throw error;
  });
  return { ...preview, entries: await entriesOf(context, samples) };
}

async function compared(
  context: PreviewContext,
  { settings, first, deadline }: Listing,
  inOrder: boolean,
): Promise<Omit<SyncPreview, 'entries'> & { samples: ObjectInfo[] }> {
  const { database, store, storage, criteria, signal } = context;
  const files = { files: 0, taskFiles: 0 };
  const samples: ObjectInfo[] = [];
  const counts = noPreviewCounts();
  let complete = true;

  async function* listing(): AsyncGenerator<StorePage> {
    for await (const page of store.list({ recursive: settings.recursive, signal })) {
      samples.push(...page.objects.slice(0, Math.max(0, first - samples.length)));
      yield page;
      if (Date.now() > deadline) {
        complete = false;
        return;
      }
    }
  }

  const pages = inOrder
    ? compareInOrder(database, storage, listing(), undefined, criteria)
    : compareByKey(database, storage, listing(), rememberKeys(), criteria);
  let present = 0;
  for await (const page of pages) {
    const findings = await claimed(context, page.findings);
    addUp(counts, { ...page, findings }, complete);
    if (settings.importMethod === 'FILES') {
      for (const { object, verdict } of findings)
        if (actionOf(verdict) === 'IMPORT') countFile(files, object.key);
    }
    present += page.present;
  }
  if (complete && !inOrder)
    counts.removed = (await countPresent(database, storage, scopeOf(store, settings))) - present;
  return { samples, counts, complete, remarks: remarksOf(files, context.dataKey) };
}

/** Which of the keys were asked for before. A preview ends after a while, so that they fit into memory. */
function rememberKeys(): SeenKeys {
  const all = new Set<string>();
  return {
    async among(keys) {
      const seen = new Set(keys.filter((key) => all.has(key)));
      for (const key of keys) all.add(key);
      return seen;
    },
  };
}

function addUp(counts: SyncPreview['counts'], page: ComparedPage, complete: boolean): void {
  const names = page.unusable.length + page.unreadable.length;
  counts.listed += page.findings.length + names;
  counts.skip += names;
  for (const { verdict, unchangedBefore } of page.findings) {
    counts[actionOf(verdict).toLowerCase() as Lowercase<PreviewAction>]++;
    counts.listed += unchangedBefore;
    counts.unchanged += unchangedBefore;
  }
  counts.listed += page.unchangedAfter;
  counts.unchanged += page.unchangedAfter;
  // Behind a listing that was given up, nothing can be said to be gone.
  if (complete) counts.removed += page.missing.length;
}
