import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Command, encode, Refusal, type Reply, replyReader } from '../../src/providers/redis/resp.ts';

const limit = 1000;

/** What the reader makes of these pieces. */
function repliesOf(...pieces: (string | Buffer)[]): Reply[] {
  const replies: Reply[] = [];
  const read = replyReader(limit, (reply) => replies.push(reply));
  for (const piece of pieces) read(Buffer.from(piece as string, 'latin1'));
  return replies;
}

describe('commands', () => {
  test('are lists of bulk strings, whose lengths are bytes', () => {
    const command: Command = ['SET', 'schlüssel', Buffer.from([0, 255, 13, 10])];
    expect(Buffer.concat(encode([command])).toString('latin1')).toBe(
      '*3\r\n$3\r\nSET\r\n$10\r\nschl\u00c3\u00bcssel\r\n$4\r\n\0\u00ff\r\n\r\n',
    );
  });

  test('follow each other', () => {
    const pieces = encode([['PING'], ['SET', 'k', Buffer.from('v')], ['DEL', 'k']]);
    expect(Buffer.concat(pieces).toString()).toBe(
      '*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n',
    );
  });

  test('do not copy bytes', () => {
    const body = new Uint8Array(5);
    expect(encode([['SET', 'k', body]])).toContain(body);
  });
});

describe('replies', () => {
  test('of every type', () => {
    expect(repliesOf('+OK\r\n')).toEqual(['OK']);
    expect(repliesOf(':-42\r\n')).toEqual([-42]);
    expect(repliesOf('$5\r\na\r\nb!\r\n')).toEqual([Buffer.from('a\r\nb!')]);
    expect(repliesOf('$0\r\n\r\n')).toEqual([Buffer.alloc(0)]);
    expect(repliesOf('$-1\r\n*-1\r\n')).toEqual([null, null]);
    expect(repliesOf('-WRONGPASS no\r\n')).toEqual([new Refusal('WRONGPASS no')]);
    expect(repliesOf('*0\r\n*2\r\n$1\r\n0\r\n*2\r\n:1\r\n-ERR x\r\n')).toEqual([
      [],
      [Buffer.from('0'), [1, new Refusal('ERR x')]],
    ]);
  });

  const reply: fc.Memo<[wire: string, value: Reply]> = fc.memo((depth) => {
    const line = fc.stringMatching(/^[ -~]{0,20}$/);
    const leaf = fc.oneof(
      line.map((text): [string, Reply] => [`+${text}\r\n`, text]),
      line.map((text): [string, Reply] => [`-${text}\r\n`, new Refusal(text)]),
      fc.integer().map((number): [string, Reply] => [`:${number}\r\n`, number]),
      fc.uint8Array({ maxLength: 50 }).map((bytes): [string, Reply] => {
        const buffer = Buffer.from(bytes);
        return [`$${buffer.length}\r\n${buffer.toString('latin1')}\r\n`, buffer];
      }),
      fc.constant<[string, Reply]>(['$-1\r\n', null]),
    );
    if (depth <= 1) return leaf;
    const list = fc.array(reply(depth - 1), { maxLength: 4 }).map((elements): [string, Reply] => {
      const wire = elements.map(([each]) => each).join('');
      return [`*${elements.length}\r\n${wire}`, elements.map(([, value]) => value)];
    });
    return fc.oneof(leaf, list);
  });

  test('however the bytes are cut', () => {
    const cuts = fc.array(fc.nat(30), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(reply(4)), cuts, (replies, lengths) => {
        const wire = replies.map(([each]) => each).join('');
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = (lengths[i % lengths.length] ?? 0) + 1;
          pieces.push(wire.slice(at, at + length));
          at += length;
        }
        expect(repliesOf(...pieces)).toEqual(replies.map(([, value]) => value));
      }),
    );
  });

  test('that are none end in an error of the closed set', () => {
    const none = {
      UNEXPECTED_RESPONSE: [
        'HTTP/1.1 200 OK\r\n',
        '$1e3\r\n',
        '$-2\r\n',
        '*-7\r\n',
        ':\r\n',
        ':1.5\r\n',
        ':99999999999999999\r\n',
        `$${limit + 1}\r\n`,
        '$2\r\nabc\r\n',
        `+${'x'.repeat(70_000)}`,
        `+${'x'.repeat(70_000)}\r\n`,
        '*1\r\n'.repeat(9),
      ],
      TLS_FAILURE: ['\x15\x03\x03\0\x02\x02\x46', '\x16\x03\x01'],
    };
    for (const [code, wires] of Object.entries(none)) {
      for (const wire of wires) {
        expect(() => repliesOf(wire), wire.slice(0, 20)).toThrow(
          expect.objectContaining({ failure: expect.objectContaining({ code }) }),
        );
      }
    }
  });

  test('that announce much and bring nothing take no memory', () => {
    expect(repliesOf('*999999999999\r\n', ':1\r\n')).toEqual([]);
  });

  test('of any bytes throw nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        try {
          repliesOf(...pieces.map((piece) => Buffer.from(piece)));
        } catch (error) {
          expect(error).toHaveProperty('failure.code');
        }
      }),
    );
  });
});
