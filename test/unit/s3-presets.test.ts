import { describe, expect, test } from 'vitest';
import { presetOf, s3Presets } from '../../src/providers/s3/presets.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';

const filled = (endpoint: string) =>
  endpoint
    .replace('{region}', 'eu-central-1')
    .replace(/\{(account|namespace)\}/, 'a1b2c3')
    .replace('{host}', 's3.example.com');

describe.each(s3Presets.map((preset) => [preset.name, preset] as const))('%s', (_, preset) => {
  const settings = s3Provider.settings.parse({
    bucket: 'bucket',
    endpoint: filled(preset.endpoint),
    region: preset.region ?? 'eu-central-1',
    pathStyle: preset.pathStyle,
    credentials: 'ACCESS_KEY',
  });
  const steps = s3Provider.guide?.(settings, {
    direction: 'SOURCE',
    origins: [],
    addresses: [],
    externalId: 'x',
    servicePrincipal: null,
  });
  const notes = steps?.find(({ title }) => title.includes(preset.title));

  test('its address is one that settings take', () => {
    expect(settings.endpoint).toBe(filled(preset.endpoint));
  });

  test('the setup guide knows it by its address, unless that could be anybody', () => {
    if (preset.endpoint.includes('{host}')) {
      expect(presetOf(settings.endpoint)).toBeUndefined();
      expect(notes).toBeUndefined();
    } else {
      expect(presetOf(settings.endpoint)).toBe(preset);
      for (const note of preset.notes) expect(notes?.content).toContain(note);
    }
  });
});

test.each(['https://s3.eu-central-1.wasabisys.com.example.com', 'https://example.com', undefined])(
  '%s is nobody known',
  (endpoint) => expect(presetOf(endpoint)).toBeUndefined(),
);

test('a jurisdiction of R2', () => {
  expect(presetOf('https://a1b2c3.eu.r2.cloudflarestorage.com')?.name).toBe('CLOUDFLARE_R2');
});
