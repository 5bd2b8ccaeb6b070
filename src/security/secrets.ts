import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ConfigError, LongshoreError } from '../errors.ts';
import { readOrCreatePrivateFile } from './private-files.ts';

/** A key of 32 bytes; `id` is the first 8 hex digits of its SHA-256. */
export interface EncryptionKey {
  id: string;
  key: Buffer;
}

/** All keys that open; the one whose id is `primary` seals. */
export interface KeyRing {
  keys: readonly EncryptionKey[];
  primary: string;
}

/** Seals secrets for the database: AES-256-GCM (NIST SP 800-38D), the key's id with each value. */
export interface SecretBox {
  /**
   * `v1.<key id>.<iv>.<ciphertext and tag>`, the last two as base64url. `context` says what the secret is for and
   * whose it is (`storage:17`): the sealed text opens in no other.
   */
  seal(plain: object, context: string): string;
  /** Throws LongshoreError SECRET_UNREADABLE, which holds nothing of the content. */
  open(sealed: string, context: string): object;
  /** Id of the key that seals now. */
  readonly primary: string;
}

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** Builds the box. Throws ConfigError when `primary` is none of the keys. */
export function createSecretBox({ keys, primary }: KeyRing): SecretBox {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const sealingKey = byId.get(primary);
  if (!sealingKey) throw new ConfigError(`There is no encryption key with id "${primary}".`);

  return {
    seal(plain, context) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, sealingKey, iv).setAAD(associatedData(primary, context));
      const sealed = [cipher.update(JSON.stringify(plain), 'utf8'), cipher.final(), cipher.getAuthTag()];
      return ['v1', primary, iv.toString('base64url'), Buffer.concat(sealed).toString('base64url')].join('.');
    },

    open(sealed, context) {
      const [version, id = '', iv = '', content = '', ...rest] = sealed.split('.');
      if (version !== 'v1' || rest.length > 0)
        throw unreadable('it is not in a format that this version knows');
      const key = byId.get(id);
      if (!key) throw unreadable(`it was sealed with key "${id}", which ENCRYPTION_KEYS does not hold`);
      const bytes = Buffer.from(content, 'base64url');
      try {
        const decipher = createDecipheriv(algorithm, key, Buffer.from(iv, 'base64url'), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(associatedData(id, context)).setAuthTag(bytes.subarray(-tagBytes));
        const plain = [decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()];
        return JSON.parse(Buffer.concat(plain).toString('utf8'));
      } catch {
        // Without the cause: an error of the JSON parser quotes what it read.
        throw unreadable('it was altered, or belongs to something else');
      }
    },

    primary,
  };
}

function associatedData(keyId: string, context: string): Buffer {
  return Buffer.from(`v1.${keyId}.${context}`);
}

function unreadable(reason: string): LongshoreError {
  return new LongshoreError('SECRET_UNREADABLE', `A stored secret cannot be read: ${reason}.`);
}

/**
 * Reads ENCRYPTION_KEYS: 32-byte keys as base64, base64url or hex, separated by commas or white space, the first
 * one seals. Throws ConfigError, which never repeats a key. `setting` names the place in its text.
 */
export function parseKeys(text: string, setting = 'ENCRYPTION_KEYS'): KeyRing {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((item, index) => {
      const key = decodeKey(item);
      if (!key) {
        throw new ConfigError(
          `${setting}: expected keys of 32 bytes, as base64 or hex, separated by commas; key ${index + 1} is not one. ` +
            `"openssl rand -base64 32" makes one.`,
        );
      }
      return { id: createHash('sha256').update(key).digest('hex').slice(0, 8), key };
    });
  const [first] = keys;
  if (!first)
    throw new ConfigError(`${setting}: expected at least one key. "openssl rand -base64 32" makes one.`);
  return { keys, primary: first.id };
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/**
 * The keys in a file of the data directory, made at the first start, readable by its owner only. Throws
 * ConfigError when others may read it. To rotate, put a new key on a line above the old ones.
 */
export async function loadOrCreateKeyFile(path: string): Promise<KeyRing> {
  const text = await readOrCreatePrivateFile(path, () => `${randomBytes(keyBytes).toString('base64')}\n`);
  return parseKeys(text, path);
}
