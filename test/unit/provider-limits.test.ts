import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GcsTrial, startTrial } from '../servers/gcs-trial.ts';
import { countListed, listingKinds } from '../servers/listing-kinds.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { watchLoop } from '../support/loop.ts';

const PIECE = 65_536;

/** How much of a response is read, whatever a server sends. */

let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
});
afterAll(() => trial.server.close());

describe.each(Object.entries(listingKinds))('%s', (kind, { open, page, crowd }) => {
  const text = (length: number) =>
    kind === 'GCS' ? 'x'.repeat(length) : `<Owner>${'x'.repeat(length)}</Owner>`;

  /** Lists from a server that answers so; how much of it the client lets come, in bytes. */
  async function listFrom(status: number, body: string): Promise<{ code: string; sent: number }> {
    let sent = 0;
    const pieces = function* () {
      for (let at = 0; at < body.length; at += PIECE) {
        sent += PIECE;
        yield Buffer.from(body.slice(at, at + PIECE));
      }
    };
    const server = await wireServer((_, response) => {
      response.writeHead(status);
      pipeline(pieces, response).catch(() => {});
    });
    const code = await countListed(open(server.url, trial)).then(
      () => 'OK',
      (error) => error.code,
    );
    await server.close();
    return { code, sent };
  }

  test('an error document of 16 MB is given up early', async () => {
    const stop = watchLoop();
    const { code, sent } = await listFrom(
      400,
      `<Error><Code>X</Code><Message>${'x'.repeat(16 << 20)}</Message></Error>`,
    );
    expect(code).toBe('UNEXPECTED_RESPONSE');
    expect(stop()).toBeLessThan(200);
    // What sockets hold, and a little more.
    expect(sent).toBeLessThan(8 << 20);
  });

  test('a page of more than was asked for is refused', async () => {
    expect((await listFrom(200, page(1001))).code).toBe('UNEXPECTED_RESPONSE');
  });

  test('a page of more than 8 MB is refused', async () => {
    expect((await listFrom(200, page(1, `<!-- ${'x'.repeat(9 << 20)} -->`))).code).toBe(
      'UNEXPECTED_RESPONSE',
    );
  });

  test('a page of as much text as is taken holds nobody up', async () => {
    const longests: number[] = [];
    for (const megabytes of [1.9, 4.9, 7.9]) {
      const stop = watchLoop();
      await listFrom(200, page(1, text(Math.floor(megabytes * 2 ** 20))));
      longests.push(stop());
    }
    expect(Math.max(...longests)).toBeLessThan(200);
  });

  test('a page of a million parts is refused before it is read', async () => {
    const body = page(1, crowd);
    expect(body.length).toBeLessThan(8 << 20);
    const stop = watchLoop();
    const { code } = await listFrom(200, body);
    const longest = stop();
    expect(code).toBe('UNEXPECTED_RESPONSE');
    expect(longest).toBeLessThan(200);
  });
});
