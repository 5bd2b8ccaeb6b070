import { type FieldError, ValidationError } from '../../errors.ts';
import type { ProviderName } from '../../providers/provider.ts';
import type { ProviderInput } from '../model.ts';
import { fieldErrors } from '../settings.ts';
import type { Connection } from './open.ts';

/** What a provider's input is called in GraphQL: AZURE_BLOB is `azureBlob`. */
export function inputNameOf(name: ProviderName): string {
  return name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

type Fields = Record<string, unknown>;

/**
 * A checked connection from what was given over what is stored. Merges first, then validates, so that a
 * partial update is judged by what it leads to. Without `needs.secrets` it is not to be opened: nothing is
 * demanded of the secrets, and none comes back.
 * @throws ValidationError with paths that read like the input's: `provider.s3.bucket`
 */
export async function mergeConnection(
  base: Pick<Connection, 'provider' | 'environment'> & { stored?: { settings: Fields; secrets: Fields } },
  given: ProviderInput | undefined,
  needs: { secrets: boolean } = { secrets: true },
): Promise<Connection> {
  const { provider, environment, stored } = base;
  const path = `provider.${inputNameOf(provider.name)}`;
  if (given && given.provider !== provider.name) {
    const message = `This storage's provider is ${provider.name}; create another storage for ${given.provider}.`;
    throw new ValidationError([
      { path: `provider.${inputNameOf(given.provider)}`, code: 'NOT_ALLOWED', message },
    ]);
  }
  const settings = merge(stored?.settings, given?.settings);
  // Secrets belong to their kind of credentials: another kind begins with none.
  const kind = given?.settings.credentials;
  const keeps = stored && (kind === undefined || kind === stored.settings.credentials);
  const kept = keeps ? stored.secrets : {};
  const secrets = merge(kept, given?.secrets);
  const errors: FieldError[] = [];
  const parsedSettings = provider.settings.safeParse(settings);
  const parsedSecrets = provider.secrets.safeParse(secrets);
  if (!parsedSettings.success) errors.push(...fieldErrors(parsedSettings.error, path, settings));
  if (!parsedSecrets.success) errors.push(...fieldErrors(parsedSecrets.error, path, secrets));
  if (!parsedSettings.success || !parsedSecrets.success) throw new ValidationError(errors);
  const check = async (): Promise<object> => {
    refuseOwnCredentials(provider, parsedSettings.data, environment);
    return (
      (await provider.check?.(parsedSettings.data, parsedSecrets.data, environment)) ?? parsedSettings.data
    );
  };
  if (!needs.secrets) {
    const settings = await check().catch(() => parsedSettings.data);
    return { provider, settings: definite(settings), secrets: {}, environment };
  }
  const checked = await withPaths(path, async () => {
    if (stored) {
      const before = { settings: stored.settings, secrets: kept };
      refuseRedirect(provider, before, parsedSettings.data as Fields, given?.secrets ?? {});
      if (keeps && given) refuseHalves(provider, stored.settings, given);
    }
    return check();
  });
  return {
    provider,
    settings: definite(checked),
    secrets: definite(parsedSecrets.data),
    environment,
  };
}

/** Stored fields under given ones: undefined keeps, null clears. */
function merge(stored: Fields = {}, given: Fields = {}): Fields {
  const merged = { ...stored };
  for (const [name, value] of Object.entries(given)) {
    if (value === null) delete merged[name];
    else if (value !== undefined) merged[name] = value;
  }
  return merged;
}

const definite = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

/** @throws ValidationError where the organization may not use the service's own credentials, and names no others */
function refuseOwnCredentials(
  provider: Connection['provider'],
  settings: object,
  { ownCredentials }: Connection['environment'],
): void {
  if (ownCredentials || !provider.usesOwnCredentials?.(settings)) return;
  throw new ValidationError([
    {
      path: 'credentials',
      code: 'NOT_ALLOWED',
      message:
        "Your organization may not use the service's own credentials: give the storage some of its own, or ask the operator to name the organization in AMBIENT_CREDENTIALS.",
    },
  ]);
}

/**
 * Whoever may edit a storage must not be able to send its stored secrets somewhere else: after a change
 * of host or container the secrets have to be given again.
 */
function refuseRedirect(
  provider: Connection['provider'],
  stored: { settings: Fields; secrets: Fields },
  settings: Fields,
  givenSecrets: Fields,
): void {
  const kept = Object.keys(stored.secrets).filter((name) => givenSecrets[name] === undefined);
  if (kept.length === 0) return;
  const changed = provider.secretsBoundTo.filter((path) => {
    const name = path.slice(path.lastIndexOf('.') + 1);
    return (settings[name] ?? null) !== (stored.settings[name] ?? null);
  });
  if (changed.length === 0) return;
  throw new ValidationError(
    changed.map((path) => ({
      path,
      code: 'REQUIRED' as const,
      message: 'Changing this needs the secrets again: send the credentials in the same request.',
    })),
  );
}

/**
 * Credentials change whole: half of what was given and half of what is stored is nobody's.
 * @throws ValidationError naming what is missing
 */
function refuseHalves(
  { wholeCredentials = [] }: Connection['provider'],
  stored: Fields,
  given: ProviderInput,
): void {
  const nameOf = (field: string) => field.slice(field.lastIndexOf('.') + 1);
  const givenOf = (field: string) => given.settings[nameOf(field)] ?? given.secrets[nameOf(field)] ?? null;
  const missing = wholeCredentials.flatMap(({ changed, needs }) => {
    const isNew = (field: string) => givenOf(field) !== null && givenOf(field) !== stored[nameOf(field)];
    return changed.some(isNew) ? needs.filter((field) => givenOf(field) === null) : [];
  });
  if (missing.length === 0) return;
  const message = 'These credentials change whole: send this one in the same request.';
  throw new ValidationError([...new Set(missing)].map((field) => ({ path: field, message })));
}

/** Puts `path` in front of the field errors that `work` throws. */
async function withPaths<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.fields.map((field) => ({
        ...field,
        path: field.path === '' ? path : `${path}.${field.path}`,
      })),
    );
  }
}
