import type { Project } from '../projects/model.ts';
import { type JsonObject, type Task, UNNAMED_DATA_KEY } from './model.ts';

/** A task's data, with the key that was unknown at import shown as the label config's first one. */
export function withDataKey(task: Pick<Task, 'data'>, project: Pick<Project, 'dataKeys'> | null): unknown {
  const data = task.data as JsonObject;
  const key = project?.dataKeys[0];
  if (key === undefined || !Object.hasOwn(data, UNNAMED_DATA_KEY)) return data;
  const { [UNNAMED_DATA_KEY]: value, ...rest } = data;
  return { [key]: value, ...rest };
}
