import { STSClient } from '@aws-sdk/client-sts';

/** Somebody whom AWS knows. */
export interface AwsIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  arn: string;
}

/**
 * What Google learns by sending on the signed request: the ARN of whoever AWS says has signed it, here by AWS's own
 * implementation of Signature Version 4. undefined: AWS would refuse.
 */
export async function callerOf(
  subjectToken: string,
  audience: string,
  identities: readonly AwsIdentity[],
): Promise<string | undefined> {
  const { url, method, headers } = JSON.parse(subjectToken) as {
    url?: string;
    method?: string;
    headers?: { key: string; value: string }[];
  };
  if (!url || method !== 'POST' || !headers) return undefined;
  const given = Object.fromEntries(headers.map(({ key, value }) => [key.toLowerCase(), value]));
  const { hostname, searchParams } = new URL(url);
  const ofSts = /^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(hostname) && given.host === hostname;
  if (!ofSts || searchParams.get('Action') !== 'GetCallerIdentity') return undefined;
  if (given['x-goog-cloud-target-resource'] !== audience) return undefined;
  const { authorization = '', ...signedHeaders } = given;
  const [, accessKeyId, region = ''] = /Credential=([^/]+)\/\d{8}\/([^/]+)\/sts\//.exec(authorization) ?? [];
  const caller = identities.find((one) => one.accessKeyId === accessKeyId);
  if (!caller || given['x-amz-security-token'] !== caller.sessionToken) return undefined;
  const time = (given['x-amz-date'] ?? '').replace(
    /^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3:$4:$5Z',
  );
  if (Math.abs(Date.parse(time) - Date.now()) > 15 * 60_000) return undefined;
  const signer = await new STSClient({ region, credentials: caller }).config.signer({
    name: 'sigv4',
    signingName: 'sts',
    signingRegion: region,
    properties: {},
  });
  const again = await signer.sign(
    {
      method,
      protocol: 'https:',
      hostname,
      path: '/',
      query: Object.fromEntries(searchParams),
      headers: signedHeaders,
    },
    { signingDate: new Date(time), unsignableHeaders: new Set(['x-amz-content-sha256']) },
  );
  return again.headers.authorization === authorization ? caller.arn : undefined;
}
