/**
 * What a SAS token says of itself. Parameters: "Create a service SAS" and "Create an account SAS" (Azure
 * Storage REST API). Only Azure can tell whether its signature is good.
 */
export interface SasToken {
  /** Single letters: r read, l list, w write, c create, d delete…; undefined: a stored access policy has them. */
  permissions: string | undefined;
  /** Undefined: a stored access policy has it. */
  expiresAt: Date | undefined;
  startsAt: Date | undefined;
  /** What it opens: c container, d directory, b blob; undefined: an account SAS. */
  resource: string | undefined;
  /** Of an account SAS: b blobs among other services; s, c, o: the service, containers, objects. */
  services: string | undefined;
  resourceTypes: string | undefined;
  httpsOnly: boolean;
}

/** Reads a token as `readSasText` leaves it; undefined: not a SAS token. */
export function parseSas(text: string): SasToken | undefined {
  const fields = new URLSearchParams(text);
  const expiresAt = dateOf(fields.get('se'));
  const startsAt = dateOf(fields.get('st'));
  const hasTerm = fields.has('se') || fields.has('si');
  if (!fields.get('sig') || !fields.get('sv') || !hasTerm) return undefined;
  if ([expiresAt, startsAt].some((date) => date && Number.isNaN(date.getTime()))) return undefined;
  return {
    permissions: fields.get('sp') ?? undefined,
    expiresAt,
    startsAt,
    resource: fields.get('sr') ?? undefined,
    services: fields.get('ss') ?? undefined,
    resourceTypes: fields.get('srt') ?? undefined,
    httpsOnly: fields.get('spr') === 'https',
  };
}

function dateOf(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

/**
 * Why this token cannot serve a storage, or undefined. Which permissions it needs depends on the storage's
 * direction, so that a lack of some shows only when they are used.
 */
export function sasProblem(
  token: SasToken,
  { secure, now = new Date() }: { secure: boolean; now?: Date },
): string | undefined {
  const { permissions, expiresAt, startsAt, resource, services, resourceTypes, httpsOnly } = token;
  if (expiresAt && expiresAt <= now) {
    return `expected a SAS token that is still valid, got one that expired at ${expiresAt.toISOString()}`;
  }
  if (startsAt && startsAt > now) {
    return `expected a SAS token that is valid now, got one that starts at ${startsAt.toISOString()}`;
  }
  if (resource === 'b' || resource === 'bs' || resource === 'bv') {
    return 'expected a SAS token of the container (sr=c) or the account, got one of a single blob';
  }
  if (resource === undefined && !services?.includes('b')) {
    return 'expected an account SAS for the Blob service (ss=b), got one without it';
  }
  if (resource === undefined && !(resourceTypes?.includes('c') && resourceTypes.includes('o'))) {
    return 'expected an account SAS for containers and objects (srt=co), got one without both';
  }
  if (permissions !== undefined && !/[lwc]/.test(permissions)) {
    return 'expected a SAS token that allows to list (l) for a source, or to create and write (cw) for a target, got one with neither';
  }
  if (httpsOnly && !secure) return 'expected a SAS token for http too, got one for https only (spr=https)';
  return undefined;
}
