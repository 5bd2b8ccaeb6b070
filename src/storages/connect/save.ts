import type { Db, Transaction } from '../../database/client.ts';
import { ConflictError, ProviderError } from '../../errors.ts';
import { isRetryable } from '../../providers/errors.ts';
import type { Storage } from '../model.ts';
import { refuseOverlap } from '../overlap.ts';
import type { Candidate } from '../probes/candidate.ts';
import { obstacleIn, validateConnection } from '../probes/validate.ts';
import * as repository from '../repository.ts';
import type { StorageOpener } from './open.ts';
import type { ResolvedCandidate } from './resolve.ts';

/** Most former names of a container that are kept. */
const MAX_FORMER = 20;

/** The columns of where it points and how it gets in. Refuses overlap within the project (own exports are no tasks). */
export async function connectionColumns(
  tx: Transaction,
  opener: StorageOpener,
  candidate: ResolvedCandidate,
  sameContainer = false,
) {
  const { provider, settings, secrets, environment, projectId, stored, direction } = candidate;
  const location = provider.location(settings, environment);
  // One project's storages are saved one at a time, so that two can't overlap behind each other's back.
  await tx.sql`SELECT pg_advisory_xact_lock(hashtext('longshore storages'), ${projectId})`;
  if (stored && sameContainer) await renameContainer(tx, stored, location.container);
  const containerId = await repository.ensureContainer(tx.db, projectId, location.container);
  await refuseOverlap(tx.db, { id: stored?.id, containerId, direction, location, provider });
  return {
    containerId,
    prefix: location.prefix,
    config: settings,
    ...(stored && { formerConfigs: formerConfigs(stored, containerId, sameContainer) }),
    secrets: opener.seal(projectId, secrets),
  };
}

/** What is refused on saving is refused before anybody is contacted. @throws ConflictError */
export async function foreseeOverlap(db: Db, candidate: ResolvedCandidate): Promise<void> {
  const { provider, settings, environment, projectId, stored, direction } = candidate;
  const location = provider.location(settings, environment);
  const containerId = await repository.containerId(db, projectId, location.container);
  if (containerId !== undefined) {
    await refuseOverlap(db, { id: stored?.id, containerId, direction, location, provider });
  }
}

/** Proves what a storage can't do without before it is saved. @throws ProviderError */
export async function proveEssentials(candidate: Candidate, signal: AbortSignal): Promise<void> {
  const { checks } = await validateConnection(candidate, signal);
  const failure = obstacleIn(checks);
  if (!failure?.code) return;
  throw new ProviderError({
    code: failure.code,
    capability: failure.capability,
    message: failure.message,
    hint: failure.hint ?? '',
    retryable: isRetryable({ code: failure.code }),
  });
}

/** The names by which the storage's container was known: another container has none yet. */
function formerConfigs(
  stored: Storage,
  containerId: number,
  sameContainer: boolean,
): Storage['formerConfigs'] {
  if (stored.containerId !== containerId) return [];
  return sameContainer ? [...stored.formerConfigs, stored.config].slice(-MAX_FORMER) : stored.formerConfigs;
}

/**
 * The storage's container has another name from now on: its ledger and the sources of tasks go with it.
 * @throws ConflictError when the project knows another container by that name
 */
async function renameContainer(tx: Transaction, stored: Storage, uri: string): Promise<void> {
  const known = await repository.containerId(tx.db, stored.projectId, uri);
  if (known === stored.containerId) return;
  if (known !== undefined) {
    throw new ConflictError(
      'CONTAINER_KNOWN',
      `The project has imported from ${uri} before, as another container: leave out "sameContainer".`,
    );
  }
  await repository.renameContainer(tx.db, stored, uri);
}
