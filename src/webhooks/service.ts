import { type Database, transaction } from '../database/client.ts';
import { ConflictError, type FieldError, NotFoundError, ProviderError, ValidationError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import type { OutboundGuard } from '../security/outbound.ts';
import type { SecretBox } from '../security/secrets.ts';
import { MAX_WEBHOOKS, type Webhook, type WebhookInput, webhookEvents } from './model.ts';
import * as repository from './repository.ts';
import { createWebhookSecret } from './signature.ts';

export type WebhookService = ReturnType<typeof createWebhookService>;

const MAX_TITLE = 256;
const MAX_URL = 2_000;

/** A sealed secret opens only for the project it was made in. */
export const secretContext = (projectId: number) => `webhook of project ${projectId}`;

export function createWebhookService(
  database: Database,
  projects: ProjectService,
  { outbound, secretBox }: { outbound: Pick<OutboundGuard, 'check'>; secretBox: SecretBox },
) {
  const { db } = database;
  const seal = (projectId: number, secret: string) => secretBox.seal({ secret }, secretContext(projectId));

  /** The webhooks among these ids that the viewer may see. */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Webhook[]> {
    const found = await repository.webhooksById(db, ids);
    const allowed = await projects.visible(viewer, [...new Set(found.map(({ projectId }) => projectId))]);
    const projectIds = new Set(allowed.map(({ id }) => id));
    return found.filter(({ projectId }) => projectIds.has(projectId));
  }

  /** The webhook, for a viewer who may change it. @throws NotFoundError, ForbiddenError */
  async function manage(viewer: Viewer, id: number): Promise<Webhook> {
    const [webhook] = await visible(viewer, [id]);
    if (!webhook) throw new NotFoundError('webhook', id);
    await projects.manage(viewer, webhook.projectId);
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
      await projects.get(viewer, projectId);
      return repository.webhooksOf(db, projectId);
    },

    /** @returns the secret too, which is shown once */
    async create(
      viewer: Viewer,
      projectId: number,
      { title, url, events, active }: WebhookInput,
    ): Promise<{ webhook: Webhook; secret: string }> {
      await projects.manage(viewer, projectId);
      await checked({ title, url, events });
      const secret = createWebhookSecret();
      const webhook = await transaction(database, async (tx) => {
        if ((await repository.countWebhooks(tx.db, projectId)) >= MAX_WEBHOOKS) {
          throw new ConflictError(`A project can have at most ${MAX_WEBHOOKS} webhooks: delete one first.`);
        }
        return repository.insertWebhook(tx.db, {
          ...{ projectId, url, title: title ?? null },
          events: [...new Set(events)],
          active: active ?? true,
          secret: seal(projectId, secret),
          createdBy: viewer.userId,
        });
      });
      return { webhook, secret };
    },

    /** Changes what is given, leaves the rest. */
    async update(viewer: Viewer, id: number, changes: Partial<WebhookInput>): Promise<Webhook> {
      await manage(viewer, id);
      await checked(changes);
      const { title, url, events, active } = changes;
      const webhook = await repository.updateWebhook(db, id, {
        ...(title !== undefined && { title }),
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events: [...new Set(events)] }),
        ...(active != null && { active }),
      });
      if (!webhook) throw new NotFoundError('webhook', id);
      return webhook;
    },

    /** Forgets the webhook, what waits for it, and its log. */
    async delete(viewer: Viewer, id: number): Promise<Webhook> {
      const webhook = await manage(viewer, id);
      if (!(await repository.deleteWebhook(db, id))) throw new NotFoundError('webhook', id);
      return webhook;
    },

    /** What was sent, newest first; for a webhook that the viewer has been given by this service. */
    deliveries: ({ id }: Webhook, page: { limit: number; after?: number | undefined }) =>
      repository.deliveriesOf(db, id, page),
    countDeliveries: ({ id }: Webhook) => repository.countDeliveries(db, id),
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
