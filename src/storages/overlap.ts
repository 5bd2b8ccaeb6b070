import type { Db } from '../database/client.ts';
import { ConflictError } from '../errors.ts';
import type { Location, Provider } from '../providers/provider.ts';
import type { Direction } from './model.ts';
import { storagesOfContainer } from './repository.ts';

/** @throws ConflictError when a source and a target of the project would see the same objects */
export async function refuseOverlap(
  db: Db,
  own: {
    id: number | undefined;
    containerId: number;
    direction: Direction;
    location: Location;
    provider: Provider;
  },
): Promise<void> {
  const { prefix } = own.location;
  for (const other of await storagesOfContainer(db, own.containerId)) {
    if (other.id === own.id || other.direction === own.direction) continue;
    if (!other.prefix.startsWith(prefix) && !prefix.startsWith(other.prefix)) continue;
    throw new ConflictError(
      'OVERLAPPING_STORAGES',
      `This overlaps with the ${other.direction.toLowerCase()} storage "${other.title ?? own.provider.uri(other.config, other.prefix)}" of the project: ` +
        'exported annotations would come back as tasks. Give one of them another prefix.',
    );
  }
}
