import type { Provider } from '../provider.ts';
import {
  type AzureBlobSecrets,
  type AzureBlobSettings,
  azureBlobKeyOf,
  azureBlobLocation,
  azureBlobSecrets,
  azureBlobSettings,
  azureBlobUri,
  checkAzureBlob,
} from './config.ts';
import { openAzureBlob } from './driver.ts';
import { azureBlobGuide } from './guide.ts';
import { azureBlobNotifications } from './notifications.ts';

const noSigningBySas =
  'A SAS token cannot sign URLs of single objects, and handing it out itself would open the whole container: objects are streamed through this service.';

const principal = 'credentials.servicePrincipal';

/** Azure Blob Storage, in the public cloud or behind an endpoint of its own. */
export const azureBlobProvider: Provider<AzureBlobSettings, AzureBlobSecrets> = {
  name: 'AZURE_BLOB',
  title: 'Azure Blob Storage',
  capabilities: { listsInOrder: false, presign: true, folders: true, conditionalWrites: true },
  settings: azureBlobSettings,
  secrets: azureBlobSecrets,
  // The account names the host where no endpoint does.
  prefixSetting: 'prefix',
  secretsBoundTo: [
    'endpoint',
    'accountName',
    'container',
    'tlsCa',
    'credentials.servicePrincipal.authorityHost',
  ],
  // A new secret of the same application is whole by itself.
  wholeCredentials: [
    { changed: [`${principal}.tenantId`, `${principal}.clientId`], needs: [`${principal}.clientSecret`] },
  ],
  trusts: ({ tlsCa }) => tlsCa,
  check: checkAzureBlob,
  usesOwnCredentials: ({ credentials }) => credentials === 'ENVIRONMENT',
  location: azureBlobLocation,
  uriStart: /azure-blob:\/\//,
  uri: azureBlobUri,
  keyOf: azureBlobKeyOf,
  unsupported: ({ credentials }) => (credentials === 'SAS' ? { SIGN: noSigningBySas } : {}),
  guide: azureBlobGuide,
  notifications: azureBlobNotifications,
  open: openAzureBlob,
};
