import { graphql } from '../support/generated/gql.ts';

/** The operations that most tests need; those of one test alone stand in its file. */

export const ErrorFields = graphql(/* GraphQL */ `
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
`);

export const StorageFields = graphql(/* GraphQL */ `
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
`);

export const SyncFields = graphql(/* GraphQL */ `
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
`);

export const CreateProject = graphql(/* GraphQL */ `
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
`);

export const CreateStorage = graphql(/* GraphQL */ `
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
`);

export const UpdateStorage = graphql(/* GraphQL */ `
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
`);

export const DeleteStorage = graphql(/* GraphQL */ `
  mutation DeleteStorage($input: DeleteStorageInput!) {
    deleteStorage(input: $input) {
      __typename
      ...ErrorFields
      ... on DeleteStorageSuccess {
        deletedId
      }
    }
  }
`);

export const ValidateStorage = graphql(/* GraphQL */ `
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
`);

export const SyncStorage = graphql(/* GraphQL */ `
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
`);

export const RetryFailed = graphql(/* GraphQL */ `
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
`);

export const CancelSync = graphql(/* GraphQL */ `
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
`);

export const GetSync = graphql(/* GraphQL */ `
  query GetSync($id: ID!) {
    sync(id: $id) {
      ...SyncFields
    }
  }
`);

export const GetStorage = graphql(/* GraphQL */ `
  query GetStorage($id: ID!) {
    storage(id: $id) {
      ...StorageFields
    }
  }
`);

export const ListTasks = graphql(/* GraphQL */ `
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
`);

export const ListObjects = graphql(/* GraphQL */ `
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
`);

export const ListIssues = graphql(/* GraphQL */ `
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
`);

export const ListSyncs = graphql(/* GraphQL */ `
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
`);

export const DeleteTasks = graphql(/* GraphQL */ `
  mutation DeleteTasks($input: DeleteTasksInput!) {
    deleteTasks(input: $input) {
      __typename
      ...ErrorFields
      ... on DeleteTasksSuccess {
        deletedCount
      }
    }
  }
`);

export const ImportTasks = graphql(/* GraphQL */ `
  mutation ImportTasks($input: ImportTasksInput!) {
    importTasks(input: $input) {
      __typename
      ...ErrorFields
      ... on ImportTasksSuccess {
        taskCount
      }
    }
  }
`);

export const CreateApiToken = graphql(/* GraphQL */ `
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
`);

export const RevokeApiToken = graphql(/* GraphQL */ `
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
`);

export const SyncProgressFeed = graphql(/* GraphQL */ `
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
`);

export const WhoAmI = graphql(/* GraphQL */ `
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
`);

export const ListAnnotations = graphql(/* GraphQL */ `
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
`);

export const PreviewSync = graphql(/* GraphQL */ `
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
`);

export const DiagnoseStorage = graphql(/* GraphQL */ `
  mutation DiagnoseStorage($input: DiagnoseStorageInput!) {
    diagnoseStorage(input: $input) {
      __typename
      ...ErrorFields
    }
  }
`);

export const CreateAnnotation = graphql(/* GraphQL */ `
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
`);

export const UpdateAnnotation = graphql(/* GraphQL */ `
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
`);

export const DeleteAnnotation = graphql(/* GraphQL */ `
  mutation DeleteAnnotation($input: DeleteAnnotationInput!) {
    deleteAnnotation(input: $input) {
      __typename
      ...ErrorFields
      ... on DeleteAnnotationSuccess {
        deletedId
      }
    }
  }
`);

export const DeleteProject = graphql(/* GraphQL */ `
  mutation DeleteProject($input: DeleteProjectInput!) {
    deleteProject(input: $input) {
      __typename
      ...ErrorFields
    }
  }
`);

export const ListExports = graphql(/* GraphQL */ `
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
`);

export const AnnotationExports = graphql(/* GraphQL */ `
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
`);

export const ExportEventsFeed = graphql(/* GraphQL */ `
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
`);

export const ExportCounts = graphql(/* GraphQL */ `
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
`);

export const StorageChangedFeed = graphql(/* GraphQL */ `
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
`);
