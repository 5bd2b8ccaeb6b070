import { createHash, randomBytes } from 'node:crypto';

/** A new API token. `token` is shown once; only `hash` and `hint` are kept. */
export interface NewToken {
  /** `ls_` and 32 random bytes as base64url. */
  token: string;
  /** SHA-256 of the token. */
  hash: Buffer;
  /** The last four characters, for people to tell their tokens apart. */
  hint: string;
}

export function createToken(): NewToken {
  const token = `ls_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashToken(token), hint: token.slice(-4) };
}

/** SHA-256 is enough here, unlike for passwords: 256 random bits cannot be guessed, however fast the hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
