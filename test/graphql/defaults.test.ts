import { isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { createRegistry } from '../../src/providers/registry.ts';
import type { Schedule } from '../../src/storages/model.ts';
import { testApp } from '../support/app.ts';

/** The defaults that the schema shows are what the service does by itself where nothing is said. */
const it = await testApp({ worker: 'none' });

function defaultsOf(name: string): Record<string, unknown> {
  const type = schema.getType(name);
  if (!isInputObjectType(type)) throw new Error(`There is no input ${name}.`);
  const fields = Object.values(type.getFields()).map(({ name, defaultValue, default: given }) => {
    const value = given && 'value' in given ? given.value : defaultValue;
    return [name, value] as const;
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

test('of the settings of a storage', async () => {
  const { services } = it.app;
  const { viewer } = await services.organizations.ensureFirst();
  const project = await services.projects.create(viewer, { title: 'Defaults' });
  for (const [direction, name, count] of [
    ['source', 'SourceSettingsInput', 7],
    ['target', 'TargetSettingsInput', 5],
  ] as const) {
    const provider = {
      ...{ provider: 'LOCAL_FILES' as const, secrets: {} },
      settings: { path: await it.files(direction, {}) },
    };
    const input = { projectId: project.id, provider, settings: { [direction]: {} } };
    const { settings } = await services.storages.create(viewer, input, new AbortController().signal);
    const shown = defaultsOf(name);
    expect(Object.keys(shown), name).toHaveLength(count);
    expect(settings).toMatchObject(shown);
  }
});

test('of a schedule', async () => {
  const { services } = it.app;
  const { viewer } = await services.organizations.ensureFirst();
  const project = await services.projects.create(viewer, { title: 'Schedules' });
  const input = {
    projectId: project.id,
    provider: {
      provider: 'LOCAL_FILES' as const,
      secrets: {},
      settings: { path: await it.files('due', {}) },
    },
    settings: { source: { schedule: { cron: '0 6 * * *' } as Schedule } },
  };
  const { settings } = await services.storages.create(viewer, input, new AbortController().signal);
  expect(defaultsOf('SyncScheduleInput')).toEqual({ timeZone: 'UTC' });
  expect(settings).toMatchObject({ schedule: { cron: '0 6 * * *', ...defaultsOf('SyncScheduleInput') } });
});

test('of where a storage points', () => {
  const registry = createRegistry({ localFiles: true });
  const least = {
    S3: { bucket: 'my-bucket', credentials: 'DEFAULT' },
    REDIS: {},
  };
  for (const [provider, settings] of Object.entries(least)) {
    const shown = defaultsOf(provider === 'S3' ? 'S3Input' : 'RedisInput');
    expect(Object.keys(shown).length, provider).toBeGreaterThan(0);
    const parsed = registry.get(provider as 'S3')?.settings.parse(settings);
    // Absent means STANDALONE.
    expect({ topology: 'STANDALONE', ...parsed }).toMatchObject(shown);
  }
});

test('changes have none: what is absent stays', () => {
  const changes = Object.values(schema.getTypeMap()).filter(({ name }) =>
    /^Update|Update|Changes/.test(name),
  );
  const named = changes.flatMap((type) =>
    isInputObjectType(type) ? Object.keys(defaultsOf(type.name)).map((field) => `${type.name}.${field}`) : [],
  );
  // Says what the change means, and is not stored.
  expect(named).toEqual(['UpdateStorageInput.sameContainer']);
});
