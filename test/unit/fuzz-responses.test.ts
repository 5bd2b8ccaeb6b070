import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import { type GcsTrial, startTrial } from '../servers/gcs-trial.ts';
import { countListed, listingKinds } from '../servers/listing-kinds.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { check, long, spoiled } from '../support/fuzz.ts';

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
  const bodies = [page(3), page(0), error, errorInJson].map((text) => Buffer.from(text));
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 400, 403, 404, 503),
    body: spoiled(...bodies),
  });

  test('a listing', long(50), async () => {
    const store = open(server.url, trial);
    await check(answers, async (given) => {
      answer = given;
      const listed = await countListed(store).catch((error: unknown) => error);
      if (typeof listed === 'number') expect(listed).toBeLessThanOrEqual(1_000);
      else expect(listed).toBeInstanceOf(ProviderError);
      if (!(listed instanceof ProviderError)) return;
      expect(listed.code).not.toMatch(/INTERNAL|OBJECT_NOT_FOUND/);
      expect(listed.message).toMatch(/^[\p{L}\p{P}\p{S}\p{N} ]+$/u);
    });
    await store.close();
  });
});
