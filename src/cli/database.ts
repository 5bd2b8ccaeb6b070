import { parseArgs } from 'node:util';
import { ValidationError } from '../errors.ts';
import { type TokenScope, tokenScopes } from '../organizations/model.ts';
import { type Command, openApp, say, untilStopped } from './command.ts';
import { showProgress } from './progress-bar.ts';
import { withDocumentRoot } from './serve.ts';

export const migrate: Command = {
  usage: '[--app-role ROLE]',
  summary: 'Bring the database up to date.',
  details: `
  --app-role  role of the database that services and workers run as: it gets what they need, but may
              make no tables, nor change or remove entries of the audit log

Other commands do this themselves, as long as their role may; run it first when you roll out a new
release by hand, as the owner of the tables.`,
  async run(args, config) {
    const { values } = parseArgs({ args, options: { 'app-role': { type: 'string' } } });
    const role = values['app-role'];
    const app = await openApp(config(), { api: false, worker: 'none' });
    try {
      if (role !== undefined) await app.grantTo(role);
    } finally {
      await app.close();
    }
    say('The database is up to date.');
    if (role !== undefined) say(`Services and workers may run as "${role}".`);
  },
};

export const token: Command = {
  usage: 'create [--title TITLE] [--expires-in DAYS] [--scope SCOPE]... [--project TITLE]',
  summary: 'Create a token for the API.',
  details: `
  --title       what it is for (default "command line")
  --expires-in  days until it expires (default: never)
  --scope       what it is limited to: ${tokenScopes.join(', ')} (default: nothing; every token reads)
  --project     title of the only project that it is for (default: all)

Prints the token, which is stored only as a hash: it cannot be shown again.`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        title: { type: 'string', default: 'command line' },
        'expires-in': { type: 'string' },
        scope: { type: 'string', multiple: true },
        project: { type: 'string' },
      },
    });
    if (positionals.length !== 1 || positionals[0] !== 'create') {
      throw usage('Expected "longshore token create".');
    }
    const days = values['expires-in'] === undefined ? null : Number(values['expires-in']);
    if (days !== null && !(days > 0)) throw usage('--expires-in: expected a number of days above 0.');
    const scopes = values.scope?.map(scopeOf);
    const app = await openApp(config(), { api: false, worker: 'none' });
    try {
      const { organizations, projects } = app.services;
      const { viewer } = await organizations.ensureFirst();
      const { project: name } = values;
      const project = name === undefined ? null : await projects.byTitle(viewer, name);
      if (project === undefined) throw usage(`--project: there is no project "${name}".`);
      const expiresAt = days === null ? null : new Date(Date.now() + days * 24 * 60 * 60 * 1000);
      const { token } = await organizations.createApiToken(viewer, {
        ...{ title: values.title, expiresAt, scopes, projectId: project?.id },
      });
      process.stdout.write(`${token}\n`);
    } finally {
      await app.close();
    }
  },
};

export const sync: Command = {
  usage: 'STORAGE [--reimport]',
  summary: 'Sync a storage and show its progress.',
  details: `
  STORAGE     id of the storage, as the API shows it
  --reimport  look at every object as if it were new

The work is done by a running service or worker if there is one, else here.`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { reimport: { type: 'boolean' } },
    });
    const [id] = positionals;
    if (!id || positionals.length > 1) throw usage('Expected one storage: "longshore sync STORAGE".');
    const { storageKey } = await import('../graphql/provider.ts');
    const storageId = storageKey(id);
    const stopped = untilStopped();
    const app = await openApp(withDocumentRoot(config()), { api: false, worker: 'inline' });
    const work = async () => {
      const { viewer } = await app.services.organizations.ensureFirst();
      const storage = await app.services.storages.get(viewer, storageId);
      const { id } = await app.services.syncs.start(
        viewer,
        storage.id,
        values.reimport ? { reimport: true } : {},
      );
      return showProgress(app.services, viewer, id, storage.title ?? storage.prefix);
    };
    try {
      const ended = await Promise.race([stopped, work()]);
      if (!ended) say('Stopped; the sync goes on when a service or worker runs.');
      if (ended?.status !== 'COMPLETED') process.exitCode = 1;
    } finally {
      await app.close();
    }
  },
};

function scopeOf(text: string): TokenScope {
  const found = tokenScopes.find((scope) => scope === text.toUpperCase());
  if (!found) throw usage(`--scope: expected one of ${tokenScopes.join(', ')}, got "${text}".`);
  return found;
}

function usage(message: string): ValidationError {
  return new ValidationError([{ path: '', message }]);
}
