import { parseArgs } from 'node:util';
import type { App } from '../app.ts';
import { ValidationError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Project } from '../projects/model.ts';
import type { Storage } from '../storages/model.ts';
import { type Command, say, untilStopped } from './command.ts';
import {
  type ConnectRequest,
  inOptions,
  ownParams,
  paramsText,
  sourceKinds,
  sourceOf,
  targetKinds,
  targetOf,
} from './connect.ts';
import { labelConfigOf, legacyOptions, refuseLegacy, withLegacy } from './legacy.ts';
import { showProgress } from './progress-bar.ts';
import { announce, startService, withDocumentRoot } from './serve.ts';

export const start: Command = {
  usage: 'PROJECT [--init] [--source KIND --source-path PATH] [--target KIND --target-path PATH]',
  summary: 'Open a project, connect its storages, sync with a progress bar, and serve.',
  details: `
  --init            create the project if there is none of this title
  -l, --label-config  XML of a new project's label config, or a file of it
  --host, --port, --log-level  as the settings of these names
  -s, --source      ${sourceKinds.join(', ')}
  --source-path     bucket, container or folder
  --source-params   JSON: prefix, regex, data_key, use_blob_urls, create_local_copy, and the
                    provider's own:
${ownParams.map(([name, params]) => `                      ${name.padEnd(12)}${params.join(', ')}`).join('\n')}
  -t, --target      ${targetKinds.join(', ')}
  --target-path     bucket, container or folder
  --target-params   JSON, the same but for regex, data_key and use_blob_urls

Other users of this machine can read command lines. Params with secrets are better given as @FILE, as @-
(standard input), or in SOURCE_PARAMS and TARGET_PARAMS of the environment.

Without "regex" nothing is synced: give ".*" for all objects. "use_blob_urls" (default true)
makes each object a task; false reads tasks out of JSON objects.

  longshore start signs --init --source s3 --source-path my-bucket \\
    --source-params '{"prefix": "images", "regex": ".*\\\\.jpg"}'`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...legacyOptions,
        init: { type: 'boolean' },
        'label-config': { type: 'string', short: 'l' },
        source: { type: 'string', short: 's' },
        'source-path': { type: 'string' },
        'source-params': { type: 'string' },
        target: { type: 'string', short: 't' },
        'target-path': { type: 'string' },
        'target-params': { type: 'string' },
      },
    });
    const [title] = positionals;
    if (!title || positionals.length > 1) {
      throw new ValidationError([{ path: 'PROJECT', message: 'Expected the title of one project.' }]);
    }
    // All of the command line is checked before anything starts.
    refuseLegacy(values);
    const { source, target } = values;
    // An example of the first releases' guide names a target's path so.
    if (target !== undefined && source === undefined && values['target-path'] === undefined) {
      values['target-path'] = values['source-path'];
      delete values['source-path'];
    }
    for (const kind of ['source', 'target'] as const) {
      const of = values[`${kind}-path`] ?? values[`${kind}-params`];
      if (values[kind] !== undefined || of === undefined) continue;
      throw new ValidationError([
        { path: `--${kind}`, message: 'Expected the kind of storage that the path is in.' },
      ]);
    }
    const connects: ConnectRequest[] = [];
    const given = config();
    const { SOURCE_PARAMS, TARGET_PARAMS } = given.env;
    if (source !== undefined) {
      const params = await paramsText('--source-params', values['source-params'], SOURCE_PARAMS);
      connects.push(sourceOf(source, values['source-path'], params));
    }
    if (target !== undefined) {
      const params = await paramsText('--target-params', values['target-params'], TARGET_PARAMS);
      connects.push(targetOf(target, values['target-path'], params));
    }
    const settings = withLegacy(withDocumentRoot(given), values);
    const labelConfig = await labelConfigOf(values['label-config']);
    const stopped = untilStopped();
    const app = await startService(settings, { worker: true });
    const open = async () => {
      const { viewer } = await app.services.organizations.ensureFirst();
      const project = await openProject(app, viewer, title, { create: values.init === true, labelConfig });
      for (const request of connects) {
        await connect(app, viewer, project, request).catch((error: unknown) => {
          throw error instanceof ValidationError ? inOptions(error, request) : error;
        });
      }
      await announce(app, settings, false);
    };
    try {
      await Promise.race([stopped, open()]);
      await stopped;
      say('Stopping; running syncs go on at the next start.');
    } finally {
      await app.close();
    }
  },
};

async function openProject(
  { services }: App,
  viewer: Viewer,
  title: string,
  options: { create: boolean; labelConfig: string | undefined },
): Promise<Project> {
  const existing = await services.projects.byTitle(viewer, title);
  if (existing) return existing;
  if (!options.create) {
    const message = `There is no project "${title}": add --init to create it.`;
    throw new ValidationError([{ path: 'PROJECT', message }]);
  }
  return services.projects.create(viewer, { title, labelConfig: options.labelConfig });
}

async function connect(app: App, viewer: Viewer, project: Project, request: ConnectRequest): Promise<void> {
  const { services } = app;
  const storage =
    (await sameStorage(app, viewer, project, request)) ??
    (await services.storages.create(
      viewer,
      { projectId: project.id, title: request.title, provider: request.provider, settings: request.settings },
      new AbortController().signal,
    ));
  if (request.direction === 'TARGET') return;
  if (!request.sync) {
    say(`${request.title}: "regex" is not set, so nothing is synced. Give {"regex": ".*"} for all objects.`);
    return;
  }
  const started = await services.syncs.start(viewer, storage.id, {});
  await showProgress(services, viewer, started.id, request.title);
}

/** The storage that an earlier start connected: found again by where it points, and brought up to date. */
async function sameStorage(
  { services }: App,
  viewer: Viewer,
  project: Project,
  { direction, provider, settings }: ConnectRequest,
): Promise<Storage | undefined> {
  const candidate = await services.storages.candidateOf(viewer, {
    projectId: project.id,
    provider,
    settings,
  });
  const location = candidate.provider.location(candidate.settings, candidate.environment);
  const existing = await services.storages.at(viewer, project.id, direction, location);
  return (
    existing &&
    services.storages.update(
      viewer,
      { storageId: existing.id, provider, settings },
      new AbortController().signal,
    )
  );
}
