/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Somebody who becomes a member of your organization. */
export type AddMemberInput = {
  /** E-mail address, by which the user is known. */
  email: string;
  /** First name of a new user. */
  firstName?: string | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns the same record with a new secret in place of the first one, which got lost. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** Last name of a new user. */
  lastName?: string | null | undefined;
  /** Role of the member: at most your own. */
  role: Role;
};

/** An action, named by the kind of record and the verb. The log holds the actions that change something. */
export type AuditAction =
  /** The action `annotation.create`. */
  | 'ANNOTATION_CREATE'
  /** The action `annotation.delete`. */
  | 'ANNOTATION_DELETE'
  /** The action `annotation.read`. */
  | 'ANNOTATION_READ'
  /** The action `annotation.update`. */
  | 'ANNOTATION_UPDATE'
  /** The action `export.read`. */
  | 'EXPORT_READ'
  /** The action `export.start`. */
  | 'EXPORT_START'
  /** The action `invitation.read`. */
  | 'INVITATION_READ'
  /** The action `invitation.revoke`. */
  | 'INVITATION_REVOKE'
  /** The action `media.read`. */
  | 'MEDIA_READ'
  /** The action `member.change`. */
  | 'MEMBER_CHANGE'
  /** The action `member.invite`. */
  | 'MEMBER_INVITE'
  /** The action `member.read`. */
  | 'MEMBER_READ'
  /** The action `member.remove`. */
  | 'MEMBER_REMOVE'
  /** The action `object.read`. */
  | 'OBJECT_READ'
  /** The action `organization.read`. */
  | 'ORGANIZATION_READ'
  /** The action `organization.readAudit`. */
  | 'ORGANIZATION_READ_AUDIT'
  /** The action `organization.readExternalId`. */
  | 'ORGANIZATION_READ_EXTERNAL_ID'
  /** The action `project.create`. */
  | 'PROJECT_CREATE'
  /** The action `project.delete`. */
  | 'PROJECT_DELETE'
  /** The action `project.read`. */
  | 'PROJECT_READ'
  /** The action `project.update`. */
  | 'PROJECT_UPDATE'
  /** The action `snapshot.create`. */
  | 'SNAPSHOT_CREATE'
  /** The action `snapshot.read`. */
  | 'SNAPSHOT_READ'
  /** The action `storage.create`. */
  | 'STORAGE_CREATE'
  /** The action `storage.delete`. */
  | 'STORAGE_DELETE'
  /** The action `storage.notify`. */
  | 'STORAGE_NOTIFY'
  /** The action `storage.probe`. */
  | 'STORAGE_PROBE'
  /** The action `storage.read`. */
  | 'STORAGE_READ'
  /** The action `storage.update`. */
  | 'STORAGE_UPDATE'
  /** The action `sync.cancel`. */
  | 'SYNC_CANCEL'
  /** The action `sync.read`. */
  | 'SYNC_READ'
  /** The action `sync.start`. */
  | 'SYNC_START'
  /** The action `task.delete`. */
  | 'TASK_DELETE'
  /** The action `task.import`. */
  | 'TASK_IMPORT'
  /** The action `task.read`. */
  | 'TASK_READ'
  /** The action `token.create`. */
  | 'TOKEN_CREATE'
  /** The action `token.revoke`. */
  | 'TOKEN_REVOKE'
  /** The action `webhook.manage`. */
  | 'WEBHOOK_MANAGE'
  /** The action `webhook.read`. */
  | 'WEBHOOK_READ';

/** Which entries; all conditions must hold. */
export type AuditFilter = {
  /** Only entries of this action. */
  action?: AuditAction | null | undefined;
  /** Only entries of this project. */
  projectId?: string | null | undefined;
  /** Only entries from this instant on. */
  since?: string | null | undefined;
  /** Only entries before this instant. */
  until?: string | null | undefined;
  /** Only entries of this user. */
  userId?: string | null | undefined;
};

/** A key of the storage account. */
export type AzureBlobAccountKeyInput = {
  /** The account key. It is never shown again. */
  accountKey: string;
};

/** A key of the storage account. */
export type AzureBlobAccountKeyUpdateInput = {
  /** The account key. It is never shown again. */
  accountKey?: string | null | undefined;
};

/** The credentials: exactly one kind. */
export type AzureBlobCredentialsInput =
  {   /** A key of the account. */
  accountKey: AzureBlobAccountKeyInput; environment?: never; sas?: never; servicePrincipal?: never; }
  |  { accountKey?: never;   /** AZURE_BLOB_ACCOUNT_NAME and AZURE_BLOB_ACCOUNT_KEY of the service's environment. Only `true`. */
  environment: boolean; sas?: never; servicePrincipal?: never; }
  |  { accountKey?: never; environment?: never;   /** A shared access signature. */
  sas: AzureBlobSasInput; servicePrincipal?: never; }
  |  { accountKey?: never; environment?: never; sas?: never;   /** A service principal. */
  servicePrincipal: AzureBlobServicePrincipalInput; };

/** The credentials: exactly one kind. */
export type AzureBlobCredentialsUpdateInput =
  {   /** A key of the account. */
  accountKey: AzureBlobAccountKeyUpdateInput; environment?: never; sas?: never; servicePrincipal?: never; }
  |  { accountKey?: never;   /** AZURE_BLOB_ACCOUNT_NAME and AZURE_BLOB_ACCOUNT_KEY of the service's environment. Only `true`. */
  environment: boolean; sas?: never; servicePrincipal?: never; }
  |  { accountKey?: never; environment?: never;   /** A shared access signature. */
  sas: AzureBlobSasUpdateInput; servicePrincipal?: never; }
  |  { accountKey?: never; environment?: never; sas?: never;   /** A service principal. */
  servicePrincipal: AzureBlobServicePrincipalUpdateInput; };

/** A container of Azure Blob Storage. */
export type AzureBlobInput = {
  /** Name of the storage account, unless the endpoint says it. */
  accountName?: string | null | undefined;
  /** Name of the container. */
  container: string;
  /** Credentials that the service connects with. */
  credentials: AzureBlobCredentialsInput;
  /** Address of the account; absent: `https://<account>.blob.core.windows.net`. */
  endpoint?: string | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** A shared access signature. */
export type AzureBlobSasInput = {
  /** The SAS token, `sv=…&sig=…`. It is never shown again. */
  sasToken: string;
};

/** A shared access signature. */
export type AzureBlobSasUpdateInput = {
  /** The SAS token, `sv=…&sig=…`. It is never shown again. */
  sasToken?: string | null | undefined;
};

/** An application of Microsoft Entra ID with a client secret. */
export type AzureBlobServicePrincipalInput = {
  /** Address where the application signs in; absent: https://login.microsoftonline.com. */
  authorityHost?: string | null | undefined;
  /** Client id of the application. */
  clientId: string;
  /** The client secret. It is never shown again. */
  clientSecret: string;
  /** Id or domain of the tenant. */
  tenantId: string;
};

/** An application of Microsoft Entra ID with a client secret. */
export type AzureBlobServicePrincipalUpdateInput = {
  /** Address where the application signs in; absent: https://login.microsoftonline.com. */
  authorityHost?: string | null | undefined;
  /** Client id of the application. */
  clientId?: string | null | undefined;
  /** The client secret. It is never shown again. */
  clientSecret?: string | null | undefined;
  /** Id or domain of the tenant. */
  tenantId?: string | null | undefined;
};

/** Changes of an Azure storage; what is absent stays. Another container or endpoint needs the secrets again. */
export type AzureBlobUpdateInput = {
  /** Name of the storage account, unless the endpoint says it. */
  accountName?: string | null | undefined;
  /** Name of the container. */
  container?: string | null | undefined;
  /** Credentials that the service connects with. */
  credentials?: AzureBlobCredentialsUpdateInput | null | undefined;
  /** Address of the account; absent: `https://<account>.blob.core.windows.net`. */
  endpoint?: string | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** Which sync to stop. */
export type CancelSyncInput = {
  /** Opaque id of the record. */
  syncId: string;
};

/** What a storage can be used for. */
export type Capability =
  /** The credentials are accepted. */
  | 'AUTHENTICATE'
  /** The host can be reached. */
  | 'CONNECT'
  /** Objects can be deleted. */
  | 'DELETE'
  /** Objects can be listed. */
  | 'LIST'
  /** Objects can be read. */
  | 'READ'
  /** URLs can be signed that let a browser read an object. */
  | 'SIGN'
  /** Objects can be written. */
  | 'WRITE';

/** A member and the new role. */
export type ChangeMemberRoleInput = {
  /** Role of the member: at most your own. */
  role: Role;
  /** Id of the user. */
  userId: string;
};

/** The outcome of a check. */
export type CheckStatus =
  /** The check was carried out and failed. */
  | 'FAILED'
  /** The check was carried out just now and succeeded. */
  | 'PASSED'
  /** The check could not be carried out; this is not a pass. */
  | 'UNTESTED';

/** How a request contradicts the present state of a record. */
export type ConflictCode =
  /** The person belongs to the organization already. */
  | 'ALREADY_A_MEMBER'
  /** The record was changed after the instant given as `ifUpdatedAt`. */
  | 'CHANGED_MEANWHILE'
  /** The project has imported from the new container before, as another one. */
  | 'CONTAINER_KNOWN'
  /** What the idempotency key created has been deleted since. */
  | 'CREATED_AND_DELETED'
  /** The idempotency key came with another input before. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** An organization needs an owner, and this is the last one. */
  | 'LAST_OWNER'
  /** The project has as many records of this kind as it can have. */
  | 'LIMIT_REACHED'
  /** The storage is a target storage, and only source storages can do this. */
  | 'NOT_A_SOURCE'
  /** The storage has `synchronizable: false`. */
  | 'NOT_SYNCHRONIZABLE'
  /** A source and a target storage of the project would see the same objects, so that exports came back as tasks. */
  | 'OVERLAPPING_STORAGES'
  /** The sync has already ended. */
  | 'SYNC_ENDED';

/** How exact a count is. */
export type CountPrecision =
  /** There are more records than the count says. */
  | 'AT_LEAST'
  /** There are exactly as many records as the count says. */
  | 'EXACT';

/** A new annotation of yours. */
export type CreateAnnotationInput = {
  /** Whether other annotations are measured against it. */
  groundTruth?: boolean | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** Time that the annotation took, in seconds. */
  leadTime?: number | null | undefined;
  /** The labeled regions: a list. */
  result: unknown;
  /** The task that is annotated. */
  taskId: string;
  /** Whether you skip the task. */
  wasCancelled?: boolean | null | undefined;
};

/** A new token for yourself. */
export type CreateApiTokenInput = {
  /** When the token expires; absent: never. */
  expiresAt?: string | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns the same record with a new secret in place of the first one, which got lost. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The only project that the token is for, with which it ends; absent: all projects. Such a token does nothing for the organization. */
  projectId?: string | null | undefined;
  /** What the token is limited to: at most the scopes of the token you use now; absent: those. */
  scopes?: Array<TokenScope> | null | undefined;
  /** What the token is for. */
  title: string;
};

/** A new snapshot of a project. */
export type CreateExportInput = {
  /** Which tasks to write; absent: all. */
  filter?: TaskFilter | null | undefined;
  /** The format of the file. */
  format?: SnapshotFormat;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The project whose tasks are written. */
  projectId: string;
  /** The target storage of the project to write to; absent: the snapshot is downloaded. */
  targetId?: string | null | undefined;
  /** Whether to copy the objects in source storages of the project that the data of tasks points at, too. Needs `targetId`. Objects above 64 MiB are missing at targets of Redis; so are local files that the operator does not serve to browsers. */
  withMedia?: boolean | null | undefined;
};

/** A new project. */
export type CreateProjectInput = {
  /** What the project is about. */
  description?: string | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** How tasks are shown and labeled (XML), such as `<View><Image name="img" value="$image"/></View>`. */
  labelConfig?: string | null | undefined;
  /** Number of annotations that make a task labeled. */
  maximumAnnotations?: number | null | undefined;
  /** Title of the project. */
  title: string;
};

/** A new storage of a project. */
export type CreateStorageInput = {
  /** What the storage is for. */
  description?: string | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The project that the storage belongs to. */
  projectId: string;
  /** Where the storage points, and its credentials. */
  provider: StorageProviderInput;
  /** The settings of the storage, which say its direction. */
  settings: StorageSettingsInput;
  /** Whether the storage may be synced. */
  synchronizable?: boolean | null | undefined;
  /** Title of the storage. */
  title?: string | null | undefined;
};

/** A new webhook of a project. */
export type CreateWebhookInput = {
  /** Whether events are sent from now on. */
  active?: boolean | null | undefined;
  /** What it is told of. Up to 1000 deliveries wait for a receiver that does not respond. */
  events: Array<WebhookEvent>;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns the same record with a new secret in place of the first one, which got lost. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The project whose events are sent. */
  projectId: string;
  /** What the webhook is for, in at most 256 characters. */
  title?: string | null | undefined;
  /** An http or https URL. Addresses that are not public need `OUTBOUND_ALLOW`. */
  url: string;
};

/** Which annotation to delete. */
export type DeleteAnnotationInput = {
  /** Opaque id of the record. */
  annotationId: string;
};

/** Which project to delete. */
export type DeleteProjectInput = {
  /** Opaque id of the record. */
  projectId: string;
};

/** Which storage to disconnect. */
export type DeleteStorageInput = {
  /** Opaque id of the record. */
  storageId: string;
};

/** Which tasks to delete. */
export type DeleteTasksInput = {
  /** The project of the tasks. */
  projectId: string;
  /** Ids of the tasks; those of other projects are ignored. */
  taskIds: Array<string>;
};

/** The webhook to delete. */
export type DeleteWebhookInput = {
  /** Opaque id of the record. */
  webhookId: string;
};

/** The storage to check, and the origin of the page that shows its media. */
export type DiagnoseStorageInput =
  {   /** A saved storage. */
  saved: DiagnoseStorageSavedInput; unsaved?: never; }
  |  { saved?: never;   /** A storage that is not saved. */
  unsaved: DiagnoseStorageUnsavedInput; };

/** A saved storage, with changes or as it is. */
export type DiagnoseStorageSavedInput = {
  /** Changes to check in place of what is stored. */
  changes?: StorageChangesInput | null | undefined;
  /** Origin of the page that shows media, such as `https://label.example.com`. */
  origin: string;
  /** Id of the saved storage. */
  storageId: string;
};

/** A storage that is not saved. */
export type DiagnoseStorageUnsavedInput = {
  /** Origin of the page that shows media, such as `https://label.example.com`. */
  origin: string;
  /** Id of the project that it would belong to. */
  projectId: string;
  /** Where the storage points, and its credentials. What is missing is named field by field, as a form that is being filled in needs it. */
  provider: StorageProviderUpdateInput;
  /** The settings of the storage, which say its direction. */
  settings: StorageSettingsInput;
};

/** A request as a browser makes it to a freshly signed URL. */
export type DiagnosisCheckKind =
  /** A GET of the whole object. */
  | 'GET'
  /** A HEAD request; not required, since URLs are signed for GET. */
  | 'HEAD'
  /** A CORS preflight: whether the origin may send GET with a Range header. */
  | 'PREFLIGHT'
  /** A GET of the first byte, as players send it. */
  | 'RANGE';

/** How an object of a target storage differs from what was written there. */
export type ExportDrift =
  /** Somebody else has changed the object: its size or version is another one. */
  | 'ALTERED'
  /** The object is gone from the storage. */
  | 'MISSING';

/** Why an object was not written to a target storage, or not removed from it. */
export type ExportErrorCode =
  /** The address is not public, and the administrator has not opened it. */
  | 'ADDRESS_NOT_ALLOWED'
  /** The connection to the storage was lost. */
  | 'CONNECTION_LOST'
  /** Nothing listens at the address. */
  | 'CONNECTION_REFUSED'
  /** There is no such bucket, container or database. */
  | 'CONTAINER_NOT_FOUND'
  /** The object was written, and its copy could not be kept in the data directory. */
  | 'COPY_FAILED'
  /** The credentials have expired. */
  | 'CREDENTIALS_EXPIRED'
  /** The machine that runs the service has no credentials of the provider. */
  | 'CREDENTIALS_UNAVAILABLE'
  /** The host name does not resolve. */
  | 'DNS_FAILURE'
  /** There is no object under the prefix. */
  | 'EMPTY_PREFIX'
  /** The credentials are good but may not do this. */
  | 'FORBIDDEN'
  /** The key is not one that this storage may use. */
  | 'INVALID_KEY'
  /** Another export of the storage has the same key: make the key template tell them apart. */
  | 'KEY_TAKEN'
  /** The storage confirmed the write, and the object is not there as it was written. */
  | 'NOT_STORED'
  /** The filter matches no object. */
  | 'NO_MATCH'
  /** The object was changed while it was read. */
  | 'OBJECT_CHANGED'
  /** There is no such object. */
  | 'OBJECT_NOT_FOUND'
  /** The object is there but cannot be read. */
  | 'OBJECT_UNREADABLE'
  /** A cause that this release of the service does not know. */
  | 'OTHER'
  /** The object is shorter than the range asked for. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The provider asks the service to slow down. */
  | 'RATE_LIMITED'
  /** The storage did not respond in time. */
  | 'TIMEOUT'
  /** The TLS connection failed: the certificate is not trusted, or not for this host. */
  | 'TLS_FAILURE'
  /** The object would hold more than 64 MiB. */
  | 'TOO_LARGE'
  /** The provider is unavailable. */
  | 'UNAVAILABLE'
  /** The response does not follow the provider's protocol. */
  | 'UNEXPECTED_RESPONSE'
  /** The provider does not support this. */
  | 'UNSUPPORTED'
  /** The credentials are not accepted. */
  | 'WRONG_CREDENTIALS'
  /** The bucket lies in another region. */
  | 'WRONG_REGION';

/** What happened to an object. */
export type ExportEventKind =
  /** The object was deleted. */
  | 'DELETED'
  /** The object was written. */
  | 'EXPORTED'
  /** The object could not be written or deleted, and no further attempt follows. */
  | 'FAILED';

/** Which exports; all conditions must hold. */
export type ExportFilter = {
  /** Only those in one of these states. */
  states?: Array<ExportState> | null | undefined;
};

/** What an exported object holds. */
export type ExportLayout =
  /** One annotation, with its task; can be imported again. */
  | 'ANNOTATION'
  /** One task with all its annotations and predictions; can be imported again. */
  | 'TASK';

/** The state of an export. */
export type ExportState =
  /** The object was deleted with its annotation. */
  | 'DELETED'
  /** The object was written, and its presence was checked. */
  | 'EXPORTED'
  /** The object could not be written or deleted; `retryFailed` tries again. */
  | 'FAILED'
  /** The annotation is gone; the object stays, since the storage does not delete objects. */
  | 'KEPT'
  /** The object waits to be written or deleted; `error` says why an earlier attempt failed. */
  | 'PENDING';

/** The credentials: exactly one kind. */
export type GcsCredentialsInput =
  {   /** The service's own Google credentials (Application Default Credentials). Only `true`. */
  default: boolean; impersonation?: never; serviceAccountJson?: never; workloadIdentity?: never; }
  |  { default?: never;   /** A service account to act as. */
  impersonation: GcsImpersonationInput; serviceAccountJson?: never; workloadIdentity?: never; }
  |  { default?: never; impersonation?: never;   /** Content of the JSON key file of a service account. Never shown again. Empty, in changes: the stored one. */
  serviceAccountJson: string; workloadIdentity?: never; }
  |  { default?: never; impersonation?: never; serviceAccountJson?: never;   /** Workload Identity Federation. */
  workloadIdentity: GcsWorkloadIdentityInput; };

/** A service account that the service acts as by its own Google credentials (Application Default Credentials), without a key. */
export type GcsImpersonationInput = {
  /** Service account to act as. */
  serviceAccountEmail: string;
};

/** A bucket of Google Cloud Storage. */
export type GcsInput = {
  /** Name of the bucket. */
  bucket: string;
  /** Credentials that the service connects with. */
  credentials: GcsCredentialsInput;
  /** Address of a server that is not Google’s; absent: storage.googleapis.com. */
  endpoint?: string | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** The bucket's project, for the commands of the setup guide. */
  projectId?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** Changes of a GCS storage; what is absent stays. Another bucket or endpoint needs the key again. */
export type GcsUpdateInput = {
  /** Name of the bucket. */
  bucket?: string | null | undefined;
  /** Credentials that the service connects with. */
  credentials?: GcsCredentialsInput | null | undefined;
  /** Address of a server that is not Google’s; absent: storage.googleapis.com. */
  endpoint?: string | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** The bucket's project, for the commands of the setup guide. */
  projectId?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** Workload Identity Federation: the service proves its AWS identity to Google and acts as a service account, without a key. */
export type GcsWorkloadIdentityInput = {
  /** Workload identity pool. */
  poolId: string;
  /** Number of the project that the pool is in. */
  projectNumber: string;
  /** Provider of the pool. */
  providerId: string;
  /** Service account to act as. */
  serviceAccountEmail: string;
};

/** How objects become tasks. */
export type ImportMethod =
  /** Each object is a task: its URI is the data. Needs only the permission to list. */
  | 'FILES'
  /** Each object defines tasks: JSON, a list of them, one per line, or Parquet; gzipped or not. */
  | 'TASKS';

/** Tasks given inline. */
export type ImportTasksInput = {
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The project to import to. */
  projectId: string;
  /** Bare tasks (`{"image": "s3://…"}`), or `{data, annotations, predictions, meta, allow_skip}`. All are imported, or none. */
  tasks: Array<unknown>;
};

/** What has become of an invitation that was neither accepted nor revoked. */
export type InvitationState =
  /** The week is over: the code does not work any more. */
  | 'EXPIRED'
  /** The invitation waits to be accepted. */
  | 'PENDING'
  /** The inviter may no longer invite to this role: the code does not work while that is so. */
  | 'VOID';

/** Somebody who is invited to become a member of your organization. */
export type InviteMemberInput = {
  /** E-mail address, by which the user will be known. */
  email: string;
  /** Role of the member: at most your own. */
  role: Role;
};

/** What a sync tells of an object, of a row, or of what it found as a whole. */
export type IssueCode =
  /** The address is not public, and the administrator has not opened it. */
  | 'ADDRESS_NOT_ALLOWED'
  /** The gzip data is damaged or ends too early. */
  | 'BROKEN_GZIP'
  /** The text is not valid JSON at the place that the message names. */
  | 'BROKEN_JSON'
  /** The Parquet file is damaged. */
  | 'BROKEN_PARQUET'
  /** The connection to the storage was lost. */
  | 'CONNECTION_LOST'
  /** Nothing listens at the address. */
  | 'CONNECTION_REFUSED'
  /** There is no such bucket, container or database. */
  | 'CONTAINER_NOT_FOUND'
  /** No local copy of the object could be kept. */
  | 'COPY_FAILED'
  /** The credentials have expired. */
  | 'CREDENTIALS_EXPIRED'
  /** The machine that runs the service has no credentials of the provider. */
  | 'CREDENTIALS_UNAVAILABLE'
  /** The row has no data for a task. */
  | 'DATA_MISSING'
  /** The object unpacks out of all proportion to its size. */
  | 'DECOMPRESSION_BOMB'
  /** The tasks of this object were deleted. Sync with `reimport` to bring them back. */
  | 'DELETED_BEFORE'
  /** The host name does not resolve. */
  | 'DNS_FAILURE'
  /** The object is empty. */
  | 'EMPTY_FILE'
  /** There is no object under the prefix. */
  | 'EMPTY_PREFIX'
  /** Objects failed at an earlier sync and have not changed since. `retryFailed` reads them again. */
  | 'FAILED_BEFORE'
  /** The filter does not match the object's key. */
  | 'FILTER'
  /** The credentials are good but may not do this. */
  | 'FORBIDDEN'
  /** Ids in `predictions`, `annotations` or `drafts` were left out; the rest of the row was imported. */
  | 'IDS_ONLY'
  /** A field of the row has a value of the wrong kind; the message says what was expected. */
  | 'INVALID_FIELD'
  /** The key is not one that this storage may use. */
  | 'INVALID_KEY'
  /** The text is not valid UTF-8. */
  | 'INVALID_UTF8'
  /** The project has tasks of this object already, through another storage. */
  | 'IN_PROJECT'
  /** Another export of the storage has the same key: make the key template tell them apart. */
  | 'KEY_TAKEN'
  /** The object mixes rows with and without `data`; all were imported. */
  | 'MIXED_FORMS'
  /** The row is valid JSON but not an object. */
  | 'NOT_AN_OBJECT'
  /** The name does not end in .json, .jsonl, .ndjson (each also .gz) or .parquet. */
  | 'NOT_A_TASK_FILE'
  /** The row was imported, but the label config shows none of its data. */
  | 'NOT_SHOWN'
  /** The storage confirmed a write, and the object is not there as it was written. */
  | 'NOT_STORED'
  /** Neither the label config nor the storage names a data key: the tasks show nothing. */
  | 'NO_DATA_KEY'
  /** The filter matches no object. */
  | 'NO_MATCH'
  /** The row has a number that the database cannot hold. */
  | 'NUMBER_OUT_OF_RANGE'
  /** The object was changed while it was read. */
  | 'OBJECT_CHANGED'
  /** There is no such object. */
  | 'OBJECT_NOT_FOUND'
  /** The object is gone from the storage. */
  | 'OBJECT_REMOVED'
  /** The object is there but cannot be read. */
  | 'OBJECT_UNREADABLE'
  /** A cause that this release of the service does not know. */
  | 'OTHER'
  /** Objects lie outside of what the storage looks at now. Their tasks stay. */
  | 'OUT_OF_SCOPE'
  /** The object is an export of this project; it is not imported as a task. */
  | 'OWN_EXPORT'
  /** The object is shorter than the range asked for. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The provider asks the service to slow down. */
  | 'RATE_LIMITED'
  /** Objects were imported with another import method or data key. Sync with `reimport` to apply the settings. */
  | 'READ_OTHERWISE'
  /** More objects are gone at once than `maximumRemovedShare` allows: their tasks were kept. */
  | 'REMOVAL_GUARD'
  /** Some rows of the object failed; the others were imported. */
  | 'ROWS_FAILED'
  /** Rows of a changed object are gone; their tasks were kept. */
  | 'ROWS_GONE'
  /** The row has changed and its task is annotated: the task keeps its data. */
  | 'ROW_KEPT'
  /** All objects imported as files are named like task files. */
  | 'TASK_FILES'
  /** The storage did not respond in time. */
  | 'TIMEOUT'
  /** The TLS connection failed: the certificate is not trusted, or not for this host. */
  | 'TLS_FAILURE'
  /** The row is nested more than 512 levels deep. */
  | 'TOO_DEEP'
  /** The row, page or footer, or the object to export, is larger than its limit. */
  | 'TOO_LARGE'
  /** More issues of one cause were found than are recorded; the others are only counted. */
  | 'TOO_MANY_ISSUES'
  /** The provider is unavailable. */
  | 'UNAVAILABLE'
  /** The response does not follow the provider's protocol. */
  | 'UNEXPECTED_RESPONSE'
  /** The object is there but cannot be looked at. Its tasks stay. */
  | 'UNREADABLE'
  /** The row has keys that look like annotations and that nobody reads. */
  | 'UNREAD_KEYS'
  /** The row has a NUL or half a surrogate pair, which no database text can hold. */
  | 'UNSTORABLE_TEXT'
  /** The provider does not support this. */
  | 'UNSUPPORTED'
  /** The object is compressed in a way that is not read. */
  | 'UNSUPPORTED_COMPRESSION'
  /** The text is in an encoding other than UTF-8. */
  | 'UNSUPPORTED_ENCODING'
  /** The Parquet file uses a feature that is not read. */
  | 'UNSUPPORTED_PARQUET'
  /** The key has a NUL, is not Unicode, is longer than 2,000 bytes, or has `.` or `..` as a folder or name where the provider resolves them. */
  | 'UNUSABLE_KEY'
  /** The credentials are not accepted. */
  | 'WRONG_CREDENTIALS'
  /** The bucket lies in another region. */
  | 'WRONG_REGION';

/** The severity of an issue. */
export type IssueSeverity =
  /** Something was not imported. */
  | 'ERROR'
  /** Something was imported otherwise than it could be expected. */
  | 'WARNING';

/** A folder of the machine that the service runs on. */
export type LocalFilesInput = {
  /** Absolute path of a folder strictly below LOCAL_FILES_DOCUMENT_ROOT. */
  path: string;
};

/** Changes of a local-files storage; what is absent stays. */
export type LocalFilesUpdateInput = {
  /** Absolute path of a folder strictly below LOCAL_FILES_DOCUMENT_ROOT. */
  path?: string | null | undefined;
};

/** What a sync does about an object that has changed since it was imported. */
export type OnChanged =
  /** Sets its state to CHANGED and records a warning. */
  | 'FLAG'
  /** Does nothing about it. */
  | 'IGNORE'
  /** Imports the object again, as new tasks. */
  | 'NEW_TASK'
  /** Gives its tasks without annotations the new data, and adds new rows as tasks. */
  | 'UPDATE';

/** What a sync does about an object that is gone. The ledger says REMOVED in any case. */
export type OnRemoved =
  /** Deletes its tasks that have no annotation, unless suspiciously many objects are gone. */
  | 'DELETE_UNANNOTATED'
  /** Keeps the tasks of the object and records a warning. */
  | 'FLAG'
  /** Keeps the tasks of the object. */
  | 'KEEP';

/** The end of an order that comes first. */
export type OrderDirection =
  /** Smallest, earliest or alphabetically first. */
  | 'ASC'
  /** Largest, latest or alphabetically last. */
  | 'DESC';

/** What a sync would do with an object. */
export type PreviewAction =
  /** Apply the policy `onChanged`: the object has changed. */
  | 'CHANGED'
  /** Delete the object from the target storage: its annotation is gone. */
  | 'DELETE'
  /** Record the object as failed; `code` and `message` say why. */
  | 'FAIL'
  /** Import the object. */
  | 'IMPORT'
  /** Skip the object; `code` says why. */
  | 'SKIP'
  /** Do nothing: the object was imported, or written to the target storage, and has not changed. */
  | 'UNCHANGED'
  /** Write the object to the target storage: it is new there, or its content or key has changed. */
  | 'WRITE';

/** The storage to look at. */
export type PreviewSyncInput =
  {   /** A saved storage. */
  saved: PreviewSyncSavedInput; unsaved?: never; }
  |  { saved?: never;   /** A storage that is not saved. */
  unsaved: PreviewSyncUnsavedInput; };

/** A saved storage, with changes or as it is. */
export type PreviewSyncSavedInput = {
  /** Changes to check in place of what is stored. */
  changes?: StorageChangesInput | null | undefined;
  /** Whether to compare the objects of a target storage with what was written there, by size and version: what somebody else has changed or deleted. `syncStorage` with `full: true` writes all of it again. */
  drift?: boolean | null | undefined;
  /** How many objects to show one by one: 1 to 100. */
  first?: number | null | undefined;
  /** Id of the saved storage. */
  storageId: string;
};

/** A storage that is not saved. */
export type PreviewSyncUnsavedInput = {
  /** Whether to compare the objects of a target storage with what was written there, by size and version: what somebody else has changed or deleted. `syncStorage` with `full: true` writes all of it again. */
  drift?: boolean | null | undefined;
  /** How many objects to show one by one: 1 to 100. */
  first?: number | null | undefined;
  /** Id of the project that it would belong to. */
  projectId: string;
  /** Where the storage points, and its credentials. What is missing is named field by field, as a form that is being filled in needs it. */
  provider: StorageProviderUpdateInput;
  /** The settings of the storage, which say its direction. */
  settings: StorageSettingsInput;
};

/** Which projects; all conditions must hold. */
export type ProjectFilter = {
  /** Only those created at this instant or later. */
  createdAfter?: string | null | undefined;
  /** Only those created before this instant. */
  createdBefore?: string | null | undefined;
  /** Only projects whose titles begin so, in any case of letters. */
  titlePrefix?: string | null | undefined;
};

/** How a list is sorted. */
export type ProjectOrder = {
  /** Which end of the order comes first. */
  direction?: OrderDirection;
  /** What the list is sorted by. */
  field: ProjectOrderField;
};

/** What a list can be sorted by. */
export type ProjectOrderField =
  /** When the project was created. */
  | 'CREATED_AT'
  /** The title of the project. */
  | 'TITLE'
  /** When the project was last changed. */
  | 'UPDATED_AT';

/** Why an external storage failed or refused. */
export type ProviderErrorCode =
  /** The address is not public, and the administrator has not opened it. */
  | 'ADDRESS_NOT_ALLOWED'
  /** The connection to the storage was lost. */
  | 'CONNECTION_LOST'
  /** Nothing listens at the address. */
  | 'CONNECTION_REFUSED'
  /** There is no such bucket, container or database. */
  | 'CONTAINER_NOT_FOUND'
  /** The credentials have expired. */
  | 'CREDENTIALS_EXPIRED'
  /** The machine that runs the service has no credentials of the provider. */
  | 'CREDENTIALS_UNAVAILABLE'
  /** The host name does not resolve. */
  | 'DNS_FAILURE'
  /** There is no object under the prefix. */
  | 'EMPTY_PREFIX'
  /** The credentials are good but may not do this. */
  | 'FORBIDDEN'
  /** The key is not one that this storage may use. */
  | 'INVALID_KEY'
  /** The filter matches no object. */
  | 'NO_MATCH'
  /** The object was changed while it was read. */
  | 'OBJECT_CHANGED'
  /** There is no such object. */
  | 'OBJECT_NOT_FOUND'
  /** The object is there but cannot be read. */
  | 'OBJECT_UNREADABLE'
  /** The object is shorter than the range asked for. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The provider asks the service to slow down. */
  | 'RATE_LIMITED'
  /** The storage did not respond in time. */
  | 'TIMEOUT'
  /** The TLS connection failed: the certificate is not trusted, or not for this host. */
  | 'TLS_FAILURE'
  /** The provider is unavailable. */
  | 'UNAVAILABLE'
  /** The response does not follow the provider's protocol. */
  | 'UNEXPECTED_RESPONSE'
  /** The provider does not support this. */
  | 'UNSUPPORTED'
  /** The credentials are not accepted. */
  | 'WRONG_CREDENTIALS'
  /** The bucket lies in another region. */
  | 'WRONG_REGION';

/** The credentials: exactly one kind. */
export type RedisCredentialsInput =
  {   /** No password at all. Only `true` is valid. */
  none: boolean; password?: never; user?: never; }
  |  { none?: never;   /** The password of the default user. It is never shown again. */
  password: string; user?: never; }
  |  { none?: never; password?: never;   /** A user with a password. */
  user: RedisUserInput; };

/** The credentials: exactly one kind. */
export type RedisCredentialsUpdateInput =
  {   /** No password at all. Only `true` is valid. */
  none: boolean; password?: never; user?: never; }
  |  { none?: never;   /** The password of the default user. It is never shown again. */
  password: string; user?: never; }
  |  { none?: never; password?: never;   /** A user with a password. */
  user: RedisUserUpdateInput; };

/** The string values of a Redis database. */
export type RedisInput = {
  /** Credentials that the service connects with; absent: none. */
  credentials?: RedisCredentialsInput | null | undefined;
  /** Number of the database; 0 is the only one of a cluster. */
  database?: number | null | undefined;
  /** Host name or IP address. */
  host?: string | null | undefined;
  /** What every key begins with, exactly as written: `tasks:`. */
  path?: string | null | undefined;
  /** Port of the server: 1 to 65535. */
  port?: number | null | undefined;
  /** The name by which the Sentinel knows the primary: `mymaster`. Only with SENTINEL. */
  primaryName?: string | null | undefined;
  /** The password of the Sentinel itself, if it asks for one. Only with SENTINEL. Never shown again. */
  sentinelPassword?: string | null | undefined;
  /** Whether to connect by TLS. */
  tls?: boolean | null | undefined;
  /** Certificates to trust instead of the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
  /** How the servers work together. */
  topology?: RedisTopology | null | undefined;
};

/** How the Redis servers of a storage work together. */
export type RedisTopology =
  /** The keys are spread over the nodes of a Redis Cluster; `host` and `port` name one of them. The other nodes are found through it, and have to be addresses that the service may connect to. */
  | 'CLUSTER'
  /** A Sentinel knows which server is the primary at present; `host` and `port` name the Sentinel, `primaryName` the primary. */
  | 'SENTINEL'
  /** One server holds all keys; `host` and `port` name it. */
  | 'STANDALONE';

/** Changes of a Redis storage; what is absent stays. Another server needs the password again. */
export type RedisUpdateInput = {
  /** Credentials that the service connects with. */
  credentials?: RedisCredentialsUpdateInput | null | undefined;
  /** Number of the database; 0 is the only one of a cluster. */
  database?: number | null | undefined;
  /** Host name or IP address. */
  host?: string | null | undefined;
  /** What every key begins with, exactly as written: `tasks:`. */
  path?: string | null | undefined;
  /** Port of the server: 1 to 65535. */
  port?: number | null | undefined;
  /** The name by which the Sentinel knows the primary: `mymaster`. Only with SENTINEL. */
  primaryName?: string | null | undefined;
  /** The password of the Sentinel itself, if it asks for one. Only with SENTINEL. Never shown again. */
  sentinelPassword?: string | null | undefined;
  /** Whether to connect by TLS. */
  tls?: boolean | null | undefined;
  /** Certificates to trust instead of the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
  /** How the servers work together. */
  topology?: RedisTopology | null | undefined;
};

/** A user of the access control list (Redis 6 and newer). */
export type RedisUserInput = {
  /** Password of the user. It is never shown again. */
  password: string;
  /** Name of the user. */
  username: string;
};

/** A user of the access control list (Redis 6 and newer). */
export type RedisUserUpdateInput = {
  /** Password of the user. It is never shown again. */
  password?: string | null | undefined;
  /** Name of the user. */
  username?: string | null | undefined;
};

/** The member to remove. */
export type RemoveMemberInput = {
  /** Id of the user. */
  userId: string;
};

/** The storage whose failed objects are tried again. */
export type RetryFailedInput = {
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** The storage that is synced. */
  storageId: string;
};

/** The token of yours to revoke. */
export type RevokeApiTokenInput = {
  /** Opaque id of the record. */
  tokenId: string;
};

/** The invitation to revoke. */
export type RevokeInvitationInput = {
  /** Opaque id of the record. */
  invitationId: string;
};

/** What a member may do. Each role includes those below it. */
export type Role =
  /** Manages members and sees the external ID. */
  | 'ADMINISTRATOR'
  /** Sees projects and annotates tasks. */
  | 'ANNOTATOR'
  /** Manages projects and their storages. */
  | 'MANAGER'
  /** May do everything in the organization. */
  | 'OWNER';

/** An access key, with the session token if it is a temporary one. */
export type S3AccessKeyInput = {
  /** Access key ID. */
  accessKeyId: string;
  /** Secret access key. It is never shown again. */
  secretAccessKey: string;
  /** Session token of temporary credentials. It is never shown again. */
  sessionToken?: string | null | undefined;
};

/** An access key, with the session token if it is a temporary one. */
export type S3AccessKeyUpdateInput = {
  /** Access key ID. */
  accessKeyId?: string | null | undefined;
  /** Secret access key. It is never shown again. */
  secretAccessKey?: string | null | undefined;
  /** Session token of temporary credentials. It is never shown again. */
  sessionToken?: string | null | undefined;
};

/** The credentials: exactly one kind. */
export type S3CredentialsInput =
  {   /** An access key. */
  accessKey: S3AccessKeyInput; default?: never; role?: never; }
  |  { accessKey?: never;   /** The service's own AWS credentials, by the default chain of its machine. Only `true`. */
  default: boolean; role?: never; }
  |  { accessKey?: never; default?: never;   /** An IAM role. */
  role: S3RoleInput; };

/** The credentials: exactly one kind. */
export type S3CredentialsUpdateInput =
  {   /** An access key. */
  accessKey: S3AccessKeyUpdateInput; default?: never; role?: never; }
  |  { accessKey?: never;   /** The service's own AWS credentials, by the default chain of its machine. Only `true`. */
  default: boolean; role?: never; }
  |  { accessKey?: never; default?: never;   /** An IAM role. */
  role: S3RoleInput; };

/** Server-side encryption of written objects. */
export type S3EncryptionInput = {
  /** With KMS: the id, ARN or alias of the key. */
  keyId?: string | null | undefined;
  /** Who holds the key. */
  type: S3EncryptionType;
};

/** Who holds the key. */
export type S3EncryptionType =
  /** S3 itself (SSE-S3). */
  | 'AES256'
  /** AWS Key Management Service (SSE-KMS). */
  | 'KMS';

/** A bucket of Amazon S3 or of a server that speaks its protocol. */
export type S3Input = {
  /** Name of the bucket. */
  bucket: string;
  /** Credentials that the service connects with. */
  credentials: S3CredentialsInput;
  /** Server-side encryption of written objects. */
  encryption?: S3EncryptionInput | null | undefined;
  /** Address of a server that is not AWS: `https://minio.example.com:9000`. */
  endpoint?: string | null | undefined;
  /** Whether the bucket stands in the path rather than in the host name; absent: only for IP addresses and localhost. */
  pathStyle?: boolean | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** Address under which browsers reach that server, where it differs from `endpoint`. */
  publicEndpoint?: string | null | undefined;
  /** Region of the bucket. */
  region?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** An IAM role that the service assumes, always with the external ID of your organization: see `viewer.organization.externalId`. */
export type S3RoleInput = {
  /** ARN of the role: `arn:aws:iam::123456789012:role/name`. */
  roleArn: string;
};

/** Changes of an S3 storage; what is absent stays. Another bucket or endpoint needs the secrets again. */
export type S3UpdateInput = {
  /** Name of the bucket. */
  bucket?: string | null | undefined;
  /** Credentials that the service connects with. */
  credentials?: S3CredentialsUpdateInput | null | undefined;
  /** Server-side encryption of written objects. */
  encryption?: S3EncryptionInput | null | undefined;
  /** Address of a server that is not AWS: `https://minio.example.com:9000`. */
  endpoint?: string | null | undefined;
  /** Whether the bucket stands in the path rather than in the host name; absent: only for IP addresses and localhost. */
  pathStyle?: boolean | null | undefined;
  /** The folder that the storage is limited to: `images` never matches `images2/…`. */
  prefix?: string | null | undefined;
  /** Address under which browsers reach that server, where it differs from `endpoint`. */
  publicEndpoint?: string | null | undefined;
  /** Region of the bucket. */
  region?: string | null | undefined;
  /** Certificates that signed the endpoint's own, trusted beside the usual authorities, in PEM form. */
  tlsCa?: string | null | undefined;
};

/** What kind of text a step is. */
export type SetupFormat =
  /** A Terraform configuration. */
  | 'HCL'
  /** A JSON document. */
  | 'JSON'
  /** Commands for a shell. */
  | 'SHELL'
  /** Text for people to read. */
  | 'TEXT';

/** Why a sync passes an object over. */
export type SkipReason =
  /** The tasks of this object were deleted. Sync with `reimport` to bring them back. */
  | 'DELETED_BEFORE'
  /** The filter does not match the object's key. */
  | 'FILTER'
  /** The project has tasks of this object already, through another storage. */
  | 'IN_PROJECT'
  /** The name does not end in .json, .jsonl, .ndjson (each also .gz) or .parquet. */
  | 'NOT_A_TASK_FILE'
  /** A cause that this release of the service does not know. */
  | 'OTHER'
  /** The object is an export of this project; it is not imported as a task. */
  | 'OWN_EXPORT'
  /** The object is there but cannot be looked at. Its tasks stay. */
  | 'UNREADABLE'
  /** The key has a NUL, is not Unicode, is longer than 2,000 bytes, or has `.` or `..` as a folder or name where the provider resolves them. */
  | 'UNUSABLE_KEY';

/** Why a snapshot did not come to its end. */
export type SnapshotErrorCode =
  /** The user lost access to the project, or the project was deleted. */
  | 'ACCESS_ENDED'
  /** The address is not public, and the administrator has not opened it. */
  | 'ADDRESS_NOT_ALLOWED'
  /** The client closed the connection before the end. */
  | 'CLIENT_CLOSED'
  /** The connection to the storage was lost. */
  | 'CONNECTION_LOST'
  /** Nothing listens at the address. */
  | 'CONNECTION_REFUSED'
  /** There is no such bucket, container or database. */
  | 'CONTAINER_NOT_FOUND'
  /** The credentials have expired. */
  | 'CREDENTIALS_EXPIRED'
  /** The machine that runs the service has no credentials of the provider. */
  | 'CREDENTIALS_UNAVAILABLE'
  /** The host name does not resolve. */
  | 'DNS_FAILURE'
  /** There is no object under the prefix. */
  | 'EMPTY_PREFIX'
  /** The credentials are good but may not do this. */
  | 'FORBIDDEN'
  /** The key is not one that this storage may use. */
  | 'INVALID_KEY'
  /** The storage confirmed an object, and it is not there as it was written. */
  | 'NOT_STORED'
  /** The filter matches no object. */
  | 'NO_MATCH'
  /** The object was changed while it was read. */
  | 'OBJECT_CHANGED'
  /** There is no such object. */
  | 'OBJECT_NOT_FOUND'
  /** The object is there but cannot be read. */
  | 'OBJECT_UNREADABLE'
  /** A cause that this release of the service does not know. */
  | 'OTHER'
  /** The process that worked on the snapshot was lost. */
  | 'PROCESS_LOST'
  /** The object is shorter than the range asked for. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The provider asks the service to slow down. */
  | 'RATE_LIMITED'
  /** The tasks could not be read from the database to the end. */
  | 'READ_FAILED'
  /** The storage did not respond in time. */
  | 'TIMEOUT'
  /** The TLS connection failed: the certificate is not trusted, or not for this host. */
  | 'TLS_FAILURE'
  /** The provider is unavailable. */
  | 'UNAVAILABLE'
  /** The response does not follow the provider's protocol. */
  | 'UNEXPECTED_RESPONSE'
  /** The provider does not support this. */
  | 'UNSUPPORTED'
  /** The credentials are not accepted. */
  | 'WRONG_CREDENTIALS'
  /** The bucket lies in another region. */
  | 'WRONG_REGION';

/** What a snapshot is written as. */
export type SnapshotFormat =
  /** A table (RFC 4180): an annotation a line, and one line for a task that has none. Predictions are left out. */
  | 'CSV'
  /** One array of tasks with their annotations and predictions, in the fields of Label Studio’s exports. */
  | 'JSON'
  /** JSON Lines: the same, a task a line. */
  | 'JSONL';

/** The state of a snapshot. */
export type SnapshotState =
  /** All tasks were written. A download can be repeated, and shows the tasks of then. */
  | 'COMPLETED'
  /** The snapshot did not come to its end; `error` says why. A download can be repeated. */
  | 'FAILED'
  /** Tasks are being read and written. */
  | 'IN_PROGRESS'
  /** The snapshot waits for a worker; `error` says why an earlier attempt failed. */
  | 'QUEUED'
  /** The snapshot can be downloaded; nobody has begun. */
  | 'READY';

/** Changes of how objects become tasks; what is absent stays. */
export type SourceSettingsChangesInput = {
  /** Import method FILES: the data key for an object's URI; absent: the label config's first one. */
  dataKey?: string | null | undefined;
  /** Regular expression (RE2) that a key must match from its start; for local files, the file name. Empty: every key matches. */
  filter?: string | null | undefined;
  /** Import method TASKS with `onChanged: UPDATE`: the field that identifies a row when its file changes, in the data or beside it; absent: `id`. Without one, rows are recognized by equal data, then by number. */
  idField?: string | null | undefined;
  /** How objects become tasks. */
  importMethod?: ImportMethod | null | undefined;
  /** Whether a copy of each imported object is kept in the service's data directory. */
  keepCopies?: boolean | null | undefined;
  /** Share of the objects, 0 to 1: if more are gone at once, no task is deleted. */
  maximumRemovedShare?: number | null | undefined;
  /** What a sync does about changed objects. */
  onChanged?: OnChanged | null | undefined;
  /** What a sync does about objects that are gone. */
  onRemoved?: OnRemoved | null | undefined;
  /** Whether browsers fetch media from the provider by signed URL, or through this service. */
  presign?: boolean | null | undefined;
  /** Lifetime of a signed URL in minutes: 1 to 10080. */
  presignTtlMinutes?: number | null | undefined;
  /** Whether folders below the prefix are scanned. The default of a new storage is true for local files and false for every other provider. */
  recursive?: boolean | null | undefined;
  /** When the storage is synced by itself; null: never. */
  schedule?: SyncScheduleInput | null | undefined;
};

/** How objects of a new source storage become tasks. */
export type SourceSettingsInput = {
  /** Import method FILES: the data key for an object's URI; absent: the label config's first one. */
  dataKey?: string | null | undefined;
  /** Regular expression (RE2) that a key must match from its start; for local files, the file name. Empty: every key matches. */
  filter?: string | null | undefined;
  /** Import method TASKS with `onChanged: UPDATE`: the field that identifies a row when its file changes, in the data or beside it; absent: `id`. Without one, rows are recognized by equal data, then by number. */
  idField?: string | null | undefined;
  /** How objects become tasks. */
  importMethod?: ImportMethod | null | undefined;
  /** Whether a copy of each imported object is kept in the service's data directory. */
  keepCopies?: boolean | null | undefined;
  /** Share of the objects, 0 to 1: if more are gone at once, no task is deleted. */
  maximumRemovedShare?: number | null | undefined;
  /** What a sync does about changed objects. */
  onChanged?: OnChanged | null | undefined;
  /** What a sync does about objects that are gone. */
  onRemoved?: OnRemoved | null | undefined;
  /** Whether browsers fetch media from the provider by signed URL, or through this service. */
  presign?: boolean | null | undefined;
  /** Lifetime of a signed URL in minutes: 1 to 10080. */
  presignTtlMinutes?: number | null | undefined;
  /** Whether folders below the prefix are scanned. The default of a new storage is true for local files and false for every other provider. */
  recursive?: boolean | null | undefined;
  /** When the storage is synced by itself; null: never. */
  schedule?: SyncScheduleInput | null | undefined;
};

/** What happened to a storage. */
export type StorageChangeKind =
  /** It was connected. */
  | 'CREATED'
  /** It was disconnected. */
  | 'DELETED'
  /** A sync of it ended. */
  | 'SYNCED'
  /** Its connection, settings or labels were changed. */
  | 'UPDATED';

/** Changes of a saved storage that are tried and not saved; what is absent is as stored. */
export type StorageChangesInput = {
  /** Where the storage would point. */
  provider?: StorageProviderUpdateInput | null | undefined;
  /** The settings that it would have. */
  settings?: StorageSettingsChangesInput | null | undefined;
};

/** Whether the service reads from the storage or writes to it. */
export type StorageDirection =
  /** Objects become tasks. */
  | 'SOURCE'
  /** Annotations become objects. */
  | 'TARGET';

/** Which entries; all conditions must hold. */
export type StorageObjectFilter = {
  /** Only objects that were skipped or failed for this reason. */
  code?: IssueCode | null | undefined;
  /** Only objects whose keys begin so. */
  keyPrefix?: string | null | undefined;
  /** Only objects last modified at this instant or later. */
  modifiedAfter?: string | null | undefined;
  /** Only objects last modified before this instant. */
  modifiedBefore?: string | null | undefined;
  /** Only those in one of these states. */
  states?: Array<StorageObjectState> | null | undefined;
};

/** How a list is sorted. */
export type StorageObjectOrder = {
  /** Which end of the order comes first. */
  direction?: OrderDirection;
  /** What the list is sorted by. */
  field: StorageObjectOrderField;
};

/** What a list can be sorted by. */
export type StorageObjectOrderField =
  /** The key of the object, byte by byte. */
  | 'KEY'
  /** The size of the object. */
  | 'SIZE';

/** The state of an object. */
export type StorageObjectState =
  /** It was imported, and has changed since (policy FLAG). */
  | 'CHANGED'
  /** It could not be imported, or not all its rows; `code` and `message` say why. */
  | 'FAILED'
  /** Its tasks are in the project. */
  | 'IMPORTED'
  /** It was known, and lies outside of what the storage looks at now. Its tasks stay. */
  | 'OUT_OF_SCOPE'
  /** It was known, and is gone from the storage. */
  | 'REMOVED'
  /** It was passed over; `code` says why. */
  | 'SKIPPED';

/** A kind of storage. */
export type StorageProvider =
  /** Azure Blob Storage. */
  | 'AZURE_BLOB'
  /** Google Cloud Storage. */
  | 'GCS'
  /** A folder of the machine that the service runs on. */
  | 'LOCAL_FILES'
  /** Redis: each string value is an object. */
  | 'REDIS'
  /** Amazon S3, and servers that speak its protocol. */
  | 'S3';

/** Where a new storage points and its credentials, for one provider. */
export type StorageProviderInput =
  {   /** A container of Azure Blob Storage; account key, environment, SAS token or service principal. */
  azureBlob: AzureBlobInput; gcs?: never; localFiles?: never; redis?: never; s3?: never; }
  |  { azureBlob?: never;   /** A bucket of Google Cloud Storage; service-account key, default credentials, impersonation or workload identity. */
  gcs: GcsInput; localFiles?: never; redis?: never; s3?: never; }
  |  { azureBlob?: never; gcs?: never;   /** A folder below the document root of the service; no credentials. */
  localFiles: LocalFilesInput; redis?: never; s3?: never; }
  |  { azureBlob?: never; gcs?: never; localFiles?: never;   /** A Redis database whose string values are objects; no password, password, or user. */
  redis: RedisInput; s3?: never; }
  |  { azureBlob?: never; gcs?: never; localFiles?: never; redis?: never;   /** A bucket of Amazon S3 or of an S3-compatible server; access key, IAM role or default chain. */
  s3: S3Input; };

/** Changes of where a storage points and of its credentials. What is absent stays; secrets stay too, unless the storage is pointed elsewhere. */
export type StorageProviderUpdateInput =
  {   /** A container of Azure Blob Storage; account key, environment, SAS token or service principal. */
  azureBlob: AzureBlobUpdateInput; gcs?: never; localFiles?: never; redis?: never; s3?: never; }
  |  { azureBlob?: never;   /** A bucket of Google Cloud Storage; service-account key, default credentials, impersonation or workload identity. */
  gcs: GcsUpdateInput; localFiles?: never; redis?: never; s3?: never; }
  |  { azureBlob?: never; gcs?: never;   /** A folder below the document root of the service; no credentials. */
  localFiles: LocalFilesUpdateInput; redis?: never; s3?: never; }
  |  { azureBlob?: never; gcs?: never; localFiles?: never;   /** A Redis database whose string values are objects; no password, password, or user. */
  redis: RedisUpdateInput; s3?: never; }
  |  { azureBlob?: never; gcs?: never; localFiles?: never; redis?: never;   /** A bucket of Amazon S3 or of an S3-compatible server; access key, IAM role or default chain. */
  s3: S3UpdateInput; };

/** Changes of the settings of a storage, by its direction. */
export type StorageSettingsChangesInput =
  {   /** Changes of a source storage. */
  source: SourceSettingsChangesInput; target?: never; }
  |  { source?: never;   /** Changes of a target storage. */
  target: TargetSettingsChangesInput; };

/** The settings of a new storage, which say its direction. */
export type StorageSettingsInput =
  {   /** The service reads from the storage. */
  source: SourceSettingsInput; target?: never; }
  |  { source?: never;   /** The service writes to the storage. */
  target: TargetSettingsInput; };

/** The storage to set up; secrets are not needed. */
export type StorageSetupGuideInput =
  {   /** A saved storage. */
  saved: StorageSetupGuideSavedInput; unsaved?: never; }
  |  { saved?: never;   /** A storage that is not saved. */
  unsaved: StorageSetupGuideUnsavedInput; };

/** A saved storage, with changes or as it is. */
export type StorageSetupGuideSavedInput = {
  /** Addresses or networks that the service calls from, for policies limited to them. */
  addresses?: Array<string> | null | undefined;
  /** Changes to check in place of what is stored. */
  changes?: StorageChangesInput | null | undefined;
  /** Origins of the pages that show media, for CORS rules. */
  origins?: Array<string> | null | undefined;
  /** ARN of the AWS principal that the service runs as, for trust policies. */
  servicePrincipal?: string | null | undefined;
  /** Id of the saved storage. */
  storageId: string;
};

/** A storage that is not saved. */
export type StorageSetupGuideUnsavedInput = {
  /** Addresses or networks that the service calls from, for policies limited to them. */
  addresses?: Array<string> | null | undefined;
  /** Origins of the pages that show media, for CORS rules. */
  origins?: Array<string> | null | undefined;
  /** Id of the project that it would belong to. */
  projectId: string;
  /** Where the storage points, and its credentials. What is missing is named field by field, as a form that is being filled in needs it. */
  provider: StorageProviderUpdateInput;
  /** ARN of the AWS principal that the service runs as, for trust policies. */
  servicePrincipal?: string | null | undefined;
  /** The settings of the storage, which say its direction. */
  settings: StorageSettingsInput;
};

/** Why a sync failed. */
export type SyncErrorCode =
  /** The address is not public, and the administrator has not opened it. */
  | 'ADDRESS_NOT_ALLOWED'
  /** The connection to the storage was lost. */
  | 'CONNECTION_LOST'
  /** Nothing listens at the address. */
  | 'CONNECTION_REFUSED'
  /** There is no such bucket, container or database. */
  | 'CONTAINER_NOT_FOUND'
  /** The credentials have expired. */
  | 'CREDENTIALS_EXPIRED'
  /** The machine that runs the service has no credentials of the provider. */
  | 'CREDENTIALS_UNAVAILABLE'
  /** The host name does not resolve. */
  | 'DNS_FAILURE'
  /** There is no object under the prefix. */
  | 'EMPTY_PREFIX'
  /** The filter takes too long over the keys of the storage: make it simpler. */
  | 'FILTER_TOO_SLOW'
  /** The credentials are good but may not do this. */
  | 'FORBIDDEN'
  /** The service failed; its log says more under the reference in the message. */
  | 'INTERNAL_ERROR'
  /** The key is not one that this storage may use. */
  | 'INVALID_KEY'
  /** A record that the sync needs was deleted. */
  | 'NOT_FOUND'
  /** The filter matches no object. */
  | 'NO_MATCH'
  /** The object was changed while it was read. */
  | 'OBJECT_CHANGED'
  /** There is no such object. */
  | 'OBJECT_NOT_FOUND'
  /** The object is there but cannot be read. */
  | 'OBJECT_UNREADABLE'
  /** A cause that this release of the service does not know. */
  | 'OTHER'
  /** The object is shorter than the range asked for. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The provider asks the service to slow down. */
  | 'RATE_LIMITED'
  /** A stored secret cannot be decrypted: its encryption key is missing. */
  | 'SECRET_UNREADABLE'
  /** The storage did not respond in time. */
  | 'TIMEOUT'
  /** The TLS connection failed: the certificate is not trusted, or not for this host. */
  | 'TLS_FAILURE'
  /** The provider is unavailable. */
  | 'UNAVAILABLE'
  /** The response does not follow the provider's protocol. */
  | 'UNEXPECTED_RESPONSE'
  /** The provider does not support this. */
  | 'UNSUPPORTED'
  /** A stored setting is no longer valid; the message names it. */
  | 'VALIDATION_FAILED'
  /** Every worker that took the sync up was lost. */
  | 'WORKER_LOST'
  /** The credentials are not accepted. */
  | 'WRONG_CREDENTIALS'
  /** The bucket lies in another region. */
  | 'WRONG_REGION';

/** Which syncs; all conditions must hold. */
export type SyncFilter = {
  /** Only syncs requested at this instant or later. */
  queuedAfter?: string | null | undefined;
  /** Only syncs requested before this instant. */
  queuedBefore?: string | null | undefined;
  /** Only syncs with one of these statuses. */
  statuses?: Array<SyncStatus> | null | undefined;
};

/** Which issues; all conditions must hold. */
export type SyncIssueFilter = {
  /** Only issues of this cause. */
  code?: IssueCode | null | undefined;
  /** Only issues of this severity. */
  severity?: IssueSeverity | null | undefined;
};

/** How a list is sorted. */
export type SyncOrder = {
  /** Which end of the order comes first. */
  direction?: OrderDirection;
  /** What the list is sorted by. */
  field: SyncOrderField;
};

/** What a list can be sorted by. */
export type SyncOrderField =
  /** When the sync was requested. */
  | 'QUEUED_AT';

/** What a sync is doing. */
export type SyncPhase =
  /** The sync has ended. */
  | 'DONE'
  /** The sync settles objects that are gone. */
  | 'REMOVALS'
  /** The sync lists objects and imports what is new. */
  | 'SCANNING'
  /** The sync waits for a worker. */
  | 'WAITING';

/** When a storage is synced by itself. */
export type SyncScheduleInput = {
  /** Cron expression: minute, hour, day of month, month, day of week. `0 6 * * 1-5` is six o'clock on workdays. */
  cron: string;
  /** IANA name of the time zone, such as `Europe/Berlin`. */
  timeZone?: string | null | undefined;
};

/** The progress of a sync, or how it ended. */
export type SyncStatus =
  /** The sync was canceled. What was imported stays. */
  | 'CANCELED'
  /** The sync ended without errors. */
  | 'COMPLETED'
  /** The sync ended, and some objects or rows failed: see the issues. */
  | 'COMPLETED_WITH_ERRORS'
  /** The sync was given up: see the error. What was imported stays. */
  | 'FAILED'
  /** The storage has never been synced. */
  | 'INITIALIZED'
  /** A worker is carrying out the sync. */
  | 'IN_PROGRESS'
  /** The sync waits for a worker. */
  | 'QUEUED';

/** Which storage to sync, and how. */
export type SyncStorageInput = {
  /** Target storages: export everything, not only what is new or changed. */
  full?: boolean | null | undefined;
  /** Your own key for this request, such as a UUID, 1 to 255 characters: a repeated request with the same key and input returns what the first one created. Kept for 24 hours. */
  idempotencyKey?: string | null | undefined;
  /** Source storages: look at every object as if it were new; deleted tasks come back. */
  reimport?: boolean | null | undefined;
  /** The storage that is synced. */
  storageId: string;
};

/** What started a sync. */
export type SyncTrigger =
  /** Notifications of the provider about changed objects. */
  | 'NOTIFICATION'
  /** A request of a user. */
  | 'REQUEST'
  /** A request to try failed objects again. */
  | 'RETRY'
  /** The schedule of the storage. */
  | 'SCHEDULE';

/** Changes of how annotations become objects; what is absent stays. */
export type TargetSettingsChangesInput = {
  /** Whether deleting an annotation deletes its object. */
  canDeleteObjects?: boolean | null | undefined;
  /** Whether an annotation is exported soon after it is saved. */
  exportOnSave?: boolean | null | undefined;
  /** Whether a copy of each exported object is kept in the service's data directory. */
  keepCopies?: boolean | null | undefined;
  /** Key below the prefix. The prefix may hold fields, too: they are saved as the start of the key template. Fields: {annotation.id}, {annotation.createdAt}, {annotation.completedBy}, {task.id}, {task.innerId}, {task.sourceKey}, {task.createdAt}, {project.id}; dates take a format such as {annotation.createdAt:yyyy/MM}. The default of a new storage is `{annotation.id}.json`, or `{task.id}.json` in layout TASK. */
  keyTemplate?: string | null | undefined;
  /** What an exported object holds. */
  layout?: ExportLayout | null | undefined;
  /** Where an object is written whose content has changed. */
  writeMode?: WriteMode | null | undefined;
};

/** How annotations become objects of a new target storage. */
export type TargetSettingsInput = {
  /** Whether deleting an annotation deletes its object. */
  canDeleteObjects?: boolean | null | undefined;
  /** Whether an annotation is exported soon after it is saved. */
  exportOnSave?: boolean | null | undefined;
  /** Whether a copy of each exported object is kept in the service's data directory. */
  keepCopies?: boolean | null | undefined;
  /** Key below the prefix. The prefix may hold fields, too: they are saved as the start of the key template. Fields: {annotation.id}, {annotation.createdAt}, {annotation.completedBy}, {task.id}, {task.innerId}, {task.sourceKey}, {task.createdAt}, {project.id}; dates take a format such as {annotation.createdAt:yyyy/MM}. The default of a new storage is `{annotation.id}.json`, or `{task.id}.json` in layout TASK. */
  keyTemplate?: string | null | undefined;
  /** What an exported object holds. */
  layout?: ExportLayout | null | undefined;
  /** Where an object is written whose content has changed. */
  writeMode?: WriteMode | null | undefined;
};

/** Which tasks; all conditions must hold. */
export type TaskFilter = {
  /** Only those created at this instant or later. */
  createdAfter?: string | null | undefined;
  /** Only those created before this instant. */
  createdBefore?: string | null | undefined;
  /** Only those with at least one annotation (skipped ones count), or only those without. */
  hasAnnotations?: boolean | null | undefined;
  /** Only tasks with these ids. */
  ids?: Array<string> | null | undefined;
  /** Only tasks that are labeled, or only those that are not. */
  isLabeled?: boolean | null | undefined;
  /** Only those that came from objects whose keys begin so. */
  keyPrefix?: string | null | undefined;
  /** Only those that came from the object with this key. */
  sourceKey?: string | null | undefined;
  /** Only those that came from objects in this storage. */
  storageId?: string | null | undefined;
};

/** How a list is sorted. */
export type TaskOrder = {
  /** Which end of the order comes first. */
  direction?: OrderDirection;
  /** What the list is sorted by. */
  field: TaskOrderField;
};

/** What a list can be sorted by. */
export type TaskOrderField =
  /** When the task was created. */
  | 'CREATED_AT'
  /** The number of the task within its project. */
  | 'INNER_ID'
  /** When the task was last changed. */
  | 'UPDATED_AT';

/** What a token is limited to, within what the role of its user allows. */
export type TokenScope =
  /** Manages projects, storages, webhooks, members and tokens, deletes tasks, and validates storages. */
  | 'ADMINISTER'
  /** Creates, changes and deletes annotations. */
  | 'ANNOTATE'
  /** Reads what its user may see. Every token has this scope. */
  | 'READ'
  /** Starts, retries and cancels syncs, and imports tasks. */
  | 'SYNC';

/** Changes of an annotation; what is absent stays. */
export type UpdateAnnotationInput = {
  /** The annotation to change. */
  annotationId: string;
  /** Whether other annotations are measured against it. */
  groundTruth?: boolean | null | undefined;
  /** The `updatedAt` that you have seen: if the record was changed since, the mutation returns a ConflictError and changes nothing. */
  ifUpdatedAt?: string | null | undefined;
  /** Time that the annotation took, in seconds. */
  leadTime?: number | null | undefined;
  /** The labeled regions: a list. */
  result?: unknown;
  /** Whether the task was skipped. */
  wasCancelled?: boolean | null | undefined;
};

/** Changes of a project; what is absent stays. */
export type UpdateProjectInput = {
  /** What the project is about. */
  description?: string | null | undefined;
  /** The `updatedAt` that you have seen: if the record was changed since, the mutation returns a ConflictError and changes nothing. */
  ifUpdatedAt?: string | null | undefined;
  /** How tasks are shown and labeled (XML). */
  labelConfig?: string | null | undefined;
  /** Number of annotations that make a task labeled. */
  maximumAnnotations?: number | null | undefined;
  /** The project to change. */
  projectId: string;
  /** Title of the project. */
  title?: string | null | undefined;
};

/** Changes of a storage; what is absent stays. */
export type UpdateStorageInput = {
  /** What the storage is for. */
  description?: string | null | undefined;
  /** The `updatedAt` that you have seen: if the record was changed since, the mutation returns a ConflictError and changes nothing. */
  ifUpdatedAt?: string | null | undefined;
  /** Where the storage points, and its credentials. */
  provider?: StorageProviderUpdateInput | null | undefined;
  /** Whether `provider` only names the same container anew: a host or folder that was renamed or moved. Its objects stay known and their tasks are not imported again. Otherwise another container starts a ledger of its own. */
  sameContainer?: boolean | null | undefined;
  /** Changes of the settings, by the direction of the storage. */
  settings?: StorageSettingsChangesInput | null | undefined;
  /** The storage to change. */
  storageId: string;
  /** Whether the storage may be synced. */
  synchronizable?: boolean | null | undefined;
  /** Title of the storage. */
  title?: string | null | undefined;
};

/** Changes of a webhook; what is absent stays. */
export type UpdateWebhookInput = {
  /** Whether events are sent. */
  active?: boolean | null | undefined;
  /** The events that are sent. */
  events?: Array<WebhookEvent> | null | undefined;
  /** The `updatedAt` that you have seen: if the record was changed since, the mutation returns a ConflictError and changes nothing. */
  ifUpdatedAt?: string | null | undefined;
  /** What the webhook is for, in at most 256 characters. */
  title?: string | null | undefined;
  /** An http or https URL. */
  url?: string | null | undefined;
  /** The webhook to change. */
  webhookId: string;
};

/** The storage to check. */
export type ValidateStorageInput =
  {   /** A saved storage. */
  saved: ValidateStorageSavedInput; unsaved?: never; }
  |  { saved?: never;   /** A storage that is not saved. */
  unsaved: ValidateStorageUnsavedInput; };

/** A saved storage, with changes or as it is. */
export type ValidateStorageSavedInput = {
  /** Changes to check in place of what is stored. */
  changes?: StorageChangesInput | null | undefined;
  /** Id of the saved storage. */
  storageId: string;
};

/** A storage that is not saved. */
export type ValidateStorageUnsavedInput = {
  /** Id of the project that it would belong to. */
  projectId: string;
  /** Where the storage points, and its credentials. What is missing is named field by field, as a form that is being filled in needs it. */
  provider: StorageProviderUpdateInput;
  /** The settings of the storage, which say its direction. */
  settings: StorageSettingsInput;
};

/** An event that a webhook can receive. */
export type WebhookEvent =
  /** An annotation could not be written to a target storage, and no further attempt follows. */
  | 'EXPORT_FAILED'
  /** A sync ended, however it did: the body carries its status and counters. */
  | 'SYNC_ENDED'
  /** A sync ended as FAILED: the body carries its error. */
  | 'SYNC_FAILED'
  /** A sync or an import created tasks: the body carries how many. */
  | 'TASKS_CREATED';

/** Where an object is written that has changed. */
export type WriteMode =
  /** Beside the objects that were there, under a key that holds the start of the SHA-256 of its content before the extension (`1001.9f86d081884c7d65.json`). Nothing is overwritten or deleted; the export record names the newest one. */
  | 'NEW_OBJECT_PER_VERSION'
  /** Over the object that was there: there is one object, with the newest content. */
  | 'OVERWRITE';

export type AuditLogQueryVariables = Exact<{
  filter?: AuditFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditLogQuery = { viewer: { organization: { auditLog: { totalCount: number, pageInfo: { endCursor: string | null, hasNextPage: boolean }, nodes: Array<{ action: AuditAction, address: string | null, recordNumber: number | null, createdAt: string, user: { email: string } | null, project: { id: string } | null, changes: Array<{ field: string, before: unknown, after: unknown }> }> } } } };

export type UpdateProjectMutationVariables = Exact<{
  input: UpdateProjectInput;
}>;


export type UpdateProjectMutation = { updateProject:
    | { __typename: 'ConflictError' }
    | { __typename: 'ForbiddenError' }
    | { __typename: 'NotFoundError' }
    | { __typename: 'UpdateProjectSuccess' }
    | { __typename: 'ValidationError' }
   };

export type CodesQueryVariables = Exact<{
  syncId: string;
  storageId: string;
}>;


export type CodesQuery = { sync: { error: { code: SyncErrorCode } | null, counts: { skippedBy: Array<{ reason: SkipReason, count: number }>, issuesBy: Array<{ code: IssueCode, count: number }> }, issues: { nodes: Array<{ code: IssueCode }> } } | null, storage:
    | { objects: { nodes: Array<{ code: IssueCode | null }> } }
    | { objects: { nodes: Array<{ code: IssueCode | null }> } }
    | { objects: { nodes: Array<{ code: IssueCode | null }> } }
    | { objects: { nodes: Array<{ code: IssueCode | null }> } }
    | { objects: { nodes: Array<{ code: IssueCode | null }> } }
   | null };

export type GetConnectionQueryVariables = Exact<{
  id: string;
}>;


export type GetConnectionQuery = { storage:
    | { __typename: 'AzureBlobStorage', container: string, endpoint: string | null, accountName: string | null, tenantId: string | null, clientId: string | null, authorityHost: string | null, hasAccountKey: boolean, hasSasToken: boolean, hasClientSecret: boolean }
    | { __typename: 'GcsStorage', bucket: string, projectId: string | null, endpoint: string | null, clientEmail: string | null, serviceAccountEmail: string | null, workloadIdentityProvider: string | null, hasServiceAccountJson: boolean }
    | { __typename: 'LocalFilesStorage', path: string }
    | { __typename: 'RedisStorage', host: string, port: number, database: number, topology: RedisTopology, primaryName: string | null, hasSentinelPassword: boolean, tls: boolean, tlsCa: string | null, username: string | null, hasPassword: boolean, keyPrefix: string }
    | { __typename: 'S3Storage', bucket: string, region: string, endpoint: string | null, publicEndpoint: string | null, pathStyle: boolean | null, encryptionType: S3EncryptionType | null, encryptionKeyId: string | null, accessKeyId: string | null, roleArn: string | null, hasSecretAccessKey: boolean, hasSessionToken: boolean }
   | null };

export type DiagnoseMutationVariables = Exact<{
  input: DiagnoseStorageInput;
}>;


export type DiagnoseMutation = { diagnoseStorage:
    | { __typename: 'DiagnoseStorageSuccess', diagnosis: { ok: boolean, checks: Array<{ check: DiagnosisCheckKind, ok: boolean, status: number | null, message: string, hint: string | null, missingHeaders: Array<string> }>, proposals: Array<{ title: string, format: SetupFormat, content: string, explanation: string }> } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

type ErrorFields_ConflictError_Fragment = { message: string };

type ErrorFields_ForbiddenError_Fragment = { message: string };

type ErrorFields_NotFoundError_Fragment = { message: string };

type ErrorFields_ProviderError_Fragment = { code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string };

type ErrorFields_ValidationError_Fragment = { message: string, fields: Array<{ path: Array<string>, message: string }> };

export type ErrorFieldsFragment =
  | ErrorFields_ConflictError_Fragment
  | ErrorFields_ForbiddenError_Fragment
  | ErrorFields_NotFoundError_Fragment
  | ErrorFields_ProviderError_Fragment
  | ErrorFields_ValidationError_Fragment
;

type StorageFields_AzureBlobStorage_Fragment = { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
    | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
    | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
   };

type StorageFields_GcsStorage_Fragment = { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
    | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
    | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
   };

type StorageFields_LocalFilesStorage_Fragment = { path: string, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
    | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
    | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
   };

type StorageFields_RedisStorage_Fragment = { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
    | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
    | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
   };

type StorageFields_S3Storage_Fragment = { bucket: string, region: string, endpoint: string | null, accessKeyId: string | null, hasSecretAccessKey: boolean, hasSessionToken: boolean, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
    | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
    | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
   };

export type StorageFieldsFragment =
  | StorageFields_AzureBlobStorage_Fragment
  | StorageFields_GcsStorage_Fragment
  | StorageFields_LocalFilesStorage_Fragment
  | StorageFields_RedisStorage_Fragment
  | StorageFields_S3Storage_Fragment
;

export type SyncFieldsFragment = { id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } };

export type CreateProjectMutationVariables = Exact<{
  input: CreateProjectInput;
}>;


export type CreateProjectMutation = { createProject:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateProjectSuccess', project: { id: string, title: string, dataKeys: Array<string>, maximumAnnotations: number } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type CreateStorageMutationVariables = Exact<{
  input: CreateStorageInput;
}>;


export type CreateStorageMutation = { createStorage:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateStorageSuccess', storage:
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { path: string, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { bucket: string, region: string, endpoint: string | null, accessKeyId: string | null, hasSecretAccessKey: boolean, hasSessionToken: boolean, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
       }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type UpdateStorageMutationVariables = Exact<{
  input: UpdateStorageInput;
}>;


export type UpdateStorageMutation = { updateStorage:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'UpdateStorageSuccess', storage:
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { path: string, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
        | { bucket: string, region: string, endpoint: string | null, accessKeyId: string | null, hasSecretAccessKey: boolean, hasSessionToken: boolean, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
            | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
            | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
           }
       }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type DeleteStorageMutationVariables = Exact<{
  input: DeleteStorageInput;
}>;


export type DeleteStorageMutation = { deleteStorage:
    | { __typename: 'DeleteStorageSuccess', deletedId: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type ValidateStorageMutationVariables = Exact<{
  input: ValidateStorageInput;
}>;


export type ValidateStorageMutation = { validateStorage:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'ValidateStorageSuccess', validation: { ok: boolean, exampleKey: string | null, checks: Array<{ capability: Capability, status: CheckStatus, required: boolean, code: ProviderErrorCode | null, message: string, hint: string | null }> } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type SyncStorageMutationVariables = Exact<{
  input: SyncStorageInput;
}>;


export type SyncStorageMutation = { syncStorage:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'SyncStorageSuccess', sync: { id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type RetryFailedMutationVariables = Exact<{
  input: RetryFailedInput;
}>;


export type RetryFailedMutation = { retryFailed:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RetryFailedSuccess', sync: { id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type CancelSyncMutationVariables = Exact<{
  input: CancelSyncInput;
}>;


export type CancelSyncMutation = { cancelSync:
    | { __typename: 'CancelSyncSuccess', sync: { id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } } }
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type GetSyncQueryVariables = Exact<{
  id: string;
}>;


export type GetSyncQuery = { sync: { id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } } | null };

export type GetStorageQueryVariables = Exact<{
  id: string;
}>;


export type GetStorageQuery = { storage:
    | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
        | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
        | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
       }
    | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
        | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
        | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
       }
    | { path: string, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
        | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
        | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
       }
    | { id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
        | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
        | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
       }
    | { bucket: string, region: string, endpoint: string | null, accessKeyId: string | null, hasSecretAccessKey: boolean, hasSessionToken: boolean, id: string, provider: StorageProvider, direction: StorageDirection, title: string | null, description: string | null, prefix: string | null, uri: string, synchronizable: boolean, status: SyncStatus, settings:
        | { __typename: 'SourceSettings', filter: string | null, importMethod: ImportMethod, dataKey: string | null, recursive: boolean, presign: boolean, presignTtlMinutes: number, onChanged: OnChanged, onRemoved: OnRemoved, maximumRemovedShare: number }
        | { __typename: 'TargetSettings', layout: ExportLayout, keyTemplate: string, exampleKey: string, writeMode: WriteMode, canDeleteObjects: boolean, exportOnSave: boolean }
       }
   | null };

export type ListTasksQueryVariables = Exact<{
  projectId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: TaskFilter | null | undefined;
}>;


export type ListTasksQuery = { project: { tasks: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, innerId: number, data: unknown, meta: unknown, overlap: number, isLabeled: boolean, allowSkip: boolean, totalAnnotations: number, cancelledAnnotations: number, totalPredictions: number, sourceKey: string | null, sourceRow: number | null, sourceObject: { key: string, uri: string, state: StorageObjectState } | null, annotations: { nodes: Array<{ id: string, result: unknown, wasCancelled: boolean, groundTruth: boolean, leadTime: number | null, importId: number | null, completedBy: { email: string } | null }> }, predictions: { nodes: Array<{ result: unknown, score: number | null, modelVersion: string | null }> } }> } } | null };

export type ListObjectsQueryVariables = Exact<{
  storageId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: StorageObjectFilter | null | undefined;
}>;


export type ListObjectsQuery = { storage:
    | { objects: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null }, nodes: Array<{ key: string, uri: string, size: number, version: string | null, modifiedAt: string | null, state: StorageObjectState, code: IssueCode | null, message: string | null, taskCount: number, failedRows: number }> } }
    | { objects: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null }, nodes: Array<{ key: string, uri: string, size: number, version: string | null, modifiedAt: string | null, state: StorageObjectState, code: IssueCode | null, message: string | null, taskCount: number, failedRows: number }> } }
    | { objects: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null }, nodes: Array<{ key: string, uri: string, size: number, version: string | null, modifiedAt: string | null, state: StorageObjectState, code: IssueCode | null, message: string | null, taskCount: number, failedRows: number }> } }
    | { objects: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null }, nodes: Array<{ key: string, uri: string, size: number, version: string | null, modifiedAt: string | null, state: StorageObjectState, code: IssueCode | null, message: string | null, taskCount: number, failedRows: number }> } }
    | { objects: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null }, nodes: Array<{ key: string, uri: string, size: number, version: string | null, modifiedAt: string | null, state: StorageObjectState, code: IssueCode | null, message: string | null, taskCount: number, failedRows: number }> } }
   | null };

export type ListIssuesQueryVariables = Exact<{
  syncId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: SyncIssueFilter | null | undefined;
}>;


export type ListIssuesQuery = { sync: { issues: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ severity: IssueSeverity, code: IssueCode, message: string, key: string | null, row: number | null, path: string | null }> } } | null };

export type ListSyncsQueryVariables = Exact<{
  storageId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListSyncsQuery = { storage:
    | { lastSync: { id: string } | null, syncs: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } }> } }
    | { lastSync: { id: string } | null, syncs: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } }> } }
    | { lastSync: { id: string } | null, syncs: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } }> } }
    | { lastSync: { id: string } | null, syncs: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } }> } }
    | { lastSync: { id: string } | null, syncs: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, status: SyncStatus, phase: SyncPhase, trigger: SyncTrigger, attempt: number, queuedAt: string, startedAt: string | null, finishedAt: string | null, durationMs: number | null, error: { code: SyncErrorCode, message: string, hint: string | null } | null, counts: { listed: number, skipped: number, unchanged: number, imported: number, changed: number, removed: number, failed: number, tasksCreated: number, tasksUpdated: number, tasksDeleted: number, failedRows: number, warnings: number, bytesRead: number, skippedBy: Array<{ reason: SkipReason, count: number }> } }> } }
   | null };

export type DeleteTasksMutationVariables = Exact<{
  input: DeleteTasksInput;
}>;


export type DeleteTasksMutation = { deleteTasks:
    | { __typename: 'DeleteTasksSuccess', deletedCount: number }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type ImportTasksMutationVariables = Exact<{
  input: ImportTasksInput;
}>;


export type ImportTasksMutation = { importTasks:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'ImportTasksSuccess', taskCount: number }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type CreateApiTokenMutationVariables = Exact<{
  input: CreateApiTokenInput;
}>;


export type CreateApiTokenMutation = { createApiToken:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateApiTokenSuccess', token: string, apiToken: { id: string, title: string, hint: string, expiresAt: string | null, revokedAt: string | null } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type RevokeApiTokenMutationVariables = Exact<{
  input: RevokeApiTokenInput;
}>;


export type RevokeApiTokenMutation = { revokeApiToken:
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RevokeApiTokenSuccess', apiToken: { id: string, revokedAt: string | null } }
   };

export type SyncProgressFeedSubscriptionVariables = Exact<{
  syncId?: string | null | undefined;
  storageId?: string | null | undefined;
}>;


export type SyncProgressFeedSubscription = { syncProgress: { status: SyncStatus, phase: SyncPhase, objectsPerSecond: number, remainingMs: number | null, counts: { listed: number, imported: number, failed: number, tasksCreated: number }, lastIssues: Array<{ code: IssueCode, key: string | null }>, sync: { id: string, attempt: number } } };

export type WhoAmIQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoAmIQuery = { viewer: { role: Role, user: { email: string }, organization: { id: string, title: string, externalId: string | null }, apiTokens: { nodes: Array<{ id: string, title: string, hint: string }> } } };

export type ListAnnotationsQueryVariables = Exact<{
  projectId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListAnnotationsQuery = { project: { annotations: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, importId: number | null, task: { id: string } }> } } | null };

export type PreviewSyncMutationVariables = Exact<{
  input: PreviewSyncInput;
}>;


export type PreviewSyncMutation = { previewSync:
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'PreviewSyncSuccess', preview: { complete: boolean, counts: { listed: number, write: number, delete: number, unchanged: number, missing: number, altered: number, fail: number }, entries: Array<{ key: string, size: number, action: PreviewAction, code: IssueCode | null, message: string | null, drift: ExportDrift | null }> } }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type DiagnoseStorageMutationVariables = Exact<{
  input: DiagnoseStorageInput;
}>;


export type DiagnoseStorageMutation = { diagnoseStorage:
    | { __typename: 'DiagnoseStorageSuccess' }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ProviderError', code: ProviderErrorCode, capability: Capability | null, retryable: boolean, hint: string, message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type CreateAnnotationMutationVariables = Exact<{
  input: CreateAnnotationInput;
}>;


export type CreateAnnotationMutation = { createAnnotation:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateAnnotationSuccess', annotation: { id: string, result: unknown } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type UpdateAnnotationMutationVariables = Exact<{
  input: UpdateAnnotationInput;
}>;


export type UpdateAnnotationMutation = { updateAnnotation:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'UpdateAnnotationSuccess', annotation: { id: string, result: unknown } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type DeleteAnnotationMutationVariables = Exact<{
  input: DeleteAnnotationInput;
}>;


export type DeleteAnnotationMutation = { deleteAnnotation:
    | { __typename: 'DeleteAnnotationSuccess', deletedId: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type DeleteProjectMutationVariables = Exact<{
  input: DeleteProjectInput;
}>;


export type DeleteProjectMutation = { deleteProject:
    | { __typename: 'DeleteProjectSuccess' }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type ListExportsQueryVariables = Exact<{
  storageId: string;
  filter?: ExportFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListExportsQuery = { storage:
    | { exports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ state: ExportState, key: string | null, etag: string | null, contentHash: string | null, size: number | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, message: string, hint: string | null } | null }> } }
    | { exports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ state: ExportState, key: string | null, etag: string | null, contentHash: string | null, size: number | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, message: string, hint: string | null } | null }> } }
    | { exports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ state: ExportState, key: string | null, etag: string | null, contentHash: string | null, size: number | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, message: string, hint: string | null } | null }> } }
    | { exports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ state: ExportState, key: string | null, etag: string | null, contentHash: string | null, size: number | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, message: string, hint: string | null } | null }> } }
    | { exports: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ state: ExportState, key: string | null, etag: string | null, contentHash: string | null, size: number | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, message: string, hint: string | null } | null }> } }
   | null };

export type AnnotationExportsQueryVariables = Exact<{
  id: string;
}>;


export type AnnotationExportsQuery = { node:
    | { exports: Array<{ state: ExportState, key: string | null, etag: string | null, attempts: number, exportedAt: string | null, nextAttemptAt: string | null, error: { code: ExportErrorCode, hint: string | null } | null, storage:
          | { id: string }
          | { id: string }
          | { id: string }
          | { id: string }
          | { id: string }
         }> }
    | Record<PropertyKey, never>
   | null };

export type ExportEventsFeedSubscriptionVariables = Exact<{
  projectId?: string | null | undefined;
  storageId?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type ExportEventsFeedSubscription = { exportEvents: { cursor: string, kind: ExportEventKind, key: string | null, annotationId: string | null, taskId: string, error: { code: ExportErrorCode } | null } };

export type ExportCountsQueryVariables = Exact<{
  id: string;
}>;


export type ExportCountsQuery = { sync: { status: SyncStatus, error: { code: SyncErrorCode } | null, counts: { listed: number, unchanged: number, exported: number, deleted: number, failed: number } } | null };

export type StorageChangedFeedSubscriptionVariables = Exact<{
  projectId: string;
}>;


export type StorageChangedFeedSubscription = { storageChanged: { change: StorageChangeKind, storageId: string | null, storage:
      | { title: string | null }
      | { title: string | null }
      | { title: string | null }
      | { title: string | null }
      | { title: string | null }
     | null } };

export type RemarksMutationVariables = Exact<{
  input: PreviewSyncInput;
}>;


export type RemarksMutation = { previewSync:
    | { __typename: 'ForbiddenError' }
    | { __typename: 'NotFoundError' }
    | { __typename: 'PreviewSyncSuccess', preview: { remarks: Array<{ code: IssueCode, message: string }>, entries: Array<{ key: string, action: PreviewAction, data: unknown, hasMoreRows: boolean }> } }
    | { __typename: 'ProviderError' }
    | { __typename: 'ValidationError' }
   };

export type ByIdQueryVariables = Exact<{
  id: string;
}>;


export type ByIdQuery = { project: { id: string } | null, storage:
    | { __typename: 'AzureBlobStorage' }
    | { __typename: 'GcsStorage' }
    | { __typename: 'LocalFilesStorage' }
    | { __typename: 'RedisStorage' }
    | { __typename: 'S3Storage' }
   | null, task: { id: string } | null, sync: { id: string } | null };

export type LastActionQueryVariables = Exact<{ [key: string]: never; }>;


export type LastActionQuery = { viewer: { organization: { auditLog: { nodes: Array<{ action: AuditAction, recordNumber: number | null, user: { email: string } | null, changes: Array<{ field: string, before: unknown, after: unknown }> }> } } } };

export type RefetchQueryVariables = Exact<{
  id: string;
}>;


export type RefetchQuery = { node:
    | { email: string, state: InvitationState }
    | Record<PropertyKey, never>
   | null };

export type SortedTasksQueryVariables = Exact<{
  projectId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: TaskFilter | null | undefined;
  orderBy: TaskOrder;
}>;


export type SortedTasksQuery = { project: { tasks: { totalCount: number, totalCountPrecision: CountPrecision, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ innerId: number, data: unknown }> } } | null };

export type AnnotationPagesQueryVariables = Exact<{
  projectId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type AnnotationPagesQuery = { project: { tasks: { nodes: Array<{ annotations: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, leadTime: number | null }> }, predictions: { totalCount: number, nodes: Array<{ score: number | null }> } }> } } | null };

export type SortedObjectsQueryVariables = Exact<{
  storageId: string;
  after?: string | null | undefined;
  filter?: StorageObjectFilter | null | undefined;
  orderBy: StorageObjectOrder;
}>;


export type SortedObjectsQuery = { storage:
    | { objects: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, key: string }> } }
    | { objects: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, key: string }> } }
    | { objects: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, key: string }> } }
    | { objects: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, key: string }> } }
    | { objects: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, key: string }> } }
   | null };

export type FirstSyncsQueryVariables = Exact<{
  storageId: string;
  filter?: SyncFilter | null | undefined;
  orderBy: SyncOrder;
}>;


export type FirstSyncsQuery = { storage:
    | { syncs: { totalCount: number, nodes: Array<{ id: string }> } }
    | { syncs: { totalCount: number, nodes: Array<{ id: string }> } }
    | { syncs: { totalCount: number, nodes: Array<{ id: string }> } }
    | { syncs: { totalCount: number, nodes: Array<{ id: string }> } }
    | { syncs: { totalCount: number, nodes: Array<{ id: string }> } }
   | null };

export type SortedProjectsQueryVariables = Exact<{
  after?: string | null | undefined;
  filter?: ProjectFilter | null | undefined;
  orderBy: ProjectOrder;
}>;


export type SortedProjectsQuery = { projects: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ title: string }> } };

export type ResolvedPageQueryVariables = Exact<{
  projectId: string;
  first: number;
}>;


export type ResolvedPageQuery = { project: { tasks: { nodes: Array<{ resolvedData: unknown, media: Array<{ url: string, size: number | null, storage:
            | { title: string | null }
            | { title: string | null }
            | { title: string | null }
            | { title: string | null }
            | { title: string | null }
           }> }> } } | null };

export type InlinePageQueryVariables = Exact<{
  projectId: string;
}>;


export type InlinePageQuery = { project: { tasks: { nodes: Array<{ resolvedData: unknown }> } } | null };

export type MemberFieldsFragment = { userId: string, role: Role, user: { email: string, firstName: string, lastName: string } };

export type InviteMemberMutationVariables = Exact<{
  input: InviteMemberInput;
}>;


export type InviteMemberMutation = { inviteMember:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'InviteMemberSuccess', invitationCode: string, invitation: { id: string, email: string, role: Role, expiresAt: string } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type RevokeInvitationMutationVariables = Exact<{
  input: RevokeInvitationInput;
}>;


export type RevokeInvitationMutation = { revokeInvitation:
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RevokeInvitationSuccess', invitation: { email: string } }
   };

export type ListInvitationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListInvitationsQuery = { viewer: { organization: { invitations: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, email: string, role: Role, state: InvitationState, createdAt: string, expiresAt: string, invitedBy: { email: string } }> } } } };

export type AddMemberMutationVariables = Exact<{
  input: AddMemberInput;
}>;


export type AddMemberMutation = { addMember:
    | { __typename: 'AddMemberSuccess', token: string, member: { userId: string, role: Role, user: { email: string, firstName: string, lastName: string } } }
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type ChangeMemberRoleMutationVariables = Exact<{
  input: ChangeMemberRoleInput;
}>;


export type ChangeMemberRoleMutation = { changeMemberRole:
    | { __typename: 'ChangeMemberRoleSuccess', member: { userId: string, role: Role, user: { email: string, firstName: string, lastName: string } } }
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type RemoveMemberMutationVariables = Exact<{
  input: RemoveMemberInput;
}>;


export type RemoveMemberMutation = { removeMember:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RemoveMemberSuccess' }
   };

export type ListMembersQueryVariables = Exact<{ [key: string]: never; }>;


export type ListMembersQuery = { viewer: { role: Role, organization: { members: { totalCount: number, nodes: Array<{ userId: string, role: Role, user: { email: string, firstName: string, lastName: string } }> } } } };

export type GetExternalIdQueryVariables = Exact<{ [key: string]: never; }>;


export type GetExternalIdQuery = { viewer: { organization: { externalId: string | null } } };

export type AnnotateMutationVariables = Exact<{
  input: CreateAnnotationInput;
}>;


export type AnnotateMutation = { createAnnotation:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateAnnotationSuccess', annotation: { id: string } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type RenameMutationVariables = Exact<{
  input: UpdateProjectInput;
}>;


export type RenameMutation = { updateProject:
    | { __typename: 'ConflictError', message: string, conflict: ConflictCode }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'UpdateProjectSuccess', project: { title: string, updatedAt: string } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type StampQueryVariables = Exact<{
  id: string;
}>;


export type StampQuery = { project: { updatedAt: string } | null };

export type SetupGuideQueryVariables = Exact<{
  input: StorageSetupGuideInput;
}>;


export type SetupGuideQuery = { storageSetupGuide: Array<{ title: string, format: SetupFormat, content: string, explanation: string }> };

export type SnapshotFieldsFragment = { id: string, format: SnapshotFormat, state: SnapshotState, expectedTasks: number | null, folder: string | null, downloadUrl: string | null, attempts: number, manifestUrl: string | null, size: number | null, contentHash: string | null, startedAt: string | null, finishedAt: string | null, counts: { tasks: number, annotations: number, predictions: number, media: number, mediaBytes: number, missingMedia: number }, error: { code: SnapshotErrorCode, message: string, hint: string } | null };

export type CreateExportMutationVariables = Exact<{
  input: CreateExportInput;
}>;


export type CreateExportMutation = { createExport:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateExportSuccess', snapshot: { id: string, format: SnapshotFormat, state: SnapshotState, expectedTasks: number | null, folder: string | null, downloadUrl: string | null, attempts: number, manifestUrl: string | null, size: number | null, contentHash: string | null, startedAt: string | null, finishedAt: string | null, counts: { tasks: number, annotations: number, predictions: number, media: number, mediaBytes: number, missingMedia: number }, error: { code: SnapshotErrorCode, message: string, hint: string } | null } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type GetSnapshotQueryVariables = Exact<{
  id: string;
}>;


export type GetSnapshotQuery = { node:
    | { id: string, format: SnapshotFormat, state: SnapshotState, expectedTasks: number | null, folder: string | null, downloadUrl: string | null, attempts: number, manifestUrl: string | null, size: number | null, contentHash: string | null, startedAt: string | null, finishedAt: string | null, counts: { tasks: number, annotations: number, predictions: number, media: number, mediaBytes: number, missingMedia: number }, error: { code: SnapshotErrorCode, message: string, hint: string } | null }
    | Record<PropertyKey, never>
   | null };

export type ListSnapshotsQueryVariables = Exact<{
  projectId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListSnapshotsQuery = { project: { snapshots: { totalCount: number, nodes: Array<{ id: string, format: SnapshotFormat, state: SnapshotState, expectedTasks: number | null, folder: string | null, downloadUrl: string | null, attempts: number, manifestUrl: string | null, size: number | null, contentHash: string | null, startedAt: string | null, finishedAt: string | null, counts: { tasks: number, annotations: number, predictions: number, media: number, mediaBytes: number, missingMedia: number }, error: { code: SnapshotErrorCode, message: string, hint: string } | null }>, pageInfo: { endCursor: string | null } } } | null };

export type WatchSnapshotSubscriptionVariables = Exact<{
  snapshotId: string;
}>;


export type WatchSnapshotSubscription = { snapshotProgress: { id: string, format: SnapshotFormat, state: SnapshotState, expectedTasks: number | null, folder: string | null, downloadUrl: string | null, attempts: number, manifestUrl: string | null, size: number | null, contentHash: string | null, startedAt: string | null, finishedAt: string | null, counts: { tasks: number, annotations: number, predictions: number, media: number, mediaBytes: number, missingMedia: number }, error: { code: SnapshotErrorCode, message: string, hint: string } | null } };

export type HeavyFeedSubscriptionVariables = Exact<{
  syncId?: string | null | undefined;
}>;


export type HeavyFeedSubscription = { syncProgress: { status: SyncStatus, counts: { listed: number }, lastIssues: Array<{ message: string }> } };

export type WebhookFieldsFragment = { id: string, title: string | null, url: string, events: Array<WebhookEvent>, active: boolean, deliveries: { totalCount: number, nodes: Array<{ messageId: string, event: WebhookEvent, body: string, attempts: number, status: number | null, failure: string | null, deliveredAt: string | null, nextAttemptAt: string | null }> } };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'CreateWebhookSuccess', secret: string, webhook: { id: string, title: string | null, url: string, events: Array<WebhookEvent>, active: boolean, deliveries: { totalCount: number, nodes: Array<{ messageId: string, event: WebhookEvent, body: string, attempts: number, status: number | null, failure: string | null, deliveredAt: string | null, nextAttemptAt: string | null }> } } }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type UpdateWebhookMutationVariables = Exact<{
  input: UpdateWebhookInput;
}>;


export type UpdateWebhookMutation = { updateWebhook:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'UpdateWebhookSuccess', webhook: { id: string, title: string | null, url: string, events: Array<WebhookEvent>, active: boolean, deliveries: { totalCount: number, nodes: Array<{ messageId: string, event: WebhookEvent, body: string, attempts: number, status: number | null, failure: string | null, deliveredAt: string | null, nextAttemptAt: string | null }> } } }
    | { __typename: 'ValidationError', message: string, fields: Array<{ path: Array<string>, message: string }> }
   };

export type DeleteWebhookMutationVariables = Exact<{
  input: DeleteWebhookInput;
}>;


export type DeleteWebhookMutation = { deleteWebhook:
    | { __typename: 'DeleteWebhookSuccess' }
    | { __typename: 'ForbiddenError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type ListWebhooksQueryVariables = Exact<{
  projectId: string;
}>;


export type ListWebhooksQuery = { project: { webhooks: Array<{ id: string, title: string | null, url: string, events: Array<WebhookEvent>, active: boolean, deliveries: { totalCount: number, nodes: Array<{ messageId: string, event: WebhookEvent, body: string, attempts: number, status: number | null, failure: string | null, deliveredAt: string | null, nextAttemptAt: string | null }> } }> } | null };

export type GetMediaQueryVariables = Exact<{
  projectId: string;
}>;


export type GetMediaQuery = { project: { tasks: { nodes: Array<{ id: string, data: unknown, resolvedData: unknown, media: Array<{ uri: string, url: string, contentType: string, size: number | null, expiresAt: string, storage:
            | { id: string }
            | { id: string }
            | { id: string }
            | { id: string }
            | { id: string }
           }> }> } } | null };

export type ObjectLinksQueryVariables = Exact<{
  id: string;
}>;


export type ObjectLinksQuery = { storage:
    | { objects: { nodes: Array<{ url: string | null }> } }
    | { objects: { nodes: Array<{ url: string | null }> } }
    | { objects: { nodes: Array<{ url: string | null }> } }
    | { objects: { nodes: Array<{ url: string | null }> } }
    | { objects: { nodes: Array<{ url: string | null }> } }
   | null };

export type StorageUriQueryVariables = Exact<{
  id: string;
}>;


export type StorageUriQuery = { storage:
    | { title: string | null, uri: string }
    | { title: string | null, uri: string }
    | { title: string | null, uri: string }
    | { title: string | null, uri: string }
    | { title: string | null, uri: string }
   | null };

export type MyTokensQueryVariables = Exact<{ [key: string]: never; }>;


export type MyTokensQuery = { viewer: { apiTokens: { nodes: Array<{ id: string }> } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ErrorFieldsFragmentDoc = new TypedDocumentString(`
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
    `, {"fragmentName":"ErrorFields"}) as unknown as TypedDocumentString<ErrorFieldsFragment, unknown>;
export const StorageFieldsFragmentDoc = new TypedDocumentString(`
    fragment StorageFields on ExternalStorage {
  id
  provider
  direction
  title
  description
  prefix
  uri
  synchronizable
  status
  settings {
    __typename
    ... on SourceSettings {
      filter
      importMethod
      dataKey
      recursive
      presign
      presignTtlMinutes
      onChanged
      onRemoved
      maximumRemovedShare
    }
    ... on TargetSettings {
      layout
      keyTemplate
      exampleKey
      writeMode
      canDeleteObjects
      exportOnSave
    }
  }
  ... on S3Storage {
    bucket
    region
    endpoint
    accessKeyId
    hasSecretAccessKey
    hasSessionToken
  }
  ... on LocalFilesStorage {
    path
  }
}
    `, {"fragmentName":"StorageFields"}) as unknown as TypedDocumentString<StorageFieldsFragment, unknown>;
export const SyncFieldsFragmentDoc = new TypedDocumentString(`
    fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}
    `, {"fragmentName":"SyncFields"}) as unknown as TypedDocumentString<SyncFieldsFragment, unknown>;
export const MemberFieldsFragmentDoc = new TypedDocumentString(`
    fragment MemberFields on Member {
  userId
  role
  user {
    email
    firstName
    lastName
  }
}
    `, {"fragmentName":"MemberFields"}) as unknown as TypedDocumentString<MemberFieldsFragment, unknown>;
export const SnapshotFieldsFragmentDoc = new TypedDocumentString(`
    fragment SnapshotFields on Snapshot {
  id
  format
  state
  expectedTasks
  counts {
    tasks
    annotations
    predictions
    media
    mediaBytes
    missingMedia
  }
  folder
  downloadUrl
  attempts
  manifestUrl
  size
  contentHash
  error {
    code
    message
    hint
  }
  startedAt
  finishedAt
}
    `, {"fragmentName":"SnapshotFields"}) as unknown as TypedDocumentString<SnapshotFieldsFragment, unknown>;
export const WebhookFieldsFragmentDoc = new TypedDocumentString(`
    fragment WebhookFields on Webhook {
  id
  title
  url
  events
  active
  deliveries {
    totalCount
    nodes {
      messageId
      event
      body
      attempts
      status
      failure
      deliveredAt
      nextAttemptAt
    }
  }
}
    `, {"fragmentName":"WebhookFields"}) as unknown as TypedDocumentString<WebhookFieldsFragment, unknown>;
export const AuditLogDocument = new TypedDocumentString(`
    query AuditLog($filter: AuditFilter, $first: Int, $after: String) {
  viewer {
    organization {
      auditLog(filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo {
          endCursor
          hasNextPage
        }
        nodes {
          action
          address
          recordNumber
          createdAt
          user {
            email
          }
          project {
            id
          }
          changes {
            field
            before
            after
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AuditLogQuery, AuditLogQueryVariables>;
export const UpdateProjectDocument = new TypedDocumentString(`
    mutation UpdateProject($input: UpdateProjectInput!) {
  updateProject(input: $input) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<UpdateProjectMutation, UpdateProjectMutationVariables>;
export const CodesDocument = new TypedDocumentString(`
    query Codes($syncId: ID!, $storageId: ID!) {
  sync(id: $syncId) {
    error {
      code
    }
    counts {
      skippedBy {
        reason
        count
      }
      issuesBy {
        code
        count
      }
    }
    issues(first: 250) {
      nodes {
        code
      }
    }
  }
  storage(id: $storageId) {
    ... on ExternalStorage {
      objects(first: 250) {
        nodes {
          code
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CodesQuery, CodesQueryVariables>;
export const GetConnectionDocument = new TypedDocumentString(`
    query GetConnection($id: ID!) {
  storage(id: $id) {
    __typename
    ... on S3Storage {
      bucket
      region
      endpoint
      publicEndpoint
      pathStyle
      encryptionType
      encryptionKeyId
      accessKeyId
      roleArn
      hasSecretAccessKey
      hasSessionToken
    }
    ... on GcsStorage {
      bucket
      projectId
      endpoint
      clientEmail
      serviceAccountEmail
      workloadIdentityProvider
      hasServiceAccountJson
    }
    ... on AzureBlobStorage {
      container
      endpoint
      accountName
      tenantId
      clientId
      authorityHost
      hasAccountKey
      hasSasToken
      hasClientSecret
    }
    ... on RedisStorage {
      host
      port
      database
      keyPrefix: path
      topology
      primaryName
      hasSentinelPassword
      tls
      tlsCa
      username
      hasPassword
    }
    ... on LocalFilesStorage {
      path
    }
  }
}
    `) as unknown as TypedDocumentString<GetConnectionQuery, GetConnectionQueryVariables>;
export const DiagnoseDocument = new TypedDocumentString(`
    mutation Diagnose($input: DiagnoseStorageInput!) {
  diagnoseStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on DiagnoseStorageSuccess {
      diagnosis {
        ok
        checks {
          check
          ok
          status
          message
          hint
          missingHeaders
        }
        proposals {
          title
          format
          content
          explanation
        }
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DiagnoseMutation, DiagnoseMutationVariables>;
export const CreateProjectDocument = new TypedDocumentString(`
    mutation CreateProject($input: CreateProjectInput!) {
  createProject(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateProjectSuccess {
      project {
        id
        title
        dataKeys
        maximumAnnotations
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<CreateProjectMutation, CreateProjectMutationVariables>;
export const CreateStorageDocument = new TypedDocumentString(`
    mutation CreateStorage($input: CreateStorageInput!) {
  createStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateStorageSuccess {
      storage {
        ...StorageFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment StorageFields on ExternalStorage {
  id
  provider
  direction
  title
  description
  prefix
  uri
  synchronizable
  status
  settings {
    __typename
    ... on SourceSettings {
      filter
      importMethod
      dataKey
      recursive
      presign
      presignTtlMinutes
      onChanged
      onRemoved
      maximumRemovedShare
    }
    ... on TargetSettings {
      layout
      keyTemplate
      exampleKey
      writeMode
      canDeleteObjects
      exportOnSave
    }
  }
  ... on S3Storage {
    bucket
    region
    endpoint
    accessKeyId
    hasSecretAccessKey
    hasSessionToken
  }
  ... on LocalFilesStorage {
    path
  }
}`) as unknown as TypedDocumentString<CreateStorageMutation, CreateStorageMutationVariables>;
export const UpdateStorageDocument = new TypedDocumentString(`
    mutation UpdateStorage($input: UpdateStorageInput!) {
  updateStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on UpdateStorageSuccess {
      storage {
        ...StorageFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment StorageFields on ExternalStorage {
  id
  provider
  direction
  title
  description
  prefix
  uri
  synchronizable
  status
  settings {
    __typename
    ... on SourceSettings {
      filter
      importMethod
      dataKey
      recursive
      presign
      presignTtlMinutes
      onChanged
      onRemoved
      maximumRemovedShare
    }
    ... on TargetSettings {
      layout
      keyTemplate
      exampleKey
      writeMode
      canDeleteObjects
      exportOnSave
    }
  }
  ... on S3Storage {
    bucket
    region
    endpoint
    accessKeyId
    hasSecretAccessKey
    hasSessionToken
  }
  ... on LocalFilesStorage {
    path
  }
}`) as unknown as TypedDocumentString<UpdateStorageMutation, UpdateStorageMutationVariables>;
export const DeleteStorageDocument = new TypedDocumentString(`
    mutation DeleteStorage($input: DeleteStorageInput!) {
  deleteStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on DeleteStorageSuccess {
      deletedId
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DeleteStorageMutation, DeleteStorageMutationVariables>;
export const ValidateStorageDocument = new TypedDocumentString(`
    mutation ValidateStorage($input: ValidateStorageInput!) {
  validateStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on ValidateStorageSuccess {
      validation {
        ok
        exampleKey
        checks {
          capability
          status
          required
          code
          message
          hint
        }
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<ValidateStorageMutation, ValidateStorageMutationVariables>;
export const SyncStorageDocument = new TypedDocumentString(`
    mutation SyncStorage($input: SyncStorageInput!) {
  syncStorage(input: $input) {
    __typename
    ...ErrorFields
    ... on SyncStorageSuccess {
      sync {
        ...SyncFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}`) as unknown as TypedDocumentString<SyncStorageMutation, SyncStorageMutationVariables>;
export const RetryFailedDocument = new TypedDocumentString(`
    mutation RetryFailed($input: RetryFailedInput!) {
  retryFailed(input: $input) {
    __typename
    ...ErrorFields
    ... on RetryFailedSuccess {
      sync {
        ...SyncFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}`) as unknown as TypedDocumentString<RetryFailedMutation, RetryFailedMutationVariables>;
export const CancelSyncDocument = new TypedDocumentString(`
    mutation CancelSync($input: CancelSyncInput!) {
  cancelSync(input: $input) {
    __typename
    ...ErrorFields
    ... on CancelSyncSuccess {
      sync {
        ...SyncFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}`) as unknown as TypedDocumentString<CancelSyncMutation, CancelSyncMutationVariables>;
export const GetSyncDocument = new TypedDocumentString(`
    query GetSync($id: ID!) {
  sync(id: $id) {
    ...SyncFields
  }
}
    fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}`) as unknown as TypedDocumentString<GetSyncQuery, GetSyncQueryVariables>;
export const GetStorageDocument = new TypedDocumentString(`
    query GetStorage($id: ID!) {
  storage(id: $id) {
    ...StorageFields
  }
}
    fragment StorageFields on ExternalStorage {
  id
  provider
  direction
  title
  description
  prefix
  uri
  synchronizable
  status
  settings {
    __typename
    ... on SourceSettings {
      filter
      importMethod
      dataKey
      recursive
      presign
      presignTtlMinutes
      onChanged
      onRemoved
      maximumRemovedShare
    }
    ... on TargetSettings {
      layout
      keyTemplate
      exampleKey
      writeMode
      canDeleteObjects
      exportOnSave
    }
  }
  ... on S3Storage {
    bucket
    region
    endpoint
    accessKeyId
    hasSecretAccessKey
    hasSessionToken
  }
  ... on LocalFilesStorage {
    path
  }
}`) as unknown as TypedDocumentString<GetStorageQuery, GetStorageQueryVariables>;
export const ListTasksDocument = new TypedDocumentString(`
    query ListTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter) {
  project(id: $projectId) {
    tasks(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        innerId
        data
        meta
        overlap
        isLabeled
        allowSkip
        totalAnnotations
        cancelledAnnotations
        totalPredictions
        sourceKey
        sourceRow
        sourceObject {
          key
          uri
          state
        }
        annotations {
          nodes {
            id
            result
            wasCancelled
            groundTruth
            leadTime
            importId
            completedBy {
              email
            }
          }
        }
        predictions {
          nodes {
            result
            score
            modelVersion
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListTasksQuery, ListTasksQueryVariables>;
export const ListObjectsDocument = new TypedDocumentString(`
    query ListObjects($storageId: ID!, $first: Int, $after: String, $filter: StorageObjectFilter) {
  storage(id: $storageId) {
    ... on ExternalStorage {
      objects(first: $first, after: $after, filter: $filter) {
        totalCount
        pageInfo {
          hasNextPage
          hasPreviousPage
          endCursor
        }
        nodes {
          key
          uri
          size
          version
          modifiedAt
          state
          code
          message
          taskCount
          failedRows
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListObjectsQuery, ListObjectsQueryVariables>;
export const ListIssuesDocument = new TypedDocumentString(`
    query ListIssues($syncId: ID!, $first: Int, $after: String, $filter: SyncIssueFilter) {
  sync(id: $syncId) {
    issues(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        severity
        code
        message
        key
        row
        path
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListIssuesQuery, ListIssuesQueryVariables>;
export const ListSyncsDocument = new TypedDocumentString(`
    query ListSyncs($storageId: ID!, $first: Int, $after: String) {
  storage(id: $storageId) {
    ... on ExternalStorage {
      lastSync {
        id
      }
      syncs(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          ...SyncFields
        }
      }
    }
  }
}
    fragment SyncFields on Sync {
  id
  status
  phase
  trigger
  attempt
  queuedAt
  startedAt
  finishedAt
  durationMs
  error {
    code
    message
    hint
  }
  counts {
    listed
    skipped
    skippedBy {
      reason
      count
    }
    unchanged
    imported
    changed
    removed
    failed
    tasksCreated
    tasksUpdated
    tasksDeleted
    failedRows
    warnings
    bytesRead
  }
}`) as unknown as TypedDocumentString<ListSyncsQuery, ListSyncsQueryVariables>;
export const DeleteTasksDocument = new TypedDocumentString(`
    mutation DeleteTasks($input: DeleteTasksInput!) {
  deleteTasks(input: $input) {
    __typename
    ...ErrorFields
    ... on DeleteTasksSuccess {
      deletedCount
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DeleteTasksMutation, DeleteTasksMutationVariables>;
export const ImportTasksDocument = new TypedDocumentString(`
    mutation ImportTasks($input: ImportTasksInput!) {
  importTasks(input: $input) {
    __typename
    ...ErrorFields
    ... on ImportTasksSuccess {
      taskCount
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<ImportTasksMutation, ImportTasksMutationVariables>;
export const CreateApiTokenDocument = new TypedDocumentString(`
    mutation CreateApiToken($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateApiTokenSuccess {
      token
      apiToken {
        id
        title
        hint
        expiresAt
        revokedAt
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<CreateApiTokenMutation, CreateApiTokenMutationVariables>;
export const RevokeApiTokenDocument = new TypedDocumentString(`
    mutation RevokeApiToken($input: RevokeApiTokenInput!) {
  revokeApiToken(input: $input) {
    __typename
    ...ErrorFields
    ... on RevokeApiTokenSuccess {
      apiToken {
        id
        revokedAt
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<RevokeApiTokenMutation, RevokeApiTokenMutationVariables>;
export const SyncProgressFeedDocument = new TypedDocumentString(`
    subscription SyncProgressFeed($syncId: ID, $storageId: ID) {
  syncProgress(syncId: $syncId, storageId: $storageId) {
    status
    phase
    objectsPerSecond
    remainingMs
    counts {
      listed
      imported
      failed
      tasksCreated
    }
    lastIssues {
      code
      key
    }
    sync {
      id
      attempt
    }
  }
}
    `) as unknown as TypedDocumentString<SyncProgressFeedSubscription, SyncProgressFeedSubscriptionVariables>;
export const WhoAmIDocument = new TypedDocumentString(`
    query WhoAmI {
  viewer {
    role
    user {
      email
    }
    organization {
      id
      title
      externalId
    }
    apiTokens {
      nodes {
        id
        title
        hint
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WhoAmIQuery, WhoAmIQueryVariables>;
export const ListAnnotationsDocument = new TypedDocumentString(`
    query ListAnnotations($projectId: ID!, $first: Int, $after: String) {
  project(id: $projectId) {
    annotations(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        importId
        task {
          id
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListAnnotationsQuery, ListAnnotationsQueryVariables>;
export const PreviewSyncDocument = new TypedDocumentString(`
    mutation PreviewSync($input: PreviewSyncInput!) {
  previewSync(input: $input) {
    __typename
    ...ErrorFields
    ... on PreviewSyncSuccess {
      preview {
        complete
        counts {
          listed
          write
          delete
          unchanged
          missing
          altered
          fail
        }
        entries {
          key
          size
          action
          code
          message
          drift
        }
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<PreviewSyncMutation, PreviewSyncMutationVariables>;
export const DiagnoseStorageDocument = new TypedDocumentString(`
    mutation DiagnoseStorage($input: DiagnoseStorageInput!) {
  diagnoseStorage(input: $input) {
    __typename
    ...ErrorFields
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DiagnoseStorageMutation, DiagnoseStorageMutationVariables>;
export const CreateAnnotationDocument = new TypedDocumentString(`
    mutation CreateAnnotation($input: CreateAnnotationInput!) {
  createAnnotation(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateAnnotationSuccess {
      annotation {
        id
        result
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<CreateAnnotationMutation, CreateAnnotationMutationVariables>;
export const UpdateAnnotationDocument = new TypedDocumentString(`
    mutation UpdateAnnotation($input: UpdateAnnotationInput!) {
  updateAnnotation(input: $input) {
    __typename
    ...ErrorFields
    ... on UpdateAnnotationSuccess {
      annotation {
        id
        result
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<UpdateAnnotationMutation, UpdateAnnotationMutationVariables>;
export const DeleteAnnotationDocument = new TypedDocumentString(`
    mutation DeleteAnnotation($input: DeleteAnnotationInput!) {
  deleteAnnotation(input: $input) {
    __typename
    ...ErrorFields
    ... on DeleteAnnotationSuccess {
      deletedId
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DeleteAnnotationMutation, DeleteAnnotationMutationVariables>;
export const DeleteProjectDocument = new TypedDocumentString(`
    mutation DeleteProject($input: DeleteProjectInput!) {
  deleteProject(input: $input) {
    __typename
    ...ErrorFields
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DeleteProjectMutation, DeleteProjectMutationVariables>;
export const ListExportsDocument = new TypedDocumentString(`
    query ListExports($storageId: ID!, $filter: ExportFilter, $first: Int, $after: String) {
  storage(id: $storageId) {
    ... on ExternalStorage {
      exports(filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          state
          key
          etag
          contentHash
          size
          attempts
          exportedAt
          nextAttemptAt
          error {
            code
            message
            hint
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListExportsQuery, ListExportsQueryVariables>;
export const AnnotationExportsDocument = new TypedDocumentString(`
    query AnnotationExports($id: ID!) {
  node(id: $id) {
    ... on Annotation {
      exports {
        state
        key
        etag
        attempts
        exportedAt
        nextAttemptAt
        error {
          code
          hint
        }
        storage {
          ... on Node {
            id
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AnnotationExportsQuery, AnnotationExportsQueryVariables>;
export const ExportEventsFeedDocument = new TypedDocumentString(`
    subscription ExportEventsFeed($projectId: ID, $storageId: ID, $after: String) {
  exportEvents(projectId: $projectId, storageId: $storageId, after: $after) {
    cursor
    kind
    key
    annotationId
    taskId
    error {
      code
    }
  }
}
    `) as unknown as TypedDocumentString<ExportEventsFeedSubscription, ExportEventsFeedSubscriptionVariables>;
export const ExportCountsDocument = new TypedDocumentString(`
    query ExportCounts($id: ID!) {
  sync(id: $id) {
    status
    error {
      code
    }
    counts {
      listed
      unchanged
      exported
      deleted
      failed
    }
  }
}
    `) as unknown as TypedDocumentString<ExportCountsQuery, ExportCountsQueryVariables>;
export const StorageChangedFeedDocument = new TypedDocumentString(`
    subscription StorageChangedFeed($projectId: ID!) {
  storageChanged(projectId: $projectId) {
    change
    storageId
    storage {
      ... on ExternalStorage {
        title
      }
    }
  }
}
    `) as unknown as TypedDocumentString<StorageChangedFeedSubscription, StorageChangedFeedSubscriptionVariables>;
export const RemarksDocument = new TypedDocumentString(`
    mutation Remarks($input: PreviewSyncInput!) {
  previewSync(input: $input) {
    __typename
    ... on PreviewSyncSuccess {
      preview {
        remarks {
          code
          message
        }
        entries {
          key
          action
          data
          hasMoreRows
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RemarksMutation, RemarksMutationVariables>;
export const ByIdDocument = new TypedDocumentString(`
    query ById($id: ID!) {
  project(id: $id) {
    id
  }
  storage(id: $id) {
    __typename
  }
  task(id: $id) {
    id
  }
  sync(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<ByIdQuery, ByIdQueryVariables>;
export const LastActionDocument = new TypedDocumentString(`
    query LastAction {
  viewer {
    organization {
      auditLog(first: 1) {
        nodes {
          action
          recordNumber
          user {
            email
          }
          changes {
            field
            before
            after
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LastActionQuery, LastActionQueryVariables>;
export const RefetchDocument = new TypedDocumentString(`
    query Refetch($id: ID!) {
  node(id: $id) {
    ... on Invitation {
      email
      state
    }
  }
}
    `) as unknown as TypedDocumentString<RefetchQuery, RefetchQueryVariables>;
export const SortedTasksDocument = new TypedDocumentString(`
    query SortedTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter, $orderBy: TaskOrder!) {
  project(id: $projectId) {
    tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      totalCountPrecision
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        innerId
        data
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SortedTasksQuery, SortedTasksQueryVariables>;
export const AnnotationPagesDocument = new TypedDocumentString(`
    query AnnotationPages($projectId: ID!, $first: Int, $after: String) {
  project(id: $projectId) {
    tasks {
      nodes {
        annotations(first: $first, after: $after) {
          totalCount
          pageInfo {
            hasNextPage
            endCursor
          }
          nodes {
            id
            leadTime
          }
        }
        predictions(first: 1) {
          totalCount
          nodes {
            score
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AnnotationPagesQuery, AnnotationPagesQueryVariables>;
export const SortedObjectsDocument = new TypedDocumentString(`
    query SortedObjects($storageId: ID!, $after: String, $filter: StorageObjectFilter, $orderBy: StorageObjectOrder!) {
  storage(id: $storageId) {
    ... on ExternalStorage {
      objects(first: 2, after: $after, filter: $filter, orderBy: $orderBy) {
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          id
          key
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SortedObjectsQuery, SortedObjectsQueryVariables>;
export const FirstSyncsDocument = new TypedDocumentString(`
    query FirstSyncs($storageId: ID!, $filter: SyncFilter, $orderBy: SyncOrder!) {
  storage(id: $storageId) {
    ... on ExternalStorage {
      syncs(filter: $filter, orderBy: $orderBy) {
        totalCount
        nodes {
          id
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FirstSyncsQuery, FirstSyncsQueryVariables>;
export const SortedProjectsDocument = new TypedDocumentString(`
    query SortedProjects($after: String, $filter: ProjectFilter, $orderBy: ProjectOrder!) {
  projects(first: 1, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      title
    }
  }
}
    `) as unknown as TypedDocumentString<SortedProjectsQuery, SortedProjectsQueryVariables>;
export const ResolvedPageDocument = new TypedDocumentString(`
    query ResolvedPage($projectId: ID!, $first: Int!) {
  project(id: $projectId) {
    tasks(first: $first) {
      nodes {
        resolvedData
        media {
          url
          size
          storage {
            title
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ResolvedPageQuery, ResolvedPageQueryVariables>;
export const InlinePageDocument = new TypedDocumentString(`
    query InlinePage($projectId: ID!) {
  project(id: $projectId) {
    tasks {
      nodes {
        resolvedData(inline: true)
      }
    }
  }
}
    `) as unknown as TypedDocumentString<InlinePageQuery, InlinePageQueryVariables>;
export const InviteMemberDocument = new TypedDocumentString(`
    mutation InviteMember($input: InviteMemberInput!) {
  inviteMember(input: $input) {
    __typename
    ...ErrorFields
    ... on InviteMemberSuccess {
      invitationCode
      invitation {
        id
        email
        role
        expiresAt
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<InviteMemberMutation, InviteMemberMutationVariables>;
export const RevokeInvitationDocument = new TypedDocumentString(`
    mutation RevokeInvitation($input: RevokeInvitationInput!) {
  revokeInvitation(input: $input) {
    __typename
    ...ErrorFields
    ... on RevokeInvitationSuccess {
      invitation {
        email
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<RevokeInvitationMutation, RevokeInvitationMutationVariables>;
export const ListInvitationsDocument = new TypedDocumentString(`
    query ListInvitations($first: Int, $after: String) {
  viewer {
    organization {
      invitations(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          id
          email
          role
          state
          createdAt
          expiresAt
          invitedBy {
            email
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListInvitationsQuery, ListInvitationsQueryVariables>;
export const AddMemberDocument = new TypedDocumentString(`
    mutation AddMember($input: AddMemberInput!) {
  addMember(input: $input) {
    __typename
    ...ErrorFields
    ... on AddMemberSuccess {
      token
      member {
        ...MemberFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment MemberFields on Member {
  userId
  role
  user {
    email
    firstName
    lastName
  }
}`) as unknown as TypedDocumentString<AddMemberMutation, AddMemberMutationVariables>;
export const ChangeMemberRoleDocument = new TypedDocumentString(`
    mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {
  changeMemberRole(input: $input) {
    __typename
    ...ErrorFields
    ... on ChangeMemberRoleSuccess {
      member {
        ...MemberFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment MemberFields on Member {
  userId
  role
  user {
    email
    firstName
    lastName
  }
}`) as unknown as TypedDocumentString<ChangeMemberRoleMutation, ChangeMemberRoleMutationVariables>;
export const RemoveMemberDocument = new TypedDocumentString(`
    mutation RemoveMember($input: RemoveMemberInput!) {
  removeMember(input: $input) {
    __typename
    ...ErrorFields
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<RemoveMemberMutation, RemoveMemberMutationVariables>;
export const ListMembersDocument = new TypedDocumentString(`
    query ListMembers {
  viewer {
    role
    organization {
      members {
        totalCount
        nodes {
          ...MemberFields
        }
      }
    }
  }
}
    fragment MemberFields on Member {
  userId
  role
  user {
    email
    firstName
    lastName
  }
}`) as unknown as TypedDocumentString<ListMembersQuery, ListMembersQueryVariables>;
export const GetExternalIdDocument = new TypedDocumentString(`
    query GetExternalId {
  viewer {
    organization {
      externalId
    }
  }
}
    `) as unknown as TypedDocumentString<GetExternalIdQuery, GetExternalIdQueryVariables>;
export const AnnotateDocument = new TypedDocumentString(`
    mutation Annotate($input: CreateAnnotationInput!) {
  createAnnotation(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateAnnotationSuccess {
      annotation {
        id
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<AnnotateMutation, AnnotateMutationVariables>;
export const RenameDocument = new TypedDocumentString(`
    mutation Rename($input: UpdateProjectInput!) {
  updateProject(input: $input) {
    __typename
    ...ErrorFields
    ... on ConflictError {
      conflict: code
    }
    ... on UpdateProjectSuccess {
      project {
        title
        updatedAt
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<RenameMutation, RenameMutationVariables>;
export const StampDocument = new TypedDocumentString(`
    query Stamp($id: ID!) {
  project(id: $id) {
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<StampQuery, StampQueryVariables>;
export const SetupGuideDocument = new TypedDocumentString(`
    query SetupGuide($input: StorageSetupGuideInput!) {
  storageSetupGuide(input: $input) {
    title
    format
    content
    explanation
  }
}
    `) as unknown as TypedDocumentString<SetupGuideQuery, SetupGuideQueryVariables>;
export const CreateExportDocument = new TypedDocumentString(`
    mutation CreateExport($input: CreateExportInput!) {
  createExport(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateExportSuccess {
      snapshot {
        ...SnapshotFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment SnapshotFields on Snapshot {
  id
  format
  state
  expectedTasks
  counts {
    tasks
    annotations
    predictions
    media
    mediaBytes
    missingMedia
  }
  folder
  downloadUrl
  attempts
  manifestUrl
  size
  contentHash
  error {
    code
    message
    hint
  }
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<CreateExportMutation, CreateExportMutationVariables>;
export const GetSnapshotDocument = new TypedDocumentString(`
    query GetSnapshot($id: ID!) {
  node(id: $id) {
    ...SnapshotFields
  }
}
    fragment SnapshotFields on Snapshot {
  id
  format
  state
  expectedTasks
  counts {
    tasks
    annotations
    predictions
    media
    mediaBytes
    missingMedia
  }
  folder
  downloadUrl
  attempts
  manifestUrl
  size
  contentHash
  error {
    code
    message
    hint
  }
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<GetSnapshotQuery, GetSnapshotQueryVariables>;
export const ListSnapshotsDocument = new TypedDocumentString(`
    query ListSnapshots($projectId: ID!, $first: Int, $after: String) {
  project(id: $projectId) {
    snapshots(first: $first, after: $after) {
      totalCount
      nodes {
        ...SnapshotFields
      }
      pageInfo {
        endCursor
      }
    }
  }
}
    fragment SnapshotFields on Snapshot {
  id
  format
  state
  expectedTasks
  counts {
    tasks
    annotations
    predictions
    media
    mediaBytes
    missingMedia
  }
  folder
  downloadUrl
  attempts
  manifestUrl
  size
  contentHash
  error {
    code
    message
    hint
  }
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<ListSnapshotsQuery, ListSnapshotsQueryVariables>;
export const WatchSnapshotDocument = new TypedDocumentString(`
    subscription WatchSnapshot($snapshotId: ID!) {
  snapshotProgress(snapshotId: $snapshotId) {
    ...SnapshotFields
  }
}
    fragment SnapshotFields on Snapshot {
  id
  format
  state
  expectedTasks
  counts {
    tasks
    annotations
    predictions
    media
    mediaBytes
    missingMedia
  }
  folder
  downloadUrl
  attempts
  manifestUrl
  size
  contentHash
  error {
    code
    message
    hint
  }
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<WatchSnapshotSubscription, WatchSnapshotSubscriptionVariables>;
export const HeavyFeedDocument = new TypedDocumentString(`
    subscription HeavyFeed($syncId: ID) {
  syncProgress(syncId: $syncId) {
    status
    counts {
      listed
    }
    lastIssues(first: 100) {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<HeavyFeedSubscription, HeavyFeedSubscriptionVariables>;
export const CreateWebhookDocument = new TypedDocumentString(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    __typename
    ...ErrorFields
    ... on CreateWebhookSuccess {
      secret
      webhook {
        ...WebhookFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment WebhookFields on Webhook {
  id
  title
  url
  events
  active
  deliveries {
    totalCount
    nodes {
      messageId
      event
      body
      attempts
      status
      failure
      deliveredAt
      nextAttemptAt
    }
  }
}`) as unknown as TypedDocumentString<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const UpdateWebhookDocument = new TypedDocumentString(`
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
  updateWebhook(input: $input) {
    __typename
    ...ErrorFields
    ... on UpdateWebhookSuccess {
      webhook {
        ...WebhookFields
      }
    }
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}
fragment WebhookFields on Webhook {
  id
  title
  url
  events
  active
  deliveries {
    totalCount
    nodes {
      messageId
      event
      body
      attempts
      status
      failure
      deliveredAt
      nextAttemptAt
    }
  }
}`) as unknown as TypedDocumentString<UpdateWebhookMutation, UpdateWebhookMutationVariables>;
export const DeleteWebhookDocument = new TypedDocumentString(`
    mutation DeleteWebhook($input: DeleteWebhookInput!) {
  deleteWebhook(input: $input) {
    __typename
    ...ErrorFields
  }
}
    fragment ErrorFields on Error {
  message
  ... on ValidationError {
    fields {
      path
      message
    }
  }
  ... on ProviderError {
    code
    capability
    retryable
    hint
  }
}`) as unknown as TypedDocumentString<DeleteWebhookMutation, DeleteWebhookMutationVariables>;
export const ListWebhooksDocument = new TypedDocumentString(`
    query ListWebhooks($projectId: ID!) {
  project(id: $projectId) {
    webhooks {
      ...WebhookFields
    }
  }
}
    fragment WebhookFields on Webhook {
  id
  title
  url
  events
  active
  deliveries {
    totalCount
    nodes {
      messageId
      event
      body
      attempts
      status
      failure
      deliveredAt
      nextAttemptAt
    }
  }
}`) as unknown as TypedDocumentString<ListWebhooksQuery, ListWebhooksQueryVariables>;
export const GetMediaDocument = new TypedDocumentString(`
    query GetMedia($projectId: ID!) {
  project(id: $projectId) {
    tasks(first: 50) {
      nodes {
        id
        data
        resolvedData
        media {
          uri
          url
          contentType
          size
          expiresAt
          storage {
            id
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<GetMediaQuery, GetMediaQueryVariables>;
export const ObjectLinksDocument = new TypedDocumentString(`
    query ObjectLinks($id: ID!) {
  storage(id: $id) {
    ... on ExternalStorage {
      objects {
        nodes {
          url
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ObjectLinksQuery, ObjectLinksQueryVariables>;
export const StorageUriDocument = new TypedDocumentString(`
    query StorageUri($id: ID!) {
  storage(id: $id) {
    ... on ExternalStorage {
      title
      uri
    }
  }
}
    `) as unknown as TypedDocumentString<StorageUriQuery, StorageUriQueryVariables>;
export const MyTokensDocument = new TypedDocumentString(`
    query MyTokens {
  viewer {
    apiTokens {
      nodes {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MyTokensQuery, MyTokensQueryVariables>;