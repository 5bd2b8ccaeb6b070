import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replyGate } from '../../src/providers/redis/gate.ts';

/** Passes pieces through a gate that expects requests of so many replies each. */
function pass(pieces: (string | Uint8Array)[], due: number[] = [1]): void {
  const gate = replyGate();
  for (const replies of due) gate.expect(replies);
  for (const piece of pieces) gate.pass(Buffer.from(piece as string, 'latin1'));
}

function refusalOf(code: string) {
  return expect.objectContaining({ failure: expect.objectContaining({ code }) });
}

const refused = refusalOf('UNEXPECTED_RESPONSE');

/** The wire form of replies. */
const reply: fc.Memo<string> = fc.memo((depth) => {
  const line = fc.stringMatching(/^[ -~]{0,20}$/);
  const leaf = fc.oneof(
    line.map((text) => `+${text}\r\n`),
    line.map((text) => `-${text}\r\n`),
    fc.integer().map((number) => `:${number}\r\n`),
    fc
      .uint8Array({ maxLength: 50 })
      .map((bytes) => `$${bytes.length}\r\n${Buffer.from(bytes).toString('latin1')}\r\n`),
    fc.constantFrom('$-1\r\n', '*-1\r\n'),
  );
  if (depth <= 1) return leaf;
  const list = fc.array(reply(depth - 1), { maxLength: 4 });
  return fc.oneof(
    leaf,
    list.map((elements) => `*${elements.length}\r\n${elements.join('')}`),
  );
});

/** Cuts a text into pieces of these lengths, again and again. */
function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = lengths[pieces.length % lengths.length]! + 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

describe('replies that are due', () => {
  test('pass, however they are cut, and one more does not', () => {
    const cuts = fc.array(fc.nat(30), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(reply(4), { minLength: 1 }), cuts, (replies, lengths) => {
        const pieces = cut(replies.join(''), lengths);
        pass(pieces, [replies.length]);
        const each = replies.map(() => 1);
        pass(pieces, each);
        expect(() => pass([...pieces, '$-1\r\n'], each)).toThrow(refused);
      }),
    );
  });

  test('may be as long as allowed, and no longer', () => {
    const longest = 8 * 2 ** 20;
    const half = `$${longest / 2}\r\n${'x'.repeat(longest / 2)}\r\n`;
    pass([half, half], [1, 1]);
    expect(() => pass([half, half], [2])).toThrow(refused);
    const many = ':1\r\n'.repeat(25_000);
    pass(['*50000\r\n', many, many]);
    expect(() => pass(['*25000\r\n', many, '*25001\r\n'], [2])).toThrow(refused);
  });
});

describe('bytes that are no reply', () => {
  const wires = [
    'HTTP/1.1 200 OK\r\n',
    '$1e3\r\n',
    '$-2\r\n',
    '*-7\r\n',
    ':\r\n',
    ':1.5\r\n',
    ':99999999999999999\r\n',
    `$${8 * 2 ** 20 + 1}\r\n`,
    '$2\r\nabc\r\n',
    '$2\r\nab\rx',
    '+OK\rx',
    `+${'x'.repeat(70_000)}`,
    `+${'x'.repeat(70_000)}\r\n`,
    '*1\r\n'.repeat(9),
    '*50001\r\n',
    '%1\r\n',
  ];
  for (const wire of wires) {
    test(`${JSON.stringify(wire.slice(0, 20))} are refused, whole and byte by byte`, () => {
      expect(() => pass([wire])).toThrow(refused);
      expect(() => pass(cut(wire, [0]))).toThrow(refused);
    });
  }

  test('a length is judged before its line has ended', () => {
    expect(() => pass(['*32000000\r'])).toThrow(refused);
  });

  test('TLS is named', () => {
    for (const wire of ['\x15\x03\x03\0\x02\x02\x46', '\x16\x03\x01']) {
      expect(() => pass([wire])).toThrow(refusalOf('TLS_FAILURE'));
      expect(() => pass([wire], [])).toThrow(refusalOf('TLS_FAILURE'));
    }
  });

  test('any bytes throw nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        try {
          pass(pieces);
        } catch (error) {
          expect(error).toHaveProperty('failure.code');
        }
      }),
    );
  });
});
