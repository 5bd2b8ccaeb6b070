import type { ServerResponse } from 'node:http';
import { type ApiFailure, type CorsRule, download, type StoredObject } from './gcs-objects.ts';
import type { Recorded } from './s3-wire.ts';

/** An answer of the Cloud Storage test server, as it goes over the wire. */
export interface WireReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
}

export function sendReply(
  { method }: Recorded,
  response: ServerResponse,
  { status, headers, body }: WireReply,
): void {
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body);
}

export function objectReply({ headers }: Recorded, object: StoredObject): WireReply {
  const reply = download(object, headers);
  // Unpacked on the way, the length is not known beforehand.
  if (reply.headers['accept-ranges'] !== 'none') reply.headers['content-length'] = String(reply.body.length);
  return reply;
}

export function jsonReply(body: object, status = 200): WireReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(body),
  };
}

/** Downloads are refused in plain text, everything else by an error document. */
export function failureReply({ url }: Recorded, { status: code, reason, message }: ApiFailure): WireReply {
  if (url.startsWith('/download/')) {
    return { status: code, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: message };
  }
  const scoped = reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT';
  const error = {
    code,
    message,
    errors: [{ message, domain: 'global', reason: scoped ? 'insufficientPermissions' : reason }],
    ...(scoped && { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }] }),
  };
  return jsonReply({ error }, code);
}

/** A refusal of the XML API. */
export function xmlReply(status: number, code: string, message: string): WireReply {
  const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml; charset=UTF-8' }, body };
}

/** "Cross-origin resource sharing (CORS)" of the Cloud Storage documentation. */
export function corsHeaders(
  rules: readonly CorsRule[],
  { method, headers }: Recorded,
): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined) return {};
  const wanted = method === 'OPTIONS' ? headers['access-control-request-method'] : method;
  const rule = rules.find(
    (one) => (one.origin.includes('*') || one.origin.includes(origin)) && one.method.includes(wanted ?? ''),
  );
  if (!rule) return {};
  const exposed = (rule.responseHeader ?? []).join(', ');
  return {
    'access-control-allow-origin': rule.origin.includes('*') ? '*' : origin,
    'access-control-expose-headers': exposed,
    ...(method === 'OPTIONS' && {
      'access-control-allow-methods': rule.method.join(', '),
      'access-control-allow-headers': exposed,
      'access-control-max-age': String(rule.maxAgeSeconds ?? 3600),
    }),
  };
}
