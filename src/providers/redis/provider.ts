import type { Provider } from '../provider.ts';
import {
  checkCredentials,
  type RedisSecrets,
  type RedisSettings,
  redisKeyOf,
  redisLocation,
  redisSecrets,
  redisSettings,
  redisUri,
} from './config.ts';
import { openRedis } from './driver.ts';
import { redisGuide } from './guide.ts';

/** A database of a Redis server, and of every server that speaks its protocol; objects are its strings. */
export const redisProvider: Provider<RedisSettings, RedisSecrets> = {
  name: 'REDIS',
  title: 'Redis',
  capabilities: { listsInOrder: false, presign: false, folders: false },
  settings: redisSettings,
  secrets: redisSecrets,
  // Without TLS, or with another authority, somebody on the way could read the password.
  prefixSetting: 'path',
  secretsBoundTo: ['host', 'port', 'tls', 'tlsCa'],
  check: checkCredentials,
  location: redisLocation,
  uriStart: /redis:\/\//,
  uri: redisUri,
  keyOf: redisKeyOf,
  unsupported: () => ({ SIGN: 'Redis has no URLs; its objects are served through the proxy.' }),
  guide: redisGuide,
  open: openRedis,
};
