import type { GuideRequest, SetupStep } from '../guide.ts';
import { quote } from '../shell.ts';
import { accountNameOf, azureHost, environmentNames } from './account.ts';
import type { AzureBlobSettings } from './config.ts';

/**
 * What to paste at Azure: roles of the service principal, a SAS token, the account key, firewall rules, CORS
 * rules. Commands are those of the Azure CLI, for a POSIX shell. Sources: "Assign an Azure role for access to
 * blob data", "Create a user delegation SAS", "Configure Azure Storage firewalls" and "Cross-origin resource
 * sharing (CORS) support for Azure Storage" (Microsoft Learn).
 */

const dayMs = 24 * 60 * 60_000;
/** Life of the SAS token that the command creates. */
const sasDays = 180;

/** The steps for a storage with these settings, in the order to take them. */
export function azureBlobGuide(
  settings: AzureBlobSettings,
  request: GuideRequest,
  now = new Date(),
): SetupStep[] {
  const accountName = accountNameOf(settings);
  if (!accountName) return [nameless];
  const place = { settings, accountName };
  const signs = request.direction === 'SOURCE' && request.presign !== false && settings.credentials !== 'SAS';
  const steps = credentialSteps(place, request, now);
  if (request.addresses.length > 0 && !signs) steps.push(firewall(place, request.addresses));
  if (signs && request.origins.length > 0) {
    steps.push(corsCommand(place, request.origins), corsDocument(request.origins));
  }
  return steps;
}

interface Place {
  settings: AzureBlobSettings;
  accountName: string;
}

const nameless: SetupStep = {
  title: 'The account',
  format: 'TEXT',
  content: `Give the account name of the storage, or let the operator of this service set ${environmentNames.account}.`,
  explanation: 'The commands to paste depend on the account.',
};

function credentialSteps(place: Place, request: GuideRequest, now: Date): SetupStep[] {
  switch (place.settings.credentials) {
    case 'SERVICE_PRINCIPAL':
      return roleSteps(place, request);
    case 'SAS':
      return [sasToken(place, request, now)];
    case 'ACCOUNT_KEY':
      return [accountKey(place)];
    case 'ENVIRONMENT':
      return [environmentKey(place)];
  }
}

/** What a container's data actions are, below this name ("Azure permissions for Storage"). */
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

function roleSteps(place: Place, { direction, presign, canDeleteObjects }: GuideRequest): SetupStep[] {
  const container = `/blobServices/default/containers/${place.settings.container}`;
  if (direction === 'TARGET') {
    const role = `Longshore writer of ${place.accountName} ${place.settings.container}`;
    const assigned = assignment(place, role, container);
    return canDeleteObjects
      ? [
          {
            title: 'Role: writing and deleting annotations',
            format: 'SHELL',
            content: assignment(place, 'Storage Blob Data Contributor', container),
            explanation: `Lets the application list, read, write and delete in the container "${place.settings.container}" only. ${delay}`,
          },
        ]
      : [
          {
            title: 'Role: writing annotations',
            format: 'SHELL',
            content: writerRole(place, role, assigned),
            explanation: `Makes a role that may only write blobs, since the built-in ones also delete, and gives it to the application for the container "${place.settings.container}". The probe that validateStorage writes has to be deleted by hand. ${delay}`,
          },
        ];
  }
  const reading: SetupStep = {
    title: 'Role: listing and reading',
    format: 'SHELL',
    content: assignment(place, 'Storage Blob Data Reader', container),
    explanation: `Lets the application list and read the container "${place.settings.container}" only; Azure has no role to list without reading. ${delay}`,
  };
  if (presign === false) return [reading];
  return [
    reading,
    {
      title: 'Role: signing URLs',
      format: 'SHELL',
      content: assignment(place, 'Storage Blob Delegator', ''),
      explanation: `Lets the application sign URLs by which browsers read objects; what they open is what the application itself may read. Azure gives this role for the whole account only. ${delay}`,
    },
  ];
}

const delay = 'A new role takes up to ten minutes to count.';

/** Gives the application a role at the account, or at `below` in it. */
function assignment({ settings, accountName }: Place, role: string, below: string): string {
  return [
    ...cloud(settings),
    `account=$(az storage account show --name ${accountName} --query id --output tsv)`,
    `az role assignment create --assignee ${quote(settings.clientId ?? '')} --role ${quote(role)} --scope "$account${below}"`,
  ].join('\n');
}

function writerRole({ settings, accountName }: Place, name: string, assigned: string): string {
  const definition = {
    Name: name,
    Description: 'Writes blobs, and neither reads nor deletes them.',
    DataActions: [`${blobs}/write`, `${blobs}/add/action`],
    AssignableScopes: ['SCOPE'],
  };
  return [
    ...cloud(settings),
    `scope=$(az storage account show --name ${accountName} --query id --output tsv | cut -d/ -f1-5)`,
    `az role definition create --role-definition ${quote(JSON.stringify(definition)).replace('SCOPE', `'"$scope"'`)}`,
    ...assigned.split('\n').slice(cloud(settings).length),
  ].join('\n');
}

function sasToken(place: Place, request: GuideRequest, now: Date): SetupStep {
  const { settings, accountName } = place;
  const { direction, canDeleteObjects, addresses } = request;
  const permissions = direction === 'SOURCE' ? 'rl' : `cw${canDeleteObjects ? 'd' : ''}`;
  const expiry = new Date(now.getTime() + sasDays * dayMs).toISOString().slice(0, 16);
  const [address = '', more] = addresses;
  // A SAS token takes one IPv4 address, or a range from one to another.
  const from = more === undefined && /^[\d.]+$/.test(address) ? ` --ip ${address}` : '';
  const https = settings.endpoint?.startsWith('http:') ? '' : ' --https-only';
  const what = {
    rl: 'lists and reads',
    cw: 'creates and overwrites, and neither reads nor deletes,',
    cwd: 'creates, overwrites and deletes, and does not read,',
  }[permissions];
  return {
    title: direction === 'SOURCE' ? 'SAS token: listing and reading' : 'SAS token: writing annotations',
    format: 'SHELL',
    content: [
      ...cloud(settings),
      `az storage container generate-sas --account-name ${accountName}${blobEndpoint(settings)} --name ${quote(settings.container)} --permissions ${permissions} --expiry ${expiry}Z${https}${from} --auth-mode key --output tsv`,
    ].join('\n'),
    explanation: `Prints a token that ${what} in the container "${settings.container}" only, until ${expiry.slice(0, 10)}; enter it before that day again. It cannot sign URLs, so media are streamed through this service. The account key that signs it is asked for at Azure; with your own rights instead (--as-user --auth-mode login) it lives at most 7 days.`,
  };
}

function accountKey({ settings, accountName }: Place): SetupStep {
  return {
    title: 'Account key',
    format: 'SHELL',
    content: [
      ...cloud(settings),
      `az storage account keys list --account-name ${accountName} --query "[0].value" --output tsv`,
    ].join('\n'),
    explanation:
      'Prints the key to enter. It opens the whole account for everything: prefer a service principal, or a SAS token of the container, which the setup guide of such a storage shows.',
  };
}

function environmentKey({ settings, accountName }: Place): SetupStep {
  return {
    title: 'Account key in the environment of this service',
    format: 'SHELL',
    content: [
      ...cloud(settings),
      `export ${environmentNames.account}=${accountName}`,
      `export ${environmentNames.key}="$(az storage account keys list --account-name ${accountName} --query "[0].value" --output tsv)"`,
    ].join('\n'),
    explanation:
      'For the operator of this service, before its start. Every storage with credentials of the environment uses this account; its key opens the whole account for everything.',
  };
}

function firewall({ settings, accountName }: Place, addresses: string[]): SetupStep {
  const usable = addresses.filter((address) => !address.includes(':'));
  return {
    title: 'Firewall: only from the addresses of this service',
    format: 'SHELL',
    content: [
      ...cloud(settings),
      ...usable.map(
        // Azure wants single addresses without a mask.
        (address) =>
          `az storage account network-rule add --account-name ${accountName} --ip-address ${quote(address.replace(/\/32$/, ''))}`,
      ),
      `az storage account update --name ${accountName} --default-action Deny`,
    ].join('\n'),
    explanation:
      'Optional. Refuses everybody else, your own staff and the portal too: add their addresses first. It counts for the whole account. IPv6 addresses cannot be named. Not for storages whose signed URLs browsers use.',
  };
}

const exposedHeaders = [
  'Accept-Ranges',
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Last-Modified',
];
const corsExplanation =
  'Lets pages of these origins read what they fetch by signed URLs. CORS rules belong to the whole account, not to a container.';

function corsCommand({ settings, accountName }: Place, origins: string[]): SetupStep {
  const list = (values: string[]) => values.map(quote).join(' ');
  return {
    title: 'CORS rule: by command',
    format: 'SHELL',
    content: [
      ...cloud(settings),
      `az storage cors add --account-name ${accountName}${blobEndpoint(settings)} --services b --methods GET HEAD OPTIONS --origins ${list(origins)} --allowed-headers ${quote('*')} --exposed-headers ${list(exposedHeaders)} --max-age 3600`,
    ].join('\n'),
    explanation: `${corsExplanation} The command adds the rule to those that the account has.`,
  };
}

function corsDocument(origins: string[]): SetupStep {
  const rule = {
    allowedOrigins: origins,
    allowedMethods: ['GET', 'HEAD', 'OPTIONS'],
    allowedHeaders: ['*'],
    exposedHeaders,
    maxAgeInSeconds: 3600,
  };
  return {
    title: 'CORS rule: by template',
    format: 'JSON',
    content: JSON.stringify({ properties: { cors: { corsRules: [rule] } } }, undefined, 2),
    explanation: `${corsExplanation} The same as properties of Microsoft.Storage/storageAccounts/blobServices, for ARM and Bicep templates; it replaces the rules that the account has.`,
  };
}

/** Chooses the cloud where it is not the public one. */
function cloud({ endpoint = '' }: AzureBlobSettings): string[] {
  if (endpoint.endsWith('.core.usgovcloudapi.net')) return ['az cloud set --name AzureUSGovernment'];
  if (endpoint.endsWith('.core.chinacloudapi.cn')) return ['az cloud set --name AzureChinaCloud'];
  return [];
}

/** For what the CLI would not find by the account's name. */
function blobEndpoint({ endpoint }: AzureBlobSettings): string {
  const found = endpoint === undefined || azureHost.test(new URL(endpoint).hostname);
  return found ? '' : ` --blob-endpoint ${quote(endpoint)}`;
}
