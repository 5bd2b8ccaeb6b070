import { type GraphQLField, getNamedType, isCompositeType } from 'graphql';
import { schema } from '../../src/api/graphql/schema.ts';
import type { Answer } from '../support/client.ts';
import { TypedDocumentString } from '../support/generated/graphql.ts';
import type { Member } from '../support/member.ts';
import { mutations, queries, subscriptions } from './operations.ts';

/** How the fields of the schema are asked for, one by one, and what came of it. */

export type Result = Answer<Record<string, unknown>> & { status?: number };
export type Ask = (member: Member, text: string, variables: object) => Promise<Result>;

export const transports: Record<string, Ask> = {
  HTTP: (member, text, variables) =>
    text.startsWith('subscription')
      ? firstOf(member.sse(documentOf(text), variables))
      : member.send(documentOf(text), variables),
  WebSocket: (member, text, variables) =>
    firstOf(member.webSocket(documentOf(text), variables)).catch((error: { code?: number }) => {
      if (error.code !== 4403) throw error;
      return { errors: [{ message: 'Forbidden', extensions: { code: 'UNAUTHENTICATED' } }] };
    }),
};

const documentOf = (text: string) => new TypedDocumentString<Record<string, unknown>, object>(text);

async function firstOf(answers: AsyncGenerator<Result>): Promise<Result> {
  for await (const answer of answers) return answer;
  return { errors: [{ message: 'It ended.', extensions: { code: 'ENDED' } }] };
}

/** `done`, or the code of why not. */
export function outcomeOf({ data, errors }: Result): string {
  if (errors?.length) return String(errors[0]!.extensions?.code ?? errors[0]!.message);
  const [value] = Object.values(data!);
  if ([value].flat().every((record) => record === null)) return 'NOT_FOUND';
  const { __typename: type = '', message } = value as { __typename?: string; message?: string };
  if (type === 'NotFoundError') return 'NOT_FOUND';
  if (type === 'ForbiddenError') return 'FORBIDDEN';
  return type.endsWith('Error') ? `${type} ${message}` : 'done';
}

/** All that came but the id that was asked for. */
export const shape = ({ data, errors, status }: Result) =>
  JSON.stringify({ data, errors, status }).replaceAll(/with id \\"[^"]*\\"/g, 'with id …');

export type Root = 'query' | 'mutation' | 'subscription';
/** Mutations come last: they delete. */
export const roots = {
  query: { fields: schema.getQueryType()!.getFields(), rows: queries },
  subscription: { fields: schema.getSubscriptionType()!.getFields(), rows: subscriptions },
  mutation: { fields: schema.getMutationType()!.getFields(), rows: mutations },
};

export function textOf(root: Root, field: GraphQLField<unknown, unknown>, variables: object): string {
  const { name, type } = field;
  const args = field.args.filter((arg) => arg.name in variables);
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const fields = root === 'mutation' ? '__typename ... on Error { message }' : '__typename';
  const selection = isCompositeType(getNamedType(type)) ? `{ ${fields} }` : '';
  return args.length === 0
    ? `${root} { ${name} ${selection} }`
    : `${root} (${declared}) { ${name}(${given}) ${selection} }`;
}
