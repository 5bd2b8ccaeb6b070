import type { MemberLookup } from './members.ts';
import type { NewTask, TaskSource } from './model.ts';
import type { TaskDraft } from './row.ts';

/** A task ready to be stored, from a row that was read. Its authors must have been learned. */
export function newTaskOf(draft: TaskDraft, source: TaskSource | null, members: MemberLookup): NewTask {
  return {
    data: JSON.stringify(draft.data),
    meta: Object.keys(draft.meta).length === 0 ? null : JSON.stringify(draft.meta),
    allowSkip: draft.allowSkip,
    source,
    annotations: draft.annotations.map((annotation) => ({
      ...annotation,
      result: JSON.stringify(annotation.result),
      completedBy: members.find(annotation.completedBy),
    })),
    predictions: draft.predictions.map((prediction) => ({
      ...prediction,
      result: JSON.stringify(prediction.result),
    })),
  };
}
