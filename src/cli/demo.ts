import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Viewer } from '../organizations/model.ts';
import type { Project } from '../projects/model.ts';
import type { Services } from '../services.ts';
import type { Storage } from '../storages/model.ts';
import { disc } from './demo-picture.ts';

/** The project that a newcomer finds. */
const DEMO_TITLE = 'Demo: harbor signals';
const STORAGE_TITLE = 'Demo images';

const labelConfig = `<View>
  <Image name="image" value="$image"/>
  <Choices name="signal" toName="image"><Choice value="Stop"/><Choice value="Go"/><Choice value="Slow"/></Choices>
</View>`;

const colors = {
  stop: [0xc0, 0x39, 0x2b],
  go: [0x27, 0xae, 0x60],
  slow: [0xf3, 0x9c, 0x12],
} as const;
/** Images in the demonstration folder. */
const IMAGES = 60;

/** Writes small pictures and a task file below `root`, unless they are there: all of them or none. @returns the folder */
async function writeDemoFiles(root: string): Promise<string> {
  const folder = join(root, 'demo');
  if (existsSync(folder)) return folder;
  const draft = await mkdtemp(`${folder}-`);
  await mkdir(join(draft, 'images'));
  const names = Object.keys(colors) as (keyof typeof colors)[];
  const rows: string[] = [];
  for (let index = 1; index <= IMAGES; index++) {
    const name = names[index % names.length]!;
    const file = `${name}-${String(index).padStart(3, '0')}.png`;
    await writeFile(join(draft, 'images', file), disc(colors[name], 40 + (index % 5) * 6));
    const data = { image: `/data/local-files/?d=demo/images/${file}`, note: `Signal ${index}` };
    const prediction = { model_version: 'color-rule', score: 0.9, result: [] };
    rows.push(JSON.stringify({ data, predictions: [prediction] }));
  }
  await mkdir(join(draft, 'tasks'));
  await writeFile(join(draft, 'tasks', 'signals.jsonl'), `${rows.join('\n')}\n`);
  await rename(draft, folder);
  return folder;
}

/**
 * The storage of the demonstration project: made at the first start, found at the next, and followed when
 * the data directory was moved. undefined: somebody who has projects of their own deleted it.
 */
export async function ensureDemo(
  services: Services,
  viewer: Viewer,
  root: string,
): Promise<Storage | undefined> {
  const path = join(await writeDemoFiles(root), 'images');
  const provider = { provider: 'LOCAL_FILES' as const, settings: { path }, secrets: {} };
  const { signal } = new AbortController();
  const project = await demoProject(services, viewer);
  if (!project) return;
  const storages = await services.storages.list(viewer, project.id, {}, { limit: 100 });
  if (storages.length === 0) {
    const settings = { source: { filter: '.*\\.png', presign: false } };
    return services.storages.create(
      viewer,
      { projectId: project.id, title: STORAGE_TITLE, provider, settings },
      signal,
    );
  }
  const storage = storages.find(({ title, config }) => title === STORAGE_TITLE && 'path' in config);
  if (!storage || storage.config.path === path) return storage;
  return services.storages.update(viewer, { storageId: storage.id, provider, sameContainer: true }, signal);
}

async function demoProject({ projects }: Services, viewer: Viewer): Promise<Project | undefined> {
  const existing = await projects.byTitle(viewer, DEMO_TITLE);
  if (existing || (await projects.count(viewer)).count > 0) return existing;
  return projects.create(viewer, { title: DEMO_TITLE, labelConfig });
}
