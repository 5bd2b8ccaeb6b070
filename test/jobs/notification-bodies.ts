/** Bodies of storage notifications as the providers send them, told in their own documentation's shapes. */

const time = '2026-11-20T10:00:00.000Z';
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

/** S3 User Guide, "Event message structure". Keys are encoded as in a form. */
export function s3(bucket: string, keys: string[], eventName = 'ObjectCreated:Put') {
  const encoded = (key: string) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
  return {
    Records: keys.map((key) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventTime: time,
      eventName,
      userIdentity: { principalId: 'AWS:AIDAJDPLRKLG7UEXAMPLE' },
      requestParameters: { sourceIPAddress: '203.0.113.7' },
      responseElements: {
        'x-amz-request-id': 'C3D13FE58DE4C810',
        'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'longshore',
        bucket: {
          name: bucket,
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: `arn:aws:s3:::${bucket}`,
        },
        object: { key: encoded(key), size: 1, eTag: 'd41d8cd98f00b204', sequencer: '0055AED6DCD90281E5' },
      },
    })),
  };
}

export const s3Test = (bucket: string) => ({
  ...{ Service: 'Amazon S3', Event: 's3:TestEvent', Time: time, Bucket: bucket },
  ...{
    RequestId: '5582815E1AEA5ADF',
    HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
  },
});

/** SNS Developer Guide, "Parsing Amazon SNS message formats". */
export const sns = (message: unknown) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-east-1:123456789012:objects',
  Subject: 'Amazon S3 Notification',
  Message: JSON.stringify(message),
  Timestamp: time,
  SignatureVersion: '1',
  Signature: 'EXAMPLEw6JRN...',
  SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb.pem',
  UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
});

export const snsConfirmation = (SubscribeURL: string) => ({
  Type: 'SubscriptionConfirmation',
  MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
  Token: '2336412f37',
  TopicArn: 'arn:aws:sns:us-east-1:123456789012:objects',
  Message: 'You have chosen to subscribe to the topic. To confirm the subscription, visit the SubscribeURL.',
  SubscribeURL,
  Timestamp: time,
  SignatureVersion: '1',
});

/** S3 User Guide, "EventBridge event message structure". Keys are as they are. */
export const eventBridge = (bucket: string, key: string, type = 'Object Created') => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': type,
  source: 'aws.s3',
  account: '111122223333',
  time,
  region: 'ca-central-1',
  resources: [`arn:aws:s3:::${bucket}`],
  detail: {
    version: '0',
    bucket: { name: bucket },
    object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '617f08299329d189' },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
});

/** MinIO, "Bucket Notifications", webhook target: S3's records inside, slashes encoded too. */
export const minio = (bucket: string, key: string) => {
  const [record] = s3(bucket, [key]).Records;
  record!.s3.object.key = encodeURIComponent(key).replaceAll('%20', '+');
  return {
    EventName: 's3:ObjectCreated:Put',
    Key: `${bucket}/${key}`,
    Records: [{ ...record, eventSource: 'minio:s3' }],
  };
};

/** Cloud Storage, "Pub/Sub notifications", as a push subscription delivers them. */
export const pubSub = (bucketId: string, objectId: string, eventType = 'OBJECT_FINALIZE') => ({
  message: {
    attributes: {
      ...{
        bucketId,
        objectId,
        eventType,
        eventTime: time,
        payloadFormat: 'JSON_API_V1',
        objectGeneration: '1',
      },
      notificationConfig: `projects/_/buckets/${bucketId}/notificationConfigs/3`,
    },
    data: base64({ kind: 'storage#object', bucket: bucketId, name: objectId, size: '1' }),
    messageId: '2070443601311540',
    message_id: '2070443601311540',
    publishTime: time,
  },
  subscription: 'projects/myproject/subscriptions/mysubscription',
});

const objectResource = (bucket: string, name: string) => ({
  ...{ kind: 'storage#object', id: `${bucket}/${name}/1`, bucket, name, size: '1' },
  ...{ generation: '1', metageneration: '1', contentType: 'image/jpeg', timeCreated: time },
});

/** Cloud Pub/Sub, "Payload unwrapping": the message's data is the body. */
export const unwrapped = objectResource;

/** A message whose attributes got lost on the way, as through a topic that forwards data alone. */
export const pubSubData = (bucket: string, name: string) => ({
  message: { data: base64(objectResource(bucket, name)), messageId: '1', publishTime: time },
  subscription: 'projects/myproject/subscriptions/mysubscription',
});

/** Eventarc, "CloudEvents - JSON event format", structured. */
export const eventarc = (bucket: string, name: string) => ({
  ...{ specversion: '1.0', type: 'google.cloud.storage.object.v1.finalized', id: '1', time },
  ...{ source: `//storage.googleapis.com/projects/_/buckets/${bucket}`, subject: `objects/${name}` },
  data: objectResource(bucket, name),
});

/** Backblaze B2, "Event Notifications Reference Guide". */
export const backblaze = (bucketName: string, objectName: string) => ({
  events: [
    {
      ...{ accountId: 'e85c6a500333', bucketId: 'aea8c5bc362ae55070130333', bucketName },
      ...{
        eventId: 'c273',
        eventTimestamp: 1684793309123,
        eventType: 'b2:ObjectCreated:Upload',
        eventVersion: 1,
      },
      ...{ matchedRuleName: 'rule', objectName, objectSize: 1, objectVersionId: '4_z' },
    },
  ],
});

/** Cloudflare R2, "Event notifications", message format. */
export const cloudflare = (bucket: string, key: string) => ({
  ...{ account: '3f4b7e3dcab231cbfdaa90a6a28bd548', action: 'PutObject', bucket, eventTime: time },
  object: { key, size: 1, eTag: 'c846ff7a18f28c2e262116d6e8719ef0' },
});

/** Alibaba Cloud OSS, "Event notifications". */
export const alibaba = (name: string, key: string) => ({
  events: [
    {
      ...{
        eventName: 'ObjectCreated:PutObject',
        eventSource: 'acs:oss',
        eventTime: time,
        eventVersion: '1.0',
      },
      oss: { bucket: { arn: `acs:oss:cn-shenzhen:1:${name}`, name }, object: { deltaSize: 1, key, size: 1 } },
    },
  ],
});

/** Oracle Cloud Infrastructure, "Services that Produce Events", Object Storage. */
export const oracle = (bucketName: string, resourceName: string) => ({
  ...{ eventType: 'com.oraclecloud.objectstorage.createobject', cloudEventsVersion: '0.1', eventTime: time },
  ...{ source: 'ObjectStorage', contentType: 'application/json' },
  data: { resourceName, additionalDetails: { bucketName, namespace: 'namespace', eTag: 'etag' } },
});

const blob = (container: string, name: string) => ({
  api: 'PutBlockList',
  requestId: '831e1650-001e-001b-66ab-eeb76e000000',
  eTag: '0x8D4BCC2E4835CD0',
  contentType: 'text/plain',
  contentLength: 1,
  blobType: 'BlockBlob',
  url: `https://account.blob.core.windows.net/${container}/${encodeURI(name)}`,
  sequencer: '00000000000004420000000000028963',
});
const subject = (container: string, name: string) =>
  `/blobServices/default/containers/${container}/blobs/${name}`;
const topic = '/subscriptions/x/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account';

/** Azure, "Blob Storage as an Event Grid source", Event Grid event schema. */
export const eventGrid = (container: string, names: string[], eventType = 'Microsoft.Storage.BlobCreated') =>
  names.map((name) => ({
    ...{ topic, subject: subject(container, name), eventType, eventTime: time },
    ...{
      id: '831e1650-001e-001b-66ab-eeb76e069631',
      data: blob(container, name),
      dataVersion: '',
      metadataVersion: '1',
    },
  }));

export const eventGridValidation = (validationCode: string) => [
  {
    ...{ id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66', topic, subject: '', eventTime: time },
    data: {
      validationCode,
      validationUrl: 'https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/x/validate?id=1',
    },
    ...{
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      metadataVersion: '1',
      dataVersion: '1',
    },
  },
];

/** The same, CloudEvents 1.0 schema. */
export const cloudEvent = (container: string, name: string, type = 'Microsoft.Storage.BlobCreated') => ({
  ...{
    source: topic,
    subject: subject(container, name),
    type,
    time,
    id: '9aeb0fdf-c01e-0131-0922-9eb54906e209',
  },
  ...{ specversion: '1.0', data: blob(container, name) },
});
