import type { Provider } from '../provider.ts';
import { checkCredentials, type GcsSettings, gcsKeyOf, gcsLocation, gcsSettings, gcsUri } from './config.ts';
import { openGcs } from './driver.ts';
import { gcsGuide } from './guide.ts';
import { gcsNotifications } from './notifications.ts';
import { type GcsSecrets, gcsSecrets } from './service-account.ts';

/** Google Cloud Storage, and every server that speaks its JSON API. */
export const gcsProvider: Provider<GcsSettings, GcsSecrets> = {
  name: 'GCS',
  title: 'Google Cloud Storage',
  capabilities: { listsInOrder: true, presign: true, folders: true, conditionalWrites: true },
  settings: gcsSettings,
  secrets: gcsSecrets,
  prefixSetting: 'prefix',
  secretsBoundTo: ['endpoint', 'bucket', 'tlsCa'],
  trusts: ({ tlsCa }) => tlsCa,
  check: checkCredentials,
  usesOwnCredentials: ({ credentials }) => credentials === 'DEFAULT' || credentials === 'IMPERSONATION',
  location: gcsLocation,
  uriStart: /gs:\/\//,
  uri: gcsUri,
  keyOf: gcsKeyOf,
  guide: gcsGuide,
  notifications: gcsNotifications,
  open: openGcs,
};
