import { graphql } from '../support/generated/gql.ts';

/** What the tests of memberships ask for. */
export const MemberFields = graphql(/* GraphQL */ `
  fragment MemberFields on Member {
    userId
    role
    user {
      email
      firstName
      lastName
    }
  }
`);

export const InviteMember = graphql(/* GraphQL */ `
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
`);

export const RevokeInvitation = graphql(/* GraphQL */ `
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
`);

export const ListInvitations = graphql(/* GraphQL */ `
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
`);

export const AddMember = graphql(/* GraphQL */ `
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
`);

export const ChangeMemberRole = graphql(/* GraphQL */ `
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
`);

export const RemoveMember = graphql(/* GraphQL */ `
  mutation RemoveMember($input: RemoveMemberInput!) {
    removeMember(input: $input) {
      __typename
      ...ErrorFields
    }
  }
`);

export const ListMembers = graphql(/* GraphQL */ `
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
`);
