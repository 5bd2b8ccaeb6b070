import type { ExecutionArgs, GraphQLSchema } from 'graphql';
import type { Context } from '../../graphql/context.ts';
import type { Logger } from '../../observability/log.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { Services } from '../../services.ts';
import type { Authenticate } from '../authenticate.ts';
import { createBudgets, createCounter } from '../budget.ts';
import { createDocuments, type Documents } from './documents.ts';
import { type Admission, createGate, type Gate } from './gate.ts';
import { createLoaders } from './loaders.ts';
import { schema } from './schema.ts';

export interface EngineOptions {
  services: Services;
  authenticate: Authenticate;
  log: Logger;
  introspection: boolean;
  /** Nodes that a user may ask for in a minute; 0: no limit. */
  rateLimit: number;
}

/** What GraphQL runs on, over whichever transport. */
export interface Engine {
  services: Services;
  authenticate: Authenticate;
  log: Logger;
  schema: GraphQLSchema;
  documents: Documents;
  gate: Gate;
  /** Counts a running operation of a caller. @returns a function that ends the count; undefined: at the limit */
  running: (who: string) => (() => void) | undefined;
  contextOf(viewer: Viewer | null, requestId: string, signal: AbortSignal, admission?: Admission): Context;
  /** How an operation runs: it stops with the signal, and wrong variables are not counted to the end. */
  executionOptions(signal: AbortSignal): Pick<ExecutionArgs, 'abortSignal' | 'hideSuggestions' | 'options'>;
}

/** Operations of one user, feeds among them, that may run at a time, whatever their connections. */
const MAX_RUNNING = 2_000;
/** Errors of variables that are told. */
const MAX_COERCION_ERRORS = 20;

export function createEngine({
  services,
  authenticate,
  log,
  introspection,
  rateLimit,
}: EngineOptions): Engine {
  return {
    ...{ services, authenticate, log, schema },
    documents: createDocuments(schema, { introspection }),
    gate: createGate(schema, createBudgets(rateLimit)),
    running: createCounter(MAX_RUNNING),
    contextOf: (viewer, requestId, signal, admission) => ({
      ...{ viewer, services, requestId, signal },
      ...(admission && { admission }),
      loaders: createLoaders(services, viewer),
    }),
    executionOptions: (abortSignal) => ({
      ...{ abortSignal, hideSuggestions: !introspection },
      options: { maxCoercionErrors: MAX_COERCION_ERRORS },
    }),
  };
}
