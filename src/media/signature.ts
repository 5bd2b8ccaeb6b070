import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../security/secrets.ts';

/** Whom a link was made for: permission is looked up anew, by these, when it is used. */
export interface LinkHolder {
  organizationId: number;
  userId: number;
  /** The token that the link was asked for with: revoking it ends the link. */
  tokenId: number;
}

/** What a link opens. */
export interface LinkTarget {
  projectId: number;
  /** null: any task's; the project's storages decide. */
  taskId: number | null;
  uri: string;
}

export interface LinkSigner {
  /** `keyId.project.organization.user.token.expiry.mac`: everything but task and URI, which the link names itself. */
  sign(holder: LinkHolder, target: LinkTarget, now?: number): string;
  /** When links that are signed now end. */
  expiresAt(now?: number): Date;
  /** What a signature vouches for; undefined: it does not belong to this task and URI, or is none of ours. */
  verify(signature: string, target: Pick<LinkTarget, 'taskId' | 'uri'>): VerifiedLink | undefined;
}

export interface VerifiedLink {
  holder: LinkHolder;
  projectId: number;
  expiresAt: Date;
}

/**
 * Signs links with HMAC-SHA-256 under a key derived from each encryption key of the installation (HKDF, RFC
 * 5869): the first one signs, all of them verify, so that links outlive a rotation for their lifetime.
 *
 * Links of the same half lifetime end at the same moment: a page that is loaded again shows the same links,
 * which browsers then have in their caches.
 */
export function createLinkSigner({ keys, primary }: KeyRing, lifetimeSeconds: number): LinkSigner {
  const derived = new Map(
    keys.map(({ id, key }) => [id, Buffer.from(hkdfSync('sha256', key, '', 'longshore media links', 32))]),
  );
  const step = Math.ceil(lifetimeSeconds / 2);
  const expiry = (now: number) => Math.floor(now / 1000 / step) * step + step + lifetimeSeconds;

  function mac(key: Buffer, fields: string, { taskId, uri }: Pick<LinkTarget, 'taskId' | 'uri'>): Buffer {
    return createHmac('sha256', key)
      .update(`${fields}\n${taskId ?? ''}\n${uri}`)
      .digest();
  }

  return {
    sign({ organizationId, userId, tokenId }, target, now = Date.now()) {
      const numbers = [target.projectId, organizationId, userId, tokenId, expiry(now)];
      const fields = [primary, ...numbers.map((number) => number.toString(36))].join('.');
      return `${fields}.${mac(derived.get(primary)!, fields, target).toString('base64url')}`;
    },

    expiresAt: (now = Date.now()) => new Date(expiry(now) * 1000),

    verify(signature, target) {
      // The last character ends in two bits that no byte has: of its spellings only the one that `sign` writes is taken.
      const match = /^(([\da-f]{8})((?:\.[\da-z]{1,11}){5}))\.([\w-]{42}[AEIMQUYcgkosw048])$/.exec(signature);
      const key = derived.get(match?.[2] ?? '');
      if (!match || !key) return undefined;
      const [, fields = '', , numbers = '', given = ''] = match;
      if (!timingSafeEqual(mac(key, fields, target), Buffer.from(given, 'base64url'))) return undefined;
      const [projectId, organizationId, userId, tokenId, end] = numbers
        .slice(1)
        .split('.')
        .map((number) => Number.parseInt(number, 36)) as [number, number, number, number, number];
      return {
        holder: { organizationId, userId, tokenId },
        projectId,
        expiresAt: new Date(end * 1000),
      };
    },
  };
}
