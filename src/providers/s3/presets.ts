import type { ProviderPreset } from '../provider.ts';

/** Vendors and servers that speak S3: where they answer, and what to mind, by their own documentation. */
export const s3Presets: readonly ProviderPreset[] = [
  {
    name: 'CLOUDFLARE_R2',
    title: 'Cloudflare R2',
    endpoint: 'https://{account}.r2.cloudflarestorage.com',
    region: 'auto',
    pathStyle: true,
    notes: [
      'Buckets of a jurisdiction answer at {account}.eu.r2.cloudflarestorage.com.',
      'Rights belong to the API token (Object Read, or Object Read & Write); there are no roles and no bucket policies.',
    ],
  },
  {
    name: 'BACKBLAZE_B2',
    title: 'Backblaze B2',
    endpoint: 'https://s3.{region}.backblazeb2.com',
    region: null,
    pathStyle: false,
    notes: [
      'Use an application key: the master key is not accepted here.',
      'A deleted object is hidden; its versions stay until a lifecycle rule removes them.',
    ],
  },
  {
    name: 'WASABI',
    title: 'Wasabi',
    endpoint: 'https://s3.{region}.wasabisys.com',
    region: null,
    pathStyle: false,
    notes: ['Deleted and replaced objects are billed for a minimum time.'],
  },
  {
    name: 'MINIO',
    title: 'MinIO',
    endpoint: 'https://{host}:9000',
    region: 'us-east-1',
    pathStyle: true,
    notes: [
      'Enter the port of the API, not that of the web console.',
      'Server-side encryption needs a key service set up at the server.',
      'A listing that begins behind a key may lack keys of folders whose names begin alike; this service does not rely on it.',
    ],
  },
  {
    name: 'CEPH',
    title: 'Ceph Object Gateway',
    endpoint: 'https://{host}',
    region: 'us-east-1',
    pathStyle: true,
    notes: ['Server-side encryption is taken over TLS only.', 'Roles are assumed at the same address (STS).'],
  },
  {
    name: 'NEBIUS',
    title: 'Nebius Object Storage',
    endpoint: 'https://storage.{region}.nebius.cloud',
    region: null,
    pathStyle: true,
    notes: ['Use an access key of a service account.'],
  },
  {
    name: 'OCI',
    title: 'Oracle Cloud Infrastructure Object Storage',
    endpoint: 'https://{namespace}.compat.objectstorage.{region}.oraclecloud.com',
    region: null,
    pathStyle: true,
    notes: [
      'The access key is a customer secret key of a user.',
      'Buckets lie in the compartment set for S3 compatibility.',
    ],
  },
  {
    name: 'ALIBABA_OSS',
    title: 'Alibaba Cloud OSS',
    endpoint: 'https://s3.oss-{region}.aliyuncs.com',
    region: null,
    pathStyle: false,
    notes: ['The bucket has to stand in the host name: path style is refused.'],
  },
];

/** The preset whose pattern the endpoint follows; undefined: none, or it could be anybody's. */
export function presetOf(endpoint: string | undefined): ProviderPreset | undefined {
  if (endpoint === undefined) return undefined;
  return s3Presets.find((preset) => !preset.endpoint.includes('{host}') && patternOf(preset).test(endpoint));
}

function patternOf({ endpoint }: ProviderPreset): RegExp {
  const parts = endpoint.split(/\{[a-z]+\}/).map((part) => part.replaceAll(/[.]/g, '\\.'));
  return new RegExp(`^${parts.join('[a-z0-9-]+(?:\\.[a-z]{2})?')}$`);
}
