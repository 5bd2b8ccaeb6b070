const mask = '[redacted]';
/** Names of fields whose value is a secret; a bare `key` is not among them: it is an object's name here. */
const secretName =
  /passw(or)?d|passphrase|secret|token|credential|authoriz|cookie|signature|connection_?string|(access|account|api|encryption|master|private|shared|signing)_?keys?/;
/** Secrets inside texts: user information of URLs, signed query parameters, headers, our own tokens. */
const secretTexts: [pattern: RegExp, replacement: string][] = [
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,1024}@/gi, `$1${mask}@`],
  [
    /([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|[\w-]*(?:token|secret|password))=)[^&\s"'#]+/gi,
    `$1${mask}`,
  ],
  [/\b((?:bearer|basic) )(?=\S*\d)[\w.~+/=-]{8,}/gi, `$1${mask}`],
  [/\bls_[\w-]{43}/g, mask],
];
const maxDepth = 12;
const MAX_TEXT = 16_384;
/** Stands for what throws when it is looked at. */
const unreadable = '[unreadable]';
const registered = new Set<string>();

/** From now on no log shows this text. Short ones are not taken: they would blank out half of every line. */
export function registerSecret(secret: string): void {
  if (secret.length >= 8) registered.add(secret);
}

/**
 * A copy of a log value without secrets: fields with a secret's name are masked, and so are registered secrets,
 * credentials in URLs and bearer tokens inside any text. Errors stay errors, and show name, message, stack and cause when written as JSON.
 */
export function redact(value: unknown): unknown {
  return copy(value, [], undefined);
}

/** Never throws: values may be proxies, or have getters that do. */
function copy(value: unknown, parents: readonly object[], name: string | undefined): unknown {
  try {
    return copyReadable(value, parents, name);
  } catch {
    return unreadable;
  }
}

function copyReadable(value: unknown, parents: readonly object[], name: string | undefined): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'string') return name !== undefined && isSecretName(name) ? mask : redactText(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (name !== undefined && isSecretName(name)) return mask;
  if (value instanceof Date) return value;
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (parents.includes(value) || parents.length >= maxDepth) return '[omitted]';
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item) => copy(item, inside, undefined));
  if (value instanceof Set) return [...value].map((item) => copy(item, inside, undefined));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  if (value instanceof Error) entries.unshift(...errorFields(value));
  const fields = Object.fromEntries(
    entries.map(([key, item]) => [redactText(String(key)), copy(item, inside, String(key))]),
  );
  if (!(value instanceof Error)) return fields;
  return Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(fields));
}

/** The fields of an error that are not enumerable. */
function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error;
  // On some, like DOMException, a getter that works on the original alone.
  const { code } = error as { code?: unknown };
  return Object.entries({
    ...{ name, message, stack },
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause }),
  });
}

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^a-zA-Z0-9]+/g, '_')
    .toLowerCase();
  return secretName.test(words) || words.split('_').some((word) => word === 'sas' || word === 'sig');
}

function redactText(text: string): string {
  // What is longer says no more, and takes long to look through.
  let shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  for (const secret of registered) shown = shown.replaceAll(secret, mask);
  for (const [pattern, replacement] of secretTexts) shown = shown.replace(pattern, replacement);
  return shown;
}
