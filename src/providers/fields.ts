import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { normalizePrefix } from '../objects/keys.ts';

/** Fields of settings, as every provider words what is wrong with them: what was expected, and what came. */

/** A text, as it came. */
export function text(expected: string) {
  return z.string({ error: ({ input }) => unlike(expected, input) });
}

export function unlike(expected: string, input: unknown): string {
  return `expected ${expected}, got ${input === undefined ? 'nothing' : quoted(input)}`;
}

/** What came, shortened: it is for the eye. Not if it is what a portal gives to copy with a secret in it. */
export function quoted(input: unknown): string {
  const json = JSON.stringify(input) ?? typeof input;
  if (/\b(?:sig|AccountKey|SharedAccessSignature)=/i.test(json)) return 'something with a secret in it';
  return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}

/** A folder within the container, as people type it; the URI that it has together with the container is refused. */
export function folderPrefix() {
  return text('a prefix')
    .refine((input) => !/^\s*[a-z][a-z0-9+-]*:\/\//i.test(input), {
      error: ({ input }) =>
        unlike('a prefix within the container, like "images/2026/", without the container\'s URI', input),
    })
    .default('')
    .transform(normalizePrefix);
}

/** An address without path or credentials, kept as its origin (`https://host:port`). */
export function origin(example: string) {
  const expected = `an http or https address without path or credentials, like "${example}"`;
  return text(expected)
    .trim()
    .transform((input, context) => {
      const url = URL.canParse(input) ? new URL(input) : undefined;
      if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
      // What was given may hold a password, so it is not repeated.
      const came = url?.username || url?.password ? 'one with credentials' : quoted(input);
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${came}` });
      return z.NEVER;
    });
}

/** Whether a text is one certificate or more in PEM form, and nothing secret. */
export function isCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || pem.includes('PRIVATE KEY')) return false;
  try {
    for (const block of blocks) new X509Certificate(block);
    return true;
  } catch {
    return false;
  }
}

/** Authorities that a server of one's own is signed by, as Redis and the providers that speak HTTPS take them. */
export function authorities() {
  return text('certificates in PEM form').trim().max(65_536).refine(isCertificates, {
    error: 'expected certificates in PEM form: "-----BEGIN CERTIFICATE-----" and so on, no private key',
  });
}

/** Where an address leads, for what the operator has named: its host, and its port or that of its scheme. */
export function hostAndPort(address: string): [host: string, port: number] {
  const { hostname, port, protocol } = new URL(address);
  return [hostname, port ? Number(port) : protocol === 'https:' ? 443 : 80];
}

/**
 * Secrets, each checked by a schema of its own; issues have the path that the secret has in the GraphQL input
 * (`credentials.accountKey.accountKey`), since there it lies beside the settings of its kind of credentials.
 */
export function secretFields<Name extends string>(
  fields: Record<Name, { path: string; schema: z.ZodType<string, string> }>,
) {
  const names = Object.keys(fields) as Name[];
  const shape = Object.fromEntries(names.map((name) => [name, z.string().optional()]));
  return z.strictObject(shape).transform((given, context) => {
    const secrets: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = given[name];
      if (value === undefined) continue;
      const { path, schema } = fields[name];
      const { data, error } = schema.safeParse(value);
      if (!error) secrets[name] = data;
      for (const { message } of error?.issues ?? []) {
        context.addIssue({ code: 'custom', path: path.split('.'), message });
      }
    }
    return secrets;
  });
}
