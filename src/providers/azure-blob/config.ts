import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { authorities, folderPrefix, quoted, secretFields, text, unlike } from '../fields.ts';
import type { Location, ProviderEnvironment } from '../provider.ts';
import {
  accountPattern,
  azureHost,
  endpointAccount,
  environmentAccount,
  keyPattern,
  mayBeAsked,
  serviceUrl,
} from './account.ts';
import { parseSas, sasProblem } from './sas.ts';

/**
 * Settings and secrets of Azure Blob Storage, where they point, and how URIs read. Rules for names: "Naming
 * and referencing containers, blobs, and metadata" and "Storage account overview" (Microsoft Learn).
 */

/** 3 to 63 lower-case letters, digits and single hyphens; `$web` is the container of static websites. */
const container = /^(?:\$web|(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*)$/;
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A GUID or a domain name; it becomes part of a path. */
const tenant = /^[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])$/i;

export const defaultAuthorityHost = 'https://login.microsoftonline.com';

/**
 * An address without credentials or query, and without path but, where the host does not name it, the
 * account: `https://host:port` or `http://host:port/account`.
 */
const endpoint = text('an address')
  .trim()
  .transform((input, context) => {
    const problem = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    const url = URL.canParse(input) ? new URL(input) : undefined;
    // What was given may hold a password or a SAS token, so it is not repeated.
    if (url && (url.username || url.password || url.search || url.hash)) {
      return problem('expected an address without credentials or query, got one with them');
    }
    const path = url?.pathname.replace(/\/$/, '') ?? '';
    if (!url || !/^https?:$/.test(url.protocol) || !/^(?:\/[a-z0-9]{3,24})?$/.test(path)) {
      const examples = '"https://account.blob.core.windows.net" or "http://127.0.0.1:10000/account"';
      return problem(unlike(`an http or https address like ${examples}`, input));
    }
    if (/^[a-z0-9]+\.dfs\./.test(url.hostname)) {
      return problem('expected the blob endpoint of the account, got its Data Lake (dfs) endpoint');
    }
    if (path !== '' && azureHost.test(url.hostname)) {
      return problem(
        'expected the address of the account only, got one with a path: the container has its own field',
      );
    }
    return url.origin + path;
  });

/** An https address without path as its origin; anything else as it came, for `problems` to say. */
const authorityHost = text('an address')
  .trim()
  .transform((input) => {
    const url = URL.canParse(input) ? new URL(input) : undefined;
    return url?.protocol === 'https:' && url.href === `${url.origin}/` ? url.origin : input;
  });

/** Stored and shown. Issues of the credentials carry the paths of the GraphQL input. */
export const azureBlobSettings = z
  .strictObject({
    container: text('a container name')
      .trim()
      .regex(container, {
        error: ({ input }) =>
          unlike(
            'a container name of 3 to 63 lower-case letters, digits or single hyphens between them',
            input,
          ),
      }),
    prefix: folderPrefix(),
    /** Address of the account's blob service; absent: the account's in the public cloud. */
    endpoint: endpoint.optional(),
    /** Certificates that the server of the endpoint is signed by, beside the usual authorities; PEM. */
    tlsCa: authorities().optional(),
    /** Absent: the endpoint names it, or the service's environment. */
    accountName: text('an account name')
      .trim()
      .regex(accountPattern, {
        error: ({ input }) => unlike('an account name of 3 to 24 lower-case letters or digits', input),
      })
      .optional(),
    credentials: z.enum(['ACCOUNT_KEY', 'ENVIRONMENT', 'SAS', 'SERVICE_PRINCIPAL'], {
      error: ({ input }) => unlike('exactly one of accountKey, environment, sas and servicePrincipal', input),
    }),
    tenantId: text('a tenant').trim().optional(),
    clientId: text('a client id').trim().optional(),
    /** Where the service principal signs in; absent: Microsoft Entra of the public cloud. */
    authorityHost: authorityHost.optional(),
  })
  .superRefine((settings, context) => {
    for (const [path, message] of problems(settings)) {
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    }
  });

export type AzureBlobSettings = z.infer<typeof azureBlobSettings>;

function* problems(settings: AzureBlobSettings): Iterable<[path: string, message: string]> {
  const { credentials, accountName, tenantId, clientId } = settings;
  const named = endpointAccount(settings.endpoint);
  const own = settings.endpoint?.startsWith('https:') && !azureHost.test(new URL(settings.endpoint).hostname);
  if (settings.tlsCa !== undefined && !own)
    yield ['tlsCa', "expected none but for an https endpoint of one's own"];
  if (accountName && named && accountName !== named) {
    yield ['accountName', `expected "${named}", the account of the endpoint, got ${quoted(accountName)}`];
  }
  // A SAS token brings its account along with the endpoint; the environment has a name of its own.
  const needsName = credentials === 'SAS' ? !settings.endpoint : credentials !== 'ENVIRONMENT';
  if (needsName && !accountName && !named) yield ['accountName', unlike('an account name', accountName)];

  if (credentials === 'SERVICE_PRINCIPAL') {
    const path = 'credentials.servicePrincipal';
    if (!tenant.test(tenantId ?? '')) yield [`${path}.tenantId`, unlike('a tenant id or domain', tenantId)];
    if (!guid.test(clientId ?? '')) yield [`${path}.clientId`, unlike('a client id (a GUID)', clientId)];
    const host = settings.authorityHost ?? defaultAuthorityHost;
    if (!host.startsWith('https:') || !URL.canParse(host) || new URL(host).origin !== host) {
      const expected = `an https address without path or credentials, like "${defaultAuthorityHost}"`;
      yield [`${path}.authorityHost`, `expected ${expected}, got something else`];
    }
    if (settings.endpoint?.startsWith('http:')) {
      yield ['endpoint', 'expected https: a service principal shows its token to the endpoint'];
    }
  } else if ([tenantId, clientId, settings.authorityHost].some((field) => field !== undefined)) {
    yield ['credentials.servicePrincipal', 'expected none beside other credentials'];
  }
}

const accountKey = z
  .string()
  .trim()
  .refine((key) => !/AccountKey=|SharedAccessSignature=/i.test(key), {
    error: 'expected an account key, got a connection string: paste only what stands behind "AccountKey="',
    abort: true,
  })
  .regex(keyPattern, { error: 'expected an account key: Base64 text as the portal shows it' });

const sasToken = z
  .string()
  .trim()
  .transform((input, context) => {
    const token = input.replace(/^\?/, '');
    if (/^[!-~]{1,8192}$/.test(token) && !/^https?:/i.test(token) && parseSas(token)) return token;
    const came = /^https?:/i.test(token)
      ? 'an address: paste only what stands behind its "?"'
      : 'something else';
    context.addIssue({
      code: 'custom',
      message: `expected a SAS token like "sv=…&se=…&sp=rl&sig=…", got ${came}`,
    });
    return z.NEVER;
  });

const clientSecret = z
  .string()
  .trim()
  .regex(/^[!-~]{1,1024}$/, { error: 'expected a client secret: printable characters without spaces' });

/** Stored encrypted, never shown. Each is used with its own kind of credentials only. */
export const azureBlobSecrets = secretFields({
  accountKey: { path: 'credentials.accountKey.accountKey', schema: accountKey },
  sasToken: { path: 'credentials.sas.sasToken', schema: sasToken },
  clientSecret: { path: 'credentials.servicePrincipal.clientSecret', schema: clientSecret },
});

export type AzureBlobSecrets = z.infer<typeof azureBlobSecrets>;

/**
 * What needs both halves, or the environment. Fills in the account's name where the environment has it, so
 * that the storage stays with that account.
 * @throws ValidationError, and ProviderError CREDENTIALS_UNAVAILABLE
 */
export function checkAzureBlob(
  settings: AzureBlobSettings,
  secrets: AzureBlobSecrets,
  environment: ProviderEnvironment,
): AzureBlobSettings {
  const refuse = (path: string, message: string) => new ValidationError([{ path, message }]);
  switch (settings.credentials) {
    case 'ACCOUNT_KEY': {
      const path = 'credentials.accountKey.accountKey';
      if (!secrets.accountKey) throw refuse(path, 'expected the key of the account, got nothing');
      return settings;
    }
    case 'SERVICE_PRINCIPAL': {
      const path = 'credentials.servicePrincipal.clientSecret';
      if (!secrets.clientSecret) throw refuse(path, 'expected a secret of the application, got nothing');
      return settings;
    }
    case 'SAS': {
      const token = parseSas(secrets.sasToken ?? '');
      const secure = serviceUrl(settings, environment).startsWith('https:');
      const problem = token ? sasProblem(token, { secure }) : 'expected a SAS token, got nothing';
      if (problem) throw refuse('credentials.sas.sasToken', problem);
      return settings;
    }
    case 'ENVIRONMENT':
      if (!mayBeAsked(settings.endpoint, environment)) {
        const expected = 'an https address of Azure, or a host that the operator names in OUTBOUND_ALLOW';
        throw refuse(
          'endpoint',
          `expected ${expected}: this service's own credentials are sent nowhere else`,
        );
      }
      return { ...settings, accountName: environmentAccount(settings, environment).accountName };
  }
}

/** Where a storage points: `azure-blob://account.blob.core.windows.net/container`, the scheme's default port left out. */
export function azureBlobLocation(settings: AzureBlobSettings, environment: ProviderEnvironment): Location {
  const { host, pathname } = new URL(serviceUrl(settings, environment));
  const path = pathname === '/' ? '' : pathname;
  return { container: `azure-blob://${host}${path}/${settings.container}`, prefix: settings.prefix };
}

/** `azure-blob://container/key`, the key as it is: neither escaped nor normalised. */
export function azureBlobUri({ container: name }: AzureBlobSettings, key: string): string {
  return `azure-blob://${name}/${key}`;
}

/** Inverse of `azureBlobUri`; undefined: of another container, or no URI of an object. */
export function azureBlobKeyOf({ container: name }: AzureBlobSettings, uri: string): string | undefined {
  const start = `azure-blob://${name}/`;
  return uri.startsWith(start) && uri.length > start.length ? uri.slice(start.length) : undefined;
}
