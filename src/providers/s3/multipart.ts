import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type CreateMultipartUploadCommandOutput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { DriverFailure } from '../errors.ts';
import { inParts } from '../parts.ts';
import { notS3 } from './failures.ts';

/** Above the least that S3 takes, 5 MiB; 10,000 parts at most ("Amazon S3 multipart upload limits"). */
const PART_BYTES = 16 << 20;
const MAX_PARTS = 9_000;

/**
 * Uploads an object of any length in parts, of which one is held in memory. Nothing is there until all of it is; what
 * fails leaves no parts behind, as far as the server lets us clear up.
 * @param size bytes of the object, as far as known: longer objects come in longer parts
 * @param begun is told what the server says of the object to be; what it throws ends the upload
 */
export async function uploadInParts(
  client: S3Client,
  target: CreateMultipartUploadCommandInput,
  {
    body,
    size,
    begun,
  }: {
    body: AsyncIterable<Uint8Array>;
    size: number;
    begun(said: CreateMultipartUploadCommandOutput): void;
  },
  signal: AbortSignal,
): Promise<CompleteMultipartUploadCommandOutput> {
  const { Bucket, Key } = target;
  const options = { abortSignal: signal };
  const said = await client.send(new CreateMultipartUploadCommand(target), options);
  const { UploadId } = said;
  if (!UploadId) throw new DriverFailure(notS3);
  const upload = { Bucket, Key, UploadId };
  try {
    begun(said);
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for await (const Body of inParts(body, Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS)))) {
      const PartNumber = parts.length + 1;
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }), options);
      parts.push({ PartNumber, ETag });
    }
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } });
    return await client.send(complete, options);
  } catch (error) {
    const limit = { abortSignal: AbortSignal.timeout(10_000) };
    await client.send(new AbortMultipartUploadCommand(upload), limit).catch(() => undefined);
    throw error;
  }
}
