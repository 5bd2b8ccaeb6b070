import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import type { Admission } from './gate.ts';

declare module '../../graphql/context.ts' {
  interface Context {
    /** What this operation costs, and what is left; set before anything runs. */
    admission?: Admission;
  }
}

type Limit = Admission & { budget: NonNullable<Admission['budget']> };

const RateLimitType = builder.objectRef<Limit>('RateLimit').implement({
  description:
    'The budget of a user: nodes per minute. The response headers RateLimit and RateLimit-Policy say the same.',
  fields: (t) => ({
    limit: t.int({ description: 'Nodes per minute.', resolve: ({ budget }) => budget.limit }),
    cost: t.exposeInt('cost', { description: 'Nodes that this operation may ask for at most: its price.' }),
    remaining: t.int({
      description: 'Nodes that are left in this minute.',
      resolve: ({ budget }) => budget.remaining,
    }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When the whole budget is available again.',
      resolve: ({ budget }) => budget.resetAt,
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimitType,
    nullable: true,
    description: "The viewer's budget of nodes; null where the installation has no limit.",
    resolve: (_, __, context) => {
      viewerOf(context);
      const { admission } = context;
      return admission?.budget ? { ...admission, budget: admission.budget } : null;
    },
  }),
);
