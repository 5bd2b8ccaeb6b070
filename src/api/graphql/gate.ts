import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { UnauthenticatedError } from '../../errors.ts';
import type { Viewer } from '../../organizations/model.ts';
import { type Budget, type Budgets, budgetHeaders } from '../budget.ts';
import { costOf, MAX_COST, nodesIn, operationOf } from './cost.ts';
import { checkInputs } from './inputs.ts';

/** One operation, valid but not yet run. */
export interface Operation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables: Readonly<Record<string, unknown>>;
  viewer: Viewer | null;
  /** Of the client. */
  address: string;
}

/** What an operation costs whoever asks. */
export interface Admission {
  /** Nodes that it may ask for, at most. */
  cost: number;
  /** null: there is no limit. */
  budget: Budget | null;
  /** What is shown of it, once the data are there; what it did not cost after all is given back. */
  extensions(data: unknown): object;
}

export type Gate = (operation: Operation) => Promise<Admission>;

/**
 * Lets an operation through before its variables are read and anything of it runs: by whom it is, how large
 * its lists are, what it costs, and what is left to whoever asks. @throws GraphQLError
 */
export function createGate(schema: GraphQLSchema, budgets: Budgets): Gate {
  return async ({ document, operationName, variables, viewer, address }) => {
    const operation = operationOf(document, operationName);
    // The executor says what is wrong with the name.
    if (!operation) return { cost: 0, budget: null, extensions: () => ({}) };
    if (!viewer && !isIntrospection(operation)) throw unauthenticated();
    checkInputs(schema, operation, variables);
    const cost = costOf(schema, document, operation, variables);
    const who = viewer ? `user ${viewer.userId}` : `address ${address}`;
    const requested = Math.max(1, cost);
    const budget = await budgets.spend(who, requested);
    if (budget?.exceeded) throw rateLimited(budget);
    return {
      ...{ cost, budget },
      extensions: (data) => {
        const actual = nodesIn(schema, document, operation, data);
        const spared = Math.max(0, requested - Math.max(1, actual));
        void budgets.giveBack(who, spared);
        return {
          cost: {
            ...{ requested: cost, actual, limit: MAX_COST },
            ...(budget && { remaining: budget.remaining + spared, resetAt: budget.resetAt.toISOString() }),
          },
        };
      },
    };
  };
}

/** What anybody may ask: what the API is, not what is in it. Fragments could hide anything. */
function isIntrospection({ selectionSet }: OperationDefinitionNode): boolean {
  return selectionSet.selections.every(
    (node) => node.kind === Kind.FIELD && node.name.value.startsWith('__'),
  );
}

function unauthenticated(): GraphQLError {
  const { message, code } = new UnauthenticatedError();
  const http = { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  return new GraphQLError(message, { extensions: { code, http } });
}

function rateLimited(budget: Budget): GraphQLError {
  const message = `This minute's ${budget.limit} nodes are used up; go on after ${budget.resetAt.toISOString()}.`;
  const http = { status: 429, headers: budgetHeaders(budget) };
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', http } });
}
