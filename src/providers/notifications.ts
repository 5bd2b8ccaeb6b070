/** What a provider's notifications of changed objects say, and how to read what is in them. */

/**
 * Which keys of which container changed. Whether a key was written or removed, and in which order, does not
 * matter: the sync asks the storage itself.
 */
export interface Notifications {
  changes: { container: string; key: string }[];
  /** Handshakes: what the sender wants to see in the response before it sends anything. */
  answer?: { validationResponse: string };
  /** A URL of the provider's own that wants to be fetched once. */
  confirmUrl?: string;
}

export type JsonObject = Record<string, unknown>;

export interface NotificationReader<Settings extends object = object> {
  /** What one event says; undefined: it is none of this provider's. */
  read(event: JsonObject): Notifications | undefined;
  /** The container of a storage, as notifications name it. */
  container(settings: Settings): string;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text that is not empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The value at a path of fields; undefined: there is none. */
export const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/** One change, where both its parts are there. */
export function changeOf(container: unknown, key: unknown): Notifications['changes'] {
  const [name, object] = [textOf(container), textOf(key)];
  return name && object ? [{ container: name, key: object }] : [];
}

/** A text's JSON; undefined: it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
