import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * A token endpoint as Microsoft Entra's: client credentials grant only ("Microsoft identity platform and
 * the OAuth 2.0 client credentials flow"), one tenant with one application, and refusals with the codes of
 * "Microsoft Entra authentication and authorization error codes". Its tokens suffice for Azurite.
 */
export interface Entra {
  /** `https://127.0.0.1:<port>` */
  authorityHost: string;
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** A secret that the application had before. */
  expiredClientSecret: string;
  /** Path of every request so far. */
  requests: string[];
  /** Seconds that the next tokens live; an hour at first. */
  lifetime: number;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: object;
}

/** Starts the endpoint in this process, with the certificate in these PEM files. */
export async function startEntra(files: {
  certificateFile: string;
  certificateKeyFile: string;
}): Promise<Entra> {
  const tenantId = randomUUID();
  const clientId = randomUUID();
  const objectId = randomUUID();
  const key = randomBytes(32);
  const server = createServer({
    cert: await readFile(files.certificateFile),
    key: await readFile(files.certificateKeyFile),
  });
  const entra: Entra = {
    authorityHost: '',
    tenantId,
    clientId,
    clientSecret: `secret~${randomBytes(24).toString('base64url')}`,
    expiredClientSecret: `secret~${randomBytes(24).toString('base64url')}`,
    requests: [],
    lifetime: 3600,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function answer(method: string, path: string, form: URLSearchParams): Answer {
    if (method !== 'POST' || !/^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path)) {
      return { status: 404, body: {} };
    }
    if (path.split('/')[1] !== tenantId) return refusal(400, 'invalid_request', 90002, 'Tenant not found.');
    if (form.get('grant_type') !== 'client_credentials') {
      return refusal(400, 'unsupported_grant_type', 70003, 'Unsupported grant type.');
    }
    if (form.get('client_id') !== clientId) {
      return refusal(400, 'unauthorized_client', 700016, 'Application not found in the directory.');
    }
    const secret = form.get('client_secret');
    if (secret === entra.expiredClientSecret) {
      return refusal(401, 'invalid_client', 7000222, 'The provided client secret keys are expired.');
    }
    if (secret !== entra.clientSecret) {
      return refusal(401, 'invalid_client', 7000215, `Invalid client secret provided: ${secret}`);
    }
    if (form.get('scope') !== 'https://storage.azure.com/.default') {
      return refusal(400, 'invalid_scope', 70011, 'The scope is not valid.');
    }
    return {
      status: 200,
      body: { token_type: 'Bearer', expires_in: entra.lifetime, access_token: token() },
    };
  }

  function token(): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: 'https://storage.azure.com',
      iss: `https://sts.windows.net/${tenantId}/`,
      iat: now,
      nbf: now - 300,
      exp: now + entra.lifetime,
      appid: clientId,
      oid: objectId,
      tid: tenantId,
      jti: randomUUID(),
    };
    const parts = [{ typ: 'JWT', alg: 'HS256' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    return [...parts, createHmac('sha256', key).update(parts.join('.')).digest('base64url')].join('.');
  }

  server.on('request', async (request, response) => {
    const { method = '', url = '' } = request;
    entra.requests.push(url);
    const { status, body } = answer(method, url, new URLSearchParams(await text(request)));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  entra.authorityHost = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return entra;
}

function refusal(status: number, error: string, code: number, description: string): Answer {
  const error_description = `AADSTS${code}: ${description} Trace ID: ${randomUUID()}`;
  return { status, body: { error, error_description, error_codes: [code] } };
}
