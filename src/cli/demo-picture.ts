import { crc32, deflateSync } from 'node:zlib';

/** Pixels of a side. */
const SIDE = 160;
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bit depth 8, colors by palette, and nothing else that a PNG may have. */
const FORMAT = [8, 3, 0, 0, 0];
const BACKGROUND = [0xec, 0xf0, 0xf1];

/** A PNG (W3C, third edition) of a disc of this color, red, green and blue, on a light ground. */
export function disc(color: readonly [number, number, number], radius: number): Buffer {
  const rows: number[] = [];
  for (let y = 0; y < SIDE; y++) {
    rows.push(0);
    for (let x = 0; x < SIDE; x++) {
      rows.push(Math.hypot(x + 0.5 - SIDE / 2, y + 0.5 - SIDE / 2) <= radius ? 1 : 0);
    }
  }
  const size = Buffer.alloc(8);
  size.writeUInt32BE(SIDE, 0);
  size.writeUInt32BE(SIDE, 4);
  return Buffer.concat([
    signature,
    chunk('IHDR', Buffer.concat([size, Buffer.from(FORMAT)])),
    chunk('PLTE', Buffer.from([...BACKGROUND, ...color])),
    chunk('IDAT', deflateSync(Buffer.from(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
