import { expect, test } from 'vitest';
import { inParts } from '../../src/providers/parts.ts';

async function* pieces(...lengths: number[]) {
  let at = 0;
  for (const length of lengths) yield Uint8Array.from({ length }, () => at++);
}

async function partsOf(length: number, ...lengths: number[]): Promise<number[][]> {
  const parts: number[][] = [];
  for await (const part of inParts(pieces(...lengths), length)) parts.push([...part]);
  return parts;
}

test('all parts but the last have just this length, however the bytes come', async () => {
  const whole = [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ];
  for (const lengths of [[10], [3, 3, 3, 1], [0, 5, 0, 5], Array(10).fill(1)])
    expect(await partsOf(4, ...lengths)).toEqual(whole);
});

test('what ends with a part has no empty one behind it; nothing is one empty part', async () => {
  expect(await partsOf(2, 3, 1)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(await partsOf(2)).toEqual([[]]);
});
