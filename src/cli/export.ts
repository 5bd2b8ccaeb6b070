import { parseArgs } from 'node:util';
import type { App } from '../app.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import { unfinishedIn, writeFolder } from '../snapshots/folder.ts';
import { type MediaFolder, openMediaFolder, whyNoMedia } from '../snapshots/media/folder.ts';
import { type SnapshotFormat, snapshotFormats } from '../snapshots/model.ts';
import type { SnapshotReading } from '../snapshots/reader.ts';
import { type Command, openApp, say, untilStopped } from './command.ts';
import { bar, number, progressOn } from './progress-bar.ts';

const names = snapshotFormats.map((format) => format.toLowerCase());

// Its name is a word of the language.
export const exportCommand: Command = {
  usage: 'PROJECT --out DIR [--format json|jsonl|csv] [--with-media]',
  summary: 'Write all tasks of a project, with annotations and predictions, into a folder.',
  details: `
  PROJECT   id of the project, as the API shows it, or its title
  --out     folder to write to; it is created if it does not exist
  --format  json   one array of tasks (default)
            jsonl  a task a line
            csv    an annotation a line; a task without annotations has one line of its own
  --with-media  also copy the objects in storages that the data of tasks points at

Writes two files: tasks.json (or .jsonl, .csv), and manifest.json with its SHA-256, its size, and the
numbers of tasks, annotations and predictions. An earlier snapshot in the folder is replaced when the
new one is complete, not before.

With --with-media the objects lie below media/, and media.jsonl says of each URI which file is its copy,
or why there is none: what a storage does not have or does not give is missing, and the rest goes on.
A folder of that name that no earlier snapshot has left is not touched: the export refuses to begin.

The project can be in use meanwhile: each task is written as it is when its turn comes. JSON and JSON
Lines have the layout of Label Studio's exports, and can be imported again by a storage with
importMethod TASKS.

  longshore export Signs --out ./signs --format jsonl`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        format: { type: 'string', default: 'json' },
        'with-media': { type: 'boolean', default: false },
      },
    });
    const [name] = positionals;
    const { out } = values;
    if (!name || positionals.length > 1) {
      throw wrong('PROJECT', 'Expected one project: "longshore export PROJECT --out DIR".');
    }
    if (!out) throw wrong('--out', 'Expected the folder to write to.');
    if (!names.includes(values.format)) {
      throw wrong('--format', `Expected one of ${names.join(', ')}, got "${values.format}".`);
    }
    const format = values.format.toUpperCase() as SnapshotFormat;
    const stop = new AbortController();
    void untilStopped().then(() => stop.abort());
    const app = await openApp(config(), { api: false, worker: 'none' });
    try {
      const { viewer } = await app.services.organizations.ensureFirst();
      const projectId = await projectOf(app, viewer, name);
      const media = values['with-media'] ? await mediaFolder(out) : undefined;
      for (const left of await unfinishedIn(out)) {
        say(`"${out}" has "${left}" of an export that is at work, or was killed: then delete it.`);
      }
      const reading = await app.services.snapshots.read(viewer, projectId, {
        format,
        media: media && { sink: media, signal: stop.signal },
      });
      await write(reading, media, out, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      say('Stopped; nothing was written.');
      process.exitCode = 1;
    } finally {
      await app.close();
    }
  },
};

/** By its id or its title. @throws ValidationError */
async function projectOf({ services }: App, viewer: Viewer, name: string): Promise<number> {
  const { keyOf } = await import('../graphql/ids.ts');
  try {
    return (await services.projects.get(viewer, keyOf('project', name, 'Project'))).id;
  } catch (error) {
    const titled = error instanceof NotFoundError && (await services.projects.byTitle(viewer, name));
    if (titled === false) throw error;
    if (!titled) {
      const message = `Expected the id of a project, or its title, got "${name}": you have none of that name.`;
      throw new ValidationError([{ path: 'PROJECT', message }]);
    }
    return titled.id;
  }
}

/** @throws ValidationError where the folder has other things by the names of media */
async function mediaFolder(out: string): Promise<MediaFolder> {
  const problem = await whyNoMedia(out).catch((error: unknown) => {
    throw unwritable(out, error);
  });
  if (problem) throw wrong('--out', `"${out}" cannot be written to: ${problem}.`);
  return openMediaFolder(out);
}

async function write(
  reading: SnapshotReading,
  media: MediaFolder | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { project, counts, expected, startedAt } = reading;
  const { show, end } = progressOn(process.stderr);
  const progress = (last: boolean) => {
    const share = last ? 1 : expected.exact ? Math.min(counts.tasks / (expected.count || 1), 1) : null;
    const seconds = Math.max(Date.now() - startedAt.getTime(), 1) / 1000;
    const rate = number(Math.round(counts.tasks / seconds));
    show(`${project.title} ${bar(share, counts.tasks)}  ${summaryOf(reading)}, ${rate}/s`, last);
  };
  try {
    const { files } = await writeFolder(folder, reading, {
      signal,
      media,
      onProgress: () => progress(false),
    });
    progress(true);
    end();
    const sizes = files.map(({ name, bytes }) => `${name}, ${number(bytes)} bytes`);
    say(`${project.title} COMPLETED: ${summaryOf(reading)} in ${folder} (${sizes.join('; ')})`);
  } catch (error) {
    end();
    throw unwritable(folder, error);
  }
}

/** The error in words, where it is the system's of the folder. */
function unwritable(folder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code in troubles ? wrong('--out', `"${folder}" cannot be written to: ${troubles[code]}.`) : error;
}

function summaryOf({ counts: { tasks, annotations }, media }: SnapshotReading): string {
  const known = `${number(tasks)} tasks, ${number(annotations)} annotations`;
  if (!media) return known;
  const { counts } = media;
  const missing = counts.missingMedia > 0 ? `, ${number(counts.missingMedia)} missing` : '';
  return `${known}, ${number(counts.media)} media${missing}`;
}

/** By error code of the system. */
const troubles: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'its quota is used up',
  EFBIG: 'a file of that size is not allowed there',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of it is a file',
  EBUSY: 'a part of it is in use by the system',
  ENAMETOOLONG: 'its name is too long',
  EISDIR: 'a folder has the name of a file that is to be written',
};

function wrong(path: string, message: string): ValidationError {
  return new ValidationError([{ path, message }]);
}
