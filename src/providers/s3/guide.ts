import type { GuideRequest, SetupStep } from '../guide.ts';
import type { ProviderPreset } from '../provider.ts';
import { isAws, partitionOf, type S3Settings } from './config.ts';
import { presetOf } from './presets.ts';

/**
 * What to paste at S3: identity policies, the role's trust policy, a bucket policy by address, CORS rules.
 * Sources: "Policies and permissions in Amazon S3", "Using cross-origin resource sharing" (Amazon S3 User
 * Guide), "Access to AWS accounts owned by third parties" (AWS IAM User Guide).
 */

interface Statement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | { AWS: string };
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** The steps for a storage with these settings, in the order to take them. */
export function s3Guide(settings: S3Settings, request: GuideRequest): SetupStep[] {
  const steps =
    request.direction === 'SOURCE' ? sourcePolicies(settings, request) : targetPolicies(settings, request);
  const preset = presetOf(settings.endpoint);
  if (preset) steps.push(presetNotes(preset));
  if (settings.credentials === 'ROLE' || isAws(settings)) steps.push(trustPolicy(request));
  if (request.addresses.length > 0) steps.push(addressPolicy(settings, request));
  const signs = request.direction === 'SOURCE' && request.presign !== false;
  if (signs && request.origins.length > 0) steps.push(corsRules(request.origins));
  return steps;
}

/** Where the vendor differs. */
function presetNotes({ title, region, pathStyle, notes }: ProviderPreset): SetupStep {
  const lines = [
    `Region: ${region ?? 'the one that the bucket is in, as in the endpoint'}.`,
    `Path style: ${pathStyle ? 'on' : 'off'}.`,
    ...notes,
  ];
  return {
    title: `Settings and notes for ${title}`,
    format: 'TEXT',
    content: lines.join('\n'),
    explanation: 'What differs from Amazon S3; policies are written in its form where the vendor knows them.',
  };
}

function sourcePolicies(settings: S3Settings, { importMethod, presign }: GuideRequest): SetupStep[] {
  const listing: SetupStep = {
    title: 'IAM policy: listing only',
    format: 'JSON',
    content: policy(listStatement(settings)),
    explanation: `Enough to create a task for each object (import method FILES) of ${placeOf(settings)}. No object can be read with it, so nothing is shown from the storage.`,
  };
  const reading = policy(
    listStatement(settings),
    objectStatement(settings, 'ReadObjects', ['s3:GetObject']),
    ...keyStatements(settings, ['kms:Decrypt']),
  );
  const why = importMethod === 'TASKS' ? 'Also the tasks themselves are read from the objects. ' : '';
  const full: SetupStep =
    presign === false
      ? {
          title: 'IAM policy: listing, and reading through this service',
          format: 'JSON',
          content: reading,
          explanation: `Lists ${placeOf(settings)} and reads its objects, which this service streams to browsers. ${why}${attach(settings)}`,
        }
      : {
          title: 'IAM policy: listing, and signed URLs',
          format: 'JSON',
          content: reading,
          explanation: `Lists ${placeOf(settings)} and signs URLs by which browsers read its objects: a signed URL can do what its signer may. ${why}${attach(settings)}`,
        };
  return [full, listing];
}

function targetPolicies(settings: S3Settings, { canDeleteObjects }: GuideRequest): SetupStep[] {
  const statements = [
    listStatement(settings),
    objectStatement(settings, 'WriteObjects', ['s3:PutObject', 's3:AbortMultipartUpload']),
    probeStatement(settings),
    ...keyStatements(settings, ['kms:GenerateDataKey', 'kms:Decrypt']),
  ];
  const probe = 'Only the small probe that proves the storage when you validate it is read back and removed.';
  if (!canDeleteObjects) {
    return [
      {
        title: 'IAM policy: writing annotations',
        format: 'JSON',
        content: policy(...statements),
        explanation: `Writes to ${placeOf(settings)}, and neither reads nor deletes there. ${probe} ${attach(settings)}`,
      },
    ];
  }
  return [
    {
      title: 'IAM policy: writing and deleting annotations',
      format: 'JSON',
      content: policy(...statements, objectStatement(settings, 'DeleteObjects', ['s3:DeleteObject'])),
      explanation: `Writes to ${placeOf(settings)} and deletes there, and does not read. ${probe} ${attach(settings)}`,
    },
  ];
}

function attach({ credentials }: S3Settings): string {
  if (credentials === 'ROLE') return 'Attach it to the role.';
  if (credentials === 'ACCESS_KEY') return 'Attach it to the user that the access key belongs to.';
  return 'Attach it to the identity that this service runs as.';
}

function placeOf({ bucket, prefix }: S3Settings): string {
  return prefix === '' ? `the bucket "${bucket}"` : `"${prefix}" in the bucket "${bucket}"`;
}

/** The prefix is asked for exactly as it stands here, so it is compared for equality. */
function listStatement(settings: S3Settings): Statement {
  const { prefix } = settings;
  return {
    Sid: 'ListObjects',
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: bucketArn(settings),
    ...(prefix !== '' && {
      Condition: { StringEquals: { 's3:prefix': literal(prefix, settings, /\$(?=\{)/g) } },
    }),
  };
}

function objectStatement(settings: S3Settings, Sid: string, actions: string[]): Statement {
  return { Sid, Effect: 'Allow', Action: actions, Resource: objectsArn(settings) };
}

/** Validation writes an object of a name of its own, reads it back and leaves none behind. */
function probeStatement(settings: S3Settings): Statement {
  return {
    Sid: 'ReadAndRemoveProbe',
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:DeleteObject'],
    Resource: objectsArn(settings, '.longshore-probe-'),
  };
}

/** The use of the KMS key that objects are encrypted with, if the settings name one. */
function keyStatements({ encryption, region }: S3Settings, actions: string[]): Statement[] {
  if (encryption?.type !== 'KMS') return [];
  const { keyId } = encryption;
  const allKeys = `arn:${partitionOf(region)}:kms:${region}:*:key/`;
  const base = { Sid: 'UseKey', Effect: 'Allow' as const, Action: actions };
  const [, alias] = /(?:^|:)(alias\/.+)$/.exec(keyId) ?? [];
  if (alias) {
    const Condition = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } };
    return [{ ...base, Resource: `${allKeys}*`, Condition }];
  }
  return [{ ...base, Resource: keyId.startsWith('arn:') ? keyId : allKeys + keyId.replace(/^key\//, '') }];
}

function bucketArn({ bucket, region }: S3Settings): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`;
}

/** All keys below the prefix, or those whose names begin with `start` there. */
function objectsArn(settings: S3Settings, start = ''): string {
  return `${bucketArn(settings)}/${literal(settings.prefix, settings, /[*?]|\$(?=\{)/g)}${start}*`;
}

/**
 * What would be a wildcard or begin a variable, made to stand for itself ("IAM policy elements: Variables and
 * tags"). Only AWS knows this form; elsewhere a wildcard in a prefix also matches itself.
 */
function literal(text: string, settings: S3Settings, special: RegExp): string {
  return isAws(settings) ? text.replace(special, (character) => `\${${character}}`) : text;
}

function trustPolicy({ externalId, servicePrincipal }: GuideRequest): SetupStep {
  const title = 'Trust policy of the role';
  if (servicePrincipal === null) {
    return {
      title,
      format: 'TEXT',
      content: `This service does not know which AWS identity it has. Ask its administrator for the ARN, and let the role's trust policy allow it sts:AssumeRole on the condition that sts:ExternalId is "${externalId}".`,
      explanation:
        'Needed for access by role only. The administrator sets the ARN once for the whole service; then a finished policy stands here.',
    };
  }
  return {
    title,
    format: 'JSON',
    content: policy({
      Sid: 'AssumeRoleWithExternalId',
      Effect: 'Allow',
      Principal: { AWS: servicePrincipal },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    }),
    explanation:
      "Needed for access by role only: lets this service assume the role, and only on behalf of your organization. The external ID is your organization's own; the service never sends another one.",
  };
}

/** Browsers come from anywhere, so what they fetch by signed URLs is left out. */
function addressPolicy(settings: S3Settings, { direction, presign, addresses }: GuideRequest): SetupStep {
  const signs = direction === 'SOURCE' && presign !== false;
  const objectActions = ['s3:PutObject', 's3:DeleteObject', ...(signs ? [] : ['s3:GetObject'])];
  const Condition = { NotIpAddress: { 'aws:SourceIp': addresses } };
  const role = settings.credentials === 'ROLE' ? settings.roleArn : undefined;
  const base = { Effect: 'Deny' as const, Principal: role ? { AWS: role } : ('*' as const) };
  const whom = role
    ? 'The role is refused from every other address; other users of the bucket are not concerned.'
    : 'Everybody is refused from every other address, your own staff and the console too: add their addresses, or use a role, which can be named.';
  return {
    title: 'Bucket policy: only from the addresses of this service',
    format: 'JSON',
    content: policy(
      {
        Sid: 'ListFromKnownAddresses',
        ...base,
        Action: 's3:ListBucket',
        Resource: bucketArn(settings),
        Condition,
      },
      {
        Sid: 'ObjectsFromKnownAddresses',
        ...base,
        Action: objectActions,
        Resource: objectsArn(settings),
        Condition,
      },
    ),
    explanation: `Optional, in addition to the IAM policy; add its statements to the policy that the bucket has. ${whom} ${
      signs
        ? 'Reading objects is left open, because browsers use the signed URLs from their own addresses.'
        : 'Reading objects is included, because only this service reads them.'
    } Requests by a VPC endpoint carry no public address and are refused.`,
  };
}

function corsRules(origins: string[]): SetupStep {
  const rule = {
    AllowedOrigins: origins,
    AllowedMethods: ['GET', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: [
      'Accept-Ranges',
      'Content-Length',
      'Content-Range',
      'Content-Type',
      'ETag',
      'Last-Modified',
    ],
    MaxAgeSeconds: 3600,
  };
  return {
    title: 'CORS rules of the bucket',
    format: 'JSON',
    content: JSON.stringify([rule], undefined, 2),
    explanation:
      'Lets pages of these origins read what they fetch by signed URLs. Paste it in the console under Permissions, Cross-origin resource sharing; for `aws s3api put-bucket-cors` put the list in {"CORSRules": …}.',
  };
}

function policy(...statements: Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
}
