import { afterAll, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import * as members from '../graphql/member-documents.ts';
import { CreateWebhook } from '../graphql/webhook-documents.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import type { StorageProviderInput } from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';

/** Secrets of every provider and kind, given and used: none is in the database, a response or a line of the log. */
const providers = [
  await s3Places(),
  await gcsPlaces(await serverOf('radosgw')),
  await azureBlobPlaces(),
  await redisPlaces(),
];
afterAll(() => Promise.all(providers.map(({ close }) => close())));
const settings = Object.assign({}, ...providers.map((provider) => provider.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8', LOG_LEVEL: 'trace' } });
const { owner } = it;
const given = new Set<string>();
const ways = providers.flatMap((provider) => Object.entries(provider.ways));

const secretName = /^(secretAccessKey|sessionToken|accountKey|sasToken|clientSecret|\w*password)$/i;

/** What of an input may not be seen again. */
function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') {
    // Of a key file the lines of the key: line breaks are written in more than one way.
    if (name === 'serviceAccountJson') {
      return String(JSON.parse(value).private_key)
        .split('\n')
        .filter((line) => /^[\w+/]{40,}/.test(line));
    }
    return secretName.test(name) ? [value] : [];
  }
  return Object.entries(value ?? {}).flatMap(([inner, held]) => secretsIn(held, inner));
}

async function everywhere(): Promise<string> {
  return [await dump(it.sql, ['public', 'jobs']), ...it.traffic, ...it.logs].join('\n');
}

/** Gives a secret to all that takes one, whether it is right or wrong. */
async function use(projectId: string, provider: StorageProviderInput): Promise<void> {
  for (const secret of secretsIn(provider)) given.add(secret);
  const input = { projectId, provider, settings: { source: {} } };
  await owner.run(documents.ValidateStorage, { input: candidate(input) });
  await owner.run(documents.PreviewSync, { input: candidate(input) });
  await owner.run(documents.DiagnoseStorage, {
    input: candidate({ ...input, origin: 'https://label.example.com' }),
  });
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  if (createStorage.__typename !== 'CreateStorageSuccess') return;
  expect(await owner.sync(createStorage.storage.id)).toMatchObject({ counts: { imported: 1 } });
}

test.each(ways)('%s', async (_name, way) => {
  const place = await way.open(it);
  await place.put('a.jpg', 'bytes');
  await use(await owner.project(), place.provider);
  const said = await everywhere();
  expect([...given].filter((secret) => said.includes(secret))).toEqual([]);
});

test.each(providers)('wrong ones, number %#', async ({ ways, failures }) => {
  const place = await Object.values(ways)[0]!.open(it);
  await use(await owner.project(), failures.wrongSecret(place));
  const said = await everywhere();
  expect([...given].filter((secret) => said.includes(secret))).toEqual([]);
});

test('there was something to look for, and the database is looked through', async () => {
  expect(given.size).toBeGreaterThan(10);
  expect(await dump(it.sql)).toContain('"bucket"');
});

describe('what is shown once', () => {
  const once: Record<string, () => Promise<string>> = {
    'a token': async () => {
      const { createApiToken } = await owner.run(documents.CreateApiToken, { input: { title: 'Once' } });
      return as(createApiToken, 'CreateApiTokenSuccess').token;
    },
    'a member’s first token': async () => {
      const input = { email: 'first@example.com', role: 'ANNOTATOR' as const };
      return as((await owner.run(members.AddMember, { input })).addMember, 'AddMemberSuccess').token;
    },
    'the code of an invitation': async () => {
      const input = { email: 'guest@example.com', role: 'ANNOTATOR' as const };
      const { inviteMember } = await owner.run(members.InviteMember, { input });
      return as(inviteMember, 'InviteMemberSuccess').invitationCode;
    },
    'the secret of a webhook': async () => {
      const input = {
        projectId: await owner.project(),
        url: 'http://127.0.0.1:9/',
        events: ['SYNC_ENDED' as const],
      };
      const { createWebhook } = await owner.run(CreateWebhook, { input });
      return as(createWebhook, 'CreateWebhookSuccess').secret;
    },
  };

  test.each(Object.entries(once))('%s', async (_what, create) => {
    const secret = await create();
    expect(it.traffic.filter((text) => text.includes(secret))).toHaveLength(1);
    await owner.run(documents.WhoAmI);
    await owner.run(members.ListInvitations, { first: 50 });
    expect(it.traffic.filter((text) => text.includes(secret))).toHaveLength(1);
    const kept = [await dump(it.sql, ['public', 'jobs']), ...it.logs].join('\n');
    expect(kept.includes(secret)).toBe(false);
    expect(kept.includes(secret.replace(/^[a-z]+_/, ''))).toBe(false);
  });
});
