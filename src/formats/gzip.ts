import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';
import { FormatError, type FormatLimits } from './model.ts';

/** Packed bytes given to zlib at once. Deflate unpacks to at most 1,032 times as much: 16 MB wait at most. */
const pieceBytes = 16 * 1024;

/** Whether bytes begin like a gzip member (RFC 1952 section 2.3.1): two magic bytes and method 8. */
export function isGzip(bytes: Buffer): boolean {
  return bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;
}

/**
 * Unpacks gzip, several members too. What was unpacked before a broken place is given before the error:
 * piping through a stream would drop it, so the pieces are written one by one and collected.
 * @throws FormatError BROKEN_GZIP or DECOMPRESSION_BOMB; errors of `packed` pass through.
 */
export async function* gunzip(
  packed: AsyncIterable<Buffer>,
  limits: FormatLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const zlib = createGunzip({ chunkSize: 64 * 1024 });
  let out: Buffer[] = [];
  zlib.on('data', (chunk: Buffer) => out.push(chunk));
  // `zlib.errored` tells, and sooner than the event.
  zlib.on('error', () => undefined);
  let bytesIn = 0;
  let bytesOut = 0;
  function* takeOut(): Generator<Buffer, void, undefined> {
    const taken = out;
    out = [];
    for (const chunk of taken) {
      bytesOut += chunk.length;
      checkBomb(bytesIn, bytesOut, limits);
      yield chunk;
    }
  }
  try {
    let feeding: Promise<void> | undefined;
    for await (const piece of piecesOf(packed)) {
      await feeding;
      if (zlib.errored) break;
      // zlib's thread unpacks the next piece while the caller parses what is out already.
      const ready = [...takeOut()];
      bytesIn += piece.length;
      feeding = feed(zlib, piece);
      yield* ready;
    }
    await feeding;
    if (!zlib.errored) await finish(zlib);
    yield* takeOut();
    if (zlib.errored) throw brokenGzip(zlib.errored);
  } finally {
    zlib.destroy();
  }
}

async function* piecesOf(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of packed) {
    for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
  }
}

/** Resolves when zlib has unpacked the piece, has failed (its 'error' event tells) or has seen the end. */
function feed(zlib: Gunzip, piece: Buffer): Promise<void> {
  if (zlib.destroyed || zlib.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    zlib.once('close', resolve);
    zlib.write(piece, () => {
      zlib.off('close', resolve);
      resolve();
    });
  });
}

async function finish(zlib: Gunzip): Promise<void> {
  if (zlib.destroyed || zlib.readableEnded) return;
  const closed = once(zlib, 'close');
  zlib.end();
  await closed.catch(() => undefined);
}

function brokenGzip(cause: Error): FormatError {
  const truncated = 'code' in cause && cause.code === 'Z_BUF_ERROR';
  const message = truncated
    ? 'The gzip data ends too early. Upload the object again.'
    : 'The gzip data is damaged. Compress and upload the object again.';
  return new FormatError('BROKEN_GZIP', message, { cause });
}

/** @throws FormatError DECOMPRESSION_BOMB when that much out of that much in is more than the limits allow. */
export function checkBomb(bytesIn: number, bytesOut: number, limits: FormatLimits): void {
  if (bytesOut > limits.maxDecompressedBytes) {
    throw new FormatError(
      'DECOMPRESSION_BOMB',
      `The object unpacks to more than ${limits.maxDecompressedBytes} bytes. Split it into smaller objects.`,
    );
  }
  if (bytesOut > limits.ratioFreeBytes && bytesOut > bytesIn * limits.maxRatio) {
    throw new FormatError(
      'DECOMPRESSION_BOMB',
      `The object unpacks to more than ${limits.maxRatio} times its size. Split it, or upload it uncompressed.`,
    );
  }
}
