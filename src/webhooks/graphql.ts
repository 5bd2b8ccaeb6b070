import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { keyOf } from '../graphql/ids.ts';
import { idempotencyKeyOfSecret, ifUpdatedAt } from '../graphql/inputs.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { MAX_WAITING, MAX_WEBHOOKS, type Webhook, type WebhookDelivery, type WebhookEvent } from './model.ts';

const WebhookEventEnum = builder.enumType('WebhookEvent', {
  description: 'What a webhook can be told of.',
  values: {
    SYNC_ENDED: {
      value: 'sync.ended',
      description: 'A sync ended, however it did: the body carries its status and counters.',
    },
    SYNC_FAILED: { value: 'sync.failed', description: 'A sync ended as FAILED: the body carries its error.' },
    EXPORT_FAILED: {
      value: 'export.failed',
      description: 'An annotation could not be written to a target storage, and no further try follows.',
    },
    TASKS_CREATED: {
      value: 'tasks.created',
      description: 'A sync or an import created tasks: the body carries how many.',
    },
  } satisfies Record<string, { value: WebhookEvent; description: string }>,
});

const WebhookDeliveryType = builder.objectRef<WebhookDelivery>('WebhookDelivery');
builder.node(WebhookDeliveryType, {
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'webhookId' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.webhookDelivery.load(Number(id)))),
  description: 'One event on its way to a webhook, and how its last attempt ended. Kept for 30 days.',
  fields: (t) => ({
    messageId: t.string({
      description: 'The `webhook-id` header: the same for every attempt, so that receivers know repeats.',
      resolve: ({ id }) => `msg_${id}`,
    }),
    event: t.field({
      type: WebhookEventEnum,
      description: 'What happened.',
      resolve: ({ event }) => event as WebhookEvent,
    }),
    body: t.exposeString('body', { description: 'The body, as it is sent.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried so far.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'HTTP status of the last response; null when there was none.',
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why the last attempt failed; null when it did not.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the event happened.' }),
    deliveredAt: t.expose('deliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the receiver accepted it; null when it has not.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried next; null when no further attempt follows.',
    }),
  }),
});

const WebhookDeliveryConnection = builder.connectionObject(
  { type: WebhookDeliveryType, name: 'WebhookDeliveryConnection', description: 'A page of deliveries.' },
  { name: 'WebhookDeliveryEdge', description: 'A delivery and its cursor.' },
);

const WebhookType = builder.objectRef<Webhook>('Webhook');
builder.node(WebhookType, {
  description:
    'An address that is told of events of a project by POST, signed by the Standard Webhooks convention. Each event arrives at least once; a failed delivery is tried again for about two days.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'url' in value && 'events' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.webhook.load(Number(id)))),
  fields: (t) => ({
    title: t.exposeString('title', { nullable: true, description: 'What it is for.' }),
    url: t.exposeString('url', { description: 'Where events are sent.' }),
    events: t.field({
      type: [WebhookEventEnum],
      description: 'What it is told of.',
      resolve: ({ events }) => events,
    }),
    active: t.exposeBoolean('active', {
      description: 'Whether it is told. A receiver that responds with 410 switches its webhook off.',
    }),
    deliveries: t.field({
      type: WebhookDeliveryConnection,
      description: 'What was sent to it or waits to be, newest first.',
      args: pageArgs(t.arg),
      resolve: (webhook, page, context) =>
        connectionOf(page, {
          fetch: (keyset: { limit: number; after: number | undefined }) =>
            context.services.webhooks.deliveries(viewerOf(context), webhook, keyset),
          keyOf: ({ id }: WebhookDelivery) => id,
          count: () => context.services.webhooks.countDeliveries(viewerOf(context), webhook),
        }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

builder.objectField(ProjectType, 'webhooks', (t) =>
  t.field({
    type: [WebhookType],
    description: `The webhooks of the project, oldest first, at most ${MAX_WEBHOOKS}.`,
    resolve: ({ id }, _, context) => context.services.webhooks.list(viewerOf(context), id),
  }),
);

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A new webhook of a project.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project whose events are sent.' }),
    title: t.string({ description: 'What it is for; at most 256 characters.' }),
    url: t.string({
      required: true,
      description: 'An http or https URL. Addresses that are not public need `OUTBOUND_ALLOW`.',
    }),
    events: t.field({
      type: [WebhookEventEnum],
      required: true,
      description: `What it is told of. Up to ${MAX_WAITING} deliveries wait for a receiver that does not respond.`,
    }),
    active: t.boolean({ defaultValue: true, description: 'Whether it is told from now on.' }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'Changes of a webhook; what is absent stays.',
  fields: (t) => ({
    webhookId: t.id({ required: true, description: 'The webhook to change.' }),
    title: t.string({ description: 'What it is for; at most 256 characters.' }),
    url: t.string({ description: 'An http or https URL.' }),
    events: t.field({ type: [WebhookEventEnum], description: 'What it is told of.' }),
    active: t.boolean({ description: 'Whether it is told.' }),
    ifUpdatedAt: ifUpdatedAt(t),
  }),
});

const DeleteWebhookInput = builder.inputType('DeleteWebhookInput', {
  description: 'The webhook to delete.',
  fields: (t) => ({ webhookId: t.id({ required: true, description: 'Its id.' }) }),
});

const CreateWebhookSuccess = builder
  .objectRef<{ webhook: Webhook; secret: string }>('CreateWebhookSuccess')
  .implement({
    description: 'The webhook was created.',
    fields: (t) => ({
      webhook: t.field({
        type: WebhookType,
        description: 'The new webhook.',
        resolve: ({ webhook }) => webhook,
      }),
      secret: t.exposeString('secret', {
        description: 'Verifies the signatures of its deliveries (`whsec_…`). It is not shown again.',
      }),
    }),
  });

const webhookKey = (id: string) => keyOf('webhook', id, 'Webhook');

builder.mutationFields((t) => ({
  createWebhook: t.field({
    type: CreateWebhookSuccess,
    description: 'Creates a webhook, and the secret that its deliveries are signed with.',
    args: { input: t.arg({ type: CreateWebhookInput, required: true, description: 'The webhook.' }) },
    errors: { types: [ValidationError, NotFoundError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input: { projectId, ...input } }, context) =>
      context.services.webhooks.create(viewerOf(context), projectKey(projectId), input),
  }),
  updateWebhook: t.field({
    type: WebhookType,
    description: 'Changes a webhook. What waits for it goes to the new URL.',
    args: { input: t.arg({ type: UpdateWebhookInput, required: true, description: 'The changes.' }) },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'webhook', description: 'The webhook after the change.' },
      result: { description: 'The webhook was changed.' },
    },
    resolve: (_, { input: { webhookId, url, events, ...rest } }, context) =>
      context.services.webhooks.update(viewerOf(context), webhookKey(webhookId), {
        ...rest,
        ...(url != null && { url }),
        ...(events != null && { events }),
      }),
  }),
  deleteWebhook: t.field({
    type: WebhookType,
    description: 'Deletes a webhook with everything that waits for it and its log.',
    args: { input: t.arg({ type: DeleteWebhookInput, required: true, description: 'The webhook.' }) },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'webhook', description: 'The deleted webhook.' },
      result: { description: 'The webhook was deleted.' },
    },
    resolve: (_, { input: { webhookId } }, context) =>
      context.services.webhooks.delete(viewerOf(context), webhookKey(webhookId)),
  }),
}));
