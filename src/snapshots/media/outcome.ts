import { createHash } from 'node:crypto';

/** What is known of a copy. */
export interface MediaCopy {
  /** In hexadecimal; null: the storage copied it by itself. */
  sha256: string | null;
  bytes: number;
  contentType: string | null;
}

/** What became of a URI: its copy, or why there is none. */
export type MediaOutcome = { uri: string } & (
  | ({ name: string } & MediaCopy)
  | { name: null; error: { code: string; message: string } }
);

/** Names a URI in few bytes: two different ones never share it. */
export const hashOfUri = (uri: string) => createHash('sha256').update(uri).digest('hex').slice(0, 32);
