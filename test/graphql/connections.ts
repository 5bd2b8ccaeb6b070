import { graphql } from '../support/generated/gql.ts';

/** Where a storage points and what it shows of its credentials, for every provider. */
export const GetConnection = graphql(/* GraphQL */ `
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
`);
