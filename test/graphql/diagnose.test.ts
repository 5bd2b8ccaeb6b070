import { randomUUID } from 'node:crypto';
import { DeleteBucketCorsCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, type CorsRule, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { blackHole } from '../servers/faulty.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, type Flat, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import { rowCounts } from '../support/database.ts';
import { graphql } from '../support/generated/gql.ts';
import type { StorageProviderUpdateInput } from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import type { Place, Places } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { wordsOf } from '../support/shell.ts';

/** Whether pages on an origin can show the media of a storage, and what to paste so that they can. */
const Diagnose = graphql(/* GraphQL */ `
  mutation Diagnose($input: DiagnoseStorageInput!) {
    diagnoseStorage(input: $input) {
      __typename
      ...ErrorFields
      ... on DiagnoseStorageSuccess {
        diagnosis {
          ok
          checks {
            check
            ok
            status
            message
            hint
            missingHeaders
          }
          proposals {
            title
            format
            content
            explanation
          }
        }
      }
    }
  }
`);

const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
afterAll(() => Promise.all([s3, gcs, azureBlob, redis].map(({ close }) => close())));
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
const project = await owner.project();
const origin = 'https://label.example.com';

interface Rule {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
}

interface Proposal {
  title: string;
  format: string;
  content: string;
}

/** A server whose rules can be set, and proposals read as its own tools read them. */
interface Subject {
  places: Places;
  way: string;
  apply(place: Place, rules: Rule[]): Promise<unknown>;
  /** The rules of each proposal that stands by itself. */
  rulesIn(proposals: Proposal[]): Rule[][];
}

const radosgw = await serverOf('radosgw');
const s3Admin = new S3Client({
  endpoint: radosgw.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: radosgw,
});
const azurite = await serverOf('azurite');
const service = new BlobServiceClient(
  azurite.endpoint,
  new StorageSharedKeyCredential(azurite.accountName, azurite.accountKey),
);
// Rules belong to the account, which other tests use, too.
afterEach(() => setAzureRules([]));

async function setAzureRules(rules: Rule[]): Promise<void> {
  const cors: CorsRule[] = rules.map(({ origins, methods, headers, exposed }) => ({
    allowedOrigins: origins.join(','),
    allowedMethods: methods.join(','),
    allowedHeaders: headers.join(','),
    exposedHeaders: exposed.join(','),
    maxAgeInSeconds: 3600,
  }));
  await service.setProperties({ cors });
}

const subjects: Record<string, Subject> = {
  'S3 (radosgw)': {
    places: s3,
    way: 'S3: access key',
    async apply(place, rules) {
      const Bucket = place.provider.s3!.bucket;
      await s3Admin.send(new DeleteBucketCorsCommand({ Bucket }));
      const CORSRules = rules.map(({ origins, methods, headers, exposed }) => ({
        AllowedOrigins: origins,
        AllowedMethods: methods,
        AllowedHeaders: headers,
        ExposeHeaders: exposed,
      }));
      if (rules.length > 0)
        await s3Admin.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    },
    rulesIn: (proposals) =>
      proposals.map(({ content }) => {
        const rules = JSON.parse(content) as Record<string, string[]>[];
        return rules.map((rule) => ({
          origins: rule.AllowedOrigins!,
          methods: rule.AllowedMethods!,
          headers: rule.AllowedHeaders!,
          exposed: rule.ExposeHeaders!,
        }));
      }),
  },
  'Azure Blob (Azurite)': {
    places: azureBlob,
    way: 'Azure Blob: account key',
    apply: (_place, rules) => setAzureRules(rules),
    rulesIn: (proposals) =>
      proposals.map(({ format, content }) => {
        if (format === 'SHELL') {
          const option = optionsOf(wordsOf(content));
          expect(option('--services')).toEqual(['b']);
          const [origins, methods] = [option('--origins'), option('--methods')];
          return [
            { origins, methods, headers: option('--allowed-headers'), exposed: option('--exposed-headers') },
          ];
        }
        const { properties } = JSON.parse(content) as {
          properties: { cors: { corsRules: Record<string, string[]>[] } };
        };
        return properties.cors.corsRules.map((rule) => ({
          origins: rule.allowedOrigins!,
          methods: rule.allowedMethods!,
          headers: rule.allowedHeaders!,
          exposed: rule.exposedHeaders!,
        }));
      }),
  },
  GCS: {
    places: gcs,
    way: 'GCS: service account',
    async apply(place, rules) {
      gcs.server.bucket(place.provider.gcs!.bucket).cors = rules.map(
        ({ origins, methods, headers, exposed }) => ({
          origin: origins,
          method: methods,
          responseHeader: [...headers, ...exposed],
        }),
      );
    },
    rulesIn: (proposals) =>
      proposals
        .filter(({ format }) => format === 'JSON')
        .map(({ content }) => {
          const rules = JSON.parse(content) as Record<string, string[]>[];
          // One list says which headers may be sent and which may be read.
          return rules.map(({ origin, method, responseHeader }) => ({
            origins: origin!,
            methods: method!,
            headers: [],
            exposed: responseHeader!,
          }));
        }),
  },
};

function optionsOf(words: string[]): (name: string) => string[] {
  return (name) => {
    const rest = words.slice(words.indexOf(name) + 1);
    const end = rest.findIndex((word) => word.startsWith('--'));
    return end < 0 ? rest : rest.slice(0, end);
  };
}

async function diagnose(input: Flat) {
  const diagnoseStorage = unbranched(
    (await owner.run(Diagnose, { input: candidate({ origin, ...input }) })).diagnoseStorage,
  );
  return as(diagnoseStorage, 'DiagnoseStorageSuccess').diagnosis;
}

const unsaved = ({ provider }: Place) => ({
  projectId: project,
  provider: provider as StorageProviderUpdateInput,
  settings: { source: {} },
});

const allowOrigin = `Access-Control-Allow-Origin: ${origin}`;
const good: Rule = {
  origins: [origin],
  methods: ['GET', 'HEAD'],
  headers: ['Range'],
  exposed: ['Content-Range', 'Content-Length', 'ETag'],
};

describe.each(Object.entries(subjects))('%s', (_name, { places, way, apply, rulesIn }) => {
  async function open(): Promise<Place> {
    const place = await places.ways[way]!.open(it);
    await place.put('a picture.jpg', 'bytes');
    return place;
  }

  test('with a good rule, all is well', async () => {
    const place = await open();
    await apply(place, [good]);
    const { ok, checks, proposals } = await diagnose(unsaved(place));
    expect({ ok, proposals }).toEqual({ ok: true, proposals: [] });
    const found = Object.fromEntries(checks.map(({ check, ok, status }) => [check, [ok, status]]));
    expect(found).toMatchObject({
      GET: [true, 200],
      RANGE: [true, 206],
      PREFLIGHT: [true, expect.any(Number)],
    });
    for (const { missingHeaders, check } of checks) expect(missingHeaders, check).toEqual([]);
  });

  const wrong: Record<string, [Rule[], missing: Record<string, string[]>]> = {
    'no rule': [
      [],
      {
        GET: [allowOrigin],
        RANGE: [allowOrigin, 'Access-Control-Expose-Headers: Content-Range'],
        PREFLIGHT: [allowOrigin, 'Access-Control-Allow-Methods: GET', 'Access-Control-Allow-Headers: Range'],
      },
    ],
    'a rule for another origin': [
      [{ ...good, origins: ['https://other.example.com'] }],
      {
        GET: [allowOrigin],
        PREFLIGHT: [allowOrigin, 'Access-Control-Allow-Methods: GET', 'Access-Control-Allow-Headers: Range'],
      },
    ],
    'a rule for the same host by another scheme': [
      [{ ...good, origins: ['http://label.example.com'] }],
      { GET: [allowOrigin] },
    ],
    'a rule for another method': [[{ ...good, methods: ['PUT'] }], { GET: [allowOrigin] }],
    'a rule that exposes nothing': [
      [{ ...good, exposed: [] }],
      { GET: [], RANGE: ['Access-Control-Expose-Headers: Content-Range'] },
    ],
  };

  test.each(Object.entries(wrong))('%s: each missing header is named', async (_fault, [rules, missing]) => {
    const place = await open();
    await apply(place, rules);
    const { ok, checks, proposals } = await diagnose(unsaved(place));
    expect(ok).toBe(false);
    expect(proposals).not.toEqual([]);
    const found = Object.fromEntries(checks.map(({ check, missingHeaders }) => [check, missingHeaders]));
    expect(found).toMatchObject(missing);
    for (const { ok, hint, message } of checks) {
      expect([ok, hint === null]).toEqual([ok, ok]);
      expect(message).toMatch(/\.$/);
    }
  });

  test('each rule that it proposes turns it green', async () => {
    const place = await open();
    await apply(place, []);
    const { proposals } = await diagnose(unsaved(place));
    for (const { explanation } of proposals) expect(explanation).not.toBe('');
    const alternatives = rulesIn(proposals);
    expect(alternatives).not.toEqual([]);
    for (const rules of alternatives) {
      await apply(place, rules);
      expect(await diagnose(unsaved(place))).toMatchObject({ ok: true, proposals: [] });
      // For that origin, and for no other.
      expect(await diagnose({ ...unsaved(place), origin: 'https://evil.example.com' })).toMatchObject({
        ok: false,
      });
      await apply(place, []);
      expect(await diagnose(unsaved(place))).toMatchObject({ ok: false });
    }
  });

  test('a saved storage, as it is and with changes; nothing is written', async () => {
    const place = await open();
    await apply(place, [good]);
    const { id } = await owner.connect(project, place.provider);
    const before = await rowCounts(it.sql);
    expect(await diagnose({ storageId: id })).toMatchObject({ ok: true });
    const [kind] = Object.keys(place.provider) as ['s3'];
    const diagnoseStorage = unbranched(
      (
        await owner.run(Diagnose, {
          input: candidate({
            storageId: id,
            provider: { [kind]: { prefix: `none-${randomUUID()}` } },
            origin,
          }),
        })
      ).diagnoseStorage,
    );
    expect(diagnoseStorage).toMatchObject({
      __typename: 'ProviderError',
      code: 'EMPTY_PREFIX',
      capability: 'LIST',
    });
    expect(await rowCounts(it.sql)).toEqual(before);
    expect(await place.changes()).toEqual([]);
  });
});

test('a host that never answers', async () => {
  const hole = await blackHole();
  const answers = Object.values(subjects).map(async ({ places, way }) => {
    const place = await places.ways[way]!.open(it);
    const provider = places.failures.at(place, hole) as StorageProviderUpdateInput;
    const diagnoseStorage = unbranched(
      (
        await owner.run(Diagnose, {
          input: candidate({ ...unsaved(place), provider, origin }),
        })
      ).diagnoseStorage,
    );
    expect(diagnoseStorage).toMatchObject({
      __typename: 'ProviderError',
      code: 'TIMEOUT',
      capability: 'LIST',
    });
  });
  await Promise.all(answers);
  await hole.close();
});

test('S3: no rule helps credentials that may not read', async () => {
  const place = await s3.ways['S3: access key']!.open(it);
  await place.put('a.jpg', 'bytes');
  const { apply } = subjects['S3 (radosgw)']!;
  await apply(place, [good]);
  const provider = (await s3.failures.limited(place, ['LIST'])) as StorageProviderUpdateInput;
  const { ok, checks, proposals } = await diagnose({ ...unsaved(place), provider });
  expect({ ok, proposals }).toEqual({ ok: false, proposals: [] });
  const found = Object.fromEntries(checks.map(({ check, ...rest }) => [check, rest]));
  const refused = {
    ok: false,
    status: 403,
    missingHeaders: [],
    hint: 'The credentials that sign must be allowed to read the object.',
  };
  expect(found).toMatchObject({ GET: refused, PREFLIGHT: { ok: true } });
});

test('S3: the public endpoint is what pages reach, so it is what is tried', async () => {
  const place = await s3.ways['S3: access key']!.open(it);
  await place.put('a.jpg', 'bytes');
  const hole = await blackHole();
  await hole.close();
  const publicEndpoint = `http://${hole.host}:${hole.port}`;
  const provider = { s3: { ...place.provider.s3!, publicEndpoint } } as StorageProviderUpdateInput;
  const { ok, checks, proposals } = await diagnose({ ...unsaved(place), provider });
  expect({ ok, proposals }).toEqual({ ok: false, proposals: [] });
  for (const { status, message, hint } of checks) {
    expect({ status, message }).toEqual({
      status: null,
      message: 'The signed URL did not answer from here.',
    });
    expect(hint).toContain('publicEndpoint');
  }
});

test('what cannot sign says so', async () => {
  const place = await redis.ways['Redis: none']!.open(it);
  const sas = await azureBlob.ways['Azure Blob: SAS']!.open(it);
  for (const { provider } of [place, sas]) {
    const input = {
      projectId: project,
      provider: provider as StorageProviderUpdateInput,
      settings: { source: {} },
      origin,
    };
    const diagnoseStorage = unbranched(
      (await owner.run(Diagnose, { input: candidate(input) })).diagnoseStorage,
    );
    expect(diagnoseStorage).toMatchObject({
      __typename: 'ProviderError',
      code: 'UNSUPPORTED',
      capability: 'SIGN',
    });
  }
});

test.each([
  'label.example.com',
  'https://label.example.com/',
  'https://label.example.com/page',
  'file://x',
  'null',
  '',
])('the origin %j is none', async (wrongOrigin) => {
  const place = await s3.ways['S3: access key']!.open(it);
  const diagnoseStorage = unbranched(
    (
      await owner.run(Diagnose, {
        input: candidate({ ...unsaved(place), origin: wrongOrigin }),
      })
    ).diagnoseStorage,
  );
  expect(diagnoseStorage).toMatchObject({
    __typename: 'ValidationError',
    fields: [{ path: fieldPath('origin') }],
  });
});
