import { text } from 'node:stream/consumers';
import type { ListPage, ObjectBody } from '../../../src/providers/provider.ts';
import type { Trial } from '../conformance.ts';

/** Bytes in which every offset looks different, so that a shifted or repeated part is seen. */
export function pattern(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761);
  return Buffer.from(words.buffer, 0, length);
}

export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

export const bodyText = (body: ObjectBody): Promise<string> => text(body.stream);

export async function bodyBytes(body: ObjectBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Every page of the storage. */
export async function pagesOf(
  trial: Trial,
  request: { recursive?: boolean; after?: string } = {},
): Promise<ListPage[]> {
  const { recursive = true, after } = request;
  const pages: ListPage[] = [];
  for await (const page of trial.store.list({ recursive, after, signal: trial.signal })) pages.push(page);
  return pages;
}

/** Every key of the storage, as listed. */
export async function keysOf(
  trial: Trial,
  request: { recursive?: boolean; after?: string } = {},
): Promise<string[]> {
  return (await pagesOf(trial, request)).flatMap((page) => page.objects.map((object) => object.key));
}

/** Byte order of the UTF-8 form, spelled the slow and obvious way. */
export const inByteOrder = (keys: readonly string[]): string[] =>
  [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Names that have broken somebody's encoding. Single-segment, legal at every provider. */
export const oddNames = [
  'two  spaces.txt',
  ' leading space',
  'quotes "double" \'single\' `back`',
  'percent %41 %2F %zz 100%',
  'plus+and&equals=semi;comma,',
  'hash#fragment',
  'question?query=1',
  'brackets [1](2){3}<4>',
  'tilde~caret^pipe|star*bang!dollar$at@colon:',
  '.hidden',
  'emoji 🏷️👩‍🔬.png',
  'nfc \u00e9',
  'nfd e\u0301',
  'right-to-left \u05d0\u05d1\u05d2',
  'fullwidth ～ before emoji',
  '日本語.jpg',
];
