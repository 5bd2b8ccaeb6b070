import type { Access } from '../../access/access.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { ProviderInput, SettingsInput, SourceSettings, Storage, TargetSettings } from '../model.ts';
import type { Candidate } from '../probes/candidate.ts';
import { mergeSettings } from '../settings.ts';
import { mergeConnection } from './merge.ts';
import type { StorageOpener } from './open.ts';
import { withPrefixFields } from './prefix-fields.ts';

/** A saved storage, whose settings and secrets stand where nothing else is given; or an unsaved one. */
export type StorageCandidate =
  | { storageId: number; provider?: ProviderInput | undefined; settings?: SettingsInput | undefined }
  | { projectId: number; provider: ProviderInput; settings: SettingsInput };

/** What an input leads to. */
export type ResolvedCandidate = Candidate & {
  projectId: number;
  /** The storage that is changed; null: a new one. */
  stored: Storage | null;
};

/** What an input leads to, over a saved storage or from nothing. Nothing is written or contacted. */
export async function resolveCandidate(
  {
    access,
    opener,
    permitted,
  }: {
    access: Access;
    opener: StorageOpener;
    permitted: (viewer: Viewer, action: 'storage.probe', id: number) => Promise<Storage>;
  },
  viewer: Viewer,
  input: StorageCandidate,
  needs: { secrets: boolean } = { secrets: true },
): Promise<ResolvedCandidate> {
  const stored = 'storageId' in input ? await permitted(viewer, 'storage.probe', input.storageId) : null;
  const projectId = 'storageId' in input ? stored!.projectId : input.projectId;
  if (!stored) await access.authorize(viewer, 'storage.probe', { projectId });
  const kind = opener.provider(stored?.provider ?? input.provider!.provider);
  const { provider, settings } = withPrefixFields(kind, stored, input);
  const connection = await mergeConnection(
    {
      provider: kind,
      environment: await opener.environmentOf(projectId),
      ...(stored && { stored: { settings: stored.config, secrets: opener.secretsOf(stored) } }),
    },
    provider,
    needs,
  );
  const { direction, settings: merged } = mergeSettings(stored, settings, {
    recursive: kind.recursiveByDefault ?? false,
  });
  return {
    ...connection,
    projectId,
    stored,
    direction,
    ...(direction === 'SOURCE' ? { source: merged as SourceSettings } : { target: merged as TargetSettings }),
  };
}
