import type { Database } from './database/client.ts';
import { setFact } from './database/installation.ts';
import { reseal } from './security/rotation.ts';
import type { SecretBox } from './security/secrets.ts';
import { sealedStorageSecrets } from './storages/connect/open.ts';
import { sealedWebhookSecrets } from './webhooks/service.ts';

/** The name under which the installation remembers what its secrets are sealed with. */
export const ENCRYPTION_KEY_FACT = 'encryption key';

/**
 * Seals all stored secrets again with the first of the encryption keys. Afterwards the others are needed no longer.
 * @returns how many secrets another key had sealed
 */
export async function rotateKeys(database: Database, secretBox: SecretBox): Promise<number> {
  let resealed = 0;
  for (const table of [sealedStorageSecrets(database), sealedWebhookSecrets(database)]) {
    // Until a round finds nothing: a service may have sealed one with the old key while the last one went by.
    for (let round = await reseal(secretBox, table); round > 0; round = await reseal(secretBox, table)) {
      resealed += round;
    }
  }
  await setFact(database, ENCRYPTION_KEY_FACT, secretBox.primary);
  return resealed;
}
