import { readFile } from 'node:fs/promises';
import { DriverFailure } from '../errors.ts';
import { classifyNetworkError } from '../network-errors.ts';
import type { Failure, ProviderEnvironment } from '../provider.ts';
import { type Credentials, keyCredentials, remoteSigner } from './key-credentials.ts';
import { grant } from './oauth.ts';
import { asObject } from './requests.ts';
import { parseServiceAccount } from './service-account.ts';
import { keepToken, type TokenSource } from './tokens.ts';

/**
 * Application Default Credentials: who this service itself is at Google. All addresses here are the operator's or
 * Google's own, no user can name one.
 *
 * A file of GOOGLE_APPLICATION_CREDENTIALS that holds a service account's key or a person's login is used
 * directly. Everything else (federation files, gcloud's own file, the metadata server of Google Cloud) is left to
 * the chain of @google-cloud/storage, which reads the process's environment and connects past the outbound guard.
 * @param scope of tokens that a key buys; absent: to do everything with objects
 */
export function defaultCredentials(environment: ProviderEnvironment, scope?: string): Credentials {
  let found: Promise<Credentials> | undefined;
  const find = () => {
    found ??= findCredentials(environment, scope).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  let latest: TokenSource | undefined;
  return {
    tokens: {
      async current(signal) {
        latest = (await find()).tokens;
        return latest.current(signal);
      },
      discard: (value) => latest?.discard(value),
    },
    signer: async (signal) => (await find()).signer(signal),
  };
}

async function findCredentials(environment: ProviderEnvironment, scope?: string): Promise<Credentials> {
  const path = environment.env.GOOGLE_APPLICATION_CREDENTIALS;
  if (!path) return chainCredentials(environment);
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unavailable('The file of GOOGLE_APPLICATION_CREDENTIALS cannot be read.', error);
  });
  const file = parsed(content);
  if (file?.type === 'service_account') {
    const parsed = parseServiceAccount(content);
    if ('key' in parsed) return keyCredentials(parsed.key, environment, 'SERVICE_TOKEN', scope);
  } else if (file?.type === 'authorized_user') {
    return userCredentials(file, environment);
  } else if (typeof file?.type === 'string') {
    return chainCredentials(environment);
  }
  throw unavailable('The file of GOOGLE_APPLICATION_CREDENTIALS is none of Google credentials.');
}

function parsed(content: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(content));
  } catch {
    return undefined;
  }
}

function unavailable(message: string | undefined, cause?: unknown): DriverFailure {
  const hint =
    'An administrator of this service has to give it Google credentials (GOOGLE_APPLICATION_CREDENTIALS, or the identity of the machine); or choose a service account for this storage.';
  return new DriverFailure({ code: 'CREDENTIALS_UNAVAILABLE', message, hint }, cause);
}

/** A person's login, as `gcloud auth application-default login` stores it: buys tokens and cannot sign. */
function userCredentials(file: Record<string, unknown>, environment: ProviderEnvironment): Credentials {
  const { client_id, client_secret, refresh_token, token_uri } = file;
  const uri = typeof token_uri === 'string' ? token_uri : 'https://oauth2.googleapis.com/token';
  const tokens = keepToken((signal) =>
    grant(
      uri,
      { environment, subject: { service: 'SERVICE_TOKEN' }, signal },
      {
        grant_type: 'refresh_token',
        client_id: String(client_id),
        client_secret: String(client_secret),
        refresh_token: String(refresh_token),
      },
    ),
  );
  return {
    tokens,
    async signer() {
      throw new DriverFailure(cannotSign);
    },
  };
}

const cannotSign: Failure = {
  code: 'UNSUPPORTED',
  message: 'The default credentials of this service belong to no service account, so they cannot sign URLs.',
  hint: 'Switch presign off, or use a service account.',
};

/** The chain does not say how long its token lasts; it keeps and renews it by itself. */
const chainTokenMs = 60_000;

async function chainCredentials(environment: ProviderEnvironment): Promise<Credentials> {
  // Large, and of no use to whoever has another kind of credentials.
  const { Storage } = await import('@google-cloud/storage');
  // With a project id given, the chain does not go and look for one.
  const auth = new Storage({ projectId: 'none' }).authClient;
  const tokens = keepToken(async () => {
    const value = await auth.getAccessToken().catch((error: unknown) => {
      throw passing(error) ?? unavailable(undefined, error);
    });
    if (!value) throw unavailable(undefined);
    return { value, expiresAt: Date.now() + chainTokenMs };
  });
  return {
    tokens,
    async signer(signal) {
      const { client_email: email } = await auth.getCredentials().catch((error: unknown) => {
        throw passing(error) ?? new DriverFailure(cannotSign, error);
      });
      if (!email) throw new DriverFailure(cannotSign);
      return remoteSigner(email, tokens, { environment, signal });
    },
  };
}

/** Overload and lost connections, which need nobody's help; undefined: it is something else. */
function passing(error: unknown): unknown {
  const status = asObject(error)?.status;
  if (typeof status === 'number' && status >= 500) return new DriverFailure({ code: 'UNAVAILABLE' }, error);
  return classifyNetworkError(error) && error;
}
