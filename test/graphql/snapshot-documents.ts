import { graphql } from '../support/generated/gql.ts';

/** What the tests of snapshots ask for. */
export const SnapshotFields = graphql(/* GraphQL */ `
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
`);

export const CreateExport = graphql(/* GraphQL */ `
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
`);

export const GetSnapshot = graphql(/* GraphQL */ `
  query GetSnapshot($id: ID!) {
    node(id: $id) {
      ...SnapshotFields
    }
  }
`);

export const ListSnapshots = graphql(/* GraphQL */ `
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
`);

export const WatchSnapshot = graphql(/* GraphQL */ `
  subscription WatchSnapshot($snapshotId: ID!) {
    snapshotProgress(snapshotId: $snapshotId) {
      ...SnapshotFields
    }
  }
`);
