import { builder } from '../graphql/builder.ts';
import { type Context, viewerOf } from '../graphql/context.ts';
import { StorageObjectType } from '../objects/graphql.ts';
import { ExternalStorage } from '../storages/graphql/types.ts';
import type { Storage } from '../storages/model.ts';
import { withDataKey } from '../tasks/data.ts';
import { TaskType } from '../tasks/graphql.ts';
import type { Task } from '../tasks/model.ts';
import { contentTypeOf } from './headers.ts';
import type { InlineBudget } from './inline.ts';
import type { Place } from './places.ts';
import { mapStrings, replaceUris, urisOf } from './uris.ts';

/** Most media of one task that are shown. */
const MAX_MEDIA = 250;

/** Bytes that one operation may put into data. */
const INLINE_BUDGET = 8 * 1024 * 1024;
const budgets = new WeakMap<Context['loaders'], InlineBudget>();

/** The first storage that serves a URI of a task; undefined: none does, and the URI stays as it is. */
const placeOf = (task: Task, uri: string, sources: readonly Storage[], context: Context) =>
  context.services.media.placesOf(viewerOf(context), uri, sources, task.containerId)[0];

async function resolvedData(task: Task, inline: boolean, context: Context): Promise<unknown> {
  const { services, loaders } = context;
  const { media } = services;
  const viewer = viewerOf(context);
  const [project, sources] = await Promise.all([
    loaders.project.load(task.projectId),
    loaders.sourcesOfProject.load(task.projectId),
  ]);
  const links = new Map<string, string>();
  for (const uri of urisOf(task.data, media.starts)) {
    const place = placeOf(task, uri, sources, context);
    if (!place) continue;
    const embedded = inline ? await embed(place, context) : undefined;
    const target = { projectId: task.projectId, taskId: task.id, uri };
    links.set(uri, embedded ?? media.link(viewer, target).url);
  }
  const replace = (text: string) => replaceUris(text, media.starts, (uri) => links.get(uri));
  return mapStrings(withDataKey(task, project), replace);
}

function embed(place: Place, context: Context): Promise<string | undefined> {
  const { services, loaders, signal } = context;
  const budget = budgets.get(loaders) ?? { left: INLINE_BUDGET };
  budgets.set(loaders, budget);
  return services.media.dataUri(viewerOf(context), place, budget, signal);
}

interface TaskMedia {
  task: Task;
  uri: string;
  place: Place;
}

const TaskMediaType = builder.objectRef<TaskMedia>('TaskMedia').implement({
  description: "A storage object that a task's data points to.",
  fields: (t) => ({
    uri: t.exposeString('uri', { description: 'URI of the object, as the data name it.' }),
    url: t.string({
      description: 'A link that a browser can open without a header, for `<img>`, `<audio>`, `<video>`.',
      resolve: ({ task, uri }, _, context) => linkOf({ task, uri }, context).url,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the link expires. It ends earlier with the token that asked for it.',
      resolve: ({ task, uri }, _, context) => linkOf({ task, uri }, context).expiresAt,
    }),
    contentType: t.string({
      description: 'Media type by the extension of the key; the link serves the type that the storage gives.',
      resolve: ({ place }) => contentTypeOf(place.key, null),
    }),
    size: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'Size in bytes, as last synced; null: the object was never listed.',
      resolve: async ({ place: { storage, key } }, _, { loaders }) =>
        (await loaders.sourceObject.load({ containerId: storage.containerId, key }))?.size ?? null,
    }),
    storage: t.field({
      type: ExternalStorage,
      description: 'The storage that serves the object.',
      resolve: ({ place }) => place.storage,
    }),
  }),
});

const linkOf = ({ task, uri }: Pick<TaskMedia, 'task' | 'uri'>, context: Context) =>
  context.services.media.link(viewerOf(context), { projectId: task.projectId, taskId: task.id, uri });

builder.objectFields(TaskType, (t) => ({
  resolvedData: t.field({
    type: 'JSON',
    description:
      'The data with each URI that a source storage of the project can serve replaced by a link: whole values, and URIs inside HTML and text. Asks no storage, unless inline.',
    args: {
      inline: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether small objects are put into the data as `data:` URIs; larger ones stay links.',
      }),
    },
    resolve: (task, { inline }, context) => resolvedData(task, inline, context),
  }),
  media: t.field({
    type: [TaskMediaType],
    description: `Storage objects that the data points to and a source storage of the project can serve, at most ${MAX_MEDIA}.`,
    resolve: async (task, _, context) => {
      const sources = await context.loaders.sourcesOfProject.load(task.projectId);
      return urisOf(task.data, context.services.media.starts)
        .slice(0, MAX_MEDIA)
        .flatMap((uri) => {
          const place = placeOf(task, uri, sources, context);
          return place ? [{ task, uri, place }] : [];
        });
    },
  }),
}));

builder.objectField(StorageObjectType, 'url', (t) =>
  t.string({
    nullable: true,
    description:
      'A link that a browser can open without a header; null: its storage is gone, or no browser may have it.',
    resolve: async ({ storageId, key }, _, context) => {
      const storage = await context.loaders.storage.load(storageId);
      const uri = storage && context.services.registry.get(storage.provider)?.uri(storage.config, key);
      if (!storage || !uri) return null;
      const [place] = context.services.media.placesOf(viewerOf(context), uri, [storage], storage.containerId);
      if (!place) return null;
      return context.services.media.link(viewerOf(context), {
        projectId: storage.projectId,
        taskId: null,
        uri,
      }).url;
    },
  }),
);
