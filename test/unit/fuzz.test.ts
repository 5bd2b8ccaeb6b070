import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBody } from '../../src/api/body.ts';
import { defaultLimits } from '../../src/formats/model.ts';
import { parseObject } from '../../src/formats/parse.ts';
import { decide } from '../../src/media/range.ts';
import { findUris, replaceUris, uriStarts } from '../../src/media/uris.ts';
import { azureBlobNotifications } from '../../src/providers/azure-blob/notifications.ts';
import { gcsNotifications } from '../../src/providers/gcs/notifications.ts';
import { createRegistry } from '../../src/providers/registry.ts';
import { s3Notifications } from '../../src/providers/s3/notifications.ts';
import { readNotifications } from '../../src/storages/notifications/read.ts';
import { renderKey, templateProblem } from '../../src/storages/template.ts';
import { check, long, textOf } from '../support/fuzz.ts';

/** Readers of what strangers write, fed with anything: they refuse it, or say what they promise. */
const starts = uriStarts([...createRegistry({ localFiles: true }).values()].map(({ uriStart }) => uriStart));

test('the tokenizer of URIs finds places that lie in the text, one behind the other', long(), () =>
  check(
    textOf(
      's3://b/',
      'gs://',
      'azure-blob://c/',
      '/data/local-files/?d=',
      '<img src="',
      "'",
      '"',
      '&amp;',
      '&#',
      '>',
      ' ',
      '%2e',
    ),
    (text) => {
      let end = 0;
      for (const span of findUris(text, starts)) {
        expect(span.begin).toBeGreaterThanOrEqual(end);
        expect(span.end).toBeGreaterThan(span.begin);
        end = span.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
      expect(replaceUris(text, starts, () => undefined)).toBe(text);
    },
    ['s3://', '<img src="s3://b/&#x110000;">', '/data/local-files/?d=%'],
  ),
);

test('a range is refused, or lies in the object', long(), () =>
  check<[range: string, size: number]>(
    fc.tuple(textOf('bytes=', '-', ',', '0', '1', '99', '18446744073709551616'), fc.nat({ max: 200 })),
    ([range, size]) => {
      const decision = decide('GET', { range }, { size, etag: '"1"', lastModified: null } as never, 50);
      expect([200, 206, 416]).toContain(decision.status);
      if (!('start' in decision)) return;
      const { start, end } = decision;
      expect(start >= 0 && start <= end && end < size).toBe(true);
    },
    [
      ['bytes=-0', 1],
      ['bytes=0-0', 0],
    ],
  ),
);

test('a key template is refused, or makes a key that stays below its prefix', long(), () =>
  check(
    textOf(
      '{task.id}',
      '{task.sourceKey}',
      '{',
      '}',
      '..',
      '/',
      '\\',
      '{task.createdAt:yyyy/MM}',
      '{constructor}',
      'a',
    ),
    (template) => {
      if (templateProblem(template, 'TASK') !== undefined) return;
      const task = { id: 1, innerId: 1, sourceKey: '../../etc/passwd', createdAt: new Date(0) };
      const key = renderKey(template, 'TASK', { task, project: { id: 1 }, annotation: null } as never);
      expect(key.startsWith('/')).toBe(false);
      expect(key.split(/[/\\]/)).not.toContain('..');
    },
  ),
);

test('a body of notifications is refused, or names containers and keys', long(), () =>
  check(fc.jsonValue({ maxDepth: 6 }), (body) => {
    for (const reader of [s3Notifications, gcsNotifications, azureBlobNotifications]) {
      for (const given of [
        body,
        { Records: body },
        { Type: 'Notification', Message: body },
        { message: body },
        [body],
      ]) {
        const read = readNotifications(given, reader as never);
        for (const { container, key } of read?.changes ?? []) {
          expect([typeof container, typeof key]).toEqual(['string', 'string']);
        }
      }
    }
  }),
);

test('a row of JSON is a problem, or what JSON.parse makes of it', long(), () =>
  check(
    textOf('{', '}', '[', ']', '"a":', ',', '1', '0.10', '"\\u0000"', '"\\ud800"', 'null', '{"a":1}'),
    (text) => {
      const parsed = parseObject(text, defaultLimits.maxDepth);
      if ('problem' in parsed) expect(parsed.problem.message).not.toBe('');
      else expect(JSON.parse(JSON.stringify(parsed.value))).toEqual(JSON.parse(text));
    },
  ),
);

test('the body of a request is refused, or what JSON.parse makes of it', long(), () =>
  check(
    fc.oneof(fc.json({ maxDepth: 5 }), textOf('{', '}', '[', ']', '"', ',', ':', '1e999', '-')),
    async (text) => {
      const parsed = await parseBody(text, true).catch((error: unknown) => error);
      if (parsed instanceof Error) expect(() => JSON.parse(text)).toThrow();
      else expect(parsed).toEqual(JSON.parse(text));
    },
  ),
);
