import {
  type GraphQLField,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Action, actions } from '../../src/access/actions.ts';
import { permissions } from '../../src/access/permissions.ts';
import { schema } from '../../src/api/graphql/schema.ts';
import { type Role, roles } from '../../src/organizations/model.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import type { Member } from '../support/member.ts';
import { nodes, type Row } from './operations.ts';
import { type Ids, missing, records } from './records.ts';
import { routes } from './routes.ts';
import { outcomeOf, type Result, type Root, roots, shape, textOf, transports } from './walk.ts';

/**
 * A walk over the schema: every operation and every type of Node, by every role and by nobody, with a record of
 * one's own organization, of another one, and with one that there is not; over HTTP and over WebSocket.
 */
const it = await testApp({ worker: 'none', settings: { RATE_LIMIT: '1000000000' } });
const nobody = it.client(null);
const members = {
  OWNER: it.owner,
  ADMINISTRATOR: await it.member('ADMINISTRATOR'),
  MANAGER: await it.member('MANAGER'),
  ANNOTATOR: await it.member('ANNOTATOR'),
};
let foreign: Ids;
beforeAll(async () => {
  foreign = await records(it, await it.stranger());
});

/** Those that no operation of GraphQL and no route stands for: a field of the organization, and a command. */
const elsewhere: readonly Action[] = ['organization.readExternalId', 'export.start'];

const may = (role: Role, lowest: Role) => roles.indexOf(role) <= roles.indexOf(lowest);

function expected(role: Role, row: Row): string {
  if (may(role, row.role)) return 'done';
  return row.sees && !may(role, permissions[row.sees].role) ? 'NOT_FOUND' : 'FORBIDDEN';
}

const node = schema.getType('Node');
const nodeTypes = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];
const isList = ({ type }: GraphQLField<unknown, unknown>) =>
  isCompositeType(getNamedType(type)) &&
  (isListType(isNonNullType(type) ? type.ofType : type) || getNamedType(type).name.endsWith('Connection'));

describe('every field has its row, and the rows say what the table of permissions says', () => {
  test.each(Object.entries(roots))('%s', (_root, { fields, rows }) => {
    expect(Object.keys(rows).sort()).toEqual(Object.keys(fields).sort());
    for (const [name, { action, role }] of Object.entries(rows)) {
      if (action) expect([name, role]).toEqual([name, permissions[action].role]);
    }
  });

  test('Node, and the lists within', () => {
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
    expect(Object.keys(nodes).sort()).toEqual(names(nodeTypes));
    for (const type of nodeTypes) {
      const { read, lists = {} } = nodes[type.name]!;
      expect([type.name, ...Object.keys(lists).sort()]).toEqual([
        type.name,
        ...names(Object.values(type.getFields()).filter(isList)),
      ]);
      for (const [action, role] of [read, ...Object.values(lists)]) {
        expect([type.name, action, role]).toEqual([type.name, action, permissions[action].role]);
      }
    }
  });

  test('every action stands in a row', () => {
    const inRows = Object.values(roots).flatMap(({ rows }) =>
      Object.values(rows).map(({ action }) => action),
    );
    const inNodes = Object.values(nodes).flatMap(({ read, lists = {} }) => [read, ...Object.values(lists)]);
    const inRoutes = Object.values(routes).map(({ action }) => action);
    const covered = new Set([...inRows, ...inNodes.map(([action]) => action), ...inRoutes, ...elsewhere]);
    expect(actions.filter((action) => !covered.has(action))).toEqual([]);
  });
});

describe.each(Object.entries(transports))('over %s', (_transport, ask) => {
  const own = {} as Record<Role, Ids>;
  beforeAll(async () => {
    for (const role of roles) own[role] = await records(it, it.owner, members[role]);
  });

  const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

  test.each(Object.keys(nodes))('a %s, and its lists', async (type) => {
    const { read, lists = {} } = nodes[type]!;
    for (const role of roles) {
      const [member, id] = [members[role], own[role][type]!];
      const seen = may(role, read[1]) ? 'done' : 'NOT_FOUND';
      const mine = await ask(member, NODE, { id });
      expect([role, mine.data]).toEqual([role, { node: seen === 'done' ? { __typename: type, id } : null }]);
      const stranger = await ask(member, NODE, { id: foreign[type] });
      expect([role, outcomeOf(stranger)]).toEqual([role, 'NOT_FOUND']);
      expect(shape(stranger)).toBe(shape(await ask(member, NODE, { id: missing(foreign)[type] })));
      for (const [list, [, lowest]] of Object.entries(lists)) {
        const text = `query ($id: ID!) { node(id: $id) { ... on ${type} { ${list} { __typename } } } }`;
        const answer = outcomeOf(await ask(member, text, { id }));
        const expected = may(role, lowest) ? 'done' : seen === 'done' ? 'FORBIDDEN' : seen;
        expect([role, list, answer]).toEqual([role, list, expected]);
      }
    }
    expect(outcomeOf(await ask(nobody, NODE, { id: own.OWNER[type] }))).toBe('UNAUTHENTICATED');
  });

  test('a token of somebody else in one’s organization', async () => {
    const { ApiToken: id } = own.ANNOTATOR;
    expect(outcomeOf(await ask(members.OWNER, NODE, { id }))).toBe('NOT_FOUND');
  });

  const operations = Object.entries(roots).flatMap(([root, { fields, rows }]) =>
    Object.keys(rows).map((name) => ({ root: root as Root, field: fields[name]!, row: rows[name]! })),
  );

  test.each(operations)('$root $field.name', async ({ root, field, row }) => {
    const run = async (member: Member, input: object) => {
      const variables = root === 'mutation' ? { input } : input;
      const answer = ask(member, textOf(root, field, variables), variables);
      return root === 'subscription' ? whileThingsHappen(answer) : answer;
    };
    for (const role of roles) {
      const member = members[role];
      const allowed = expected(role, row);
      const outcome = outcomeOf(await run(member, row.inputs[0]!(own[role])));
      const reached = row.asksStorage && outcome.startsWith('ProviderError') ? 'done' : outcome;
      expect([role, reached]).toEqual([role, allowed]);
      for (const inputOf of row.unnamed ? [] : row.inputs) {
        const stranger = await run(member, inputOf(foreign));
        const outcomes = allowed === 'done' ? ['NOT_FOUND'] : ['NOT_FOUND', allowed];
        expect([role, outcomes]).toEqual([role, expect.arrayContaining([outcomeOf(stranger)])]);
        expect(shape(stranger)).toBe(shape(await run(member, inputOf(missing(foreign)))));
      }
    }
    const [inputOf] = row.inputs;
    expect(outcomeOf(await run(nobody, inputOf!(own.OWNER)))).toBe('UNAUTHENTICATED');
  });

  /** Feeds say something as soon as something happens: until then the owner renames storages. */
  async function whileThingsHappen(answer: Promise<Result>): Promise<Result> {
    let settled = false;
    const end = () => {
      settled = true;
    };
    answer.then(end, end);
    for (let turn = 1; !settled; turn++) {
      for (const { LocalFilesStorage: storageId } of Object.values(own)) {
        const input = { storageId: storageId!, title: `Turn ${turn}` };
        await it.owner.run(documents.UpdateStorage, { input });
      }
    }
    return answer;
  }
});
