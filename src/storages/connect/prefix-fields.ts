import { ValidationError } from '../../errors.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ProviderInput, SettingsInput, Storage } from '../model.ts';
import { usualTemplate } from '../template.ts';
import { inputNameOf } from './merge.ts';

interface Input {
  provider?: ProviderInput | undefined;
  settings?: SettingsInput | undefined;
}

/**
 * A target's prefix may hold fields of key templates. They are saved as what they are: the start of the key template,
 * below a prefix that is the same for all objects.
 * @param stored null: a new storage
 * @throws ValidationError when only the prefix of a saved storage is given: nobody can tell what its template was then
 */
export function withPrefixFields<T extends Input>(
  { name, capabilities, prefixSetting }: Pick<Provider, 'name' | 'capabilities' | 'prefixSetting'>,
  stored: Pick<Storage, 'direction'> | null,
  input: T,
): T {
  const { provider, settings } = input;
  const isTarget = stored ? stored.direction === 'TARGET' : !settings?.source;
  const prefix = prefixSetting && provider?.settings[prefixSetting];
  if (!isTarget || !provider || typeof prefix !== 'string' || !prefix.includes('{')) return input;
  const { target } = settings ?? {};
  const template = target?.keyTemplate || (!stored && usualTemplate(target?.layout ?? 'ANNOTATION'));
  if (!template) {
    const path = `provider.${inputNameOf(name)}.${prefixSetting}`;
    const message =
      'A prefix with fields is saved as the start of the key template: send "keyTemplate", too.';
    throw new ValidationError([{ path, code: 'REQUIRED', message }]);
  }
  const { fixed, fields } = split(prefix, capabilities.folders);
  return {
    ...input,
    provider: { ...provider, settings: { ...provider.settings, [prefixSetting!]: fixed } },
    settings: { ...settings, target: { ...target, keyTemplate: fields + template } },
  };
}

/** `exports/{project.id}` is the folder `exports/` and `{project.id}/`; where there are no folders, any text. */
function split(prefix: string, folders: boolean): { fixed: string; fields: string } {
  const field = prefix.indexOf('{');
  if (!folders) return { fixed: prefix.slice(0, field), fields: prefix.slice(field) };
  const start = prefix.lastIndexOf('/', field) + 1;
  const fields = prefix.slice(start).replace(/\/+$/, '');
  return { fixed: prefix.slice(0, start), fields: `${fields}/` };
}
