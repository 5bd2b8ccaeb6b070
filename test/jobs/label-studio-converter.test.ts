import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AddMember } from '../graphql/member-documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { schemaErrors } from '../support/export-schema.ts';
import { numberOf } from '../support/ids.ts';

/**
 * Label Studio's own format converter (label-studio-sdk) makes the same of our TASK exports as of Label Studio's
 * exports of the same annotations. `test/label-studio/images` is what Label Studio wrote, `text` is of the same shape.
 */
const home = new URL('../label-studio/', import.meta.url).pathname;
const virtual = new URL('../../.venv/bin/python', import.meta.url).pathname;
const python = existsSync(virtual) ? virtual : 'python3';
const pinned = /^label-studio-sdk==(\S+)$/m.exec(readFileSync(join(home, 'requirements.txt'), 'utf8'))![1]!;
const missing = whyNoConverter();

/** Why the converter is not here; undefined: it is. */
function whyNoConverter(): string | undefined {
  const look =
    'import importlib.metadata as m, label_studio_sdk.converter.converter; print(m.version("label-studio-sdk"))';
  try {
    const found = execFileSync(python, ['-c', look], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return found === pinned ? undefined : `label-studio-sdk is ${found}, not ${pinned}`;
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    return code === 'ENOENT' ? 'there is no Python' : (stderr?.trim().split('\n').at(-1) ?? String(error));
  }
}

const it = await testApp();
const { owner } = it;
// Who annotated in the samples.
const input = { email: 'annotator@example.com', role: 'ANNOTATOR' } as const;
as((await owner.run(AddMember, { input })).addMember, 'AddMemberSuccess');
const text = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

const forms = {
  images: ['COCO', 'YOLO', 'YOLO_OBB', 'VOC', 'CSV', 'JSON_MIN'],
  text: ['CONLL2003', 'CSV', 'JSON_MIN'],
};

const title = `the converter of label-studio-sdk${missing === undefined ? '' : ` (left out: ${missing})`}`;
describe.skipIf(missing !== undefined)(title, () => {
  test.each(Object.entries(forms))('makes the same of %s', async (name, wanted) => {
    const samples = join(home, name);
    const names = readdirSync(samples).filter((it) => it.endsWith('.json'));
    const config = join(samples, 'label-config.xml');
    // Compared as text: numbers are longer than JavaScript's.
    const convert = (folder: string) =>
      execFileSync(python, [join(home, 'convert.py'), config, folder, ...wanted], { encoding: 'utf8' });

    const project = await owner.project(text(samples, 'label-config.xml'));
    const path = await it.files(`${name}/in`, Object.fromEntries(names.map((it) => [it, text(samples, it)])));
    const source = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
    expect((await owner.sync(source.id)).status).toBe('COMPLETED');
    const out = await it.files(`${name}/out`, {});
    const target = await owner.target(project, { localFiles: { path: out } }, { layout: 'TASK' });
    expect((await owner.sync(target.id)).status).toBe('COMPLETED');

    const theirs = join(it.documentRoot, `${name}/theirs`);
    mkdirSync(theirs);
    const tasks = await owner.tasks(project);
    expect(tasks).toHaveLength(names.length);
    for (const [index, task] of tasks.entries()) {
      const ours = JSON.parse(text(out, `${numberOf(task.id)}.json`));
      expect(schemaErrors('TASK', ours)).toEqual([]);
      writeFileSync(join(theirs, `${ours.id}.json`), renumbered(text(samples, names[index]!), ours));
    }
    const made = convert(out);
    expect(made).toBe(convert(theirs));
    for (const [form, files] of Object.entries(JSON.parse(made))) {
      expect(JSON.stringify(files).length, form).toBeGreaterThan(100);
    }
  });
});

interface Numbered {
  id: number;
  annotations: { id: number }[];
}

/** A sample with the numbers that its task and annotations have with us, and times to the millisecond, as we keep them. */
function renumbered(sample: string, ours: Numbered): string {
  const their: Numbered = JSON.parse(sample);
  const pairs = [[their.id, ours.id], ...their.annotations.map(({ id }, i) => [id, ours.annotations[i]!.id])];
  return pairs
    .reduce((body, [from, to]) => body.replaceAll(`"id": ${from},`, `"id": ${to},`), sample)
    .replaceAll(/(:\d\d\.\d{3})\d{3}Z"/g, '$1Z"');
}
