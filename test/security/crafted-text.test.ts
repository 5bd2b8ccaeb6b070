import { describe, expect, test } from 'vitest';
import { normalizePrefix } from '../../src/objects/keys.ts';
import { azureBlobNotifications } from '../../src/providers/azure-blob/notifications.ts';
import { gcsNotifications } from '../../src/providers/gcs/notifications.ts';
import { s3Notifications } from '../../src/providers/s3/notifications.ts';
import { redact } from '../../src/security/redact.ts';
import { compileFilter, inPages } from '../../src/storages/filter.ts';
import { readNotifications } from '../../src/storages/notifications/read.ts';

/** Text that was made to take long: each of the size that a request can have, each in a moment. */
const SIZE = 800_000;
const crafted = [
  `${'/'.repeat(SIZE)}x`,
  'a.'.repeat(SIZE / 2),
  'a://a:'.repeat(SIZE / 6),
  'bearer '.repeat(SIZE / 7),
  '?token'.repeat(SIZE / 6),
  `/containers/${'x/blobs/'.repeat(SIZE / 8)}`,
  '/blobServices/default/containers/'.repeat(SIZE / 33),
  '/containers/a'.repeat(SIZE / 13),
  '%'.repeat(SIZE),
  '+'.repeat(SIZE),
  ' '.repeat(SIZE),
];

const wrapped = (text: string) => [
  { eventType: 'Microsoft.Storage.BlobCreated', subject: text },
  { Type: 'SubscriptionConfirmation', SubscribeURL: `https://${text}` },
  { Type: 'Notification', Message: text },
  { Records: [{ s3: { bucket: { name: text }, object: { key: text } } }] },
  { message: { attributes: { bucketId: text, objectId: text } } },
];

const readers: Record<string, (text: string) => unknown> = {
  'a prefix': normalizePrefix,
  'a logged text': (text) => redact({ text }),
  notifications: (text) =>
    [s3Notifications, gcsNotifications, azureBlobNotifications].map((reader) =>
      readNotifications(wrapped(text), reader as never),
    ),
};

describe.each(Object.entries(readers))('%s', (_name, read) => {
  test.each(crafted.map((text) => [text.slice(0, 20), text] as const))('%s…', (_start, text) => {
    read(text.slice(0, 100));
    // Processor time, the least of three: what others leave behind is collected at some time, too.
    const times = [1, 2, 3].map(() => {
      const before = process.threadCpuUsage();
      read(text);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(20);
  });
});

describe('a filter', () => {
  const never = new AbortController().signal;

  test.each([
    `(${'a?'.repeat(1_000)})+c`,
    '(a{1000}){4}',
    '[ab]*'.repeat(400),
    `(${'a|'.repeat(4)}${'(b|c)?'.repeat(600)})*`,
    '((a{0,100}){0,100}){0,100}',
  ])('%s compiles to too much and is refused', (expression) => {
    expect(() => compileFilter(expression)).toThrow(/simpler|syntax|Expected at most/);
  });

  test('of the largest program over the longest keys lets others go on, and says the same', async () => {
    const filter = compileFilter(`(${'a?'.repeat(140)})+c`);
    // However fast the machine is, a key takes longer than a slice.
    const slow: typeof filter = (key) => {
      for (const end = performance.now() + 25; performance.now() < end; );
      return filter(key);
    };
    const paged = inPages(slow);
    const keys = Array.from(
      { length: 6 },
      (_, index) => `${'a'.repeat(1_000)}${index % 2 ? 'c' : 'b'}${index}`,
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await paged.prepare(keys, never);
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(keys.length - 1);
    for (const key of keys) expect(paged.matches(key)).toBe(filter(key));
  });

  test('that takes longer over a page than it may is given up', async () => {
    const filter = compileFilter(`(${'a?'.repeat(140)})+c`);
    const keys = Array.from({ length: 1_000 }, (_, index) => `${'a'.repeat(1_000)}b${index}`);
    await expect(inPages(filter, 100).prepare(keys, never)).rejects.toMatchObject({
      code: 'FILTER_TOO_SLOW',
    });
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(inPages(filter).prepare(keys, gone)).rejects.toThrow('gone');
    await expect(inPages(compileFilter('a.*b[0-9]$')).prepare(keys, never)).resolves.toBeUndefined();
  });

  test('of everyday use is small enough', () => {
    for (const expression of [
      '.*\\.(jpe?g|png|gif)$',
      '[0-9]{4}/[0-9]{2}/.*',
      '(?i)images/(train|test)/.*\\.json',
    ])
      expect(() => compileFilter(expression)).not.toThrow();
  });
});
