import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { LongshoreError } from '../errors.ts';
import { ownRoot } from '../providers/local-files/paths.ts';
import { type Command, openApp, say, untilStopped } from './command.ts';
import { ensureDemo } from './demo.ts';
import { showProgress } from './progress-bar.ts';

export const serve: Command = {
  usage: '[--no-worker] [--no-demo] [--open]',
  summary: 'Serve the API, with a worker beside it by default.',
  details: `
  --no-worker  only the API: run "longshore worker" elsewhere, on the same database
  --no-demo    without the demonstration project that there is unless a document root is set
  --open       open GraphiQL in the browser of this desktop

Without DATABASE_URL the service keeps a PostgreSQL of its own in the data directory.`,
  async run(args, config) {
    const { values } = parseArgs({
      args,
      options: {
        'no-worker': { type: 'boolean' },
        'no-demo': { type: 'boolean' },
        open: { type: 'boolean' },
      },
    });
    const given = config();
    const settings = withDocumentRoot(given);
    const { documentRoot } = settings.localFiles;
    // Only in a folder of our own: other people's document root is not for us to write to.
    const ours = documentRoot !== null && given.localFiles.documentRoot === null && given.localFiles.enabled;
    const demo = ours && !values['no-demo'] && !values['no-worker'];
    const stopped = untilStopped();
    const app = await startService(settings, { worker: !values['no-worker'] });
    const open = async () => {
      if (demo) await playDemo(app, documentRoot);
      await announce(app, settings, values.open === true);
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

/** The service as `serve` and `start` run it: the only one on its data directory. */
export function startService(config: Config, options: { worker: boolean }): Promise<App> {
  return openApp(config, { api: true, worker: options.worker ? 'thread' : 'none', exclusive: true });
}

/** The embedded default has a document root of its own, so that local files work without any setting. */
export function withDocumentRoot(config: Config): Config {
  if (config.databaseUrl !== null || config.localFiles.documentRoot !== null) return config;
  const folder = ownRoot(config.dataDirectory);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const localFiles = { ...config.localFiles, documentRoot: realpathSync(folder), serving: mayServe(config) };
  return { ...config, localFiles };
}

/** Without a document root the setting can only have been given to say no. */
const mayServe = ({ env }: Config) =>
  !['LABEL_STUDIO_', 'HEARTEX_', ''].some((prefix) => env[`${prefix}LOCAL_FILES_SERVING_ENABLED`]?.trim());

/** What people have done to their demo is no reason not to serve. */
async function playDemo({ services }: App, documentRoot: string): Promise<void> {
  const { viewer } = await services.organizations.ensureFirst();
  try {
    const storage = await ensureDemo(services, viewer, documentRoot);
    if (!storage) return;
    const sync = await services.syncs.start(viewer, storage.id, {});
    await showProgress(services, viewer, sync.id, 'Demo images');
  } catch (error) {
    if (!(error instanceof LongshoreError)) throw error;
    say(`The demo was not synced: ${error.message}`);
  }
}

/**
 * Says where the service is, and on a terminal how to sign in: a new administrator token each start, in place of the
 * last start's. What is no terminal may be a log that others read.
 */
export async function announce(app: App, settings: Config, open: boolean): Promise<void> {
  const api = `${settings.publicUrl ?? app.url}/graphql`;
  if (!process.stderr.isTTY) {
    say(`
Longshore is ready.

  API       ${api}
  Token     not shown where there is no terminal; "longshore token create" makes one
`);
    return;
  }
  const { viewer } = await app.services.organizations.ensureFirst();
  const token = await app.services.organizations.createStartToken(viewer);
  say(`
Longshore is ready.

  API       ${api}
  Token     ${token}  (administrator, 30 days or until the next start; "longshore token create" makes others)
${settings.graphiql ? `  GraphiQL  ${api}#token=${token}\n` : ''}`);
  const code = open && app.entryCode(token);
  if (code) openInBrowser(`${api}#code=${code}`, settings.env);
}

/** Only where there is a desktop; a failure is no matter. */
function openInBrowser(url: string, env: Config['env']): void {
  const { platform } = process;
  const desktop = platform === 'darwin' || platform === 'win32' || env.DISPLAY || env.WAYLAND_DISPLAY;
  if (!desktop || !process.stdout.isTTY) return;
  const [file, args] =
    platform === 'darwin'
      ? (['open', [url]] as const)
      : platform === 'win32'
        ? (['cmd', ['/c', 'start', '', url]] as const)
        : (['xdg-open', [url]] as const);
  spawn(file, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
