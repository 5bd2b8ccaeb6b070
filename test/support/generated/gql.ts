/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query AuditLog($filter: AuditFilter, $first: Int, $after: String) {\n    viewer {\n      organization {\n        auditLog(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            endCursor\n            hasNextPage\n          }\n          nodes {\n            action\n            address\n            recordNumber\n            createdAt\n            user {\n              email\n            }\n            project {\n              id\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.AuditLogDocument,
    "\n  mutation UpdateProject($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n    }\n  }\n": typeof types.UpdateProjectDocument,
    "\n  query Codes($syncId: ID!, $storageId: ID!) {\n    sync(id: $syncId) {\n      error {\n        code\n      }\n      counts {\n        skippedBy {\n          reason\n          count\n        }\n        issuesBy {\n          code\n          count\n        }\n      }\n      issues(first: 250) {\n        nodes {\n          code\n        }\n      }\n    }\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 250) {\n          nodes {\n            code\n          }\n        }\n      }\n    }\n  }\n": typeof types.CodesDocument,
    "\n  query GetConnection($id: ID!) {\n    storage(id: $id) {\n      __typename\n      ... on S3Storage {\n        bucket\n        region\n        endpoint\n        publicEndpoint\n        pathStyle\n        encryptionType\n        encryptionKeyId\n        accessKeyId\n        roleArn\n        hasSecretAccessKey\n        hasSessionToken\n      }\n      ... on GcsStorage {\n        bucket\n        projectId\n        endpoint\n        clientEmail\n        serviceAccountEmail\n        workloadIdentityProvider\n        hasServiceAccountJson\n      }\n      ... on AzureBlobStorage {\n        container\n        endpoint\n        accountName\n        tenantId\n        clientId\n        authorityHost\n        hasAccountKey\n        hasSasToken\n        hasClientSecret\n      }\n      ... on RedisStorage {\n        host\n        port\n        database\n        keyPrefix: path\n        topology\n        primaryName\n        hasSentinelPassword\n        tls\n        tlsCa\n        username\n        hasPassword\n      }\n      ... on LocalFilesStorage {\n        path\n      }\n    }\n  }\n": typeof types.GetConnectionDocument,
    "\n  mutation Diagnose($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DiagnoseStorageSuccess {\n        diagnosis {\n          ok\n          checks {\n            check\n            ok\n            status\n            message\n            hint\n            missingHeaders\n          }\n          proposals {\n            title\n            format\n            content\n            explanation\n          }\n        }\n      }\n    }\n  }\n": typeof types.DiagnoseDocument,
    "\n  fragment ErrorFields on Error {\n    message\n    ... on ValidationError {\n      fields {\n        path\n        message\n      }\n    }\n    ... on ProviderError {\n      code\n      capability\n      retryable\n      hint\n    }\n  }\n": typeof types.ErrorFieldsFragmentDoc,
    "\n  fragment StorageFields on ExternalStorage {\n    id\n    provider\n    direction\n    title\n    description\n    prefix\n    uri\n    synchronizable\n    status\n    settings {\n      __typename\n      ... on SourceSettings {\n        filter\n        importMethod\n        dataKey\n        recursive\n        presign\n        presignTtlMinutes\n        onChanged\n        onRemoved\n        maximumRemovedShare\n      }\n      ... on TargetSettings {\n        layout\n        keyTemplate\n        exampleKey\n        writeMode\n        canDeleteObjects\n        exportOnSave\n      }\n    }\n    ... on S3Storage {\n      bucket\n      region\n      endpoint\n      accessKeyId\n      hasSecretAccessKey\n      hasSessionToken\n    }\n    ... on LocalFilesStorage {\n      path\n    }\n  }\n": typeof types.StorageFieldsFragmentDoc,
    "\n  fragment SyncFields on Sync {\n    id\n    status\n    phase\n    trigger\n    attempt\n    queuedAt\n    startedAt\n    finishedAt\n    durationMs\n    error {\n      code\n      message\n      hint\n    }\n    counts {\n      listed\n      skipped\n      skippedBy {\n        reason\n        count\n      }\n      unchanged\n      imported\n      changed\n      removed\n      failed\n      tasksCreated\n      tasksUpdated\n      tasksDeleted\n      failedRows\n      warnings\n      bytesRead\n    }\n  }\n": typeof types.SyncFieldsFragmentDoc,
    "\n  mutation CreateProject($input: CreateProjectInput!) {\n    createProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateProjectSuccess {\n        project {\n          id\n          title\n          dataKeys\n          maximumAnnotations\n        }\n      }\n    }\n  }\n": typeof types.CreateProjectDocument,
    "\n  mutation CreateStorage($input: CreateStorageInput!) {\n    createStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n": typeof types.CreateStorageDocument,
    "\n  mutation UpdateStorage($input: UpdateStorageInput!) {\n    updateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n": typeof types.UpdateStorageDocument,
    "\n  mutation DeleteStorage($input: DeleteStorageInput!) {\n    deleteStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteStorageSuccess {\n        deletedId\n      }\n    }\n  }\n": typeof types.DeleteStorageDocument,
    "\n  mutation ValidateStorage($input: ValidateStorageInput!) {\n    validateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ValidateStorageSuccess {\n        validation {\n          ok\n          exampleKey\n          checks {\n            capability\n            status\n            required\n            code\n            message\n            hint\n          }\n        }\n      }\n    }\n  }\n": typeof types.ValidateStorageDocument,
    "\n  mutation SyncStorage($input: SyncStorageInput!) {\n    syncStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on SyncStorageSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": typeof types.SyncStorageDocument,
    "\n  mutation RetryFailed($input: RetryFailedInput!) {\n    retryFailed(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RetryFailedSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": typeof types.RetryFailedDocument,
    "\n  mutation CancelSync($input: CancelSyncInput!) {\n    cancelSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CancelSyncSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": typeof types.CancelSyncDocument,
    "\n  query GetSync($id: ID!) {\n    sync(id: $id) {\n      ...SyncFields\n    }\n  }\n": typeof types.GetSyncDocument,
    "\n  query GetStorage($id: ID!) {\n    storage(id: $id) {\n      ...StorageFields\n    }\n  }\n": typeof types.GetStorageDocument,
    "\n  query ListTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          innerId\n          data\n          meta\n          overlap\n          isLabeled\n          allowSkip\n          totalAnnotations\n          cancelledAnnotations\n          totalPredictions\n          sourceKey\n          sourceRow\n          sourceObject {\n            key\n            uri\n            state\n          }\n          annotations {\n            nodes {\n              id\n            result\n            wasCancelled\n            groundTruth\n            leadTime\n            importId\n            completedBy {\n              email\n            }\n            }\n          }\n          predictions {\n            nodes {\n            result\n            score\n            modelVersion\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListTasksDocument,
    "\n  query ListObjects($storageId: ID!, $first: Int, $after: String, $filter: StorageObjectFilter) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: $first, after: $after, filter: $filter) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            hasPreviousPage\n            endCursor\n          }\n          nodes {\n            key\n            uri\n            size\n            version\n            modifiedAt\n            state\n            code\n            message\n            taskCount\n            failedRows\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListObjectsDocument,
    "\n  query ListIssues($syncId: ID!, $first: Int, $after: String, $filter: SyncIssueFilter) {\n    sync(id: $syncId) {\n      issues(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          severity\n          code\n          message\n          key\n          row\n          path\n        }\n      }\n    }\n  }\n": typeof types.ListIssuesDocument,
    "\n  query ListSyncs($storageId: ID!, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        lastSync {\n          id\n        }\n        syncs(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            ...SyncFields\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListSyncsDocument,
    "\n  mutation DeleteTasks($input: DeleteTasksInput!) {\n    deleteTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteTasksSuccess {\n        deletedCount\n      }\n    }\n  }\n": typeof types.DeleteTasksDocument,
    "\n  mutation ImportTasks($input: ImportTasksInput!) {\n    importTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ImportTasksSuccess {\n        taskCount\n      }\n    }\n  }\n": typeof types.ImportTasksDocument,
    "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateApiTokenSuccess {\n        token\n        apiToken {\n          id\n          title\n          hint\n          expiresAt\n          revokedAt\n        }\n      }\n    }\n  }\n": typeof types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeApiTokenSuccess {\n        apiToken {\n          id\n          revokedAt\n        }\n      }\n    }\n  }\n": typeof types.RevokeApiTokenDocument,
    "\n  subscription SyncProgressFeed($syncId: ID, $storageId: ID) {\n    syncProgress(syncId: $syncId, storageId: $storageId) {\n      status\n      phase\n      objectsPerSecond\n      remainingMs\n      counts {\n        listed\n        imported\n        failed\n        tasksCreated\n      }\n      lastIssues {\n        code\n        key\n      }\n      sync {\n        id\n        attempt\n      }\n    }\n  }\n": typeof types.SyncProgressFeedDocument,
    "\n  query WhoAmI {\n    viewer {\n      role\n      user {\n        email\n      }\n      organization {\n        id\n        title\n        externalId\n      }\n      apiTokens {\n        nodes {\n          id\n          title\n          hint\n        }\n      }\n    }\n  }\n": typeof types.WhoAmIDocument,
    "\n  query ListAnnotations($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      annotations(first: $first, after: $after) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          importId\n          task {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListAnnotationsDocument,
    "\n  mutation PreviewSync($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on PreviewSyncSuccess {\n        preview {\n          complete\n          counts {\n            listed\n            write\n            delete\n            unchanged\n            missing\n            altered\n            fail\n          }\n          entries {\n            key\n            size\n            action\n            code\n            message\n            drift\n          }\n        }\n      }\n    }\n  }\n": typeof types.PreviewSyncDocument,
    "\n  mutation DiagnoseStorage($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": typeof types.DiagnoseStorageDocument,
    "\n  mutation CreateAnnotation($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n": typeof types.CreateAnnotationDocument,
    "\n  mutation UpdateAnnotation($input: UpdateAnnotationInput!) {\n    updateAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n": typeof types.UpdateAnnotationDocument,
    "\n  mutation DeleteAnnotation($input: DeleteAnnotationInput!) {\n    deleteAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteAnnotationSuccess {\n        deletedId\n      }\n    }\n  }\n": typeof types.DeleteAnnotationDocument,
    "\n  mutation DeleteProject($input: DeleteProjectInput!) {\n    deleteProject(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": typeof types.DeleteProjectDocument,
    "\n  query ListExports($storageId: ID!, $filter: ExportFilter, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        exports(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            state\n            key\n            etag\n            contentHash\n            size\n            attempts\n            exportedAt\n            nextAttemptAt\n            error {\n              code\n              message\n              hint\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListExportsDocument,
    "\n  query AnnotationExports($id: ID!) {\n    node(id: $id) {\n      ... on Annotation {\n        exports {\n          state\n          key\n          etag\n          attempts\n          exportedAt\n          nextAttemptAt\n          error {\n            code\n            hint\n          }\n          storage {\n            ... on Node {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.AnnotationExportsDocument,
    "\n  subscription ExportEventsFeed($projectId: ID, $storageId: ID, $after: String) {\n    exportEvents(projectId: $projectId, storageId: $storageId, after: $after) {\n      cursor\n      kind\n      key\n      annotationId\n      taskId\n      error {\n        code\n      }\n    }\n  }\n": typeof types.ExportEventsFeedDocument,
    "\n  query ExportCounts($id: ID!) {\n    sync(id: $id) {\n      status\n      error {\n        code\n      }\n      counts {\n        listed\n        unchanged\n        exported\n        deleted\n        failed\n      }\n    }\n  }\n": typeof types.ExportCountsDocument,
    "\n  subscription StorageChangedFeed($projectId: ID!) {\n    storageChanged(projectId: $projectId) {\n      change\n      storageId\n      storage {\n        ... on ExternalStorage {\n          title\n        }\n      }\n    }\n  }\n": typeof types.StorageChangedFeedDocument,
    "\n  mutation Remarks($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ... on PreviewSyncSuccess {\n        preview {\n          remarks {\n            code\n            message\n          }\n          entries {\n            key\n            action\n            data\n            hasMoreRows\n          }\n        }\n      }\n    }\n  }\n": typeof types.RemarksDocument,
    "\n  query ById($id: ID!) {\n    project(id: $id) {\n      id\n    }\n    storage(id: $id) {\n      __typename\n    }\n    task(id: $id) {\n      id\n    }\n    sync(id: $id) {\n      id\n    }\n  }\n": typeof types.ByIdDocument,
    "\n  query LastAction {\n    viewer {\n      organization {\n        auditLog(first: 1) {\n          nodes {\n            action\n            recordNumber\n            user {\n              email\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.LastActionDocument,
    "\n  query Refetch($id: ID!) {\n    node(id: $id) {\n      ... on Invitation {\n        email\n        state\n      }\n    }\n  }\n": typeof types.RefetchDocument,
    "\n  query SortedTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter, $orderBy: TaskOrder!) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n        totalCount\n        totalCountPrecision\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          innerId\n          data\n        }\n      }\n    }\n  }\n": typeof types.SortedTasksDocument,
    "\n  query AnnotationPages($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          annotations(first: $first, after: $after) {\n            totalCount\n            pageInfo {\n              hasNextPage\n              endCursor\n            }\n            nodes {\n              id\n              leadTime\n            }\n          }\n          predictions(first: 1) {\n            totalCount\n            nodes {\n              score\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.AnnotationPagesDocument,
    "\n  query SortedObjects(\n    $storageId: ID!\n    $after: String\n    $filter: StorageObjectFilter\n    $orderBy: StorageObjectOrder!\n  ) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 2, after: $after, filter: $filter, orderBy: $orderBy) {\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            key\n          }\n        }\n      }\n    }\n  }\n": typeof types.SortedObjectsDocument,
    "\n  query FirstSyncs($storageId: ID!, $filter: SyncFilter, $orderBy: SyncOrder!) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        syncs(filter: $filter, orderBy: $orderBy) {\n          totalCount\n          nodes {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.FirstSyncsDocument,
    "\n  query SortedProjects($after: String, $filter: ProjectFilter, $orderBy: ProjectOrder!) {\n    projects(first: 1, after: $after, filter: $filter, orderBy: $orderBy) {\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      nodes {\n        title\n      }\n    }\n  }\n": typeof types.SortedProjectsDocument,
    "\n  query ResolvedPage($projectId: ID!, $first: Int!) {\n    project(id: $projectId) {\n      tasks(first: $first) {\n        nodes {\n          resolvedData\n          media {\n            url\n            size\n            storage {\n              title\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.ResolvedPageDocument,
    "\n  query InlinePage($projectId: ID!) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          resolvedData(inline: true)\n        }\n      }\n    }\n  }\n": typeof types.InlinePageDocument,
    "\n  fragment MemberFields on Member {\n    userId\n    role\n    user {\n      email\n      firstName\n      lastName\n    }\n  }\n": typeof types.MemberFieldsFragmentDoc,
    "\n  mutation InviteMember($input: InviteMemberInput!) {\n    inviteMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on InviteMemberSuccess {\n        invitationCode\n        invitation {\n          id\n          email\n          role\n          expiresAt\n        }\n      }\n    }\n  }\n": typeof types.InviteMemberDocument,
    "\n  mutation RevokeInvitation($input: RevokeInvitationInput!) {\n    revokeInvitation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeInvitationSuccess {\n        invitation {\n          email\n        }\n      }\n    }\n  }\n": typeof types.RevokeInvitationDocument,
    "\n  query ListInvitations($first: Int, $after: String) {\n    viewer {\n      organization {\n        invitations(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            email\n            role\n            state\n            createdAt\n            expiresAt\n            invitedBy {\n              email\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListInvitationsDocument,
    "\n  mutation AddMember($input: AddMemberInput!) {\n    addMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on AddMemberSuccess {\n        token\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n": typeof types.AddMemberDocument,
    "\n  mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n    changeMemberRole(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ChangeMemberRoleSuccess {\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n": typeof types.ChangeMemberRoleDocument,
    "\n  mutation RemoveMember($input: RemoveMemberInput!) {\n    removeMember(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": typeof types.RemoveMemberDocument,
    "\n  query ListMembers {\n    viewer {\n      role\n      organization {\n        members {\n          totalCount\n          nodes {\n            ...MemberFields\n          }\n        }\n      }\n    }\n  }\n": typeof types.ListMembersDocument,
    "\n  query GetExternalId {\n    viewer {\n      organization {\n        externalId\n      }\n    }\n  }\n": typeof types.GetExternalIdDocument,
    "\n  mutation Annotate($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n        }\n      }\n    }\n  }\n": typeof types.AnnotateDocument,
    "\n  mutation Rename($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ConflictError {\n        conflict: code\n      }\n      ... on UpdateProjectSuccess {\n        project {\n          title\n          updatedAt\n        }\n      }\n    }\n  }\n": typeof types.RenameDocument,
    "\n  query Stamp($id: ID!) {\n    project(id: $id) {\n      updatedAt\n    }\n  }\n": typeof types.StampDocument,
    "\n  query SetupGuide($input: StorageSetupGuideInput!) {\n    storageSetupGuide(input: $input) {\n      title\n      format\n      content\n      explanation\n    }\n  }\n": typeof types.SetupGuideDocument,
    "\n  fragment SnapshotFields on Snapshot {\n    id\n    format\n    state\n    expectedTasks\n    counts {\n      tasks\n      annotations\n      predictions\n      media\n      mediaBytes\n      missingMedia\n    }\n    folder\n    downloadUrl\n    attempts\n    manifestUrl\n    size\n    contentHash\n    error {\n      code\n      message\n      hint\n    }\n    startedAt\n    finishedAt\n  }\n": typeof types.SnapshotFieldsFragmentDoc,
    "\n  mutation CreateExport($input: CreateExportInput!) {\n    createExport(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateExportSuccess {\n        snapshot {\n          ...SnapshotFields\n        }\n      }\n    }\n  }\n": typeof types.CreateExportDocument,
    "\n  query GetSnapshot($id: ID!) {\n    node(id: $id) {\n      ...SnapshotFields\n    }\n  }\n": typeof types.GetSnapshotDocument,
    "\n  query ListSnapshots($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      snapshots(first: $first, after: $after) {\n        totalCount\n        nodes {\n          ...SnapshotFields\n        }\n        pageInfo {\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.ListSnapshotsDocument,
    "\n  subscription WatchSnapshot($snapshotId: ID!) {\n    snapshotProgress(snapshotId: $snapshotId) {\n      ...SnapshotFields\n    }\n  }\n": typeof types.WatchSnapshotDocument,
    "\n  subscription HeavyFeed($syncId: ID) {\n    syncProgress(syncId: $syncId) {\n      status\n      counts {\n        listed\n      }\n      lastIssues(first: 100) {\n        message\n      }\n    }\n  }\n": typeof types.HeavyFeedDocument,
    "\n  fragment WebhookFields on Webhook {\n    id\n    title\n    url\n    events\n    active\n    deliveries {\n      totalCount\n      nodes {\n        messageId\n        event\n        body\n        attempts\n        status\n        failure\n        deliveredAt\n        nextAttemptAt\n      }\n    }\n  }\n": typeof types.WebhookFieldsFragmentDoc,
    "\n  mutation CreateWebhook($input: CreateWebhookInput!) {\n    createWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateWebhookSuccess {\n        secret\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n": typeof types.CreateWebhookDocument,
    "\n  mutation UpdateWebhook($input: UpdateWebhookInput!) {\n    updateWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateWebhookSuccess {\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n": typeof types.UpdateWebhookDocument,
    "\n  mutation DeleteWebhook($input: DeleteWebhookInput!) {\n    deleteWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": typeof types.DeleteWebhookDocument,
    "\n  query ListWebhooks($projectId: ID!) {\n    project(id: $projectId) {\n      webhooks {\n        ...WebhookFields\n      }\n    }\n  }\n": typeof types.ListWebhooksDocument,
    "\n  query GetMedia($projectId: ID!) {\n    project(id: $projectId) {\n      tasks(first: 50) {\n        nodes {\n          id\n          data\n          resolvedData\n          media {\n            uri\n            url\n            contentType\n            size\n            expiresAt\n            storage {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.GetMediaDocument,
    "\n  query ObjectLinks($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        objects {\n          nodes {\n            url\n          }\n        }\n      }\n    }\n  }\n": typeof types.ObjectLinksDocument,
    "\n  query StorageUri($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        title\n        uri\n      }\n    }\n  }\n": typeof types.StorageUriDocument,
    "\n  query MyTokens {\n    viewer {\n      apiTokens {\n        nodes {\n          id\n        }\n      }\n    }\n  }\n": typeof types.MyTokensDocument,
};
const documents: Documents = {
    "\n  query AuditLog($filter: AuditFilter, $first: Int, $after: String) {\n    viewer {\n      organization {\n        auditLog(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            endCursor\n            hasNextPage\n          }\n          nodes {\n            action\n            address\n            recordNumber\n            createdAt\n            user {\n              email\n            }\n            project {\n              id\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n": types.AuditLogDocument,
    "\n  mutation UpdateProject($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n    }\n  }\n": types.UpdateProjectDocument,
    "\n  query Codes($syncId: ID!, $storageId: ID!) {\n    sync(id: $syncId) {\n      error {\n        code\n      }\n      counts {\n        skippedBy {\n          reason\n          count\n        }\n        issuesBy {\n          code\n          count\n        }\n      }\n      issues(first: 250) {\n        nodes {\n          code\n        }\n      }\n    }\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 250) {\n          nodes {\n            code\n          }\n        }\n      }\n    }\n  }\n": types.CodesDocument,
    "\n  query GetConnection($id: ID!) {\n    storage(id: $id) {\n      __typename\n      ... on S3Storage {\n        bucket\n        region\n        endpoint\n        publicEndpoint\n        pathStyle\n        encryptionType\n        encryptionKeyId\n        accessKeyId\n        roleArn\n        hasSecretAccessKey\n        hasSessionToken\n      }\n      ... on GcsStorage {\n        bucket\n        projectId\n        endpoint\n        clientEmail\n        serviceAccountEmail\n        workloadIdentityProvider\n        hasServiceAccountJson\n      }\n      ... on AzureBlobStorage {\n        container\n        endpoint\n        accountName\n        tenantId\n        clientId\n        authorityHost\n        hasAccountKey\n        hasSasToken\n        hasClientSecret\n      }\n      ... on RedisStorage {\n        host\n        port\n        database\n        keyPrefix: path\n        topology\n        primaryName\n        hasSentinelPassword\n        tls\n        tlsCa\n        username\n        hasPassword\n      }\n      ... on LocalFilesStorage {\n        path\n      }\n    }\n  }\n": types.GetConnectionDocument,
    "\n  mutation Diagnose($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DiagnoseStorageSuccess {\n        diagnosis {\n          ok\n          checks {\n            check\n            ok\n            status\n            message\n            hint\n            missingHeaders\n          }\n          proposals {\n            title\n            format\n            content\n            explanation\n          }\n        }\n      }\n    }\n  }\n": types.DiagnoseDocument,
    "\n  fragment ErrorFields on Error {\n    message\n    ... on ValidationError {\n      fields {\n        path\n        message\n      }\n    }\n    ... on ProviderError {\n      code\n      capability\n      retryable\n      hint\n    }\n  }\n": types.ErrorFieldsFragmentDoc,
    "\n  fragment StorageFields on ExternalStorage {\n    id\n    provider\n    direction\n    title\n    description\n    prefix\n    uri\n    synchronizable\n    status\n    settings {\n      __typename\n      ... on SourceSettings {\n        filter\n        importMethod\n        dataKey\n        recursive\n        presign\n        presignTtlMinutes\n        onChanged\n        onRemoved\n        maximumRemovedShare\n      }\n      ... on TargetSettings {\n        layout\n        keyTemplate\n        exampleKey\n        writeMode\n        canDeleteObjects\n        exportOnSave\n      }\n    }\n    ... on S3Storage {\n      bucket\n      region\n      endpoint\n      accessKeyId\n      hasSecretAccessKey\n      hasSessionToken\n    }\n    ... on LocalFilesStorage {\n      path\n    }\n  }\n": types.StorageFieldsFragmentDoc,
    "\n  fragment SyncFields on Sync {\n    id\n    status\n    phase\n    trigger\n    attempt\n    queuedAt\n    startedAt\n    finishedAt\n    durationMs\n    error {\n      code\n      message\n      hint\n    }\n    counts {\n      listed\n      skipped\n      skippedBy {\n        reason\n        count\n      }\n      unchanged\n      imported\n      changed\n      removed\n      failed\n      tasksCreated\n      tasksUpdated\n      tasksDeleted\n      failedRows\n      warnings\n      bytesRead\n    }\n  }\n": types.SyncFieldsFragmentDoc,
    "\n  mutation CreateProject($input: CreateProjectInput!) {\n    createProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateProjectSuccess {\n        project {\n          id\n          title\n          dataKeys\n          maximumAnnotations\n        }\n      }\n    }\n  }\n": types.CreateProjectDocument,
    "\n  mutation CreateStorage($input: CreateStorageInput!) {\n    createStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n": types.CreateStorageDocument,
    "\n  mutation UpdateStorage($input: UpdateStorageInput!) {\n    updateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n": types.UpdateStorageDocument,
    "\n  mutation DeleteStorage($input: DeleteStorageInput!) {\n    deleteStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteStorageSuccess {\n        deletedId\n      }\n    }\n  }\n": types.DeleteStorageDocument,
    "\n  mutation ValidateStorage($input: ValidateStorageInput!) {\n    validateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ValidateStorageSuccess {\n        validation {\n          ok\n          exampleKey\n          checks {\n            capability\n            status\n            required\n            code\n            message\n            hint\n          }\n        }\n      }\n    }\n  }\n": types.ValidateStorageDocument,
    "\n  mutation SyncStorage($input: SyncStorageInput!) {\n    syncStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on SyncStorageSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": types.SyncStorageDocument,
    "\n  mutation RetryFailed($input: RetryFailedInput!) {\n    retryFailed(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RetryFailedSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": types.RetryFailedDocument,
    "\n  mutation CancelSync($input: CancelSyncInput!) {\n    cancelSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CancelSyncSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n": types.CancelSyncDocument,
    "\n  query GetSync($id: ID!) {\n    sync(id: $id) {\n      ...SyncFields\n    }\n  }\n": types.GetSyncDocument,
    "\n  query GetStorage($id: ID!) {\n    storage(id: $id) {\n      ...StorageFields\n    }\n  }\n": types.GetStorageDocument,
    "\n  query ListTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          innerId\n          data\n          meta\n          overlap\n          isLabeled\n          allowSkip\n          totalAnnotations\n          cancelledAnnotations\n          totalPredictions\n          sourceKey\n          sourceRow\n          sourceObject {\n            key\n            uri\n            state\n          }\n          annotations {\n            nodes {\n              id\n            result\n            wasCancelled\n            groundTruth\n            leadTime\n            importId\n            completedBy {\n              email\n            }\n            }\n          }\n          predictions {\n            nodes {\n            result\n            score\n            modelVersion\n            }\n          }\n        }\n      }\n    }\n  }\n": types.ListTasksDocument,
    "\n  query ListObjects($storageId: ID!, $first: Int, $after: String, $filter: StorageObjectFilter) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: $first, after: $after, filter: $filter) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            hasPreviousPage\n            endCursor\n          }\n          nodes {\n            key\n            uri\n            size\n            version\n            modifiedAt\n            state\n            code\n            message\n            taskCount\n            failedRows\n          }\n        }\n      }\n    }\n  }\n": types.ListObjectsDocument,
    "\n  query ListIssues($syncId: ID!, $first: Int, $after: String, $filter: SyncIssueFilter) {\n    sync(id: $syncId) {\n      issues(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          severity\n          code\n          message\n          key\n          row\n          path\n        }\n      }\n    }\n  }\n": types.ListIssuesDocument,
    "\n  query ListSyncs($storageId: ID!, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        lastSync {\n          id\n        }\n        syncs(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            ...SyncFields\n          }\n        }\n      }\n    }\n  }\n": types.ListSyncsDocument,
    "\n  mutation DeleteTasks($input: DeleteTasksInput!) {\n    deleteTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteTasksSuccess {\n        deletedCount\n      }\n    }\n  }\n": types.DeleteTasksDocument,
    "\n  mutation ImportTasks($input: ImportTasksInput!) {\n    importTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ImportTasksSuccess {\n        taskCount\n      }\n    }\n  }\n": types.ImportTasksDocument,
    "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateApiTokenSuccess {\n        token\n        apiToken {\n          id\n          title\n          hint\n          expiresAt\n          revokedAt\n        }\n      }\n    }\n  }\n": types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeApiTokenSuccess {\n        apiToken {\n          id\n          revokedAt\n        }\n      }\n    }\n  }\n": types.RevokeApiTokenDocument,
    "\n  subscription SyncProgressFeed($syncId: ID, $storageId: ID) {\n    syncProgress(syncId: $syncId, storageId: $storageId) {\n      status\n      phase\n      objectsPerSecond\n      remainingMs\n      counts {\n        listed\n        imported\n        failed\n        tasksCreated\n      }\n      lastIssues {\n        code\n        key\n      }\n      sync {\n        id\n        attempt\n      }\n    }\n  }\n": types.SyncProgressFeedDocument,
    "\n  query WhoAmI {\n    viewer {\n      role\n      user {\n        email\n      }\n      organization {\n        id\n        title\n        externalId\n      }\n      apiTokens {\n        nodes {\n          id\n          title\n          hint\n        }\n      }\n    }\n  }\n": types.WhoAmIDocument,
    "\n  query ListAnnotations($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      annotations(first: $first, after: $after) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          importId\n          task {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.ListAnnotationsDocument,
    "\n  mutation PreviewSync($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on PreviewSyncSuccess {\n        preview {\n          complete\n          counts {\n            listed\n            write\n            delete\n            unchanged\n            missing\n            altered\n            fail\n          }\n          entries {\n            key\n            size\n            action\n            code\n            message\n            drift\n          }\n        }\n      }\n    }\n  }\n": types.PreviewSyncDocument,
    "\n  mutation DiagnoseStorage($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": types.DiagnoseStorageDocument,
    "\n  mutation CreateAnnotation($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n": types.CreateAnnotationDocument,
    "\n  mutation UpdateAnnotation($input: UpdateAnnotationInput!) {\n    updateAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n": types.UpdateAnnotationDocument,
    "\n  mutation DeleteAnnotation($input: DeleteAnnotationInput!) {\n    deleteAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteAnnotationSuccess {\n        deletedId\n      }\n    }\n  }\n": types.DeleteAnnotationDocument,
    "\n  mutation DeleteProject($input: DeleteProjectInput!) {\n    deleteProject(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": types.DeleteProjectDocument,
    "\n  query ListExports($storageId: ID!, $filter: ExportFilter, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        exports(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            state\n            key\n            etag\n            contentHash\n            size\n            attempts\n            exportedAt\n            nextAttemptAt\n            error {\n              code\n              message\n              hint\n            }\n          }\n        }\n      }\n    }\n  }\n": types.ListExportsDocument,
    "\n  query AnnotationExports($id: ID!) {\n    node(id: $id) {\n      ... on Annotation {\n        exports {\n          state\n          key\n          etag\n          attempts\n          exportedAt\n          nextAttemptAt\n          error {\n            code\n            hint\n          }\n          storage {\n            ... on Node {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n": types.AnnotationExportsDocument,
    "\n  subscription ExportEventsFeed($projectId: ID, $storageId: ID, $after: String) {\n    exportEvents(projectId: $projectId, storageId: $storageId, after: $after) {\n      cursor\n      kind\n      key\n      annotationId\n      taskId\n      error {\n        code\n      }\n    }\n  }\n": types.ExportEventsFeedDocument,
    "\n  query ExportCounts($id: ID!) {\n    sync(id: $id) {\n      status\n      error {\n        code\n      }\n      counts {\n        listed\n        unchanged\n        exported\n        deleted\n        failed\n      }\n    }\n  }\n": types.ExportCountsDocument,
    "\n  subscription StorageChangedFeed($projectId: ID!) {\n    storageChanged(projectId: $projectId) {\n      change\n      storageId\n      storage {\n        ... on ExternalStorage {\n          title\n        }\n      }\n    }\n  }\n": types.StorageChangedFeedDocument,
    "\n  mutation Remarks($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ... on PreviewSyncSuccess {\n        preview {\n          remarks {\n            code\n            message\n          }\n          entries {\n            key\n            action\n            data\n            hasMoreRows\n          }\n        }\n      }\n    }\n  }\n": types.RemarksDocument,
    "\n  query ById($id: ID!) {\n    project(id: $id) {\n      id\n    }\n    storage(id: $id) {\n      __typename\n    }\n    task(id: $id) {\n      id\n    }\n    sync(id: $id) {\n      id\n    }\n  }\n": types.ByIdDocument,
    "\n  query LastAction {\n    viewer {\n      organization {\n        auditLog(first: 1) {\n          nodes {\n            action\n            recordNumber\n            user {\n              email\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n": types.LastActionDocument,
    "\n  query Refetch($id: ID!) {\n    node(id: $id) {\n      ... on Invitation {\n        email\n        state\n      }\n    }\n  }\n": types.RefetchDocument,
    "\n  query SortedTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter, $orderBy: TaskOrder!) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n        totalCount\n        totalCountPrecision\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          innerId\n          data\n        }\n      }\n    }\n  }\n": types.SortedTasksDocument,
    "\n  query AnnotationPages($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          annotations(first: $first, after: $after) {\n            totalCount\n            pageInfo {\n              hasNextPage\n              endCursor\n            }\n            nodes {\n              id\n              leadTime\n            }\n          }\n          predictions(first: 1) {\n            totalCount\n            nodes {\n              score\n            }\n          }\n        }\n      }\n    }\n  }\n": types.AnnotationPagesDocument,
    "\n  query SortedObjects(\n    $storageId: ID!\n    $after: String\n    $filter: StorageObjectFilter\n    $orderBy: StorageObjectOrder!\n  ) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 2, after: $after, filter: $filter, orderBy: $orderBy) {\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            key\n          }\n        }\n      }\n    }\n  }\n": types.SortedObjectsDocument,
    "\n  query FirstSyncs($storageId: ID!, $filter: SyncFilter, $orderBy: SyncOrder!) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        syncs(filter: $filter, orderBy: $orderBy) {\n          totalCount\n          nodes {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.FirstSyncsDocument,
    "\n  query SortedProjects($after: String, $filter: ProjectFilter, $orderBy: ProjectOrder!) {\n    projects(first: 1, after: $after, filter: $filter, orderBy: $orderBy) {\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      nodes {\n        title\n      }\n    }\n  }\n": types.SortedProjectsDocument,
    "\n  query ResolvedPage($projectId: ID!, $first: Int!) {\n    project(id: $projectId) {\n      tasks(first: $first) {\n        nodes {\n          resolvedData\n          media {\n            url\n            size\n            storage {\n              title\n            }\n          }\n        }\n      }\n    }\n  }\n": types.ResolvedPageDocument,
    "\n  query InlinePage($projectId: ID!) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          resolvedData(inline: true)\n        }\n      }\n    }\n  }\n": types.InlinePageDocument,
    "\n  fragment MemberFields on Member {\n    userId\n    role\n    user {\n      email\n      firstName\n      lastName\n    }\n  }\n": types.MemberFieldsFragmentDoc,
    "\n  mutation InviteMember($input: InviteMemberInput!) {\n    inviteMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on InviteMemberSuccess {\n        invitationCode\n        invitation {\n          id\n          email\n          role\n          expiresAt\n        }\n      }\n    }\n  }\n": types.InviteMemberDocument,
    "\n  mutation RevokeInvitation($input: RevokeInvitationInput!) {\n    revokeInvitation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeInvitationSuccess {\n        invitation {\n          email\n        }\n      }\n    }\n  }\n": types.RevokeInvitationDocument,
    "\n  query ListInvitations($first: Int, $after: String) {\n    viewer {\n      organization {\n        invitations(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            email\n            role\n            state\n            createdAt\n            expiresAt\n            invitedBy {\n              email\n            }\n          }\n        }\n      }\n    }\n  }\n": types.ListInvitationsDocument,
    "\n  mutation AddMember($input: AddMemberInput!) {\n    addMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on AddMemberSuccess {\n        token\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n": types.AddMemberDocument,
    "\n  mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n    changeMemberRole(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ChangeMemberRoleSuccess {\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n": types.ChangeMemberRoleDocument,
    "\n  mutation RemoveMember($input: RemoveMemberInput!) {\n    removeMember(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": types.RemoveMemberDocument,
    "\n  query ListMembers {\n    viewer {\n      role\n      organization {\n        members {\n          totalCount\n          nodes {\n            ...MemberFields\n          }\n        }\n      }\n    }\n  }\n": types.ListMembersDocument,
    "\n  query GetExternalId {\n    viewer {\n      organization {\n        externalId\n      }\n    }\n  }\n": types.GetExternalIdDocument,
    "\n  mutation Annotate($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n        }\n      }\n    }\n  }\n": types.AnnotateDocument,
    "\n  mutation Rename($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ConflictError {\n        conflict: code\n      }\n      ... on UpdateProjectSuccess {\n        project {\n          title\n          updatedAt\n        }\n      }\n    }\n  }\n": types.RenameDocument,
    "\n  query Stamp($id: ID!) {\n    project(id: $id) {\n      updatedAt\n    }\n  }\n": types.StampDocument,
    "\n  query SetupGuide($input: StorageSetupGuideInput!) {\n    storageSetupGuide(input: $input) {\n      title\n      format\n      content\n      explanation\n    }\n  }\n": types.SetupGuideDocument,
    "\n  fragment SnapshotFields on Snapshot {\n    id\n    format\n    state\n    expectedTasks\n    counts {\n      tasks\n      annotations\n      predictions\n      media\n      mediaBytes\n      missingMedia\n    }\n    folder\n    downloadUrl\n    attempts\n    manifestUrl\n    size\n    contentHash\n    error {\n      code\n      message\n      hint\n    }\n    startedAt\n    finishedAt\n  }\n": types.SnapshotFieldsFragmentDoc,
    "\n  mutation CreateExport($input: CreateExportInput!) {\n    createExport(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateExportSuccess {\n        snapshot {\n          ...SnapshotFields\n        }\n      }\n    }\n  }\n": types.CreateExportDocument,
    "\n  query GetSnapshot($id: ID!) {\n    node(id: $id) {\n      ...SnapshotFields\n    }\n  }\n": types.GetSnapshotDocument,
    "\n  query ListSnapshots($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      snapshots(first: $first, after: $after) {\n        totalCount\n        nodes {\n          ...SnapshotFields\n        }\n        pageInfo {\n          endCursor\n        }\n      }\n    }\n  }\n": types.ListSnapshotsDocument,
    "\n  subscription WatchSnapshot($snapshotId: ID!) {\n    snapshotProgress(snapshotId: $snapshotId) {\n      ...SnapshotFields\n    }\n  }\n": types.WatchSnapshotDocument,
    "\n  subscription HeavyFeed($syncId: ID) {\n    syncProgress(syncId: $syncId) {\n      status\n      counts {\n        listed\n      }\n      lastIssues(first: 100) {\n        message\n      }\n    }\n  }\n": types.HeavyFeedDocument,
    "\n  fragment WebhookFields on Webhook {\n    id\n    title\n    url\n    events\n    active\n    deliveries {\n      totalCount\n      nodes {\n        messageId\n        event\n        body\n        attempts\n        status\n        failure\n        deliveredAt\n        nextAttemptAt\n      }\n    }\n  }\n": types.WebhookFieldsFragmentDoc,
    "\n  mutation CreateWebhook($input: CreateWebhookInput!) {\n    createWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateWebhookSuccess {\n        secret\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n": types.CreateWebhookDocument,
    "\n  mutation UpdateWebhook($input: UpdateWebhookInput!) {\n    updateWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateWebhookSuccess {\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n": types.UpdateWebhookDocument,
    "\n  mutation DeleteWebhook($input: DeleteWebhookInput!) {\n    deleteWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n": types.DeleteWebhookDocument,
    "\n  query ListWebhooks($projectId: ID!) {\n    project(id: $projectId) {\n      webhooks {\n        ...WebhookFields\n      }\n    }\n  }\n": types.ListWebhooksDocument,
    "\n  query GetMedia($projectId: ID!) {\n    project(id: $projectId) {\n      tasks(first: 50) {\n        nodes {\n          id\n          data\n          resolvedData\n          media {\n            uri\n            url\n            contentType\n            size\n            expiresAt\n            storage {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n": types.GetMediaDocument,
    "\n  query ObjectLinks($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        objects {\n          nodes {\n            url\n          }\n        }\n      }\n    }\n  }\n": types.ObjectLinksDocument,
    "\n  query StorageUri($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        title\n        uri\n      }\n    }\n  }\n": types.StorageUriDocument,
    "\n  query MyTokens {\n    viewer {\n      apiTokens {\n        nodes {\n          id\n        }\n      }\n    }\n  }\n": types.MyTokensDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AuditLog($filter: AuditFilter, $first: Int, $after: String) {\n    viewer {\n      organization {\n        auditLog(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            endCursor\n            hasNextPage\n          }\n          nodes {\n            action\n            address\n            recordNumber\n            createdAt\n            user {\n              email\n            }\n            project {\n              id\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AuditLogDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateProject($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n    }\n  }\n"): typeof import('./graphql.ts').UpdateProjectDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Codes($syncId: ID!, $storageId: ID!) {\n    sync(id: $syncId) {\n      error {\n        code\n      }\n      counts {\n        skippedBy {\n          reason\n          count\n        }\n        issuesBy {\n          code\n          count\n        }\n      }\n      issues(first: 250) {\n        nodes {\n          code\n        }\n      }\n    }\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 250) {\n          nodes {\n            code\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CodesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetConnection($id: ID!) {\n    storage(id: $id) {\n      __typename\n      ... on S3Storage {\n        bucket\n        region\n        endpoint\n        publicEndpoint\n        pathStyle\n        encryptionType\n        encryptionKeyId\n        accessKeyId\n        roleArn\n        hasSecretAccessKey\n        hasSessionToken\n      }\n      ... on GcsStorage {\n        bucket\n        projectId\n        endpoint\n        clientEmail\n        serviceAccountEmail\n        workloadIdentityProvider\n        hasServiceAccountJson\n      }\n      ... on AzureBlobStorage {\n        container\n        endpoint\n        accountName\n        tenantId\n        clientId\n        authorityHost\n        hasAccountKey\n        hasSasToken\n        hasClientSecret\n      }\n      ... on RedisStorage {\n        host\n        port\n        database\n        keyPrefix: path\n        topology\n        primaryName\n        hasSentinelPassword\n        tls\n        tlsCa\n        username\n        hasPassword\n      }\n      ... on LocalFilesStorage {\n        path\n      }\n    }\n  }\n"): typeof import('./graphql.ts').GetConnectionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Diagnose($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DiagnoseStorageSuccess {\n        diagnosis {\n          ok\n          checks {\n            check\n            ok\n            status\n            message\n            hint\n            missingHeaders\n          }\n          proposals {\n            title\n            format\n            content\n            explanation\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DiagnoseDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ErrorFields on Error {\n    message\n    ... on ValidationError {\n      fields {\n        path\n        message\n      }\n    }\n    ... on ProviderError {\n      code\n      capability\n      retryable\n      hint\n    }\n  }\n"): typeof import('./graphql.ts').ErrorFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment StorageFields on ExternalStorage {\n    id\n    provider\n    direction\n    title\n    description\n    prefix\n    uri\n    synchronizable\n    status\n    settings {\n      __typename\n      ... on SourceSettings {\n        filter\n        importMethod\n        dataKey\n        recursive\n        presign\n        presignTtlMinutes\n        onChanged\n        onRemoved\n        maximumRemovedShare\n      }\n      ... on TargetSettings {\n        layout\n        keyTemplate\n        exampleKey\n        writeMode\n        canDeleteObjects\n        exportOnSave\n      }\n    }\n    ... on S3Storage {\n      bucket\n      region\n      endpoint\n      accessKeyId\n      hasSecretAccessKey\n      hasSessionToken\n    }\n    ... on LocalFilesStorage {\n      path\n    }\n  }\n"): typeof import('./graphql.ts').StorageFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment SyncFields on Sync {\n    id\n    status\n    phase\n    trigger\n    attempt\n    queuedAt\n    startedAt\n    finishedAt\n    durationMs\n    error {\n      code\n      message\n      hint\n    }\n    counts {\n      listed\n      skipped\n      skippedBy {\n        reason\n        count\n      }\n      unchanged\n      imported\n      changed\n      removed\n      failed\n      tasksCreated\n      tasksUpdated\n      tasksDeleted\n      failedRows\n      warnings\n      bytesRead\n    }\n  }\n"): typeof import('./graphql.ts').SyncFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateProject($input: CreateProjectInput!) {\n    createProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateProjectSuccess {\n        project {\n          id\n          title\n          dataKeys\n          maximumAnnotations\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateProjectDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateStorage($input: CreateStorageInput!) {\n    createStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateStorage($input: UpdateStorageInput!) {\n    updateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateStorageSuccess {\n        storage {\n          ...StorageFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteStorage($input: DeleteStorageInput!) {\n    deleteStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteStorageSuccess {\n        deletedId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DeleteStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ValidateStorage($input: ValidateStorageInput!) {\n    validateStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ValidateStorageSuccess {\n        validation {\n          ok\n          exampleKey\n          checks {\n            capability\n            status\n            required\n            code\n            message\n            hint\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ValidateStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SyncStorage($input: SyncStorageInput!) {\n    syncStorage(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on SyncStorageSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SyncStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RetryFailed($input: RetryFailedInput!) {\n    retryFailed(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RetryFailedSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RetryFailedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelSync($input: CancelSyncInput!) {\n    cancelSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CancelSyncSuccess {\n        sync {\n          ...SyncFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelSyncDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetSync($id: ID!) {\n    sync(id: $id) {\n      ...SyncFields\n    }\n  }\n"): typeof import('./graphql.ts').GetSyncDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetStorage($id: ID!) {\n    storage(id: $id) {\n      ...StorageFields\n    }\n  }\n"): typeof import('./graphql.ts').GetStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          innerId\n          data\n          meta\n          overlap\n          isLabeled\n          allowSkip\n          totalAnnotations\n          cancelledAnnotations\n          totalPredictions\n          sourceKey\n          sourceRow\n          sourceObject {\n            key\n            uri\n            state\n          }\n          annotations {\n            nodes {\n              id\n            result\n            wasCancelled\n            groundTruth\n            leadTime\n            importId\n            completedBy {\n              email\n            }\n            }\n          }\n          predictions {\n            nodes {\n            result\n            score\n            modelVersion\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListTasksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListObjects($storageId: ID!, $first: Int, $after: String, $filter: StorageObjectFilter) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: $first, after: $after, filter: $filter) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            hasPreviousPage\n            endCursor\n          }\n          nodes {\n            key\n            uri\n            size\n            version\n            modifiedAt\n            state\n            code\n            message\n            taskCount\n            failedRows\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListObjectsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListIssues($syncId: ID!, $first: Int, $after: String, $filter: SyncIssueFilter) {\n    sync(id: $syncId) {\n      issues(first: $first, after: $after, filter: $filter) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          severity\n          code\n          message\n          key\n          row\n          path\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListIssuesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListSyncs($storageId: ID!, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        lastSync {\n          id\n        }\n        syncs(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            ...SyncFields\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListSyncsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteTasks($input: DeleteTasksInput!) {\n    deleteTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteTasksSuccess {\n        deletedCount\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DeleteTasksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ImportTasks($input: ImportTasksInput!) {\n    importTasks(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ImportTasksSuccess {\n        taskCount\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ImportTasksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateApiTokenSuccess {\n        token\n        apiToken {\n          id\n          title\n          hint\n          expiresAt\n          revokedAt\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateApiTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeApiTokenSuccess {\n        apiToken {\n          id\n          revokedAt\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RevokeApiTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription SyncProgressFeed($syncId: ID, $storageId: ID) {\n    syncProgress(syncId: $syncId, storageId: $storageId) {\n      status\n      phase\n      objectsPerSecond\n      remainingMs\n      counts {\n        listed\n        imported\n        failed\n        tasksCreated\n      }\n      lastIssues {\n        code\n        key\n      }\n      sync {\n        id\n        attempt\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SyncProgressFeedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WhoAmI {\n    viewer {\n      role\n      user {\n        email\n      }\n      organization {\n        id\n        title\n        externalId\n      }\n      apiTokens {\n        nodes {\n          id\n          title\n          hint\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WhoAmIDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListAnnotations($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      annotations(first: $first, after: $after) {\n        totalCount\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          id\n          importId\n          task {\n            id\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListAnnotationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PreviewSync($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on PreviewSyncSuccess {\n        preview {\n          complete\n          counts {\n            listed\n            write\n            delete\n            unchanged\n            missing\n            altered\n            fail\n          }\n          entries {\n            key\n            size\n            action\n            code\n            message\n            drift\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PreviewSyncDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DiagnoseStorage($input: DiagnoseStorageInput!) {\n    diagnoseStorage(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n"): typeof import('./graphql.ts').DiagnoseStorageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateAnnotation($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateAnnotationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateAnnotation($input: UpdateAnnotationInput!) {\n    updateAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateAnnotationSuccess {\n        annotation {\n          id\n          result\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateAnnotationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteAnnotation($input: DeleteAnnotationInput!) {\n    deleteAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on DeleteAnnotationSuccess {\n        deletedId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DeleteAnnotationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteProject($input: DeleteProjectInput!) {\n    deleteProject(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n"): typeof import('./graphql.ts').DeleteProjectDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListExports($storageId: ID!, $filter: ExportFilter, $first: Int, $after: String) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        exports(filter: $filter, first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            state\n            key\n            etag\n            contentHash\n            size\n            attempts\n            exportedAt\n            nextAttemptAt\n            error {\n              code\n              message\n              hint\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListExportsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AnnotationExports($id: ID!) {\n    node(id: $id) {\n      ... on Annotation {\n        exports {\n          state\n          key\n          etag\n          attempts\n          exportedAt\n          nextAttemptAt\n          error {\n            code\n            hint\n          }\n          storage {\n            ... on Node {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AnnotationExportsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription ExportEventsFeed($projectId: ID, $storageId: ID, $after: String) {\n    exportEvents(projectId: $projectId, storageId: $storageId, after: $after) {\n      cursor\n      kind\n      key\n      annotationId\n      taskId\n      error {\n        code\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExportEventsFeedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExportCounts($id: ID!) {\n    sync(id: $id) {\n      status\n      error {\n        code\n      }\n      counts {\n        listed\n        unchanged\n        exported\n        deleted\n        failed\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExportCountsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription StorageChangedFeed($projectId: ID!) {\n    storageChanged(projectId: $projectId) {\n      change\n      storageId\n      storage {\n        ... on ExternalStorage {\n          title\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StorageChangedFeedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Remarks($input: PreviewSyncInput!) {\n    previewSync(input: $input) {\n      __typename\n      ... on PreviewSyncSuccess {\n        preview {\n          remarks {\n            code\n            message\n          }\n          entries {\n            key\n            action\n            data\n            hasMoreRows\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RemarksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ById($id: ID!) {\n    project(id: $id) {\n      id\n    }\n    storage(id: $id) {\n      __typename\n    }\n    task(id: $id) {\n      id\n    }\n    sync(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql.ts').ByIdDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LastAction {\n    viewer {\n      organization {\n        auditLog(first: 1) {\n          nodes {\n            action\n            recordNumber\n            user {\n              email\n            }\n            changes {\n              field\n              before\n              after\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LastActionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Refetch($id: ID!) {\n    node(id: $id) {\n      ... on Invitation {\n        email\n        state\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RefetchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SortedTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter, $orderBy: TaskOrder!) {\n    project(id: $projectId) {\n      tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n        totalCount\n        totalCountPrecision\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n        nodes {\n          innerId\n          data\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SortedTasksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AnnotationPages($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          annotations(first: $first, after: $after) {\n            totalCount\n            pageInfo {\n              hasNextPage\n              endCursor\n            }\n            nodes {\n              id\n              leadTime\n            }\n          }\n          predictions(first: 1) {\n            totalCount\n            nodes {\n              score\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AnnotationPagesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SortedObjects(\n    $storageId: ID!\n    $after: String\n    $filter: StorageObjectFilter\n    $orderBy: StorageObjectOrder!\n  ) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        objects(first: 2, after: $after, filter: $filter, orderBy: $orderBy) {\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            key\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SortedObjectsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FirstSyncs($storageId: ID!, $filter: SyncFilter, $orderBy: SyncOrder!) {\n    storage(id: $storageId) {\n      ... on ExternalStorage {\n        syncs(filter: $filter, orderBy: $orderBy) {\n          totalCount\n          nodes {\n            id\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FirstSyncsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SortedProjects($after: String, $filter: ProjectFilter, $orderBy: ProjectOrder!) {\n    projects(first: 1, after: $after, filter: $filter, orderBy: $orderBy) {\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n      nodes {\n        title\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SortedProjectsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ResolvedPage($projectId: ID!, $first: Int!) {\n    project(id: $projectId) {\n      tasks(first: $first) {\n        nodes {\n          resolvedData\n          media {\n            url\n            size\n            storage {\n              title\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ResolvedPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InlinePage($projectId: ID!) {\n    project(id: $projectId) {\n      tasks {\n        nodes {\n          resolvedData(inline: true)\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').InlinePageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment MemberFields on Member {\n    userId\n    role\n    user {\n      email\n      firstName\n      lastName\n    }\n  }\n"): typeof import('./graphql.ts').MemberFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation InviteMember($input: InviteMemberInput!) {\n    inviteMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on InviteMemberSuccess {\n        invitationCode\n        invitation {\n          id\n          email\n          role\n          expiresAt\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').InviteMemberDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeInvitation($input: RevokeInvitationInput!) {\n    revokeInvitation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on RevokeInvitationSuccess {\n        invitation {\n          email\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RevokeInvitationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListInvitations($first: Int, $after: String) {\n    viewer {\n      organization {\n        invitations(first: $first, after: $after) {\n          totalCount\n          pageInfo {\n            hasNextPage\n            endCursor\n          }\n          nodes {\n            id\n            email\n            role\n            state\n            createdAt\n            expiresAt\n            invitedBy {\n              email\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListInvitationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation AddMember($input: AddMemberInput!) {\n    addMember(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on AddMemberSuccess {\n        token\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AddMemberDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n    changeMemberRole(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ChangeMemberRoleSuccess {\n        member {\n          ...MemberFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ChangeMemberRoleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RemoveMember($input: RemoveMemberInput!) {\n    removeMember(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n"): typeof import('./graphql.ts').RemoveMemberDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListMembers {\n    viewer {\n      role\n      organization {\n        members {\n          totalCount\n          nodes {\n            ...MemberFields\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListMembersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetExternalId {\n    viewer {\n      organization {\n        externalId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').GetExternalIdDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Annotate($input: CreateAnnotationInput!) {\n    createAnnotation(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateAnnotationSuccess {\n        annotation {\n          id\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AnnotateDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Rename($input: UpdateProjectInput!) {\n    updateProject(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on ConflictError {\n        conflict: code\n      }\n      ... on UpdateProjectSuccess {\n        project {\n          title\n          updatedAt\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RenameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Stamp($id: ID!) {\n    project(id: $id) {\n      updatedAt\n    }\n  }\n"): typeof import('./graphql.ts').StampDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SetupGuide($input: StorageSetupGuideInput!) {\n    storageSetupGuide(input: $input) {\n      title\n      format\n      content\n      explanation\n    }\n  }\n"): typeof import('./graphql.ts').SetupGuideDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment SnapshotFields on Snapshot {\n    id\n    format\n    state\n    expectedTasks\n    counts {\n      tasks\n      annotations\n      predictions\n      media\n      mediaBytes\n      missingMedia\n    }\n    folder\n    downloadUrl\n    attempts\n    manifestUrl\n    size\n    contentHash\n    error {\n      code\n      message\n      hint\n    }\n    startedAt\n    finishedAt\n  }\n"): typeof import('./graphql.ts').SnapshotFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateExport($input: CreateExportInput!) {\n    createExport(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateExportSuccess {\n        snapshot {\n          ...SnapshotFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateExportDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetSnapshot($id: ID!) {\n    node(id: $id) {\n      ...SnapshotFields\n    }\n  }\n"): typeof import('./graphql.ts').GetSnapshotDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListSnapshots($projectId: ID!, $first: Int, $after: String) {\n    project(id: $projectId) {\n      snapshots(first: $first, after: $after) {\n        totalCount\n        nodes {\n          ...SnapshotFields\n        }\n        pageInfo {\n          endCursor\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListSnapshotsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription WatchSnapshot($snapshotId: ID!) {\n    snapshotProgress(snapshotId: $snapshotId) {\n      ...SnapshotFields\n    }\n  }\n"): typeof import('./graphql.ts').WatchSnapshotDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription HeavyFeed($syncId: ID) {\n    syncProgress(syncId: $syncId) {\n      status\n      counts {\n        listed\n      }\n      lastIssues(first: 100) {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').HeavyFeedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment WebhookFields on Webhook {\n    id\n    title\n    url\n    events\n    active\n    deliveries {\n      totalCount\n      nodes {\n        messageId\n        event\n        body\n        attempts\n        status\n        failure\n        deliveredAt\n        nextAttemptAt\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WebhookFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateWebhook($input: CreateWebhookInput!) {\n    createWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on CreateWebhookSuccess {\n        secret\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateWebhookDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateWebhook($input: UpdateWebhookInput!) {\n    updateWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n      ... on UpdateWebhookSuccess {\n        webhook {\n          ...WebhookFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateWebhookDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteWebhook($input: DeleteWebhookInput!) {\n    deleteWebhook(input: $input) {\n      __typename\n      ...ErrorFields\n    }\n  }\n"): typeof import('./graphql.ts').DeleteWebhookDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListWebhooks($projectId: ID!) {\n    project(id: $projectId) {\n      webhooks {\n        ...WebhookFields\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListWebhooksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetMedia($projectId: ID!) {\n    project(id: $projectId) {\n      tasks(first: 50) {\n        nodes {\n          id\n          data\n          resolvedData\n          media {\n            uri\n            url\n            contentType\n            size\n            expiresAt\n            storage {\n              id\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').GetMediaDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ObjectLinks($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        objects {\n          nodes {\n            url\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ObjectLinksDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StorageUri($id: ID!) {\n    storage(id: $id) {\n      ... on ExternalStorage {\n        title\n        uri\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StorageUriDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MyTokens {\n    viewer {\n      apiTokens {\n        nodes {\n          id\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').MyTokensDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
