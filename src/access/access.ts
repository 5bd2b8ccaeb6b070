import type { Database } from '../database/client.ts';
import type { EventBus } from '../events/bus.ts';
import { type Authorizer, createAuthorizer } from './authorize.ts';
import { type Command, createCommand } from './command.ts';

/** Who may do what: the services ask here, and change things through `command` alone. */
export interface Access extends Omit<Authorizer, 'authorizeIn'> {
  command: Command;
}

export function createAccess(database: Database, events: Pick<EventBus, 'publish'>): Access {
  const authorizer = createAuthorizer(database.db);
  return { ...authorizer, command: createCommand(database, events, authorizer) };
}
