import { graphql } from '../support/generated/gql.ts';
import type { Member } from '../support/member.ts';

/** Links to media, asked for and opened as a page does: without a header. */

export const GetMedia = graphql(/* GraphQL */ `
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
`);

export const ObjectLinks = graphql(/* GraphQL */ `
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
`);

/** The tasks of a project with their media. */
export async function mediaOf(member: Member, projectId: string) {
  const { project } = await member.run(GetMedia, { projectId });
  return project!.tasks.nodes;
}

/** What a browser gets; redirects are shown, not followed. */
export async function open(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { method, headers, redirect: 'manual' });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body, text: body.toString() };
}
