import type { ProviderErrorCode } from '../../errors.ts';

/** Why a listing gave nothing to import, for validation and syncs alike. */
export function whyNothing({
  prefix,
  recursive,
  folders,
  seen,
}: {
  prefix: string;
  recursive: boolean;
  /** Whether there are folders that the listing left out. */
  folders?: boolean;
  /** Objects that were listed; none of them matches the filter. */
  seen: number;
}): { code: Extract<ProviderErrorCode, 'EMPTY_PREFIX' | 'NO_MATCH'>; message: string; hint: string } {
  if (seen > 0) {
    return {
      code: 'NO_MATCH',
      message: `None of the first ${seen} objects matches the filter.`,
      hint: 'The filter is a regular expression that matches from the start of the key (for local files: of the file name), not a glob: ".*\\.jpg", not "*.jpg".',
    };
  }
  const outside = folders ? ' outside its folders' : '';
  const only = folders && prefix !== '' ? ' There are only folders.' : '';
  return {
    code: 'EMPTY_PREFIX',
    message:
      (prefix === '' ? `The container holds no object${outside}.` : `Nothing lies under "${prefix}".`) + only,
    hint: recursive
      ? 'Check the prefix, or put objects there: the storage can be saved as it is.'
      : 'Check the prefix; objects in folders below it are found only with "recursive: true".',
  };
}
