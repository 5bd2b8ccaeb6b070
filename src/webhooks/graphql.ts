import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { keyOf } from '../graphql/ids.ts';
import { idempotencyKeyOfSecret, ifUpdatedAt } from '../graphql/inputs.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { MAX_WAITING, MAX_WEBHOOKS, type Webhook, type WebhookDelivery, type WebhookEvent } from './model.ts';

const WebhookEventEnum = builder.enumType('WebhookEvent', {
  description: 'An event that a webhook can receive.',
  values: {
    SYNC_ENDED: {
      value: 'sync.ended',
      description: 'A sync ended, however it did: the body carries its status and counters.',
    },
    SYNC_FAILED: { value: 'sync.failed', description: 'A sync ended as FAILED: the body carries its error.' },
    EXPORT_FAILED: {
      value: 'export.failed',
      description: 'An annotation could not be written to a target storage, and no further attempt follows.',
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
      description: 'The event that is delivered.',
      resolve: ({ event }) => event as WebhookEvent,
    }),
    body: t.exposeString('body', { description: 'The body of the request, as it is sent.' }),
    attempts: t.exposeInt('attempts', { description: 'Number of attempts so far.' }),
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
      description: 'When the receiver accepted the delivery; null when it has not.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt is due; null when no further attempt follows.',
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
    title: t.exposeString('title', { nullable: true, description: 'What the webhook is for.' }),
    url: t.exposeString('url', { description: 'URL that events are sent to.' }),
    events: t.field({
      type: [WebhookEventEnum],
      description: 'The events that are sent.',
      resolve: ({ events }) => events,
    }),
    active: t.exposeBoolean('active', {
      description: 'Whether events are sent. A receiver that responds with 410 switches its webhook off.',
    }),
    deliveries: t.field({
      type: WebhookDeliveryConnection,
      description: 'Deliveries of the webhook, newest first.',
      args: pageArgs(t.arg),
      resolve: (webhook, page, context) =>
        connectionOf(page, {
          fetch: (keyset: { limit: number; after: number | undefined }) =>
            context.services.webhooks.deliveries(viewerOf(context), webhook, keyset),
          keyOf: ({ id }: WebhookDelivery) => id,
          count: () => context.services.webhooks.countDeliveries(viewerOf(context), webhook),
        }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the webhook was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});

builder.objectField(ProjectType, 'webhooks', (t) =>
  t.field({
    type: [WebhookType],
    description: `The webhooks of the project, oldest first, at most ${MAX_WEBHOOKS}. Needs the role MANAGER: their URLs can hold secrets.`,
    resolve: ({ id }, _, context) => context.services.webhooks.list(viewerOf(context), id),
  }),
);

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A new webhook of a project.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project whose events are sent.' }),
    title: t.string({ description: 'What the webhook is for, in at most 256 characters.' }),
    url: t.string({
      required: true,
      description: 'An http or https URL. Addresses that are not public need `OUTBOUND_ALLOW`.',
    }),
    events: t.field({
      type: [WebhookEventEnum],
      required: true,
      description: `What it is told of. Up to ${MAX_WAITING} deliveries wait for a receiver that does not respond.`,
    }),
    active: t.boolean({ defaultValue: true, description: 'Whether events are sent from now on.' }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'Changes of a webhook; what is absent stays.',
  fields: (t) => ({
    webhookId: t.id({ required: true, description: 'The webhook to change.' }),
    title: t.string({ description: 'What the webhook is for, in at most 256 characters.' }),
    url: t.string({ description: 'An http or https URL.' }),
    events: t.field({ type: [WebhookEventEnum], description: 'The events that are sent.' }),
    active: t.boolean({ description: 'Whether events are sent.' }),
    ifUpdatedAt: ifUpdatedAt(t),
  }),
});

const DeleteWebhookInput = builder.inputType('DeleteWebhookInput', {
  description: 'The webhook to delete.',
  fields: (t) => ({ webhookId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
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
        description: 'Secret that verifies the signatures of deliveries (`whsec_…`). It is not shown again.',
      }),
    }),
  });

const webhookKey = (id: string) => keyOf('webhook', id, 'Webhook');

builder.mutationFields((t) => ({
  createWebhook: t.field({
    type: CreateWebhookSuccess,
    description: 'Creates a webhook, and the secret that signs its deliveries.',
    args: {
      input: t.arg({ type: CreateWebhookInput, required: true, description: 'The fields of the request.' }),
    },
    errors: { types: [ValidationError, NotFoundError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input: { projectId, ...input } }, context) =>
      context.services.webhooks.create(viewerOf(context), projectKey(projectId), input),
  }),
  updateWebhook: t.field({
    type: WebhookType,
    description: 'Changes a webhook. Waiting deliveries are sent to the new URL.',
    args: {
      input: t.arg({ type: UpdateWebhookInput, required: true, description: 'The fields of the request.' }),
    },
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
    description: 'Deletes a webhook with its waiting deliveries and its log.',
    args: {
      input: t.arg({ type: DeleteWebhookInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'webhook', description: 'The deleted webhook.' },
      result: { description: 'The webhook was deleted.' },
    },
    resolve: (_, { input: { webhookId } }, context) =>
      context.services.webhooks.delete(viewerOf(context), webhookKey(webhookId)),
  }),
}));
