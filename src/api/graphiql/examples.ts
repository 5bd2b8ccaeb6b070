/**
 * The operations that GraphiQL opens with, one a tab, to be played in order. `<last Project>` and the
 * like stand for the id of the last such record that an answer named.
 */
export const examples = [
  {
    query: `# Who am I, and what is here? Press play, then go on
# with the next tab.
query Start {
  viewer {
    user { email }
    organization { title externalId }
    role
  }
  projects(first: 5) {
    totalCount
    nodes {
      id
      title
      storages {
        nodes {
          ... on ExternalStorage { id title uri status }
        }
      }
    }
  }
  storageProviders { provider title description }
}
`,
  },
  {
    query: `# 1. Create a project. Its label config says which data
# key an image goes under.
mutation CreateProject($input: CreateProjectInput!) {
  createProject(input: $input) {
    __typename
    ... on CreateProjectSuccess {
      project { id title dataKeys }
    }
    ... on Error { message }
    ... on ValidationError { fields { path message } }
  }
}
`,
    variables: json({
      input: {
        title: 'Street signs',
        labelConfig:
          '<View><Image name="img" value="$image"/><Choices name="c" toName="img"><Choice value="Stop"/></Choices></View>',
      },
    }),
  },
  {
    query: `# 2. Validate a storage before it is saved: each
# capability is checked on its own. <last Project> below
# stands for the last one that a response here named.
mutation ValidateStorage($input: ValidateStorageInput!) {
  validateStorage(input: $input) {
    __typename
    ... on ValidateStorageSuccess {
      validation {
        ok
        checks {
          capability status required code message hint
        }
      }
    }
    ... on Error { message }
    ... on ValidationError { fields { path message } }
  }
}
`,
    variables: json({
      input: {
        unsaved: {
          projectId: '<last Project>',
          provider: { localFiles: { path: '<example folder>' } },
          settings: { source: { filter: '<example filter>', presign: false } },
        },
      },
    }),
  },
  {
    query: `# 3. Connect it to the project.
mutation CreateStorage($input: CreateStorageInput!) {
  createStorage(input: $input) {
    __typename
    ... on CreateStorageSuccess {
      storage {
        ... on ExternalStorage { id uri status }
        ... on LocalFilesStorage { path }
      }
    }
    ... on Error { message }
    ... on ValidationError { fields { path message } }
    ... on ProviderError { code capability hint }
  }
}
`,
    variables: json({
      input: {
        projectId: '<last Project>',
        title: 'Images',
        provider: { localFiles: { path: '<example folder>' } },
        settings: { source: { filter: '<example filter>', presign: false } },
      },
    }),
  },
  {
    query: `# 4. Sync it. The response comes at once, and a worker
# does the work.
mutation SyncStorage($input: SyncStorageInput!) {
  syncStorage(input: $input) {
    __typename
    ... on SyncStorageSuccess {
      sync { id status }
    }
    ... on Error { message }
  }
}
`,
    variables: json({ input: { storageId: '<last Storage>' } }),
  },
  {
    query: `# 5. Watch it: how it is now, then every change.
subscription Watch($syncId: ID!) {
  syncProgress(syncId: $syncId) {
    status
    phase
    objectsPerSecond
    remainingMs
    counts {
      listed imported unchanged skipped failed
      tasksCreated bytesRead
    }
    lastIssues { severity code key row message }
  }
}
`,
    variables: json({ syncId: '<last Sync>' }),
  },
  {
    query: `# 6. List the tasks, and where each came from.
query Tasks($projectId: ID!) {
  project(id: $projectId) {
    title
    tasks(first: 10) {
      totalCount
      nodes {
        id
        innerId
        data
        sourceObject { key size state }
        annotations { nodes { id result } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`,
    variables: json({ projectId: '<last Project>' }),
  },
  {
    query: `# 7. Open a picture: copy the url into a new tab of your
# browser. It needs no token, and holds for an hour.
# Files below LOCAL_FILES_DOCUMENT_ROOT are served with
# LOCAL_FILES_SERVING_ENABLED=true.
query Picture($projectId: ID!) {
  project(id: $projectId) {
    tasks(first: 1) {
      nodes {
        id
        media { url contentType size expiresAt }
      }
    }
  }
}
`,
    variables: json({ projectId: '<last Project>' }),
  },
  {
    query: `# 8. Export the labels: then download the file with your
# token (curl -H "Authorization: Bearer ls_…" downloadUrl).
mutation CreateExport($input: CreateExportInput!) {
  createExport(input: $input) {
    __typename
    ... on CreateExportSuccess {
      snapshot { id format state downloadUrl }
    }
    ... on Error { message }
  }
}
`,
    variables: json({ input: { projectId: '<last Project>', format: 'JSONL' } }),
  },
];

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
