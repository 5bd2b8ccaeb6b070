import { graphql } from '../support/generated/gql.ts';

/** What the tests of webhooks ask for. */
export const WebhookFields = graphql(/* GraphQL */ `
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
`);

export const CreateWebhook = graphql(/* GraphQL */ `
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
`);

export const UpdateWebhook = graphql(/* GraphQL */ `
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
`);

export const DeleteWebhook = graphql(/* GraphQL */ `
  mutation DeleteWebhook($input: DeleteWebhookInput!) {
    deleteWebhook(input: $input) {
      __typename
      ...ErrorFields
    }
  }
`);

export const ListWebhooks = graphql(/* GraphQL */ `
  query ListWebhooks($projectId: ID!) {
    project(id: $projectId) {
      webhooks {
        ...WebhookFields
      }
    }
  }
`);
