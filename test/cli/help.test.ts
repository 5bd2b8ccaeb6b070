import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.ts';
import { newFolder, run } from './longshore.ts';

const names = ['serve', 'start', 'worker', 'sync', 'export', 'token', 'migrate'];

describe('help', () => {
  test.for([['--help'], ['-h'], ['help']])('%s names every command and every setting', async (args) => {
    const { code, stdout, stderr } = await run(args, { folder: await newFolder() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of [...names, ...Object.keys(settings)])
      expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, 'm'));
  });

  test.for(names)('%s --help says how it is used, whatever else is given', async (name) => {
    // Wrong settings are no matter to who asks for help.
    const options = { folder: await newFolder(), env: { PORT: 'none' } };
    const { code, stdout, stderr } = await run([name, '--source', 'x', '--help'], options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: longshore ${name}`);
    expect((await run(['help', name], options)).stdout).toBe(stdout);
    expect((await run([name, '-h'], options)).stdout).toBe(stdout);
  });
});

describe('what is not understood ends with 2 and says what there is', () => {
  test.for([
    [[], /Usage: longshore COMMAND/],
    [['nope'], /There is no command "nope", only serve, start, worker, sync, export, token, keys, migrate/],
    [['constructor'], /There is no command "constructor"/],
    [['serve', '--nope'], /Unknown option '--nope'.*longshore serve --help/],
    [['serve', 'extra'], /Unexpected argument 'extra'/],
    [['worker', '--no-worker'], /Unknown option '--no-worker'/],
    [['start', 'signs', '--source'], /'-s, --source <value>' argument missing/],
    [['migrate', 'now'], /Unexpected argument 'now'/],
  ] as [string[], RegExp][])('%s', async ([args, message]) => {
    const { code, stdout, stderr } = await run(args, { folder: await newFolder() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('wrong arguments end with 1 and are named, before anything is started', () => {
  const source = ['start', 'signs', '--source', 'local-files', '--source-path', '/srv', '--source-params'];
  test.for([
    [['token'], 'Expected "longshore token create".'],
    [['token', 'revoke'], 'Expected "longshore token create".'],
    [['token', 'create', '--expires-in', 'soon'], '--expires-in: expected a number of days above 0.'],
    [
      ['token', 'create', '--scope', 'write'],
      '--scope: expected one of READ, SYNC, ANNOTATE, ADMINISTER, got "write".',
    ],
    [['token', 'create', '--expires-in', '0'], '--expires-in: expected a number of days above 0.'],
    [['sync'], 'Expected one storage: "longshore sync STORAGE".'],
    [['sync', 'nonsense'], 'No storage with id "nonsense".'],
    [['export'], 'PROJECT: Expected one project: "longshore export PROJECT --out DIR".'],
    [['export', 'signs'], '--out: Expected the folder to write to.'],
    [
      ['export', 'signs', '--out', 'x', '--format', 'xml'],
      '--format: Expected one of json, jsonl, csv, got "xml".',
    ],
    [['start'], 'PROJECT: Expected the title of one project.'],
    [['start', 'two', 'projects'], 'PROJECT: Expected the title of one project.'],
    [['start', 'signs', '--source', 'ftp'], '--source: Expected one of s3, '],
    [['start', 'signs', '--target', 's3'], '--target: Expected one of s3-completions, '],
    [['start', 'signs', '--source', 's3'], '--source-path: Expected a bucket, container or folder.'],
    [['start', 'signs', '--source-path', 'x'], '--source: Expected the kind of storage that the path is in.'],
    [['start', 'signs', '--target-params', '{}'], '--target: Expected the kind of storage'],
    [[...source, '{prefix: 1}'], '--source-params: Expected JSON: '],
    [[...source, '@nothing.json'], '--source-params: The file "nothing.json" cannot be read (ENOENT).'],
    [[...source, '["a"]'], '--source-params: Expected a JSON object'],
    [[...source, '{"regexp": ".*"}'], '--source-params.regexp: Unknown; expected some of prefix, '],
    [[...source, '{"aws_access_key_id": "x"}'], '--source-params.aws_access_key_id: Unknown; '],
    [[...source, '{"regex": 1}'], '--source-params.regex: Expected a text.'],
    [[...source, '{"use_blob_urls": "false"}'], '--source-params.use_blob_urls: Expected true or false.'],
  ] as [string[], string][])('%s', async ([args, message]) => {
    const { code, stdout, stderr } = await run(args, { folder: await newFolder() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`longshore: ${message}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('what is no JSON is not repeated: it may hold a secret', async () => {
  for (const text of [
    '{"aws_secret_access_key": canary}',
    '{"aws_secret_access_key": "canary"}}',
    '"canary',
  ]) {
    const args = ['start', 'signs', '--source', 's3', '--source-path', 'b', '--source-params', text];
    const { stderr } = await run(args, { folder: await newFolder() });
    expect(stderr).toContain('--source-params: Expected JSON: ');
    expect(stderr).not.toMatch(/canary|\bcan|secret/);
  }
});

describe('wrong settings end with 1, and each is named with what was expected', () => {
  test.for([
    [{ PORT: 'abc' }, 'PORT: expected a whole number, got "abc"'],
    [{ PORT: '70000' }, 'PORT: expected a number from 0 to 65535'],
    [
      { DATABASE_URL: 'mysql://x/y' },
      'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://',
    ],
    [{ GRAPHIQL: 'maybe' }, 'GRAPHIQL: expected true or false, got "maybe"'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: expected one of fatal, error'],
    [{ PUBLIC_URL: 'example.com' }, 'PUBLIC_URL: expected a URL'],
    [{ WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY: expected a number from 1 to 100'],
    [{ LOCAL_FILES_DOCUMENT_ROOT: '/not/there' }, 'LOCAL_FILES_DOCUMENT_ROOT: expected an existing folder'],
    [
      { LOCAL_FILES_SERVING_ENABLED: 'true' },
      'LOCAL_FILES_SERVING_ENABLED is on: set LOCAL_FILES_DOCUMENT_ROOT',
    ],
  ] as [Record<string, string>, string][])('%s', async ([env, message]) => {
    const { code, stdout, stderr } = await run(['serve'], { folder: await newFolder(), env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`longshore: ${message}`);
  });

  test.for(names)('%s reads them too', async (name) => {
    const args =
      {
        token: ['create'],
        sync: ['TG9jYWxGaWxlc1N0b3JhZ2U6MQ=='],
        start: ['signs'],
        export: ['signs', '--out', 'x'],
      }[name] ?? [];
    const { code, stderr } = await run([name, ...args], { folder: await newFolder(), env: { PORT: 'abc' } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'longshore: PORT: expected a whole number, got "abc"\n',
    });
  });

  test('all of them at once', async () => {
    const { stderr } = await run(['serve'], { folder: await newFolder(), env: { PORT: 'a', GRAPHIQL: 'b' } });
    expect(stderr).toMatch(/PORT: .*\n.*GRAPHIQL: /);
  });
});
