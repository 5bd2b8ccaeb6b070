import type { SourceSettings } from '../../src/storages/model.ts';
import type { SyncOptions } from '../../src/syncs/model.ts';
import type { Engine, Source } from './engine.ts';

/** A folder of the engine's container and a project of its own, for one test. Keys are told without the folder. */
export type Folder = Awaited<ReturnType<typeof openFolder>>;

let opened = 0;

export async function openFolder(engine: Engine, source: Partial<SourceSettings> = {}) {
  const prefix = `folder-${++opened}/`;
  const project = await engine.project();
  const storage = await engine.connect(project, source, { prefix });
  const bare = (key: string) => key.slice(prefix.length);
  return {
    prefix,
    project,
    storage,
    put: (key: string, body: string | Uint8Array = 'x') => engine.container.put(prefix + key, body),
    /** A task file with one row per text. */
    rows: (key: string, ...texts: string[]) =>
      engine.container.put(prefix + key, texts.map((text) => `${JSON.stringify({ text })}\n`).join('')),
    remove: (...keys: string[]) => {
      for (const key of keys) engine.container.remove(prefix + key);
    },
    sync: (options?: SyncOptions, other: Source = storage) => engine.sync(other, options),

    /** `key[row]=text` of each task, with `*` if annotated; of FILES just the key. */
    async tasks(): Promise<string[]> {
      return (await engine.tasks(project)).map(({ key, row, data, totalAnnotations }) => {
        const place = row === -1 ? bare(key) : `${bare(key)}[${row}]=${(data as { text: string }).text}`;
        return place + (totalAnnotations > 0 ? '*' : '');
      });
    },

    /** `key STATE code` of each entry. */
    async ledger(other: Source = storage): Promise<string[]> {
      return (await engine.ledger(other)).map(({ key, state, code }) =>
        [bare(key), state, code].filter(Boolean).join(' '),
      );
    },

    async annotate(key: string, row = -1): Promise<void> {
      await engine.annotate((await taskOf(key, row)).id);
    },
    async deleteTask(key: string, row = -1): Promise<void> {
      await engine.deleteTasks(project, [(await taskOf(key, row)).id]);
    },

    /** Changes settings of the storage. */
    async change(change: Partial<SourceSettings>): Promise<void> {
      const input = { storageId: storage.id, settings: { source: change } };
      await engine.services.storages.update(engine.viewer, input, new AbortController().signal);
    },

    /** `severity code key[row]` of each issue. */
    async issues(sync: { id: number; projectId: number }): Promise<string[]> {
      return (await engine.issues(sync)).map(
        ({ severity, code, key, row }) =>
          `${severity} ${code}${key === null ? '' : ` ${bare(key)}`}${row === null ? '' : `[${row}]`}`,
      );
    },
  };

  async function taskOf(key: string, row: number) {
    const found = (await engine.tasks(project)).findLast(
      (task) => task.key === prefix + key && task.row === row,
    );
    if (!found) throw new Error(`There is no task of ${key}.`);
    return found;
  }
}
