import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { watch } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Way } from './place.ts';

const markers = '.marker-';

/** Folders below the document root of the service; what changes there is told by the file system. */
export const localFiles: Way = {
  async open(app) {
    const folder = `photos-${randomUUID()}`;
    const path = await app.files(folder, {});
    const prefix = `${folder}/`;
    const files = async () => {
      const entries = await readdir(path, { withFileTypes: true, recursive: true });
      return entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => `${parentPath}/${name}`);
    };
    const keys = async () => (await files()).map((file) => prefix + file.slice(path.length + 1));
    const seen: string[] = [];
    const present = new Set<string>();
    const ours = new Set<string>();
    // Each name is told when it appears and when it goes; the temporary file of a write is not the object.
    const events = new EventEmitter();
    watch(path, { persistent: false }, (event, name) => {
      if (event !== 'rename' || name === null || name.endsWith('.tmp')) return;
      if (name.startsWith(markers)) return void events.emit(name);
      const key = prefix + name;
      const gone = present.delete(key);
      if (!gone) present.add(key);
      if (!ours.delete(key)) seen.push(`${gone ? 'DELETE' : 'PUT'} ${key}`);
    });
    return {
      provider: { localFiles: { path } },
      async put(key, body) {
        ours.add(prefix + key);
        await app.files(folder, { [key]: body });
      },
      remove: (key) => rm(join(path, key)),
      keys,
      prefix,
      uri: (key) => `/data/local-files/?d=${key.split('/').map(encodeURIComponent).join('/')}`,
      async changes() {
        // What has happened is told before what happens now.
        const marker = markers + randomUUID();
        const told = once(events, marker);
        await writeFile(join(path, marker), '');
        await told;
        await rm(join(path, marker));
        return seen;
      },
    };
  },
  shows: {},
};
