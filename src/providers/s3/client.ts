import type { IncomingMessage } from 'node:http';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { isCrowded } from '../../formats/excess.ts';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { notS3 } from './failures.ts';

/** A listing of 1,000 keys of 1,024 bytes, each byte escaped, stays below 4 MB. */
const responseLimit = 5 * 1024 * 1024;
/** Tags and escapes of a response: 1,000 objects have thirty each, at most. */
const partsLimit = 100_000;
/** Enough for every error document; of a page that is none, more is not wanted. */
const errorLimit = 64 * 1024;

/**
 * What the clients of S3 and STS have in common: the guard's agents, one attempt (the layers retry), and an
 * upper bound for answers that are read as a whole, since any server may be named as endpoint. The agents
 * belong to the whole service: never call `destroy()` on a client, it would close everybody's connections.
 */
export function clientOptions(environment: ProviderEnvironment) {
  const { httpAgent, httpsAgent } = environment.outbound;
  return {
    maxAttempts: 1,
    requestHandler: { httpAgent, httpsAgent },
    streamCollector: collect,
    customUserAgent: 'longshore',
  } satisfies Partial<S3ClientConfig>;
}

/** A response as it comes from the network, or from who has read it before. */
interface Response
  extends AsyncIterable<Uint8Array>,
    Partial<Pick<IncomingMessage, 'statusCode' | 'headers'>> {
  resume?(): unknown;
}

/** The whole of a response, if it is not too long. @throws DriverFailure */
export async function collect(stream: Response): Promise<Buffer> {
  // The response to most writes: waiting for its end takes a tenth of all that a write does.
  if (stream.headers?.['content-length'] === '0') {
    stream.resume?.();
    return Buffer.alloc(0);
  }
  const limit = (stream.statusCode ?? 0) < 300 ? responseLimit : errorLimit;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    // Leaving the loop destroys the stream.
    if (length > limit) throw new DriverFailure(notS3);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, length);
  if (isCrowded(body, partsLimit)) throw new DriverFailure(notS3);
  return body;
}
