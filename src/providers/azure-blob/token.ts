import { DriverFailure } from '../errors.ts';
import { classifyNetworkError } from '../network-errors.ts';
import type { Failure, ProviderEnvironment } from '../provider.ts';
import { type AzureBlobSettings, defaultAuthorityHost } from './config.ts';

/** Tokens have a few kilobytes. */
const responseLimit = 64 * 1024;
const scope = 'https://storage.azure.com/.default';

export interface AccessToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresOnTimestamp: number;
}

/**
 * A token for Azure Storage by the client credentials grant ("Microsoft identity platform and the OAuth 2.0
 * client credentials flow"). Asked for through the guard, at the configured host only.
 * @throws DriverFailure, or the guard's ProviderError
 */
export async function requestToken(
  { tenantId = '', clientId = '', authorityHost = defaultAuthorityHost }: AzureBlobSettings,
  clientSecret: string,
  { outbound }: ProviderEnvironment,
  signal: AbortSignal,
): Promise<AccessToken> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  const begun = Date.now();
  let response: Response;
  let body: Record<string, unknown> | undefined;
  try {
    response = await outbound.fetch(`${authorityHost}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
      signal,
    });
    body = await jsonOf(response);
  } catch (cause) {
    signal.throwIfAborted();
    const code = classifyNetworkError(cause)?.code ?? 'UNEXPECTED_RESPONSE';
    throw new DriverFailure({ ...unreachable(authorityHost), code }, cause);
  }
  const { access_token: token, expires_in: seconds } = body ?? {};
  if (response.ok && typeof token === 'string' && Number(seconds) > 0) {
    return { token, expiresOnTimestamp: begun + Number(seconds) * 1000 };
  }
  throw new DriverFailure(refusal(response, body, authorityHost));
}

async function jsonOf(response: Response): Promise<Record<string, unknown> | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // Leaving the loop cancels the rest.
    if (text.length > responseLimit) return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const unreachable = (host: string) => ({
  message: `No token could be had: ${host} did not answer.`,
  hint: 'Check the authority host, and that this service may connect to it.',
});

/**
 * What a refusal means: by number ("Microsoft Entra authentication and authorization error codes"), else by
 * OAuth's own word (RFC 6749 section 5.2).
 */
function refusal(response: Response, body: Record<string, unknown> | undefined, host: string): Failure {
  const { status, headers } = response;
  if (status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    return {
      ...unreachable(host),
      code: status === 429 ? 'RATE_LIMITED' : 'UNAVAILABLE',
      message: `No token could be had: ${host} cannot give any now.`,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    };
  }
  const { error, error_codes: codes } = body ?? {};
  if (response.ok || typeof error !== 'string') {
    return {
      code: 'UNEXPECTED_RESPONSE',
      message: `${host} answered, but not as Microsoft Entra does.`,
      hint: `Check the authority host: "${defaultAuthorityHost}" for the public cloud.`,
    };
  }
  for (const code of Array.isArray(codes) ? codes : []) {
    const known = byNumber[String(code)];
    if (known) return known;
  }
  if (error === 'invalid_client') return wrongSecret;
  if (error === 'unauthorized_client') return wrongClient;
  return {
    code: 'WRONG_CREDENTIALS',
    message: 'Microsoft Entra does not accept the service principal.',
    hint: 'Check tenant id, client id and client secret, and that the application may sign in.',
  };
}

const wrongSecret: Failure = {
  code: 'WRONG_CREDENTIALS',
  message: 'Microsoft Entra does not accept the client secret.',
  hint: 'Enter the value of the secret, not its id; it is shown only once, so create a new one if it is lost.',
};

const wrongClient: Failure = {
  code: 'WRONG_CREDENTIALS',
  message: 'Microsoft Entra knows no application with this client id in the tenant.',
  hint: 'Check the client id (application id), and that the tenant id is that of the same directory.',
};

const wrongTenant: Failure = {
  code: 'WRONG_CREDENTIALS',
  message: 'Microsoft Entra knows no such tenant.',
  hint: 'Check the tenant id, and the authority host if the tenant is in another cloud.',
};

const byNumber: Readonly<Record<string, Failure>> = {
  7000215: wrongSecret,
  7000218: wrongSecret,
  7000222: {
    code: 'CREDENTIALS_EXPIRED',
    message: 'The client secret has expired.',
    hint: 'Create a new secret for the application and enter it here.',
  },
  700016: wrongClient,
  7000229: {
    code: 'WRONG_CREDENTIALS',
    message: 'The application has no service principal in the tenant.',
    hint: 'Create one: az ad sp create --id with the client id.',
  },
  7000112: {
    code: 'WRONG_CREDENTIALS',
    message: 'The application is disabled in the tenant.',
    hint: 'Enable it under Enterprise applications in Microsoft Entra.',
  },
  90002: wrongTenant,
  900021: wrongTenant,
  900023: wrongTenant,
  53003: {
    code: 'WRONG_CREDENTIALS',
    message: 'A conditional access policy of the tenant blocks this service.',
    hint: 'Allow the addresses of this service in the policy, or leave the application out of it.',
  },
};
