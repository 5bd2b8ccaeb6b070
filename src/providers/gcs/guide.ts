import { isIPv6 } from 'node:net';
import type { GuideRequest, SetupStep } from '../guide.ts';
import { command, fileOf } from '../shell.ts';
import { type GcsSettings, projectOf } from './config.ts';
import { federationSteps } from './guide-federation.ts';

/**
 * What to run and paste at Google Cloud: roles on the bucket, the CORS file, the IP filter, Workload Identity
 * Federation. Sources: "IAM roles for Cloud Storage", "Attribute reference for IAM Conditions", "Set up and view
 * CORS configurations", "Create or update IP filtering rules" (Google Cloud documentation).
 */

/** The steps for a storage with these settings, in the order to take them. */
export function gcsGuide(settings: GcsSettings, request: GuideRequest): SetupStep[] {
  const { direction, presign, origins, addresses } = request;
  const signs = direction === 'SOURCE' && presign !== false;
  const steps: SetupStep[] = [];
  const account = accountOf(settings, request);
  if (settings.credentials === 'WORKLOAD_IDENTITY') steps.push(...federationSteps(settings, request));
  if (settings.credentials === 'IMPERSONATION') steps.push(impersonationStep(settings, request));
  if (account === undefined) {
    steps.push(unknownAccount(settings));
  } else {
    if (settings.credentials === 'SERVICE_ACCOUNT' && !settings.clientEmail) steps.push(newAccount(account));
    steps.push(...accessSteps(settings, request, account));
    const asksToSign = settings.credentials === 'DEFAULT' || settings.credentials === 'WORKLOAD_IDENTITY';
    if (signs && asksToSign) steps.push(signingStep(account));
  }
  if (signs && origins.length > 0) steps.push(...corsSteps(settings, origins));
  if (addresses.length > 0) steps.push(...filterSteps(settings, addresses, signs));
  return steps;
}

/** The service account that reads and writes; undefined: not known yet. */
function accountOf(
  { credentials, clientEmail, serviceAccountEmail, projectId }: GcsSettings,
  { servicePrincipal }: GuideRequest,
): string | undefined {
  switch (credentials) {
    case 'SERVICE_ACCOUNT':
      return clientEmail ?? (projectId && `longshore@${projectId}.iam.gserviceaccount.com`);
    case 'WORKLOAD_IDENTITY':
    case 'IMPERSONATION':
      return serviceAccountEmail;
    case 'DEFAULT':
      return servicePrincipal?.includes('@') ? servicePrincipal : undefined;
  }
}

/** Lets this service be the account, and sign as it. */
function impersonationStep(
  { serviceAccountEmail = '' }: GcsSettings,
  { servicePrincipal }: GuideRequest,
): SetupStep {
  const title = 'Leave for this service to act as the service account';
  const role = 'roles/iam.serviceAccountTokenCreator';
  if (!servicePrincipal?.includes('@')) {
    return {
      title,
      format: 'TEXT',
      content: `This service does not know which Google service account it runs as. Ask its administrator, and grant that account ${role} on ${serviceAccountEmail}.`,
      explanation:
        'A finished command stands here when the administrator has set the account for the whole service.',
    };
  }
  const binding = { member: `serviceAccount:${servicePrincipal}`, role };
  return {
    title,
    format: 'SHELL',
    content: command('gcloud iam service-accounts add-iam-policy-binding', serviceAccountEmail, binding),
    explanation:
      'No key is made: this service gets tokens of the account for an hour each, and has it sign URLs.',
  };
}

function unknownAccount({ credentials, bucket }: GcsSettings): SetupStep {
  const wants = `roles/storage.objectViewer (source) or roles/storage.objectUser (target) on gs://${bucket}`;
  return {
    title: 'Role on the bucket',
    format: 'TEXT',
    content:
      credentials === 'DEFAULT'
        ? `This service does not know which Google service account it runs as. Ask its administrator, and grant that account ${wants}.`
        : `Enter the project id, or paste the key file: then finished commands stand here. What the service account needs is ${wants}.`,
    explanation:
      'Commands are printed with the names of the accounts that they are for, which are not known yet.',
  };
}

function newAccount(email: string): SetupStep {
  const [name = '', domain = ''] = email.split('@');
  const project = domain.split('.')[0] ?? '';
  return {
    title: 'Service account and key',
    format: 'SHELL',
    content: [
      command('gcloud iam service-accounts create', name, { project }),
      command('gcloud iam service-accounts keys create', 'longshore-key.json', { 'iam-account': email }),
    ].join('\n'),
    explanation:
      'Makes an account for this service alone. Paste the whole content of longshore-key.json as credentials of the storage, then delete the file.',
  };
}

interface Access {
  title: string;
  explanation: string;
  permissions: string[];
  /** The role of Google's own that comes closest, for where no role can be made. */
  predefined: string;
  /** Whether that is exactly these permissions, so that none has to be made. */
  exact?: boolean;
}

const listing: Access = {
  title: 'Role on the bucket: listing only',
  explanation:
    'Enough to create a task for each object (import method FILES). No object can be read with it, so nothing is shown from the storage.',
  permissions: ['storage.objects.list'],
  predefined: 'roles/storage.legacyBucketReader',
};

const reading: Access = {
  title: 'Role on the bucket: listing and reading',
  explanation: '',
  permissions: ['storage.objects.get', 'storage.objects.list'],
  predefined: 'roles/storage.objectViewer',
  exact: true,
};

const writing: Access = {
  title: 'Role on the bucket: writing annotations',
  explanation: '',
  permissions: ['storage.objects.create', 'storage.objects.delete', 'storage.objects.list'],
  predefined: 'roles/storage.objectUser',
};

function accessSteps(settings: GcsSettings, request: GuideRequest, email: string): SetupStep[] {
  if (request.direction === 'TARGET') {
    const why = request.canDeleteObjects
      ? 'It writes objects and deletes them with their annotations.'
      : 'The permission to delete is needed although objects stay: Cloud Storage asks for it when an object is overwritten, which happens to every annotation that is changed.';
    return [grantStep(settings, email, { ...writing, explanation: why })];
  }
  const why = [
    request.presign === false
      ? 'This service reads the objects and streams them to browsers.'
      : 'A signed URL can do what its signer may, so that reading is needed for what browsers fetch by themselves.',
    request.importMethod === 'TASKS' ? 'Also the tasks themselves are read from the objects.' : '',
  ];
  return [
    grantStep(settings, email, { ...reading, explanation: why.join(' ').trim() }),
    grantStep(settings, email, listing),
  ];
}

function grantStep(settings: GcsSettings, email: string, access: Access): SetupStep {
  const { bucket, prefix, projectId } = settings;
  const own = !access.exact && projectId !== undefined;
  const role = own ? `projects/${projectId}/roles/${roleIdOf(access)}` : access.predefined;
  // Google's legacy roles take no conditions.
  const limited = prefix !== '' && !role.startsWith('roles/storage.legacy');
  const create = command('gcloud iam roles create', roleIdOf(access), {
    project: projectId ?? '',
    title: `Longshore: ${access.title.replace('Role on the bucket: ', '')}`,
    permissions: access.permissions.join(','),
  });
  const bind = command('gcloud storage buckets add-iam-policy-binding', `gs://${bucket}`, {
    member: `serviceAccount:${email}`,
    role,
    // Said in so many words, or gcloud asks where the policy has other conditions.
    ...(limited ? { 'condition-from-file': 'longshore-condition.json' } : { condition: 'None' }),
  });
  const condition = fileOf('longshore-condition.json', conditionOf(bucket, prefix));
  const where = limited
    ? `It holds below "${prefix}" only; conditions need uniform bucket-level access.`
    : `It holds for the whole bucket${prefix === '' ? '' : ', since this role can have no condition'}.`;
  return {
    title: access.title,
    format: 'SHELL',
    content: [...(own ? [create] : []), ...(limited ? [condition] : []), bind].join('\n'),
    explanation: `${access.explanation} ${where}`,
  };
}

function roleIdOf({ permissions }: Access): string {
  return permissions.length === 1 ? 'longshoreLister' : 'longshoreWriter';
}

/** Objects are limited by their names, listings by the prefix that they ask for. */
function conditionOf(bucket: string, prefix: string): object {
  // What JSON escapes, the Common Expression Language escapes alike.
  const objects = JSON.stringify(`projects/_/buckets/${bucket}/objects/${prefix}`);
  const listed = JSON.stringify(prefix);
  return {
    title: 'longshore-prefix',
    expression: `resource.name.startsWith(${objects}) || api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith(${listed})`,
  };
}

function signingStep(email: string): SetupStep {
  const project = projectOf(email);
  return {
    title: 'Role to sign URLs',
    format: 'SHELL',
    content: [
      ...(project ? [command('gcloud services enable', 'iamcredentials.googleapis.com', { project })] : []),
      command('gcloud iam service-accounts add-iam-policy-binding', email, {
        member: `serviceAccount:${email}`,
        role: 'roles/iam.serviceAccountTokenCreator',
        condition: 'None',
        ...(project && { project }),
      }),
    ].join('\n'),
    explanation:
      'Without a key file, URLs are signed by Google on behalf of the account, which must be allowed to sign for itself. Such URLs live 12 hours at most. Not needed with presign off.',
  };
}

function corsSteps({ bucket }: GcsSettings, origins: string[]): SetupStep[] {
  const rule = {
    origin: origins,
    method: ['GET', 'HEAD'],
    responseHeader: [
      'Accept-Ranges',
      'Content-Length',
      'Content-Range',
      'Content-Type',
      'ETag',
      'Last-Modified',
      'Range',
    ],
    maxAgeSeconds: 3600,
  };
  return [
    {
      title: 'CORS file',
      format: 'JSON',
      content: JSON.stringify([rule], undefined, 2),
      explanation: 'Lets pages of these origins read what they fetch by signed URLs. Save it as cors.json.',
    },
    {
      title: 'Apply the CORS file',
      format: 'SHELL',
      content: command('gcloud storage buckets update', `gs://${bucket}`, { 'cors-file': 'cors.json' }),
      explanation: `Replaces the rules that the bucket has. The older tool does the same: gsutil cors set cors.json gs://${bucket}`,
    },
  ];
}

function filterSteps({ bucket }: GcsSettings, addresses: string[], signs: boolean): SetupStep[] {
  const filter = {
    mode: 'Enabled',
    publicNetworkSource: { allowedIpCidrRanges: addresses.map(rangeOf) },
  };
  const warning = signs
    ? 'Mind that it also keeps out browsers, which fetch signed URLs from their own addresses: add those, or switch presign off.'
    : 'Browsers are not concerned, because only this service reads and writes.';
  return [
    {
      title: 'IP filter file',
      format: 'JSON',
      content: JSON.stringify(filter, undefined, 2),
      explanation: `Optional: the bucket then answers the addresses of this service and nobody else, the console and your own staff included, unless you add theirs. ${warning} Save it as ip-filter.json.`,
    },
    {
      title: 'Apply the IP filter',
      format: 'SHELL',
      content: command('gcloud alpha storage buckets update', `gs://${bucket}`, {
        'ip-filter-file': 'ip-filter.json',
      }),
      explanation: `Needs storage.buckets.setIpFilter. To take it back: gcloud alpha storage buckets update gs://${bucket} --clear-ip-filter`,
    },
  ];
}

/** A single address as the range that holds it alone. */
function rangeOf(address: string): string {
  if (address.includes('/')) return address;
  return `${address}/${isIPv6(address) ? 128 : 32}`;
}
