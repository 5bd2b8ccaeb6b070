import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Radosgw, radosgwAt, type S3Keys } from '../servers/radosgw.ts';
import { serverOf } from '../servers/servers.ts';
import type { S3Input, StorageProviderInput } from './generated/graphql.ts';

/** A bucket of its own on the run's radosgw. It goes with the server. */
export interface Bucket {
  name: string;
  server: Radosgw;
  put(key: string, body: string | Uint8Array): Promise<void>;
  keys(): Promise<string[]>;
  keysUnder(prefix: string): Promise<string[]>;
  text(key: string): Promise<string>;
  /** Deletes the bucket, which must be empty. */
  remove(): Promise<void>;
  /** Creates a bucket of this name anew. */
  create(): Promise<void>;
  /** What a client sends to connect it; `change` replaces fields. */
  input(change?: Partial<S3Input>): StorageProviderInput & { s3: S3Input };
}

/**
 * @param keys of its owner; the administrator's if absent
 * @param locked objects are versioned, and no version can be deleted for a day
 */
export async function createBucket(keys?: S3Keys, { locked = false } = {}): Promise<Bucket> {
  const server: Radosgw = { ...radosgwAt(await serverOf('radosgw')), ...keys };
  const name = `bucket-${randomUUID()}`;
  const { endpoint } = server;
  const admin = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: server,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const create = async () =>
    void (await admin.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: locked })));
  await create();
  if (locked) {
    const Rule = { DefaultRetention: { Mode: 'COMPLIANCE' as const, Days: 1 } };
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule };
    await admin.send(new PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration }));
  }
  const keysUnder = async (Prefix: string) => {
    const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket: name, Prefix }));
    return Contents.map(({ Key = '' }) => Key);
  };
  return {
    name,
    server,
    keysUnder,
    keys: () => keysUnder(''),
    async put(Key, Body) {
      await admin.send(new PutObjectCommand({ Bucket: name, Key, Body }));
    },
    async text(Key) {
      const { Body } = await admin.send(new GetObjectCommand({ Bucket: name, Key }));
      return Body!.transformToString();
    },
    async remove() {
      await admin.send(new DeleteBucketCommand({ Bucket: name }));
    },
    create,
    input: (change = {}) => ({ s3: { bucket: name, endpoint, credentials: accessKey(server), ...change } }),
  };
}

export const accessKey = ({ accessKeyId, secretAccessKey }: S3Keys) => ({
  accessKey: { accessKeyId, secretAccessKey },
});
