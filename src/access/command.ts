import { type Database, type Transaction, transaction } from '../database/client.ts';
import { isConflict } from '../database/errors.ts';
import type { Event, EventBus } from '../events/bus.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Action } from './actions.ts';
import { changesBetween, entryOf } from './audit.ts';
import type { Authorizer, Grant, Target } from './authorize.ts';
import { type Once, runOnce } from './idempotency.ts';
import { insertAuditEntry } from './repository.ts';

/** The transaction of a command. */
export interface CommandTransaction extends Transaction {
  grant: Grant;
  /** Sent when the command has succeeded, never when it fails. */
  publish(event: Event): Promise<void>;
  /** What the audit log says beside who, when and from where. */
  record(what: { id?: number; before?: object; after?: object }): void;
}

/** Tries of a command that the database undoes in favor of others. */
const ATTEMPTS = 4;

export type Command = ReturnType<typeof createCommand>;

/** What changes something: check, transaction, audit row and event in one. */
export function createCommand(
  database: Database,
  events: Pick<EventBus, 'publish'>,
  { authorizeIn }: Pick<Authorizer, 'authorizeIn'>,
) {
  /** @throws NotFoundError, ForbiddenError, and what `work` throws: then nothing has happened */
  return async function command<T>(
    viewer: Viewer,
    action: Action,
    target: Target | null,
    work: (tx: CommandTransaction) => Promise<T>,
    once?: Once<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transaction(database, run);
      } catch (error) {
        if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      }
    }

    async function run(tx: Transaction): Promise<T> {
      const grant = await authorizeIn(tx.db, viewer, action, target);
      let recorded: Parameters<CommandTransaction['record']>[0] = {};
      const inside: CommandTransaction = {
        ...tx,
        grant,
        publish: (event) => events.publish(tx, event),
        record: (what) => {
          recorded = { ...recorded, ...what };
        },
      };
      const result = once ? await runOnce(inside, grant, once, () => work(inside)) : await work(inside);
      const id = recorded.id ?? target?.id ?? null;
      await insertAuditEntry(tx.db, entryOf(grant, id, changesBetween(recorded.before, recorded.after)));
      return result;
    }
  };
}
