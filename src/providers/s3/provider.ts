import type { Provider } from '../provider.ts';
import {
  checkCredentials,
  type S3Secrets,
  type S3Settings,
  s3KeyOf,
  s3Location,
  s3Secrets,
  s3Settings,
  s3Uri,
} from './config.ts';
import { openS3 } from './driver.ts';
import { s3Guide } from './guide.ts';
import { s3Notifications } from './notifications.ts';
import { s3Presets } from './presets.ts';

const accessKey = 'credentials.accessKey';
const keyPair = [`${accessKey}.accessKeyId`, `${accessKey}.secretAccessKey`];

/** Amazon S3, and every server that speaks its protocol. */
export const s3Provider: Provider<S3Settings, S3Secrets> = {
  name: 'S3',
  title: 'Amazon S3 and compatible',
  capabilities: {
    listsInOrder: true,
    presign: true,
    folders: true,
    dotsInKeys: true,
    conditionalWrites: true,
  },
  settings: s3Settings,
  secrets: s3Secrets,
  // The endpoint of the browsers too: URLs signed for it carry what the secret key vouches for.
  prefixSetting: 'prefix',
  secretsBoundTo: ['endpoint', 'publicEndpoint', 'bucket', 'tlsCa'],
  trusts: ({ tlsCa }) => tlsCa,
  wholeCredentials: [{ changed: [...keyPair, `${accessKey}.sessionToken`], needs: keyPair }],
  check: checkCredentials,
  usesOwnCredentials: ({ credentials }) => credentials === 'DEFAULT',
  location: s3Location,
  uriStart: /s3:\/\//,
  uri: s3Uri,
  keyOf: s3KeyOf,
  presets: s3Presets,
  guide: s3Guide,
  notifications: s3Notifications,
  open: openS3,
};
