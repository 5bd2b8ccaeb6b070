import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Services } from '../graphql/context.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Storage } from '../storages/model.ts';

/** The project that a newcomer finds. */
export const DEMO_TITLE = 'Demo: harbor signals';

const labelConfig = `<View>
  <Image name="image" value="$image"/>
  <Choices name="signal" toName="image"><Choice value="Stop"/><Choice value="Go"/><Choice value="Slow"/></Choices>
</View>`;

const colors = { stop: '#c0392b', go: '#27ae60', slow: '#f39c12' };
/** Images in the demonstration folder. */
const IMAGES = 60;

/** Writes small pictures and a task file below `root`, unless they are there. @returns the folder */
export async function writeDemoFiles(root: string): Promise<string> {
  const folder = join(root, 'demo');
  if (existsSync(folder)) return folder;
  await mkdir(join(folder, 'images'), { recursive: true });
  const names = Object.keys(colors) as (keyof typeof colors)[];
  const rows: string[] = [];
  for (let index = 1; index <= IMAGES; index++) {
    const name = names[index % names.length]!;
    const file = `${name}-${String(index).padStart(3, '0')}.svg`;
    await writeFile(join(folder, 'images', file), picture(colors[name], index));
    const data = { image: `/data/local-files/?d=demo/images/${file}`, note: `Signal ${index}` };
    const prediction = { model_version: 'color-rule', score: 0.9, result: [] };
    rows.push(JSON.stringify({ data, predictions: [prediction] }));
  }
  await mkdir(join(folder, 'tasks'), { recursive: true });
  await writeFile(join(folder, 'tasks', 'signals.jsonl'), `${rows.join('\n')}\n`);
  return folder;
}

function picture(color: string, index: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160"><rect width="160" height="160" fill="#ecf0f1"/><circle cx="80" cy="80" r="${40 + (index % 5) * 6}" fill="${color}"/></svg>\n`;
}

/** The demonstration project and its storage, made at the first start and found at the next. */
export async function ensureDemo(services: Services, viewer: Viewer, root: string): Promise<Storage> {
  const folder = await writeDemoFiles(root);
  const project =
    (await services.projects.byTitle(viewer, DEMO_TITLE)) ??
    (await services.projects.create(viewer, { title: DEMO_TITLE, labelConfig }));
  const [existing] = await services.storages.list(viewer, project.id, {}, { limit: 1 });
  if (existing) return existing;
  const input = {
    projectId: project.id,
    title: 'Demo images',
    provider: { provider: 'LOCAL_FILES' as const, settings: { path: join(folder, 'images') }, secrets: {} },
    settings: { source: { filter: '.*\\.svg', presign: false } },
  };
  return services.storages.create(viewer, input, new AbortController().signal);
}
