import { createHash, createHmac } from 'node:crypto';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DriverFailure } from '../errors.ts';
import { classifyNetworkError } from '../network-errors.ts';
import type { ProviderEnvironment } from '../provider.ts';

/**
 * Who this service is at AWS, proven to Google: a request for GetCallerIdentity that is signed here and sent by
 * Google ("Configure Workload Identity Federation with AWS or Azure VMs", IAM documentation). Nothing in it is a
 * user's input but the resource that it is meant for, which is signed along.
 */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/**
 * Keys to sign with: the pair of the environment, else the AWS SDK's default chain. If the operator names a role
 * in GCS_FEDERATION_ROLE_ARN, the session of it that bears the organization's external ID as its name, so that a
 * Google project can let in this service for this organization and for no other ("The confused deputy problem",
 * AWS IAM User Guide).
 */
export async function awsKeys(environment: ProviderEnvironment, signal: AbortSignal): Promise<AwsKeys> {
  const { env, externalId, outbound } = environment;
  const own = ownKeys(env);
  const RoleArn = env.GCS_FEDERATION_ROLE_ARN;
  if (own && !RoleArn) return own;
  const sts = new STSClient({
    region: regionOf(env) ?? 'us-east-1',
    endpoint: env.AWS_ENDPOINT_URL_STS || undefined,
    credentials: own,
    maxAttempts: 1,
    requestHandler: { httpAgent: outbound.httpAgent, httpsAgent: outbound.httpsAgent },
  });
  try {
    if (!RoleArn) return await sts.config.credentials();
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: externalId, ExternalId: externalId });
    const { Credentials } = await sts.send(command, { abortSignal: signal });
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey) throw new Error('AssumeRole answered without credentials');
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  } catch (error) {
    if (signal.aborted || classifyNetworkError(error)) throw error;
    throw new DriverFailure(
      {
        code: 'CREDENTIALS_UNAVAILABLE',
        message: 'This service has no AWS identity that it could show to Google.',
        hint: 'An administrator of this service has to give it AWS credentials (environment, instance or task role); Workload Identity Federation needs them.',
      },
      error,
    );
  }
}

/** As in the SDK's chain, a chosen profile goes first. */
function ownKeys(env: ProviderEnvironment['env']): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  if (AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
  };
}

function regionOf(env: ProviderEnvironment['env']): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
}

/**
 * The principal that a workload identity pool has to trust, if the operator has named a role for it: an assumed
 * role's ARN with the organization's external ID as session name. null: not known here.
 */
export function federationPrincipal({ env, externalId }: ProviderEnvironment): string | null {
  const role = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.+\/)?([\w+=,.@-]+)$/.exec(
    env.GCS_FEDERATION_ROLE_ARN ?? '',
  );
  return role ? `arn:${role[1]}:sts::${role[2]}:assumed-role/${role[3]}/${externalId}` : null;
}

/**
 * The subject token: a POST of GetCallerIdentity, signed for `audience`, as percent-encoded JSON. Signature
 * Version 4 ("Create a signed AWS API request", AWS IAM User Guide), with an empty body.
 */
export function subjectToken(
  keys: AwsKeys,
  request: { audience: string; now: Date; env: ProviderEnvironment['env'] },
): string {
  const named = regionOf(request.env);
  const region = named ?? 'us-east-1';
  const host = named ? `sts.${named}.amazonaws.com` : 'sts.amazonaws.com';
  const query = 'Action=GetCallerIdentity&Version=2011-06-15';
  const time = request.now.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  // In the order of their names, as they are signed.
  const headers: [string, string][] = [
    ['host', host],
    ['x-amz-date', time],
    ...(keys.sessionToken ? [['x-amz-security-token', keys.sessionToken] as [string, string]] : []),
    ['x-goog-cloud-target-resource', request.audience],
  ];
  const names = headers.map(([name]) => name).join(';');
  const canonical = [
    'POST',
    '/',
    query,
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(''),
  ].join('\n');
  const scope = `${day}/${region}/sts/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [day, region, 'sts', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const all = [...headers, ['authorization', authorization]];
  return encodeURIComponent(
    JSON.stringify({
      url: `https://${host}?${query}`,
      method: 'POST',
      headers: all.map(([key, value]) => ({ key, value })),
    }),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
