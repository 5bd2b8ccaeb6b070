import { UnauthenticatedError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';

/**
 * What a resolver gets besides its arguments. The kit stands below all nouns and names none of them:
 * services.ts adds `services` to this interface, and the API its `loaders`.
 */
export interface Context {
  /** null: no token was sent. A wrong token never gets this far. */
  viewer: Viewer | null;
  /** Stands in the log lines about the request, and in its response. */
  requestId: string;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** @throws UnauthenticatedError */
export function viewerOf({ viewer }: Pick<Context, 'viewer'>): Viewer {
  if (!viewer) throw new UnauthenticatedError();
  return viewer;
}
