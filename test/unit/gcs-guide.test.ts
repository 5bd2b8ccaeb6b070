import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GcsSettings } from '../../src/providers/gcs/config.ts';
import { gcsGuide } from '../../src/providers/gcs/guide.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { GuideRequest, SetupStep } from '../../src/providers/guide.ts';
import type { Store } from '../../src/providers/store.ts';
import type { GcsServer } from '../servers/gcs.ts';
import type { CorsRule } from '../servers/gcs-objects.ts';
import { type GcsTrial, keysOf, secretsOf, startTrial, textOf, write } from '../servers/gcs-trial.ts';

const source: GuideRequest = {
  direction: 'SOURCE',
  origins: [],
  addresses: [],
  externalId: 'organization-7',
  servicePrincipal: null,
};
const target: GuideRequest = { ...source, direction: 'TARGET' };
const clientEmail = 'reader@my-project.iam.gserviceaccount.com';
const federation = {
  credentials: 'WORKLOAD_IDENTITY',
  projectNumber: '123456789012',
  poolId: 'labels-pool',
  providerId: 'labels-provider',
  serviceAccountEmail: clientEmail,
};

function settingsFor(more: object = {}): GcsSettings {
  return gcsProvider.settings.parse({
    bucket: 'my-bucket',
    credentials: 'SERVICE_ACCOUNT',
    clientEmail,
    ...more,
  });
}

function stepOf(steps: SetupStep[], title: string): SetupStep {
  return steps.find((step) => step.title.startsWith(title)) ?? expect.fail(`No step "${title}".`);
}

const titlesOf = (steps: SetupStep[]) => steps.map(({ title }) => title);

interface Command {
  words: string[];
  flags: Record<string, string>;
}

/** Commands and files of a script, with a variable that is looked up, by the quoting rules of POSIX shells; fails on what it does not know. */
function shell(script: string): { commands: Command[]; files: Record<string, unknown> } {
  const files: Record<string, unknown> = {};
  const variable = /^(\w+)=\$\((gcloud projects describe \d+ --format='value\(projectId\)')\)$/m.exec(script);
  const known = variable
    ? script
        .replace(variable[0], '')
        .replaceAll(`"$${variable[1]}"`, `'$(${variable[2]!.replaceAll("'", '')})'`)
    : script;
  const rest = known.replace(
    /^cat > (\S+) <<'END'\n([\s\S]*?)\nEND$/gm,
    (_, name: string, content: string) => {
      files[name] = JSON.parse(content);
      return '';
    },
  );
  const commands = rest
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const words = [...line.matchAll(/(?:[\w@%+=:,./-]|'[^']*'|\\')+/g)].map(([word]) =>
        word.replace(/'([^']*)'|\\'/g, (_, quoted?: string) => quoted ?? "'"),
      );
      expect(line.replace(/(?:[\w@%+=:,./-]|'[^']*'|\\')+/g, '').trim(), line).toBe('');
      const flags = words
        .filter((word) => word.startsWith('--'))
        .map((word) => /^--([a-z-]+)=([\s\S]*)$/.exec(word));
      return {
        words: words.filter((word) => !word.startsWith('--')),
        flags: Object.fromEntries(flags.map((flag) => [flag![1]!, flag![2]!])),
      };
    });
  return { commands, files };
}

type Block = { [name: string]: string | Block };

/** The part of HCL that the guide writes: blocks, attributes of strings and references, maps of strings. */
function hcl(text: string): Record<string, Block> {
  const root: Block = {};
  const open = [root];
  for (const line of text
    .split('\n')
    .map((one) => one.trim())
    .filter(Boolean)) {
    const here = open.at(-1)!;
    const block = /^(\w+)((?: "[^"]*")*) (?:= )?\{$/.exec(line);
    const attribute = /^("(?:[^"\\]|\\.)*"|\w+) += (.+)$/.exec(line);
    if (line === '}') open.pop();
    else if (block) {
      const inner: Block = {};
      here[`${block[1]}${block[2]}`.replaceAll('"', '')] = inner;
      open.push(inner);
    } else if (attribute) here[unquote(attribute[1]!)] = unquote(attribute[2]!);
    else expect.fail(`No HCL: ${line}`);
  }
  expect(open).toHaveLength(1);
  return root as Record<string, Block>;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  expect(text.replaceAll('$${', '').replaceAll('%%{', ''), 'a template').not.toMatch(/[$%]\{/);
  return JSON.parse(text).replaceAll('$${', '${').replaceAll('%%{', '%{');
}

describe('proven on a server', () => {
  let trial: GcsTrial;
  let server: GcsServer;
  beforeAll(async () => {
    trial = await startTrial();
    server = trial.server;
  });
  afterAll(() => server.close());

  const prefix = `team "one"/$5 set+'s/`;
  const predefined: Record<string, string[]> = {
    'roles/storage.objectViewer': ['storage.objects.get', 'storage.objects.list'],
    'roles/storage.objectUser': ['create', 'delete', 'get', 'list'].map((verb) => `storage.objects.${verb}`),
    'roles/storage.legacyBucketReader': ['storage.objects.list'],
  };

  /** Opens a bucket by an account that has what the guide's step grants, and nothing else. */
  function openBy(request: GuideRequest, title: string, more: object = {}): { store: Store; whole: Store } {
    const account = server.createServiceAccount();
    const bucket = server.createBucket(trial.account);
    for (const key of [`${prefix}in.txt`, 'out.txt', 'team "one"/out.txt']) {
      server.put(bucket.name, key, Buffer.from('content'));
    }
    const settings = {
      bucket: bucket.name,
      endpoint: server.url,
      prefix,
      clientEmail: account.email,
      ...more,
    };
    const script = stepOf(gcsGuide(settingsFor(settings), request), title).content;
    const { commands, files } = shell(script);
    const roles = { ...predefined };
    for (const { words, flags } of commands) {
      if (words.slice(0, 4).join(' ') === 'gcloud iam roles create') {
        roles[`projects/${flags.project}/roles/${words[4]}`] = flags.permissions!.split(',');
      } else {
        expect(words).toEqual([
          'gcloud',
          'storage',
          'buckets',
          'add-iam-policy-binding',
          `gs://${bucket.name}`,
        ]);
        expect(flags.member).toBe(`serviceAccount:${account.email}`);
        const condition = files[flags['condition-from-file'] ?? ''] as { expression: string } | undefined;
        const permissions = roles[flags.role!] ?? expect.fail(`No role ${flags.role}.`);
        bucket.grants.push({ email: account.email, permissions, prefix: prefixOf(bucket.name, condition) });
      }
    }
    const secrets = secretsOf(account.json);
    const whole = { ...settingsFor(settings), prefix: '' };
    return { store: trial.open(settingsFor(settings), secrets), whole: trial.open(whole, secrets) };
  }

  /** What a condition limits to, objects and listings alike. */
  function prefixOf(bucket: string, condition: { expression: string } | undefined): string {
    if (!condition) return '';
    const [, objects = '', listed = ''] =
      /^resource\.name\.startsWith\(("(?:[^"\\]|\\.)*")\) \|\| api\.getAttribute\("storage\.googleapis\.com\/objectListPrefix", ""\)\.startsWith\(("(?:[^"\\]|\\.)*")\)$/.exec(
        condition.expression,
      ) ?? [];
    expect(JSON.parse(objects)).toBe(`projects/_/buckets/${bucket}/objects/${JSON.parse(listed)}`);
    return JSON.parse(listed);
  }

  const signal = new AbortController().signal;
  const forbidden = { code: 'FORBIDDEN' };

  test('listing and reading, below the prefix and nowhere else', async () => {
    const { store, whole } = openBy(source, 'Role on the bucket: listing and reading');
    expect(await keysOf(store)).toEqual([`${prefix}in.txt`]);
    expect(await textOf(store, `${prefix}in.txt`)).toBe('content');
    const { url } = await store.presign(`${prefix}in.txt`, { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe('content');
    await expect(keysOf(whole)).rejects.toMatchObject(forbidden);
    await expect(textOf(whole, 'out.txt')).rejects.toMatchObject(forbidden);
    await expect(write(store, `${prefix}new.json`)).rejects.toMatchObject(forbidden);
  });

  test('listing only', async () => {
    const { store, whole } = openBy(source, 'Role on the bucket: listing only', { projectId: 'my-project' });
    expect(await keysOf(store)).toEqual([`${prefix}in.txt`]);
    await expect(keysOf(whole)).rejects.toMatchObject(forbidden);
    await expect(textOf(store, `${prefix}in.txt`)).rejects.toMatchObject(forbidden);
  });

  test.each([{ projectId: 'my-project' }, {}])('writing, overwriting and deleting: %j', async (more) => {
    const { store, whole } = openBy(target, 'Role on the bucket: writing annotations', more);
    await write(store, `${prefix}new.json`);
    await write(store, `${prefix}new.json`, '{"again":true}');
    expect(await keysOf(store)).toEqual([`${prefix}in.txt`, `${prefix}new.json`]);
    await store.remove(`${prefix}new.json`, signal);
    if (more.projectId) await expect(textOf(store, `${prefix}in.txt`)).rejects.toMatchObject(forbidden);
    await expect(write(whole, 'out.json')).rejects.toMatchObject(forbidden);
  });

  test('CORS file', async () => {
    const origin = 'https://labels.example.com';
    const { name } = server.createBucket(trial.account);
    server.put(name, 'a.txt', Buffer.from('content'));
    const steps = gcsGuide(settingsFor({ bucket: name }), { ...source, origins: [origin] });
    server.bucket(name).cors = JSON.parse(stepOf(steps, 'CORS file').content) as CorsRule[];
    expect(shell(stepOf(steps, 'Apply the CORS file').content).commands).toEqual([
      {
        words: ['gcloud', 'storage', 'buckets', 'update', `gs://${name}`],
        flags: { 'cors-file': 'cors.json' },
      },
    ]);
    const store = trial.open(trial.settingsFor(name));
    const { url } = await store.presign('a.txt', { ttlSeconds: 60, signal });
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' },
    });
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('range');
    const answer = await fetch(url, { headers: { origin, range: 'bytes=0-2' } });
    expect([answer.status, await answer.text()]).toEqual([206, 'con']);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('Content-Range');
    const stranger = await fetch(url, { headers: { origin: 'https://evil.example' } });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('which steps there are', () => {
  const reading = 'Role on the bucket: listing and reading';
  const listing = 'Role on the bucket: listing only';
  const writing = 'Role on the bucket: writing annotations';
  const cors = ['CORS file', 'Apply the CORS file'];
  const filter = ['IP filter file', 'Apply the IP filter'];
  const origins = ['https://labels.example.com'];
  const addresses = ['198.51.100.7', '2001:db8::7', '203.0.113.0/24'];
  const pool = ['Workload identity pool, by commands', 'Workload identity pool, by Terraform'];
  const arn = 'arn:aws:sts::210987654321:assumed-role/longshore';

  test.each<[string, object, Partial<GuideRequest>, string[]]>([
    ['source', {}, {}, [reading, listing]],
    ['source, signing for pages', {}, { origins }, [reading, listing, ...cors]],
    ['source, not signing', {}, { origins, presign: false }, [reading, listing]],
    ['source with addresses', {}, { addresses }, [reading, listing, ...filter]],
    ['target', {}, { direction: 'TARGET', origins }, [writing]],
    [
      'no key yet',
      { clientEmail: undefined, projectId: 'my-project' },
      {},
      ['Service account and key', reading, listing],
    ],
    ['neither key nor project', { clientEmail: undefined }, {}, ['Role on the bucket']],
    ['default, unknown', { credentials: 'DEFAULT' }, {}, ['Role on the bucket']],
    [
      'default',
      { credentials: 'DEFAULT' },
      { servicePrincipal: clientEmail },
      [reading, listing, 'Role to sign URLs'],
    ],
    [
      'default, not signing',
      { credentials: 'DEFAULT' },
      { servicePrincipal: clientEmail, presign: false },
      [reading, listing],
    ],
    ['federation', federation, { servicePrincipal: arn }, [...pool, reading, listing, 'Role to sign URLs']],
    ['federation, target', federation, { servicePrincipal: arn, direction: 'TARGET' }, [...pool, writing]],
    [
      'federation, unknown',
      federation,
      {},
      ['Workload identity pool', reading, listing, 'Role to sign URLs'],
    ],
  ])('%s', (_, settings, request, titles) => {
    const steps = gcsGuide(settingsFor(settings), { ...source, ...request });
    expect(titlesOf(steps)).toEqual(titles);
    for (const { content, format, explanation } of steps) {
      // Nothing to fill in.
      expect(content).not.toMatch(/undefined|null|PROJECT|BUCKET|YOUR|<[a-z]+>|\[[A-Z]/);
      expect(explanation).toMatch(/^[A-Z].*[^ ]$/s);
      if (format === 'JSON') JSON.parse(content);
      else if (format === 'SHELL') shell(content);
      else if (format === 'HCL') hcl(content);
    }
  });

  test('IP filter', () => {
    const steps = gcsGuide(settingsFor(), { ...source, addresses });
    expect(JSON.parse(stepOf(steps, 'IP filter file').content)).toEqual({
      mode: 'Enabled',
      publicNetworkSource: {
        allowedIpCidrRanges: ['198.51.100.7/32', '2001:db8::7/128', '203.0.113.0/24'],
      },
    });
    expect(stepOf(steps, 'IP filter file').explanation).toContain('also keeps out browsers');
    const proxied = gcsGuide(settingsFor(), { ...source, presign: false, addresses });
    expect(stepOf(proxied, 'IP filter file').explanation).not.toContain('also keeps out browsers');
    expect(shell(stepOf(steps, 'Apply the IP filter').content).commands).toEqual([
      {
        words: ['gcloud', 'alpha', 'storage', 'buckets', 'update', 'gs://my-bucket'],
        flags: { 'ip-filter-file': 'ip-filter.json' },
      },
    ]);
  });

  test('signing', () => {
    const steps = gcsGuide(settingsFor({ credentials: 'DEFAULT' }), {
      ...source,
      servicePrincipal: clientEmail,
    });
    expect(shell(stepOf(steps, 'Role to sign URLs').content).commands.at(-1)).toEqual({
      words: ['gcloud', 'iam', 'service-accounts', 'add-iam-policy-binding', clientEmail],
      flags: {
        member: `serviceAccount:${clientEmail}`,
        role: 'roles/iam.serviceAccountTokenCreator',
        condition: 'None',
        project: 'my-project',
      },
    });
  });

  test('a new account and its key', () => {
    const steps = gcsGuide(settingsFor({ clientEmail: undefined, projectId: 'my-project' }), source);
    const email = 'longshore@my-project.iam.gserviceaccount.com';
    expect(shell(stepOf(steps, 'Service account and key').content).commands).toEqual([
      {
        words: ['gcloud', 'iam', 'service-accounts', 'create', 'longshore'],
        flags: { project: 'my-project' },
      },
      {
        words: ['gcloud', 'iam', 'service-accounts', 'keys', 'create', 'longshore-key.json'],
        flags: { 'iam-account': email },
      },
    ]);
    expect(stepOf(steps, reading).content).toContain(`serviceAccount:${email}`);
  });
});

describe('Workload Identity Federation', () => {
  const role = 'arn:aws:sts::210987654321:assumed-role/longshore';
  const principalSet = `principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/labels-pool/attribute.aws_role/${role}`;
  const stepsFor = (servicePrincipal: string) =>
    gcsGuide(settingsFor(federation), { ...source, servicePrincipal });
  const byRole = `attribute.aws_role == "${role}"`;

  test.each([
    ['a role', 'arn:aws:iam::210987654321:role/service/longshore', byRole],
    ['an assumed role', role, byRole],
    ['a session of any name', `${role}/i-0123456789`, byRole],
    ['a session of the organization', `${role}/organization-7`, `assertion.arn == "${role}/organization-7"`],
  ])('commands and Terraform for %s', (_, principal, condition) => {
    const steps = stepsFor(principal);
    const { commands } = shell(stepOf(steps, 'Workload identity pool, by commands').content);
    expect(commands.map(({ words }) => words.join(' '))).toEqual([
      'gcloud services enable iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com',
      'gcloud iam workload-identity-pools create labels-pool',
      'gcloud iam workload-identity-pools providers create-aws labels-provider',
      `gcloud iam service-accounts add-iam-policy-binding ${clientEmail}`,
    ]);
    const [, , provider, binding] = commands.map(({ flags }) => flags);
    expect(provider).toMatchObject({
      project: '$(gcloud projects describe 123456789012 --format=value(projectId))',
      location: 'global',
      'workload-identity-pool': 'labels-pool',
      'account-id': '210987654321',
      'attribute-condition': condition,
    });
    expect(binding).toEqual({
      project: 'my-project',
      role: 'roles/iam.workloadIdentityUser',
      member: principalSet,
      condition: 'None',
    });

    const blocks = hcl(stepOf(steps, 'Workload identity pool, by Terraform').content);
    expect(blocks['resource google_iam_workload_identity_pool longshore']).toEqual({
      project: '123456789012',
      workload_identity_pool_id: 'labels-pool',
    });
    const { attribute_mapping: mapping, ...rest } = blocks[
      'resource google_iam_workload_identity_pool_provider longshore'
    ] as Block;
    expect(rest).toEqual({
      project: '123456789012',
      workload_identity_pool_id: 'google_iam_workload_identity_pool.longshore.workload_identity_pool_id',
      workload_identity_pool_provider_id: 'labels-provider',
      attribute_condition: condition,
      aws: { account_id: '210987654321' },
    });
    expect(blocks['resource google_service_account_iam_member longshore']).toEqual({
      service_account_id: `projects/my-project/serviceAccounts/${clientEmail}`,
      role: 'roles/iam.workloadIdentityUser',
      member: principalSet,
    });
    // Both ways map the same.
    const given = provider?.['attribute-mapping']
      ?.split(/,(?=google|attribute)/)
      .map((one) => one.split(/=(.*)/s));
    expect(Object.fromEntries(given!.map(([name, value]) => [name, value]))).toEqual(mapping);
    expect(mapping).toMatchObject({
      'google.subject': 'assertion.arn',
      'attribute.aws_account': 'assertion.account',
    });
  });

  test('by a user', () => {
    const user = 'arn:aws:iam::210987654321:user/service/longshore';
    const { commands } = shell(stepOf(stepsFor(user), 'Workload identity pool, by commands').content);
    expect(commands[2]?.flags['attribute-condition']).toBe(`attribute.aws_role == "${user}"`);
  });

  test('without knowing who this service is, names what it needs', () => {
    const step = stepOf(gcsGuide(settingsFor(federation), source), 'Workload identity pool');
    expect(step.format).toBe('TEXT');
    for (const name of ['labels-pool', 'labels-provider', '123456789012', clientEmail]) {
      expect(step.content).toContain(name);
    }
  });
});
