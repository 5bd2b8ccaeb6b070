import { timingSafeEqual } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Access } from '../access/access.ts';
import type { Action } from '../access/actions.ts';
import type { Grant } from '../access/authorize.ts';
import type { Database, Db } from '../database/client.ts';
import { ConflictError, missingOrChanged, NotFoundError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { SetupStep } from '../providers/guide.ts';
import type { Location, ProviderName } from '../providers/provider.ts';
import { createToken, hashToken } from '../security/tokens.ts';
import type { StorageOpener } from './connect/open.ts';
import { withPrefixFields } from './connect/prefix-fields.ts';
import { type ResolvedCandidate, resolveCandidate, type StorageCandidate } from './connect/resolve.ts';
import { connectionColumns, foreseeOverlap, proveEssentials } from './connect/save.ts';
import type {
  CreateStorageInput,
  Direction,
  SettingsInput,
  SourceSettings,
  Storage,
  StorageValidation,
  StorageVersion,
  TargetSettings,
  UpdateStorageInput,
} from './model.ts';
import type { Candidate } from './probes/candidate.ts';
import { type Diagnosis, diagnose } from './probes/diagnose.ts';
import { type GuideOptions, setupGuide } from './probes/guide.ts';
import { validateConnection } from './probes/validate.ts';
import * as repository from './repository.ts';
import { nextDue } from './schedule.ts';
import { mergeSettings } from './settings.ts';
import { exampleKey } from './template.ts';
import { createVersions } from './versions.ts';

export type StorageService = ReturnType<typeof createStorageService>;

/** A storage with the settings of the direction SOURCE. */
export const isSource = (storage: Storage): storage is Storage & { settings: SourceSettings } =>
  storage.direction === 'SOURCE';

export function createStorageService({ db }: Database, access: Access, opener: StorageOpener) {
  const versions = createVersions((ids) => repository.storagesById(db, ids));

  /** The storages among these ids that the viewer may see. */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Storage[]> {
    return access.visible(viewer, 'storage.read', await repository.storagesById(db, ids));
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Storage> {
    const [storage] = await visible(viewer, [id]);
    if (!storage) throw new NotFoundError('storage', id);
    return storage;
  }

  /** The storage, for a viewer who may do this with it. @throws NotFoundError, ForbiddenError */
  async function permitted(viewer: Viewer, action: Action, id: number): Promise<Storage> {
    const storage = await get(viewer, id);
    await access.authorize(viewer, action, storage);
    return storage;
  }

  /** What an input leads to, over a saved storage or from nothing. */
  const candidateOf = (viewer: Viewer, input: StorageCandidate, needs?: { secrets: boolean }) =>
    resolveCandidate({ access, opener, permitted }, viewer, input, needs);

  /** What an update of the connection leads to, proven; undefined: to what is stored. @throws ProviderError */
  async function changedConnection(
    viewer: Viewer,
    { storageId, provider }: UpdateStorageInput,
    signal: AbortSignal,
  ): Promise<ResolvedCandidate | undefined> {
    const candidate = await candidateOf(viewer, { storageId, provider });
    const { stored, settings, secrets } = candidate;
    const before = stored && { settings: stored.config, secrets: opener.secretsOf(stored) };
    if (isDeepStrictEqual({ settings, secrets }, before)) return undefined;
    await foreseeOverlap(db, candidate);
    await proveEssentials(candidate, signal);
    return candidate;
  }

  /** The columns of a storage's settings after a change. @throws ValidationError */
  function settingsColumns(stored: Storage, given: SettingsInput) {
    const recursive = given.source?.recursive === null && opener.provider(stored.provider).recursiveByDefault;
    const { settings } = mergeSettings(stored, given, { recursive: recursive || false });
    return { settings, dueAt: dueOf(settings) };
  }

  return {
    visible,
    get,
    permitted,
    candidateOf,

    async list(
      viewer: Viewer,
      projectId: number,
      filter: { direction?: Direction | null | undefined },
      page: { limit: number; after?: number | undefined },
    ): Promise<Storage[]> {
      await access.authorize(viewer, 'storage.read', { projectId });
      return repository.storagesOf(db, projectId, filter, page);
    },

    /** The container that a storage would see, as the project knows it; undefined: it does not. */
    async containerOf(
      viewer: Viewer,
      { provider, settings, environment, projectId }: Candidate & { projectId: number },
    ): Promise<number | undefined> {
      await access.authorize(viewer, 'storage.read', { projectId });
      const { container } = provider.location(settings, environment);
      return repository.containerId(db, projectId, container);
    },

    /** The project's storage of this direction that points exactly there. */
    async at(
      viewer: Viewer,
      projectId: number,
      direction: Direction,
      location: Location,
    ): Promise<Storage | undefined> {
      await access.authorize(viewer, 'storage.read', { projectId });
      const containerId = await repository.containerId(db, projectId, location.container);
      if (containerId === undefined) return undefined;
      const found = await repository.storagesOfContainer(db, containerId);
      return found.find((it) => it.direction === direction && it.prefix === location.prefix);
    },

    /** The source storages of those of these projects that the viewer may see. */
    sourcesOf: async (viewer: Viewer, projectIds: readonly number[]): Promise<Storage[]> =>
      access.visible(viewer, 'storage.read', await repository.sourcesOf(db, projectIds)),

    /** Storages of the granted project by their version, mostly without reading them again. */
    async versions({ projectId }: Grant, wanted: readonly StorageVersion[]): Promise<Storage[]> {
      return (await versions.get(wanted)).filter((storage) => storage.projectId === projectId);
    },

    /** The source storages of the granted project. */
    sourcesGranted: ({ projectId }: Grant): Promise<Storage[]> =>
      repository.sourcesOf(db, projectId === null ? [] : [projectId]),

    /**
     * The source storages of one provider whose prefix a key begins with; `others`: whether there are any that only another
     * token of the viewer's organization opens. Those of other organizations are as good as missing.
     */
    async sourcesCovering(
      viewer: Viewer,
      provider: ProviderName,
      key: string,
    ): Promise<{ own: Storage[]; others: boolean }> {
      const found = await repository.sourcesCovering(db, provider, key);
      const ours = await access.visible({ ...viewer, projectId: null }, 'media.read', found);
      const own = ours.filter(({ projectId }) => [null, projectId].includes(viewer.projectId));
      return { own, others: own.length < ours.length };
    },

    /** Whether a secret of this name is stored; its value never leaves. */
    async hasSecret(viewer: Viewer, storage: Storage, name: string): Promise<boolean> {
      const [own] = await access.visible(viewer, 'storage.read', [storage]);
      return own !== undefined && opener.secretsOf(own)[name] !== undefined;
    },

    async count(
      viewer: Viewer,
      projectId: number,
      filter: { direction?: Direction | null | undefined },
    ): Promise<number> {
      await access.authorize(viewer, 'storage.read', { projectId });
      return repository.countStorages(db, projectId, filter);
    },

    /** Saves a storage whose essentials have just been proven. Nothing is saved when one fails. */
    async create(
      viewer: Viewer,
      { idempotencyKey, ...input }: CreateStorageInput,
      signal: AbortSignal,
    ): Promise<Storage> {
      const candidate = await candidateOf(viewer, input);
      await foreseeOverlap(db, candidate);
      await proveEssentials(candidate, signal);
      const settings = (candidate.source ?? candidate.target)!;
      const { projectId } = candidate;
      return access.command(
        viewer,
        'storage.create',
        { projectId },
        async (tx) => {
          const storage = await repository.insertStorage(tx.db, {
            ...(await connectionColumns(tx, opener, candidate)),
            settings,
            dueAt: dueOf(settings),
            projectId,
            provider: candidate.provider.name,
            direction: candidate.direction,
            title: input.title ?? null,
            description: input.description ?? null,
            synchronizable: input.synchronizable ?? true,
            createdBy: viewer.userId,
          });
          tx.record({ id: storage.id, after: storage });
          await tx.publish(changeOf(storage, 'CREATED'));
          return storage;
        },
        {
          key: idempotencyKey,
          input,
          remember: ({ id }) => id,
          recall: async (id, tx) => (await repository.storagesById(tx.db, [id]))[0],
        },
      );
    },

    /**
     * Changes what is given, leaves the rest. Three parts, each apart from the others: where it points and
     * how it gets in (proven first, if it changes), the settings of its direction, its labels.
     */
    async update(viewer: Viewer, given: UpdateStorageInput, signal: AbortSignal): Promise<Storage> {
      const stored = await permitted(viewer, 'storage.update', given.storageId);
      const input = withPrefixFields(opener.provider(stored.provider), stored, given);
      const connection = input.provider && (await changedConnection(viewer, input, signal));
      const settings = input.settings && settingsColumns(stored, input.settings);
      const { id } = stored;
      return access.command(viewer, 'storage.update', stored, async (tx) => {
        const storage = await repository.updateStorage(
          tx.db,
          id,
          {
            ...(connection &&
              (await connectionColumns(tx, opener, connection, input.sameContainer ?? false))),
            ...settings,
            ...labelColumns(input),
          },
          input.ifUpdatedAt,
        );
        if (!storage) {
          const [now] = await repository.storagesById(tx.db, [id]);
          throw missingOrChanged('storage', id, now);
        }
        if ('layout' in storage.settings && storage.containerId !== stored.containerId) {
          await repository.forgetExports(tx, storage, storage.settings.exportOnSave);
        }
        tx.record({ before: stored, after: storage });
        await tx.publish(changeOf(storage, 'UPDATED'));
        return storage;
      });
    },

    /** Forgets the storage, its ledger and its history. Tasks stay, and so do the objects. */
    async delete(viewer: Viewer, id: number): Promise<Storage> {
      const storage = await get(viewer, id);
      return access.command(viewer, 'storage.delete', storage, async (tx) => {
        await repository.deleteStorage(tx.db, id);
        tx.record({ before: storage });
        await tx.publish(changeOf(storage, 'DELETED'));
        return storage;
      });
    },

    /**
     * A new token for the storage's notifications; one issued before is revoked. It is shown once.
     * @throws ConflictError for a target storage
     */
    async createNotificationToken(
      viewer: Viewer,
      id: number,
      idempotencyKey?: string | null,
    ): Promise<{ storage: Storage; token: string }> {
      const before = await permitted(viewer, 'storage.update', id);
      if (!isSource(before))
        throw new ConflictError('NOT_A_SOURCE', 'Only source storages take notifications.');
      const { token, hash } = createToken();
      const replace = async (db: Db) => {
        const storage = await repository.updateStorage(db, id, { notificationHash: hash });
        return storage && { storage, token };
      };
      return access.command(
        viewer,
        'storage.update',
        before,
        async (tx) => {
          const created = await replace(tx.db);
          if (!created) throw new NotFoundError('storage', id);
          tx.record({ before, after: created.storage });
          return created;
        },
        { key: idempotencyKey, input: { id }, remember: () => id, recall: (_, tx) => replace(tx.db) },
      );
    },

    /** The source storage that takes notifications with this token; undefined: none does. */
    async authenticateNotifier(
      id: number,
      token: string,
    ): Promise<{ storage: Storage; grant: Grant } | undefined> {
      const [storage] = await repository.storagesById(db, [id]);
      if (!storage?.notificationHash || !storage.synchronizable) return undefined;
      if (!timingSafeEqual(storage.notificationHash, hashToken(token))) return undefined;
      return { storage, grant: access.grantByToken('storage.notify', storage) };
    },

    /** The container of a storage in the provider's own words, for notifications that name it. */
    connectionOf: (_: Grant, storage: Storage) => opener.connection(storage),

    /** What to paste at the provider for exactly this storage. Needs no secrets and contacts nobody. */
    async guide(viewer: Viewer, input: StorageCandidate, options: GuideOptions): Promise<SetupStep[]> {
      return setupGuide(await candidateOf(viewer, input, { secrets: false }), options);
    },

    /** Tries what a page on `origin` does with a freshly signed URL. */
    async diagnose(
      viewer: Viewer,
      { origin, ...input }: StorageCandidate & { origin: string },
      signal: AbortSignal,
    ): Promise<Diagnosis> {
      return diagnose(await candidateOf(viewer, input), origin, signal);
    },

    /**
     * Proves each capability of an unsaved storage, or of a saved one with changes. Writes nothing here.
     * @throws ConflictError when it could not be saved beside the project's other storages
     */
    async validate(viewer: Viewer, input: StorageCandidate, signal: AbortSignal): Promise<StorageValidation> {
      const candidate = await candidateOf(viewer, input);
      await foreseeOverlap(db, candidate);
      return { ...(await validateConnection(candidate, signal)), exampleKey: exampleKeyOf(candidate) };
    },
  };
}

/** A key as a target would have it; null: it is a source. */
function exampleKeyOf({ provider, settings, environment, target }: Candidate): string | null {
  if (!target) return null;
  return exampleKey(provider.location(settings, environment).prefix, target);
}

const changeOf = (
  { id: storageId, provider, projectId }: Storage,
  change: 'CREATED' | 'UPDATED' | 'DELETED',
) => ({ topic: 'storage', storageId, provider, projectId, change }) as const;

/** When a schedule is due next; null: there is none. */
function dueOf(settings: SourceSettings | TargetSettings): Date | null {
  return 'schedule' in settings && settings.schedule ? nextDue(settings.schedule, new Date()) : null;
}

/** What people call a storage, and whether it may be synced. */
const labelColumns = ({ title, description, synchronizable }: UpdateStorageInput) => ({
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
  ...(synchronizable != null && { synchronizable }),
});
