import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/**
 * `npm run arrows`: imports of src/ point one way, and SQL, settings and SDKs stay in their places. The
 * tables below are the rules; a path is relative to src/.
 */

/** From the bottom up: a file imports from its own layer or one below. */
const layers = ['types', 'tools', 'kit', 'access', 'services', 'doors'] as const;
type Layer = (typeof layers)[number];

/** Each noun imports from those before it; the other way only types. */
const nouns = [
  'organizations',
  'projects',
  'webhooks',
  'tasks',
  'annotations',
  'storages',
  'objects',
  'syncs',
  'exports',
  'media',
  'snapshots',
];
const noun = `(?:${nouns.join('|')})`;

/** The layer of a file: the first pattern that matches its path. */
const places: [RegExp, Layer][] = [
  [/^(errors|json)\.ts$/, 'types'],
  [/^database\/tables\//, 'types'],
  [/^providers\/(provider|guide|notifications)\.ts$/, 'types'],
  [/^objects\/keys\.ts$/, 'types'],
  [new RegExp(`^(${noun}|formats)/model\\.ts$`), 'types'],
  [/^(formats|security)\//, 'tools'],
  [/^observability\//, 'tools'],
  // What every noun's GraphQL types are made with.
  [/^graphql\//, 'kit'],
  [/^(main|app|config|keys|services)\.ts$/, 'doors'],
  [/^(api|cli|worker)\//, 'doors'],
  [/\/(graphql|routes)\.ts$|\/graphql\//, 'doors'],
  [/^access\/(actions|permissions)\.ts$/, 'types'],
  [/^(access|database|events|jobs|providers)\//, 'access'],
  [new RegExp(`^${noun}/(repository(/\\w+)?|bulk|ledger|changed-rows|joined-rows)\\.ts$`), 'access'],
  [/^syncs\/(issues|run\/marks)\.ts$/, 'access'],
  [/^snapshots\/media\/outcome\.ts$/, 'types'],
  [/^annotations\/changes\.ts$|^exports\/reading\.ts$/, 'access'],
  [new RegExp(`^${noun}/`), 'services'],
];

/** What files of a kind import at most, beyond what the layers say. A type is only named, not used. */
interface Limit {
  from: RegExp;
  /** What it imports, if the pattern of allowed or of refused paths says so. */
  only?: RegExp;
  never?: RegExp;
  unless?: 'type';
  why: string;
}
const limits: Limit[] = [
  { from: /^errors\.ts$/, only: /^$/, why: 'errors.ts imports nothing' },
  {
    from: /^(database|events|jobs)\//,
    only: /^(errors|json)\.ts$|^(database|events|jobs|observability|security)\//,
    why: 'it knows no noun',
  },
  {
    from: /^providers\/(?!([\w-]+\/)?graphql\.ts$)/,
    only: /^errors\.ts$|^(formats|observability|security|providers)\/|^objects\/keys\.ts$/,
    why: 'a provider knows no noun',
  },
  {
    from: /^providers\/[\w-]+\/graphql\.ts$/,
    only: /^graphql\/|^providers\/|^errors\.ts$/,
    why: 'it describes, and storages/graphql puts together',
  },
  {
    from: /^providers\/(?!registry\.ts$)[\w-]+\.ts$/,
    never: /^providers\/[\w-]+\//,
    why: 'only the registry knows the providers',
  },
  {
    from: new RegExp(`^(${noun}|graphql|api|jobs|formats)/`),
    never: /^providers\/[\w-]+\//,
    why: 'only the registry knows the providers',
  },
  {
    from: /\/(repository(\/\w+)?|bulk|ledger)\.ts$/,
    never: /^providers\//,
    unless: 'type',
    why: 'a repository talks to the database alone',
  },
  {
    from: /^(api|cli)\/|\/(graphql|routes)\.ts$|\/graphql\//,
    never: /\/(repository(\/\w+)?|bulk|ledger)\.ts$/,
    unless: 'type',
    why: 'doors call services',
  },
  {
    from: /^(?!api\/|(.*\/)?graphql(\.ts$|\/))/,
    never: /^graphql\//,
    unless: 'type',
    why: 'GraphQL is for doors',
  },
];

/** Imports against the rules: from, to. */
const exceptions: [RegExp, RegExp][] = [
  // The command line takes the ids that the API gives.
  [/^cli\/(database|export)\.ts$/, /^graphql\/(provider|ids)\.ts$/],
  // The contract says what a driver is lent, and the guard is part of that.
  [/^providers\/provider\.ts$/, /^security\/outbound\.ts$/],
  // Annotations come and go with their tasks and projects, too: each way records it in its own transaction.
  [/^(projects\/repository|tasks\/(repository|bulk|joined-rows))\.ts$/, /^annotations\/changes\.ts$/],
];

/** Whose repository a file may use besides its own noun's: a join or a bulk statement that several nouns share. */
const sharedRepositories: { from: RegExp; to: RegExp; why: string }[] = [
  {
    from: /^syncs\/(compare|preview|run)\//,
    to: /^(objects\/ledger|tasks\/(bulk|changed-rows|joined-rows))\.ts$/,
    why: 'a batch of a sync is one transaction over ledger and tasks, in a handful of statements',
  },
  {
    from: /^syncs\/(progress|run|start)\//,
    to: /^(projects|storages)\/repository\.ts$/,
    why: 'a worker acts for no viewer',
  },
  {
    from: /^access\/authorize\.ts$/,
    to: /^(organizations|projects)\/repository\.ts$/,
    why: 'tokens, memberships and the owners of projects say who may do what',
  },
  {
    from: /^exports\//,
    to: /^(storages|syncs)\/repository\.ts$/,
    why: 'a worker acts for no viewer, and a sync of a target commits as any other',
  },
  {
    from: /^snapshots\/reader\.ts$/,
    to: /^tasks\/repository\.ts$/,
    why: 'a portion of tasks and all that hangs on them are read in one state of the database',
  },
  {
    from: /^snapshots\/target\//,
    to: /^(projects|storages|tasks)\/repository\.ts$/,
    why: 'a worker acts for no viewer',
  },
  {
    from: /^annotations\/service\.ts$/,
    to: /^tasks\/repository\.ts$/,
    why: "a task's counters change in the transaction of its annotations",
  },
  {
    from: /^tasks\/members\.ts$/,
    to: /^organizations\/repository\.ts$/,
    why: 'the authors that task files name are looked up in bulk',
  },
];

/** Packages that one place hides from all others. Types are no exception. */
const packages: { name: RegExp; where: RegExp }[] = [
  // Google's workload identity federation begins with an identity that AWS gave.
  { name: /^@(aws-sdk|smithy)\//, where: /^providers\/(s3\/|gcs\/aws-identity\.ts$)/ },
  { name: /^@azure\//, where: /^providers\/azure-blob\// },
  { name: /^(@google-cloud\/|google-)/, where: /^providers\/gcs\// },
  { name: /^ioredis$/, where: /^(providers\/redis|events)\// },
  { name: /^pg-boss$/, where: /^jobs\// },
  { name: /^hyparquet/, where: /^formats\// },
  {
    name: /^(@pothos\/|graphql|@graphql-yoga\/render-)/,
    where: /^(api\/)?graphql\/|^api\/graphiql\/|\/graphql(\.ts$|\/)/,
  },
];

/** Where SQL is spelled. */
const sqlPlaces = [
  /^database\//,
  /\/(repository(\/\w+)?|ledger)\.ts$/,
  /^tasks\/(bulk|changed-rows|joined-rows)\.ts$/,
  /^annotations\/changes\.ts$/,
  /^syncs\/(issues|run\/marks)\.ts$/,
  /^exports\/reading\.ts$/,
  /^jobs\/queue\.ts$/,
  /^events\/bus\.ts$/,
  /^api\/health\.ts$/,
  // Locks and settings of a transaction, where it is begun.
  /^organizations\/service\.ts$/,
  /^storages\/connect\/save\.ts$/,
  /^syncs\/run\/committer\.ts$/,
];
const sql =
  /\bsql\s*(<[^`]*?>)?`|\bdb\s*\.\s*(select|selectDistinct|insert|update|delete|execute|with)\b|\.unsafe\(/;

/** Names of vendors in code; what stands in texts is for people. A provider's own name counts in quotes, too. */
const vendor =
  /\b(?:s3|gcs|azure|aws|amazon|google|redis|minio|sns)[A-Za-z]*\b|'(?:S3|GCS|AZURE_BLOB|REDIS)'/i;
const vendorPlaces = [
  /^providers\//,
  // The values of the enum of providers are described where it is made.
  /^storages\/graphql\/enums\.ts$/,
];

/** Where the process environment is read. */
const environmentPlaces = [/^main\.ts$/, /^database\/embedded\/binaries\.ts$/];
const environment = /\bprocess\s*\.\s*env\b|\{[^{}=;]*\benv\b[^{}=;]*\}\s*=\s*process\b/;

interface Import {
  line: number;
  /** Path below src/, or the name of a package. */
  target: string;
  isPackage: boolean;
  isType: boolean;
}

/** What is wrong in a file, for people. */
export interface Violation {
  file: string;
  line: number;
  message: string;
}

/** @param files texts by path below src/ */
export function checkArrows(files: ReadonlyMap<string, string>): Violation[] {
  const imports = new Map([...files].map(([file, text]) => [file, importsOf(file, text)]));
  return [
    ...[...imports].flatMap(([file, list]) => list.flatMap((entry) => wrongs(file, entry))),
    ...[...files].flatMap(([file, text]) => misplaced(file, text)),
    ...cycles(imports),
  ];
}

const declaration = /^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'/gm;
const dynamic = /\bimport\('([^']+)'\)/g;

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (index: number, specifier: string, isType: boolean) => {
    const line = text.slice(0, index).split('\n').length;
    const isPackage = !specifier.startsWith('.');
    const target = isPackage ? specifier : join(dirname(file), specifier);
    found.push({ line, target, isPackage, isType });
  };
  for (const { index, 1: type, 2: names = '', 3: specifier } of text.matchAll(declaration)) {
    const each =
      /^\{(.*)\}$/s
        .exec(names.trim())?.[1]
        ?.split(',')
        .filter((name) => name.trim()) ?? [];
    const allTypes = each.length > 0 && each.every((name) => name.trim().startsWith('type '));
    add(index, specifier!, type !== undefined || allTypes);
  }
  for (const { index, 1: specifier } of text.matchAll(dynamic)) add(index, specifier!, false);
  return found;
}

function wrongs(file: string, { line, target, isPackage, isType }: Import): Violation[] {
  const wrong = (why: string): Violation[] => [{ file, line, message: `imports ${target}: ${why}` }];
  if (isPackage) {
    const place = packages.find(({ name }) => name.test(target));
    return place && !place.where.test(file) ? wrong(`it is used in ${place.where.source} alone`) : [];
  }
  if (exceptions.some(([from, to]) => from.test(file) && to.test(target))) return [];
  if (target.startsWith('..')) return wrong('src/ imports nothing outside');
  const [from, to] = [layerOf(file), layerOf(target)];
  if (!from) return [{ file, line: 1, message: 'stands in no layer: add it to the table of places' }];
  if (to && layers.indexOf(to) > layers.indexOf(from)) return wrong(`${from} stand below ${to}`);
  const limit = limits.find(({ from, only, never, unless }) => {
    if (!from.test(file) || (unless === 'type' && isType)) return false;
    return (only && !only.test(target)) || never?.test(target);
  });
  if (limit) return wrong(limit.why);
  if (!isType && storesRecords.test(target) && roomOf(target) !== roomOf(file)) {
    const shared = sharedRepositories.some(({ from, to }) => from.test(file) && to.test(target));
    if (!shared) return wrong(`${roomOf(target)}' records are read and written by ${roomOf(target)} alone`);
  }
  const [own, other] = [providerOf(file), providerOf(target)];
  if (own && other && own !== other) return wrong('a provider imports no other');
  const [earlier, later] = [nouns.indexOf(roomOf(file)), nouns.indexOf(roomOf(target))];
  if (earlier >= 0 && later > earlier && !isType && to !== 'types')
    return wrong(`${roomOf(target)} come after ${roomOf(file)}`);
  return [];
}

/** Files that spell a noun's SQL. */
const storesRecords = new RegExp(`^${noun}/(repository(/\\w+)?|bulk|ledger)\\.ts$`);

const layerOf = (file: string) => places.find(([pattern]) => pattern.test(file))?.[1];
const roomOf = (file: string) => file.split('/', 1)[0]!;
const providerOf = (file: string) => /^providers\/([\w-]+)\//.exec(file)?.[1];

function misplaced(file: string, text: string): Violation[] {
  const checks = [
    { pattern: sql, allowed: sqlPlaces, message: 'spells SQL: that is for repositories' },
    {
      pattern: environment,
      allowed: environmentPlaces,
      message: 'reads the environment: that is for config.ts',
    },
    {
      pattern: vendor,
      allowed: vendorPlaces,
      message: "names a vendor: that is for the provider's folder",
      code: withoutTexts(withoutComments(text)),
    },
  ];
  return checks
    .filter(({ allowed }) => !allowed.some((place) => place.test(file)))
    .flatMap(({ pattern, message, code = withoutComments(text) }) =>
      [...code.matchAll(new RegExp(pattern, `g${pattern.flags}`))].map(({ index }) => ({
        file,
        line: text.slice(0, index).split('\n').length,
        message,
      })),
    );
}

/** Blanked, so that places stay the same. */
function withoutComments(text: string): string {
  return text.replace(/(?<=^|\s)\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  );
}

/** Texts blanked but for single names in quotes, which code compares with. */
function withoutTexts(code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|^import .*$/gm, (text) =>
    /^'[A-Z_\d]+'$/.test(text) ? text : text.replace(/[^\n]/g, ' '),
  );
}

/** Files that import each other in a circle, be it by types: neither can be read, or moved, without the other. */
function cycles(imports: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const found: Violation[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    if (done.has(file)) return;
    for (const { line, target } of imports.get(file) ?? []) {
      if (!imports.has(target)) continue;
      const begin = [...path, file].indexOf(target);
      if (begin < 0) visit(target, [...path, file]);
      else {
        const circle = [...path, file].slice(begin).concat(target).join(' → ');
        found.push({ file, line, message: `imports in a circle: ${circle}` });
      }
    }
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

/** All TypeScript files below a folder. */
export function readSources(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(
    names.toSorted().map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')]),
  );
}

/** Packages that the service is installed with and nothing of it uses. */
export function unusedPackages(
  files: ReadonlyMap<string, string>,
  dependencies: readonly string[],
): string[] {
  const used = new Set(
    [...files].flatMap(([file, text]) => importsOf(file, text).map(({ target }) => packageOf(target))),
  );
  // It patches another one when that is installed.
  return dependencies.filter((name) => name !== 'patch-package' && !used.has(name));
}

const packageOf = (target: string) => target.split('/', target.startsWith('@') ? 2 : 1).join('/');

if (import.meta.main) {
  const files = readSources(new URL('../../src', import.meta.url).pathname);
  const violations = checkArrows(files);
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  for (const name of unusedPackages(files, Object.keys(dependencies))) {
    violations.push({
      file: '',
      line: 0,
      message: `does not use the package ${name}: it need not be installed`,
    });
  }
  for (const { file, line, message } of violations) process.stderr.write(`src/${file}:${line} ${message}\n`);
  process.stdout.write(`Arrows: ${files.size} files, ${violations.length} violations.\n`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
