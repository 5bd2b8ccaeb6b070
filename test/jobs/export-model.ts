import { expect } from 'vitest';
import { openDatabase } from '../../src/database/client.ts';
import { contentsOf } from '../../src/exports/contents.ts';
import * as documents from '../graphql/documents.ts';
import type { TestApp } from '../support/app.ts';
import type { StorageProviderInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';

/** A project that changes at random, and what its targets are to hold in the end. */
export interface ExportModel {
  /** Annotations that are there now. */
  live: readonly string[];
  /** Saves, changes or deletes an annotation, or gives a target other keys. */
  change(): Promise<void>;
  /** Waits until nothing is to be done, and once more after everything was asked for again under its newest key. */
  settled(): Promise<void>;
  /** Expects each target to hold exactly the newest state. */
  expectConverged(place: Place): Promise<void>;
}

/** What lies at the targets, behind the service's back. */
export interface Place {
  keys(folder: string): Promise<string[]> | string[];
  text(key: string): Promise<string> | string;
}

interface Target {
  id: number;
  storageId: string;
  layout: 'ANNOTATION' | 'TASK';
  folder: string;
  deletes: boolean;
  /** Of its key template: with each, all objects lie elsewhere. */
  version: number;
}

export const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;
const nameOf = ({ layout, version }: Target, id: string | number) =>
  version === 0 ? `${id}.json` : `v${version}/${layout.toLowerCase()}-${id}.json`;

/** Opens a project of six tasks with a target of each layout, deletion on and off. */
export async function exportModel(
  { owner, sql, databaseUrl }: TestApp,
  provider: (folder: string) => StorageProviderInput,
  root = '',
): Promise<ExportModel> {
  const project = await owner.project();
  const targets: Target[] = [];
  for (const layout of ['ANNOTATION', 'TASK'] as const) {
    for (const deletes of [true, false]) {
      const folder = `${root}${layout}-${deletes}/`.toLowerCase();
      const { id } = await owner.target(project, provider(folder), { layout, canDeleteObjects: deletes });
      targets.push({ id: numberOf(id), storageId: id, layout, folder, deletes, version: 0 });
    }
  }
  const rows = Array.from({ length: 6 }, (_, i) => ({ data: { i } }));
  const tasks = await owner.importTasks(project, rows);
  const live: string[] = [];
  let changes = 0;

  async function move(target: Target): Promise<void> {
    const { storageId, layout, deletes } = target;
    target.version = (target.version + 1) % 3;
    const keyTemplate = nameOf(target, layout === 'TASK' ? '{task.id}' : '{annotation.id}');
    const settings = { target: { layout, canDeleteObjects: deletes, keyTemplate } };
    await owner.run(documents.UpdateStorage, { input: { storageId, settings } });
  }

  async function untilIdle(): Promise<void> {
    const open = async () => {
      const [row] = await sql<{ open: number }[]>`
        SELECT (SELECT count(*) FROM export_records WHERE due_at IS NOT NULL AND project_id = ${numberOf(project)})::int
          + (SELECT count(*) FROM annotation_changes WHERE pending)::int AS open`;
      return row!.open;
    };
    await expect.poll(open, { timeout: 120_000, interval: 100 }).toBe(0);
  }

  return {
    live,
    async change() {
      const dice = Math.random();
      const result = [{ change: changes++ }];
      if (dice < 0.4 || live.length === 0) live.push(await owner.annotate(pick(tasks), result));
      else if (dice < 0.8) await owner.change(pick(live), result);
      else if (dice < 0.97)
        await owner.unannotate(live.splice(Math.floor(Math.random() * live.length), 1)[0]!);
      else await move(pick(targets));
    },

    async settled() {
      await untilIdle();
      await sql`
        UPDATE export_records SET wanted = wanted + 1, due_at = now()
        WHERE state IN ('EXPORTED', 'FAILED') AND project_id = ${numberOf(project)}`;
      await untilIdle();
    },

    async expectConverged({ keys, text }) {
      const database = openDatabase(databaseUrl, { connections: 1, name: 'test' });
      for (const target of targets) {
        const { id, layout, folder, deletes } = target;
        const subjects = layout === 'TASK' ? tasks : live;
        const contents = await contentsOf(database, numberOf(project), layout, subjects.map(numberOf));
        const wanted = [...contents].map(
          ([subject, { body }]) => [folder + nameOf(target, subject), body] as const,
        );
        if (deletes) expect((await keys(folder)).toSorted()).toEqual(wanted.map(([key]) => key).toSorted());
        for (const [key, body] of wanted) expect(await text(key)).toBe(body);
        const states = await sql<{ state: string; total: number }[]>`
          SELECT state, count(*)::int AS total FROM export_records WHERE storage_id = ${id} GROUP BY 1`;
        const exported = states.find(({ state }) => state === 'EXPORTED')?.total ?? 0;
        expect([folder, exported]).toEqual([folder, wanted.length]);
        expect(states.filter(({ state }) => state === 'FAILED' || state === 'PENDING')).toEqual([]);
      }
      await database.close();
    },
  };
}
