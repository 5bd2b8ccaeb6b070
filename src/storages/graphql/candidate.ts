import { ValidationError } from '../../errors.ts';
import type { StorageSettingsChangesInput } from './settings-inputs.ts';

/** What all inputs that take a saved storage or an unsaved one have in common. */
export interface CandidateInput {
  saved?: { storageId: string; changes?: Changes | null | undefined } | null | undefined;
  unsaved?: { projectId: string; provider: object; settings: Settings } | null | undefined;
}
interface Changes {
  provider?: object | null | undefined;
  settings?: Settings | null | undefined;
}
type Settings = typeof StorageSettingsChangesInput.$inferInput;

/** Runs `work` with the options of the branch that is given. Wrong fields are named as the input has them. */
export async function atCandidate<Saved extends object, Unsaved extends object, T>(
  { saved, unsaved }: { saved?: Saved | null | undefined; unsaved?: Unsaved | null | undefined },
  work: (options: Saved | Unsaved) => Promise<T>,
): Promise<T> {
  try {
    return await work((saved ?? unsaved)!);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const branchOf = (path: string) => {
      if (!saved) return 'unsaved';
      return /^(provider|settings)\b/.test(path) ? 'saved.changes' : 'saved';
    };
    throw new ValidationError(
      error.fields.map((field) => ({ ...field, path: `${branchOf(field.path)}.${field.path}` })),
    );
  }
}
