import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { sharedRequest } from '../shared-request.ts';
import { clientOptions } from './client.ts';
import { isAws, type S3Secrets, type S3Settings, strangeAddresses } from './config.ts';

/** Keys as they are signed with; `expiration` only where they are temporary. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
}

export interface CredentialSource {
  /** For the SDK's clients; undefined: the SDK's own default chain. */
  provider: S3ClientConfig['credentials'];
  /** Sees to it, where it can be seen to, that the credentials in use last this much longer. */
  extend(milliseconds: number): Promise<void>;
}

const earliestRenewalMs = 5 * 60_000;

/** The credentials that the settings choose. Opening asks nobody; the first request does. */
export function credentialSource(
  settings: S3Settings,
  secrets: S3Secrets,
  environment: ProviderEnvironment,
): CredentialSource {
  // The operator may have closed since what was open when the storage was saved.
  if (strangeAddresses(settings, environment).length > 0) return { provider: refuse, extend: refuse };
  switch (settings.credentials) {
    case 'ACCESS_KEY':
      return { provider: accessKey(settings, secrets), extend: async () => {} };
    case 'DEFAULT':
      return { provider: serviceCredentials(environment), extend: async () => {} };
    case 'ROLE':
      return assumedRole(settings, environment);
  }
}

async function refuse(): Promise<never> {
  throw new DriverFailure({ code: 'ADDRESS_NOT_ALLOWED' });
}

function accessKey({ accessKeyId }: S3Settings, { secretAccessKey, sessionToken }: S3Secrets): Credentials {
  if (!accessKeyId || !secretAccessKey) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' });
  return { accessKeyId, secretAccessKey, sessionToken };
}

/**
 * What this service itself is: the key pair of the environment, else the SDK's default chain (profile and
 * SSO files, web identity, container and instance metadata). That chain reads `process.env` and asks the
 * metadata addresses by itself, past the outbound guard: the operator names those, no user can.
 */
function serviceCredentials({ env }: ProviderEnvironment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  // As in the SDK's chain, a chosen profile goes first.
  if (AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
  };
}

/**
 * Temporary credentials of the role, for a session of the length that STS grants by default (an hour). The
 * external ID is the organization's and nothing else, so that no organization can use another's role ("The
 * confused deputy problem", AWS IAM User Guide). Renewed before they end; concurrent callers share a request.
 */
function assumedRole(settings: S3Settings, environment: ProviderEnvironment): CredentialSource {
  const sts = new STSClient({
    ...clientOptions(environment),
    region: settings.region,
    // Servers other than AWS answer STS at the address of S3.
    endpoint: isAws(settings) ? undefined : settings.endpoint,
    credentials: serviceCredentials(environment),
  });

  async function assume(signal: AbortSignal): Promise<Session> {
    const begun = Date.now();
    const command = new AssumeRoleCommand({
      RoleArn: settings.roleArn,
      RoleSessionName: 'longshore',
      ExternalId: environment.externalId,
    });
    const response = await sts.send(command, { abortSignal: signal });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = response.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !Expiration) throw new DriverFailure(notSts);
    return {
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      },
      endsAt: Expiration.getTime(),
      lifetimeMs: Expiration.getTime() - begun,
    };
  }

  const current = renewing(assume);
  // Marked as memoized, the SDK asks for each request and leaves the renewal to us.
  const provider = Object.assign(async () => (await current(0)).credentials, { memoized: true });
  return { provider, extend: async (milliseconds) => void (await current(milliseconds)) };
}

const notSts = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The endpoint answered the request to assume the role, but not as AWS STS does.',
  hint: 'Check that the endpoint offers STS (AssumeRole), or enter an access key instead of a role.',
} as const;

export interface Session {
  credentials: Credentials;
  /** Milliseconds since the epoch. */
  endsAt: number;
  lifetimeMs: number;
}

/**
 * Keeps a session and renews it five minutes before its end, or at a fifth of a shorter one. A caller may
 * ask for a longer remainder, but for no more than half of what a session has, or each call would renew.
 * While the old session lasts, a renewal that fails is not the caller's problem.
 */
export function renewing(
  begin: (signal: AbortSignal) => Promise<Session>,
): (remainderMs: number) => Promise<Session> {
  let session: Session | undefined;
  const beginShared = sharedRequest(begin);
  return async (remainderMs) => {
    const left = session ? session.endsAt - Date.now() : 0;
    if (session && left > wanted(session, remainderMs)) return session;
    try {
      session = await beginShared();
    } catch (error) {
      if (!session || session.endsAt <= Date.now()) throw error;
    }
    return session;
  };
}

function wanted({ lifetimeMs }: Session, remainderMs: number): number {
  return Math.max(Math.min(earliestRenewalMs, lifetimeMs / 5), Math.min(remainderMs, lifetimeMs / 2));
}
