import { createHash } from 'node:crypto';

/** Who signs, and by what. */
export interface Signer {
  /** Of the service account: what the URL can do is what this account may. */
  email: string;
  /** RSASSA-PKCS1-v1_5 with SHA-256 by a key of the account. */
  sign(data: string): Promise<Buffer>;
  /** How long its signatures are sure to be accepted. */
  longestTtlSeconds: number;
}

/** "Signed URLs" of the Cloud Storage documentation: 7 days. */
export const longestTtlSeconds = 7 * 24 * 60 * 60;

/**
 * A URL by which its bearer may GET one object ("V4 signing process with your own program", Cloud Storage
 * documentation). The host is signed with its port, as it is sent: the SDK's signer leaves the port out.
 * @param now a whole second
 */
export async function signUrl(
  object: { endpoint: string; bucket: string; key: string },
  { signer, ttlSeconds, now }: { signer: Signer; ttlSeconds: number; now: Date },
): Promise<string> {
  const { origin, host } = new URL(object.endpoint);
  const path = `/${object.bucket}/${object.key.split('/').map(escapeRfc3986).join('/')}`;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  // In the order of their names, as they are signed.
  const query = Object.entries({
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${signer.email}/${scope}`,
    'X-Goog-Date': time,
    'X-Goog-Expires': String(ttlSeconds),
    'X-Goog-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${escapeRfc3986(value)}`)
    .join('&');
  const canonical = ['GET', path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const signature = await signer.sign(['GOOG4-RSA-SHA256', time, scope, hash].join('\n'));
  return `${origin}${path}?${query}&X-Goog-Signature=${signature.toString('hex')}`;
}

/** Everything but the unreserved characters (RFC 3986 section 2.3). */
export function escapeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
