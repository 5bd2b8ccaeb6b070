import type {
  DiagnoseStorageInput,
  PreviewSyncInput,
  StorageSetupGuideInput,
  ValidateStorageInput,
} from './generated/graphql.ts';

/** A saved storage with changes, or an unsaved one, and what else the input takes, in one flat object. */
export interface Flat {
  storageId?: string;
  projectId?: string;
  provider?: object;
  settings?: object;
  [option: string]: unknown;
}

type Input = ValidateStorageInput & PreviewSyncInput & DiagnoseStorageInput & StorageSetupGuideInput;

/** The input of `validateStorage` and its like: one branch or the other. */
export function candidate({ storageId, projectId, provider, settings, ...options }: Flat): Input {
  const given = { ...(provider && { provider }), ...(settings && { settings }) };
  const branch =
    storageId === undefined
      ? { unsaved: { projectId, ...given, ...options } }
      : { saved: { storageId, ...(Object.keys(given).length > 0 && { changes: given }), ...options } };
  return branch as Input;
}

/** A result whose wrong fields are named as `createStorage` names them: without the branch. */
export function unbranched<Result extends object>(result: Result): Result {
  if (!('fields' in result)) return result;
  const fields = (result.fields as { path: string[] }[]).map(({ path, ...field }) => ({
    ...field,
    path: path.filter((name, index) => index > 1 || !['saved', 'unsaved', 'changes'].includes(name)),
  }));
  const message = (result as { message?: string }).message?.replaceAll(
    /\b(?:unsaved|saved\.changes|saved)\./g,
    '',
  );
  return { ...result, fields, ...(message !== undefined && { message }) };
}
