import { isIP } from 'node:net';
import { z } from 'zod';
import { type FieldError, ValidationError } from '../../errors.ts';
import { authorities, folderPrefix, hostAndPort, origin, text, unlike } from '../fields.ts';
import type { Location, ProviderEnvironment } from '../provider.ts';

/**
 * Settings and secrets of S3 and what speaks its protocol, where they point, and how URIs read.
 * Rules for names: "General purpose bucket naming rules" of the Amazon S3 User Guide.
 */

/** Lower-case letters, digits, dots and hyphens, 3 to 63 of them, with a letter or digit at both ends. */
const awsBucket = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Other servers, and the oldest buckets of us-east-1, also know capitals, underscores and longer names. */
const anyBucket = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;
const anAccessKeyId = 'an access key id like "AKIAIOSFODNN7EXAMPLE"';
const accessKeyId = /^[\w.:@+-]{1,128}$/;
const roleArn = /^arn:aws[a-z-]*:iam::[\w-]*:role\/[\w+=,.@/-]{1,576}$/;
const awsRoleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\//;
/** Names become part of a host name, so no dots or slashes. */
const region = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** A key id, key ARN, alias or alias ARN; sent as a header. */
const kmsKey = /^[\w:/-]{1,2048}$/;

const encryption = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('AES256') }),
  z.strictObject({
    type: z.literal('KMS'),
    keyId: text('the id, ARN or alias of a KMS key')
      .trim()
      .regex(kmsKey, { error: ({ input }) => unlike('the id, ARN or alias of a KMS key', input) }),
  }),
]);

/** Region of a bucket where none is named. */
export const DEFAULT_REGION = 'us-east-1';

/** Stored and shown. Issues of the credentials carry the paths of the GraphQL input, `credentials.role.roleArn`. */
export const s3Settings = z
  .strictObject({
    bucket: text('a bucket name').trim(),
    prefix: folderPrefix(),
    region: text('a region name like "eu-west-1"')
      .trim()
      .regex(region, { error: ({ input }) => unlike('a region name like "eu-west-1"', input) })
      .default(DEFAULT_REGION),
    /** Address of a server that is not AWS; absent: AWS in `region`. */
    endpoint: origin('https://minio.example.com:9000').optional(),
    /** Certificates that the server of the endpoint is signed by, beside the usual authorities; PEM. */
    tlsCa: authorities().optional(),
    /** Address under which browsers reach that server; absent: the endpoint. */
    publicEndpoint: origin('https://files.example.com').optional(),
    /** `host/bucket/key` rather than `bucket.host/key`; absent: see `usesPathStyle`. */
    pathStyle: z.boolean().optional(),
    /** Server-side encryption asked for with every written object; absent: the bucket's default. */
    encryption: encryption.optional(),
    credentials: z.enum(['ACCESS_KEY', 'ROLE', 'DEFAULT'], {
      error: ({ input }) => unlike('exactly one of accessKey, role and default', input),
    }),
    accessKeyId: z.string().trim().optional(),
    roleArn: z.string().trim().optional(),
  })
  .superRefine((settings, context) => {
    for (const [path, message] of problems(settings)) {
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    }
  });

export type S3Settings = z.infer<typeof s3Settings>;

type Unchecked = Pick<
  S3Settings,
  'tlsCa' | 'bucket' | 'endpoint' | 'credentials' | 'accessKeyId' | 'roleArn'
>;

function* problems(settings: Unchecked): Iterable<[path: string, message: string]> {
  const { bucket, endpoint, credentials } = settings;
  const badBucket = bucketProblem(bucket, endpoint);
  if (badBucket) yield ['bucket', badBucket];

  if (settings.tlsCa !== undefined && (!endpoint?.startsWith('https:') || isAws(settings))) {
    yield ['tlsCa', "expected none but for an https endpoint of one's own"];
  }
  if (credentials === 'ACCESS_KEY') {
    // Which key it is may be open yet: a setup guide comes before the key.
    if (settings.accessKeyId !== undefined && !accessKeyId.test(settings.accessKeyId)) {
      yield ['credentials.accessKey.accessKeyId', unlike(anAccessKeyId, settings.accessKeyId)];
    }
  } else if (settings.accessKeyId !== undefined) {
    yield ['credentials.accessKey', `expected none beside ${credentials === 'ROLE' ? 'role' : 'default'}`];
  }

  if (credentials === 'ROLE') {
    const arn = settings.roleArn ?? '';
    if (!roleArn.test(arn) || (!endpoint && !awsRoleArn.test(arn))) {
      yield [
        'credentials.role.roleArn',
        unlike('a role ARN like "arn:aws:iam::123456789012:role/name"', settings.roleArn),
      ];
    }
  } else if (settings.roleArn !== undefined) {
    yield [
      'credentials.role',
      `expected none beside ${credentials === 'ACCESS_KEY' ? 'accessKey' : 'default'}`,
    ];
  }
}

function bucketProblem(bucket: string, endpoint: string | undefined): string | undefined {
  if (bucket.endsWith('--x-s3')) {
    return 'expected a general purpose bucket, got a directory bucket: those list their objects in no order';
  }
  if ((endpoint ? anyBucket : awsBucket).test(bucket) && isIP(bucket) === 0) return undefined;
  return unlike(
    endpoint
      ? 'a bucket name of 3 to 255 letters, digits, ".", "-" or "_"'
      : 'a bucket name of 3 to 63 lower-case letters, digits, "." or "-", beginning and ending with a letter or digit',
    bucket,
  );
}

/** Secrets are signed with or sent as a header: printable ASCII (RFC 9110 section 5.5). */
const secretText = /^[!-~]{1,8192}$/;

/** Stored encrypted, never shown. Used with ACCESS_KEY only. What came is never repeated in an issue. */
export const s3Secrets = z
  .strictObject({
    secretAccessKey: z.string().trim().optional(),
    sessionToken: z.string().trim().optional(),
  })
  .superRefine((secrets, context) => {
    for (const name of ['secretAccessKey', 'sessionToken'] as const) {
      const value = secrets[name];
      if (value === undefined || secretText.test(value)) continue;
      const came = value === '' ? 'nothing' : 'other characters, or too many';
      const message = `expected printable characters without spaces, got ${came}`;
      context.addIssue({ code: 'custom', path: ['credentials', 'accessKey', name], message });
    }
  });

export type S3Secrets = z.infer<typeof s3Secrets>;

/**
 * What needs both halves or the environment: an access key id comes with its secret, and a session token with both;
 * what this service itself is at AWS is shown to AWS, or to whom the operator names.
 * @throws ValidationError
 */
export function checkCredentials(
  settings: S3Settings,
  secrets: S3Secrets,
  environment: ProviderEnvironment,
): S3Settings {
  const strangers = strangeAddresses(settings, environment);
  if (strangers.length > 0) {
    const message =
      "expected an https address of AWS (*.amazonaws.com), or a host that the operator names in OUTBOUND_ALLOW: this service's own credentials are sent nowhere else";
    throw new ValidationError(strangers.map((path) => ({ path, message })));
  }
  if (settings.credentials !== 'ACCESS_KEY') return settings;
  const missing: FieldError[] = [];
  const path = 'credentials.accessKey';
  if (settings.accessKeyId === undefined) {
    missing.push({
      path: `${path}.accessKeyId`,
      code: 'REQUIRED',
      message: unlike(anAccessKeyId, undefined),
    });
  }
  if (!secrets.secretAccessKey) {
    const given = secrets.sessionToken ? 'a session token without it' : 'nothing';
    const message = `expected the secret access key that belongs to the access key id, got ${given}`;
    missing.push({ path: `${path}.secretAccessKey`, code: 'REQUIRED', message });
  }
  if (missing.length > 0) throw new ValidationError(missing);
  return settings;
}

/** Addresses of the settings that this service's own credentials must not be shown to. */
export function strangeAddresses(
  settings: S3Settings,
  { outbound }: ProviderEnvironment,
): ('endpoint' | 'publicEndpoint')[] {
  if (settings.credentials === 'ACCESS_KEY') return [];
  return (['endpoint', 'publicEndpoint'] as const).filter((name) => {
    const address = settings[name];
    if (address === undefined || (isAws({ endpoint: address }) && address.startsWith('https:'))) return false;
    return !outbound.names(...hostAndPort(address));
  });
}

/** The AWS partition of a region; bucket names are unique within one ("Partitions", AWS General Reference). */
export function partitionOf(regionName: string): string {
  const [start = ''] = /^(cn|us-gov|us-isob|us-iso|eu-isoe|us-isof|eusc)(?=-)/.exec(regionName) ?? [];
  const partitions: Record<string, string> = {
    cn: 'aws-cn',
    'us-gov': 'aws-us-gov',
    'us-iso': 'aws-iso',
    'us-isob': 'aws-iso-b',
    'eu-isoe': 'aws-iso-e',
    'us-isof': 'aws-iso-f',
    eusc: 'aws-eusc',
  };
  return partitions[start] ?? 'aws';
}

/** Whether the requests go to Amazon S3 itself: no endpoint, or one of AWS's own. */
export function isAws({ endpoint }: Pick<S3Settings, 'endpoint'>): boolean {
  return (
    endpoint === undefined || /(^|\.)s3([.-].+)?\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
  );
}

/**
 * Where a storage points. On AWS a bucket's name says all (`s3://bucket`, other partitions
 * `s3+aws-cn://bucket`); elsewhere the server's origin belongs to it (`s3+https://host:9000/bucket`).
 */
export function s3Location(settings: S3Settings): Location {
  const { bucket, prefix, region: name, endpoint } = settings;
  const partition = partitionOf(name);
  const scheme = partition === 'aws' ? 's3' : `s3+${partition}`;
  return { container: isAws(settings) ? `${scheme}://${bucket}` : `s3+${endpoint}/${bucket}`, prefix };
}

/** `s3://bucket/key`, the key as it is: neither escaped nor normalised. */
export function s3Uri({ bucket }: S3Settings, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** Inverse of `s3Uri`; undefined: of another bucket, or no URI of an object. */
export function s3KeyOf({ bucket }: S3Settings, uri: string): string | undefined {
  const start = `s3://${bucket}/`;
  return uri.startsWith(start) && uri.length > start.length ? uri.slice(start.length) : undefined;
}

/**
 * Whether the bucket stands in the path rather than in the host name. Left open, it does where no name
 * can be put in front of the host: for IP addresses, localhost and hosts of a single label.
 */
export function usesPathStyle(
  settings: Pick<S3Settings, 'pathStyle'>,
  endpoint: string | undefined,
): boolean {
  if (settings.pathStyle !== undefined) return settings.pathStyle;
  if (endpoint === undefined) return false;
  const host = new URL(endpoint).hostname;
  return host.startsWith('[') || isIP(host) !== 0 || !host.includes('.') || host.endsWith('.localhost');
}
