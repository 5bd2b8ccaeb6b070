import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import type { ObjectInfo } from '../../src/providers/provider.ts';
import type { Store } from '../../src/providers/store.ts';
import { type GcsTrial, startTrial } from '../servers/gcs-trial.ts';
import { listingKinds } from '../servers/listing-kinds.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { check, long, rearranged, spoiled } from '../support/fuzz.ts';

/** Servers that answer a listing with anything: it is listed, or refused in the service's own words. */
let trial: GcsTrial;
let server: WireServer;
let answer: { status: number; body: Buffer };
beforeAll(async () => {
  trial = await startTrial();
  server = await wireServer((_, response) => response.writeHead(answer.status).end(answer.body));
});
afterAll(async () => {
  await server.close();
  await trial.server.close();
});

const error = '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>m</Message></Error>';
const errorInJson = '{"error":{"code":404,"message":"m","errors":[{"reason":"notFound"}]}}';

describe.each(Object.entries(listingKinds))('%s', (_, { open, page }) => {
  const texts = [page(3), page(0), error, errorInJson];
  const bodies = texts.map((text) => Buffer.from(text));
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 400, 403, 404, 503),
    body: fc.oneof(spoiled(...bodies), rearranged(...texts)),
  });

  test('a listing', long(50), async () => {
    const store = open(server.url, trial);
    await check(
      answers,
      async (given) => {
        answer = given;
        const listed = await objectsOf(store).catch((error: unknown) => error);
        if (Array.isArray(listed)) {
          expect(listed.length).toBeLessThanOrEqual(1_000);
          for (const object of listed) expect(object).toMatchObject(wellFormed);
          return;
        }
        expect(listed).toBeInstanceOf(ProviderError);
        const { code, message, cause } = listed as ProviderError;
        expect(code).not.toMatch(/INTERNAL|OBJECT_NOT_FOUND/);
        expect(message).toMatch(/^[\p{L}\p{P}\p{S}\p{N} ]+$/u);
        // What SDKs trip over is theirs; we look before we step.
        expect(faultOf(cause) ?? '').not.toContain('/src/');
      },
      [{ status: 403, body: Buffer.from(error.replace('<Message>', '<Code>Twice</Code><Message>')) }],
    );
    await store.close();
  });
});

/** What a sync relies on. */
const wellFormed = {
  key: expect.stringMatching(/./s),
  size: expect.toSatisfy((size) => Number.isSafeInteger(size) && size >= 0),
  version: expect.toSatisfy((version) => version === null || (typeof version === 'string' && version !== '')),
  modifiedAt: expect.toSatisfy((at) => at === null || !Number.isNaN(at.getTime())),
};

/** Where an error of the language comes from. */
const faultOf = (error: unknown) =>
  error instanceof TypeError ? error.stack?.split('\n    at ')[1] : undefined;

async function objectsOf(store: Store): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  const { signal } = new AbortController();
  for await (const page of store.list({ recursive: true, signal })) objects.push(...page.objects);
  return objects;
}
