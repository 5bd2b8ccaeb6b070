import type { GuideRequest, SetupStep } from '../../providers/guide.ts';
import type { Candidate } from './candidate.ts';

export interface GuideOptions {
  /** Origins of the pages that show media. */
  origins?: readonly string[] | null | undefined;
  /** Addresses or networks that the service calls from. */
  addresses?: readonly string[] | null | undefined;
  /** ARN of the principal that the service is, for trust policies. */
  servicePrincipal?: string | null | undefined;
}

/** What to paste at the provider for exactly this storage: least privilege for what it is set to do. */
export function setupGuide(candidate: Candidate, options: GuideOptions): SetupStep[] {
  const { provider, settings, direction, source, target, environment } = candidate;
  const request: GuideRequest = {
    direction,
    ...(source && { importMethod: source.importMethod, presign: source.presign }),
    ...(target && { canDeleteObjects: target.canDeleteObjects }),
    origins: [...(options.origins ?? [])],
    addresses: [...(options.addresses ?? [])],
    externalId: environment.externalId,
    servicePrincipal: options.servicePrincipal ?? null,
  };
  return provider.guide?.(settings, request) ?? [];
}
