import { at, changeOf, type JsonObject, type Notifications, textOf } from '../notifications.ts';

/** Notifications of vendors that speak S3 and tell of changes in words of their own. Keys are as they are. */
export function readVendors(event: JsonObject): Notifications | undefined {
  if (Array.isArray(event.events)) return { changes: event.events.flatMap(changesOfListed) };
  if (textOf(event.eventType)?.startsWith('com.oraclecloud.objectstorage.')) return readOracle(event);
  return textOf(event.action) && textOf(event.bucket) ? readCloudflare(event) : undefined;
}

/** Backblaze B2, "Event Notifications Reference Guide"; Alibaba Cloud OSS, "Event notifications". */
const changesOfListed = (event: unknown) => [
  ...changeOf(at(event, 'bucketName'), at(event, 'objectName')),
  ...changeOf(at(event, 'oss', 'bucket', 'name'), at(event, 'oss', 'object', 'key')),
];

/** Cloudflare R2, "Event notifications", message format. */
const readCloudflare = (event: JsonObject) => ({
  changes: changeOf(event.bucket, at(event, 'object', 'key')),
});

/** Oracle Cloud Infrastructure, "Services that Produce Events", Object Storage. */
const readOracle = ({ data }: JsonObject) => ({
  changes: changeOf(at(data, 'additionalDetails', 'bucketName'), at(data, 'resourceName')),
});
