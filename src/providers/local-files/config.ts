import { realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { hasDotSegment } from '../../objects/keys.ts';
import { providerError } from '../errors.ts';
import type { Provider, ProviderEnvironment } from '../provider.ts';
import { openLocalFiles } from './driver.ts';
import { localFilesGuide } from './guide.ts';
import { isBelow, isMixed, normalizePath } from './paths.ts';

const settings = z.strictObject({
  path: z
    .string()
    .transform(normalizePath)
    .refine((path) => path !== '', 'Give the path of a folder below the document root.')
    .refine(
      (path) => path === '' || posix.isAbsolute(path),
      'Give an absolute path, such as "/data/dataset1".',
    )
    .refine((path) => !path.includes('\0'), 'A path cannot contain a NUL character.')
    .refine((path) => !hasDotSegment(path), "Give the path without '.' and '..'."),
});
const secrets = z.strictObject({});

export interface LocalFilesSettings {
  /** Absolute path of the folder, strictly below the document root, with '/' and none at the end. */
  path: string;
}
export type LocalFilesSecrets = z.output<typeof secrets>;

const switchedOff =
  'Local files are switched off: ask the operator to set LOCAL_FILES_DOCUMENT_ROOT to the folder that holds the data, ' +
  'and LOCAL_FILES_SERVING_ENABLED=true.';

/**
 * Files below the document root. Keys are paths relative to the document root, so that two storages with
 * overlapping folders name a file the same; the storage's own path is the prefix.
 */
export const localFiles: Provider<LocalFilesSettings, LocalFilesSecrets> = {
  name: 'LOCAL_FILES',
  title: 'Local files',
  capabilities: { listsInOrder: true, presign: false, weakVersions: true, folders: true },
  settings,
  secrets,
  prefixSetting: 'path',
  secretsBoundTo: [],
  recursiveByDefault: true,
  check: checkPath,
  location,
  uriStart: /(?:https?:\/\/[^\s/?#"'<>]{1,255})?\/data\/local-files\/?\?/,
  uri: (_settings, key) => `/data/local-files/?d=${key.split('/').map(encodeSegment).join('/')}`,
  keyOf: (_settings, uri) => {
    const query = /^(?:https?:\/\/[^/?#\s]+)?\/data\/local-files\/?\?([^#]*)/.exec(uri)?.[1];
    return (query && new URLSearchParams(query).get('d')) || undefined;
  },
  filterSubject: (key) => key.slice(key.lastIndexOf('/') + 1),
  unsupported: () => ({ SIGN: 'Local files have no URL at a provider; the service hands them out itself.' }),
  guide: localFilesGuide,
  open(settings, _secrets, environment) {
    const { prefix } = location(settings, environment);
    return openLocalFiles({ root: rootOf(environment), prefix });
  },
};

/** RFC 3986's unreserved characters stay; ! ' ( ) * do not, since URIs stand in HTML attributes and CSS. */
function encodeSegment(segment: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(segment).replace(/[!'()*]/g, percent);
}

function rootOf({ documentRoot, dataDirectory }: ProviderEnvironment): string {
  if (documentRoot === null) {
    throw providerError({ code: 'UNSUPPORTED', message: 'Local files are switched off.', hint: switchedOff });
  }
  if (dataDirectory !== null && isMixed(documentRoot, dataDirectory)) {
    throw providerError({
      code: 'UNSUPPORTED',
      message: "The document root and the service's own data directory lie one inside the other.",
      hint: 'Ask the operator to set LOCAL_FILES_DOCUMENT_ROOT to a folder apart from DATA_DIR.',
    });
  }
  return documentRoot;
}

/** Throws ProviderError when the document root was taken away, or moved, after the storage was saved. */
function location({ path }: LocalFilesSettings, environment: ProviderEnvironment) {
  const root = rootOf(environment);
  if (!isBelow(path, root)) {
    throw providerError({
      code: 'CONTAINER_NOT_FOUND',
      message: "The storage's path is not below the document root.",
      hint: `Move the files below "${root}" and change the path, or ask the operator to change LOCAL_FILES_DOCUMENT_ROOT.`,
    });
  }
  return { container: pathToFileURL(root).href, prefix: `${posix.relative(root, path)}/` };
}

/**
 * Refuses what is not an existing folder strictly below the document root. Nothing outside of it is
 * touched, so that the response tells nothing about what exists there.
 */
async function checkPath(
  { path }: LocalFilesSettings,
  _secrets: LocalFilesSecrets,
  { documentRoot: root }: ProviderEnvironment,
): Promise<LocalFilesSettings> {
  const refuse = (message: string) => new ValidationError([{ path: 'path', message }]);
  if (root === null) throw refuse(switchedOff);
  const example = `for example "${posix.join(root, 'dataset1')}"`;
  if (path === root) throw refuse(`This is the document root itself; choose a folder below it, ${example}.`);
  if (!isBelow(path, root)) throw refuse(`Choose a folder below the document root "${root}", ${example}.`);
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES')
      throw refuse(`The service's user may not enter "${path}": grant it the rights.`);
    if (error.code === 'ENOENT')
      throw refuse(`There is no folder "${path}": create it, or correct the path.`);
    throw refuse(`"${path}" cannot be opened (${error.code}): correct the path.`);
  });
  if (!isBelow(real, root)) {
    throw refuse(
      `"${path}" is a symbolic link out of the document root "${root}"; put the files themselves below it.`,
    );
  }
  if (!(await stat(real)).isDirectory()) throw refuse(`"${path}" is a file; give the folder that it is in.`);
  return { path };
}
