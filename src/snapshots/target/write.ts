import { createHash } from 'node:crypto';
import type { Database } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import { ExportError } from '../../exports/failures.ts';
import { discrepancy, LostClaimError, look, writeNewest } from '../../exports/write.ts';
import type { ObjectInfo, ProviderName } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import type { MediaSources } from '../media/copy.ts';

/** What a worker writes a snapshot with. */
export interface TargetWriting {
  database: Database;
  events: Pick<EventBus, 'publish'>;
  store: Store;
  /** Whether the snapshot is this worker's, as far as it knows. */
  holds(): boolean;
  /** What media are found with; `unserved`: providers whose objects the operator gives nobody. */
  media: Omit<MediaSources, 'sources'> & { unserved: ReadonlySet<ProviderName> };
  signal: AbortSignal;
}

/** Writes over whatever lies there, and looks whether it is there. @throws ExportError NOT_STORED */
export async function writeProven(
  writing: TargetWriting,
  key: string,
  bytes: Buffer,
  contentType: string,
): Promise<ObjectInfo> {
  const begin = () => stay(writing.holds());
  // What a lost worker still writes is refused where the provider can do that, since it expects nothing to be there.
  const confirmed = await writeNewest(writing, key, bytes, { known: null, contentType, begin });
  const found = await look(writing, key);
  const problem = discrepancy(confirmed, found);
  if (problem !== undefined) throw new ExportError('NOT_STORED', problem);
  return found ?? confirmed;
}

/** @throws LostClaimError when it is another worker's by now */
export function stay(isOurs: boolean): void {
  if (!isOurs) throw new LostClaimError();
}

/** SHA-256 in hexadecimal. */
export const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
