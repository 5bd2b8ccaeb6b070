import type { Access } from '../access/access.ts';
import type { CommandTransaction } from '../access/command.ts';
import type { Database } from '../database/client.ts';
import {
  ConflictError,
  type FieldError,
  missingOrChanged,
  NotFoundError,
  ProviderError,
  ValidationError,
} from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { OutboundGuard } from '../security/outbound.ts';
import type { SealedTable } from '../security/rotation.ts';
import type { SecretBox } from '../security/secrets.ts';
import {
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookDelivery,
  type WebhookInput,
  webhookEvents,
} from './model.ts';
import * as repository from './repository.ts';
import { createWebhookSecret } from './signature.ts';

export type WebhookService = ReturnType<typeof createWebhookService>;

const MAX_TITLE = 256;
const MAX_URL = 2_000;

/** A sealed secret opens only for the project it was made in. */
export const secretContext = (projectId: number) => `webhook of project ${projectId}`;

/** All webhooks' secrets, for a new key. */
export const sealedWebhookSecrets = ({ db }: Pick<Database, 'db'>): SealedTable => ({
  async page(key, after, limit) {
    const rows = await repository.sealedByOthers(db, key, after, limit);
    return rows.map(({ id, projectId, sealed }) => ({ id, sealed, context: secretContext(projectId) }));
  },
  replace: (id, before, after) => repository.replaceSecret(db, id, before, after),
});

export function createWebhookService(
  { db }: Database,
  access: Access,
  { outbound, secretBox }: { outbound: Pick<OutboundGuard, 'check'>; secretBox: SecretBox },
) {
  const seal = (projectId: number, secret: string) => secretBox.seal({ secret }, secretContext(projectId));

  /** The webhooks among these ids that the viewer may see. */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Webhook[]> {
    return access.visible(viewer, 'webhook.read', await repository.webhooksById(db, ids));
  }

  /** The webhook, for a viewer who may change it. @throws NotFoundError, ForbiddenError */
  async function manage(viewer: Viewer, id: number): Promise<Webhook> {
    const [webhook] = await visible(viewer, [id]);
    if (!webhook) throw new NotFoundError('webhook', id);
    await access.authorize(viewer, 'webhook.manage', webhook);
    return webhook;
  }

  /** @throws ValidationError; ProviderError ADDRESS_NOT_ALLOWED as one of the field `url` */
  async function checked(input: Partial<WebhookInput>): Promise<void> {
    const errors = problemsOf(input);
    if (errors.length === 0 && input.url !== undefined) {
      await outbound.check(input.url).catch((error: unknown) => {
        if (!(error instanceof ProviderError)) throw error;
        errors.push({ path: 'url', message: `${error.message} ${error.hint}` });
      });
    }
    if (errors.length > 0) throw new ValidationError(errors);
  }

  return {
    visible,

    async list(viewer: Viewer, projectId: number): Promise<Webhook[]> {
      await access.authorize(viewer, 'webhook.read', { projectId });
      return repository.webhooksOf(db, projectId);
    },

    /** @returns the secret too, which is shown once */
    async create(
      viewer: Viewer,
      projectId: number,
      { idempotencyKey, ...input }: WebhookInput & { idempotencyKey?: string | null | undefined },
    ): Promise<{ webhook: Webhook; secret: string }> {
      const { title, url, events, active } = input;
      await access.authorize(viewer, 'webhook.manage', { projectId });
      await checked({ title, url, events });
      const secret = createWebhookSecret();
      const create = async (tx: CommandTransaction) => {
        if ((await repository.countWebhooks(tx.db, projectId)) >= MAX_WEBHOOKS) {
          throw new ConflictError(
            'LIMIT_REACHED',
            `A project can have at most ${MAX_WEBHOOKS} webhooks: delete one first.`,
          );
        }
        const webhook = await repository.insertWebhook(tx.db, {
          ...{ projectId, url, title: title ?? null },
          events: [...new Set(events)],
          active: active ?? true,
          secret: seal(projectId, secret),
          createdBy: viewer.userId,
        });
        tx.record({ id: webhook.id, after: webhook });
        return { webhook, secret };
      };
      return access.command(viewer, 'webhook.manage', { projectId }, create, {
        key: idempotencyKey,
        input,
        remember: ({ webhook }) => webhook.id,
        async recall(id, tx) {
          const webhook = await repository.updateWebhook(tx.db, id, { secret: seal(projectId, secret) });
          return webhook && { webhook, secret };
        },
      });
    },

    /** Changes what is given, leaves the rest. */
    async update(
      viewer: Viewer,
      id: number,
      { ifUpdatedAt, ...changes }: Partial<WebhookInput> & { ifUpdatedAt?: Date | null | undefined },
    ): Promise<Webhook> {
      const before = await manage(viewer, id);
      await checked(changes);
      const { title, url, events, active } = changes;
      return access.command(viewer, 'webhook.manage', before, async (tx) => {
        const values = {
          ...(title !== undefined && { title }),
          ...(url !== undefined && { url }),
          ...(events !== undefined && { events: [...new Set(events)] }),
          ...(active != null && { active }),
        };
        const webhook = await repository.updateWebhook(tx.db, id, values, ifUpdatedAt);
        if (!webhook) throw missingOrChanged('webhook', id, (await repository.webhooksById(tx.db, [id]))[0]);
        tx.record({ before, after: webhook });
        return webhook;
      });
    },

    /** Forgets the webhook, what waits for it, and its log. */
    async delete(viewer: Viewer, id: number): Promise<Webhook> {
      const webhook = await manage(viewer, id);
      return access.command(viewer, 'webhook.manage', webhook, async (tx) => {
        if (!(await repository.deleteWebhook(tx.db, id))) throw new NotFoundError('webhook', id);
        tx.record({ before: webhook });
        return webhook;
      });
    },

    /** What was sent, newest first. */
    async deliveries(
      viewer: Viewer,
      webhook: Webhook,
      page: { limit: number; after?: number | undefined },
    ): Promise<WebhookDelivery[]> {
      await access.authorize(viewer, 'webhook.read', webhook);
      return repository.deliveriesOf(db, webhook.id, page);
    },

    /** Those of the ids that the viewer may see. */
    async visibleDeliveries(viewer: Viewer, ids: readonly number[]): Promise<WebhookDelivery[]> {
      return access.visible(viewer, 'webhook.read', await repository.deliveriesById(db, ids));
    },

    async countDeliveries(viewer: Viewer, webhook: Webhook): Promise<number> {
      await access.authorize(viewer, 'webhook.read', webhook);
      return repository.countDeliveries(db, webhook.id);
    },
  };
}

function problemsOf({ title, url, events }: Partial<WebhookInput>): FieldError[] {
  const errors: FieldError[] = [];
  if (title && title.length > MAX_TITLE) {
    errors.push({ path: 'title', message: `Expected at most ${MAX_TITLE} characters.` });
  }
  if (url !== undefined && !isWebAddress(url)) {
    errors.push({
      path: 'url',
      message: `Expected an http or https URL of at most ${MAX_URL} characters, without a user or password.`,
    });
  }
  if (events !== undefined && events.length === 0) {
    errors.push({ path: 'events', message: `Expected at least one of ${webhookEvents.join(', ')}.` });
  }
  return errors;
}

function isWebAddress(text: string): boolean {
  const url = text.length <= MAX_URL ? URL.parse(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
