import type { Access } from '../access/access.ts';
import type { Grant } from '../access/authorize.ts';
import type { Database } from '../database/client.ts';
import { ForbiddenError, NotFoundError, ProviderError, UnauthenticatedError } from '../errors.ts';
import { hasDotSegment } from '../objects/keys.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProviderName } from '../providers/provider.ts';
import type { Registry } from '../providers/registry.ts';
import type { Storage } from '../storages/model.ts';
import type { StorePool } from '../storages/pool.ts';
import { isSource, type StorageService } from '../storages/service.ts';
import type { TaskService } from '../tasks/service.ts';
import { dataUri, type InlineBudget } from './inline.ts';
import { firstThatMay, type Place, placesOf } from './places.ts';
import { type ProxyOptions, type ProxyRequest, proxy } from './proxy.ts';
import type { Sink } from './pump.ts';
import { linkedNow } from './repository.ts';
import type { LinkSigner, LinkTarget } from './signature.ts';
import { type UriStarts, uriStarts, urisOf } from './uris.ts';

export type MediaService = ReturnType<typeof createMediaService>;

export interface MediaOptions extends ProxyOptions {
  /** Providers whose objects the operator does not let browsers have. */
  unserved: ReadonlySet<ProviderName>;
  /** What links begin with, without a slash at the end. */
  baseUrl(): string;
  signer: LinkSigner;
  /** Largest object that is put into data, in bytes. */
  inlineMaxSize: number;
}

export interface MediaFoundations {
  database: Pick<Database, 'sql'>;
  access: Access;
  tasks: TaskService;
  storages: StorageService;
  registry: Registry;
  stores: StorePool;
}

/** What is asked for. */
export interface MediaRequest {
  /** A URI in this task's data, or null: */
  taskId: number | null;
  /** one below a prefix of this project's storages. */
  projectId: number | null;
  uri: string;
}

/** Where something is to be had, best first, by somebody who may have it. */
export interface Located {
  grant: Grant;
  places: Place[];
}

/** Media of tasks: who may have what a URI names, from which storage, and how it gets to a browser. */
export function createMediaService(
  { database, access, tasks, storages, registry, stores }: MediaFoundations,
  options: MediaOptions,
) {
  const { signer } = options;
  const starts: UriStarts = uriStarts([...registry.values()].map(({ uriStart }) => uriStart));

  /** @throws ForbiddenError when no browser may have them */
  function served(found: readonly Place[]): Place[] {
    const places = found.filter(({ storage }) => !options.unserved.has(storage.provider));
    if (places.length === 0) throw new ForbiddenError('This installation does not serve such files.');
    return places;
  }

  /** Where a URI is to be had among these storages. @throws NotFoundError, ForbiddenError */
  function placesIn(
    request: MediaRequest,
    task: { data: unknown; containerId: number | null } | null,
    sources: readonly Storage[],
  ): Place[] {
    const { taskId, uri } = request;
    if (taskId !== null && !(task && urisOf(task.data, starts).includes(uri))) throw notHere(request);
    const found = placesOf(uri, sources, { registry, containerId: task?.containerId ?? null });
    if (found.length === 0) throw notHere(request);
    return served(found);
  }

  return {
    starts,

    /**
     * Where the URI of a link is to be had, best first, for its holder now.
     * @throws UnauthenticatedError when the link, its token or its membership have ended, NotFoundError when it
     * was made for something else
     */
    async authenticate(signature: string, request: MediaRequest): Promise<Located> {
      const link = signer.verify(signature, request);
      if (!link || (request.projectId !== null && request.projectId !== link.projectId))
        throw notHere(request);
      if (link.expiresAt.getTime() <= Date.now()) {
        throw new UnauthenticatedError('The link has expired: ask for the task again.');
      }
      const { holder, projectId } = link;
      const { tokenId } = holder;
      const now = await linkedNow(database, { tokenId, projectId, taskId: request.taskId });
      const grant = access.authorizeHolder(holder, 'media.read', link, now?.holder);
      if (!grant) throw new UnauthenticatedError('The link has ended with the token that it was made for.');
      const { task, sources } = now!.linked;
      return { grant, places: placesIn(request, task, await storages.versions(grant, sources)) };
    },

    /** The same for somebody with a token. @throws NotFoundError, ForbiddenError */
    async locate(viewer: Viewer, request: MediaRequest): Promise<Located> {
      const task = request.taskId === null ? null : await tasks.get(viewer, request.taskId);
      const projectId = task?.projectId ?? request.projectId ?? 0;
      const grant = await access.authorize(viewer, 'media.read', { projectId });
      return { grant, places: placesIn(request, task, await storages.sourcesGranted(grant)) };
    },

    /** The storages through which this viewer may have a file of one provider. @throws NotFoundError, ForbiddenError */
    async covering(viewer: Viewer, provider: ProviderName, uri: string): Promise<Located> {
      if (options.unserved.has(provider))
        throw new ForbiddenError('This installation does not serve such files.');
      const key = registry.get(provider)?.keyOf({}, uri);
      if (!key) throw new ForbiddenError('Expected the path of a file: ?d=path/below/the/root.');
      // No text of the database can hold it.
      if (key.includes('\0')) throw new NotFoundError('file', key);
      const { own, others } = await storages.sourcesCovering(viewer, provider, key);
      if (own.length > 0) {
        const { projectId } = own[0]!;
        const grant = await access.authorize(viewer, 'media.read', { projectId });
        return { grant, places: served(placesOf(uri, own, { registry })) };
      }
      if (others) throw new ForbiddenError('No storage of a project of yours has this file.');
      throw new NotFoundError('file', key);
    },

    /** A URL that a browser can fetch from the provider itself; undefined: it gets the bytes through us. */
    async presigned(
      _grant: Grant,
      { storage, key }: Place,
      signal: AbortSignal,
    ): Promise<string | undefined> {
      const provider = registry.get(storage.provider);
      // Browsers resolve dot segments before they send them.
      if (hasDotSegment(key)) return undefined;
      if (!isSource(storage) || !storage.settings.presign || !provider?.capabilities.presign)
        return undefined;
      const ttlSeconds = storage.settings.presignTtlMinutes * 60;
      try {
        return (await stores.use(storage, (store) => store.presign(key, { ttlSeconds, signal }))).url;
      } catch (error) {
        if (error instanceof ProviderError && error.code === 'UNSUPPORTED') return undefined;
        throw error;
      }
    },

    /** Sends the object to a browser through this service. Throws before anything was sent, or breaks off. */
    proxy: (_grant: Grant, places: readonly Place[], request: ProxyRequest, response: Sink): Promise<void> =>
      firstThatMay(places, ({ storage, key }) =>
        stores.use(storage, (store) => proxy(store, key, request, response, options)),
      ),

    /** The object as a `data:` URI; undefined: it is too large, or not to be had. */
    dataUri: (
      _viewer: Viewer,
      place: Place,
      budget: InlineBudget,
      signal: AbortSignal,
    ): Promise<string | undefined> => dataUri(stores, place, budget, { ...options, signal }),

    /** The places that serve a URI without asking anyone, for a viewer who sees these storages. */
    placesOf: (
      _viewer: Viewer,
      uri: string,
      sources: readonly Storage[],
      containerId: number | null,
    ): Place[] =>
      placesOf(uri, sources, { registry, containerId }).filter(
        ({ storage }) => !options.unserved.has(storage.provider),
      ),

    /** A link that a browser can open without a header. */
    link(viewer: Viewer, target: LinkTarget): { url: string; expiresAt: Date } {
      const owner = target.taskId === null ? `projects/${target.projectId}` : `tasks/${target.taskId}`;
      const uri = Buffer.from(target.uri).toString('base64url');
      const signature = signer.sign(viewer, target);
      return {
        url: `${options.baseUrl()}/${owner}/resolve?fileuri=${uri}&signature=${signature}`,
        expiresAt: signer.expiresAt(),
      };
    },
  };
}

/** One response for all that is not to be had, so that nobody learns why. */
const notHere = ({ taskId, projectId }: MediaRequest) =>
  new NotFoundError('media', `${taskId === null ? 'project' : 'task'} ${taskId ?? projectId}`);
