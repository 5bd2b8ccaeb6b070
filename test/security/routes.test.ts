import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../src/access/permissions.ts';
import type { Route } from '../../src/api/router.ts';
import { roles } from '../../src/organizations/model.ts';
import * as members from '../graphql/member-documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { limited } from '../support/limited.ts';
import { lose } from '../support/lose.ts';
import type { Member } from '../support/member.ts';
import { type Ids, missing, records } from './records.ts';
import { type RouteRow, routes } from './routes.ts';

/**
 * A walk over all that the router answers: every method and pattern, by every role, by nobody and by those who were
 * somebody, with a record of one's own organization, of another one, and with one that there is not; and by a token
 * for one project, with a record of another.
 */
const it = await testApp({
  worker: 'none',
  settings: { RATE_LIMIT: '1000000000', LOCAL_FILES_SERVING_ENABLED: 'true' },
});
const nobody = it.client(null);
const people = {
  OWNER: it.owner,
  ADMINISTRATOR: await it.member('ADMINISTRATOR'),
  MANAGER: await it.member('MANAGER'),
  ANNOTATOR: await it.member('ANNOTATOR'),
};
const former = {
  revoke: await it.member('OWNER'),
  expire: await it.member('OWNER'),
  remove: await it.member('OWNER'),
};

/** The owner, by a token for the project of one's own records alone. */
let narrow: Member;

let own: Ids;
/** In the same organization, in another project. */
let others: Ids;
let foreign: Ids;
let none: Ids;
beforeAll(async () => {
  foreign = await reachable(await it.stranger());
  own = { ...(await reachable(it.owner)), EntryCode: it.app.entryCode(it.owner.token!)! };
  others = await reachable(it.owner);
  narrow = await limited(it, it.owner, { projectId: own.Project! });
  none = { ...missing(own), Picture: missing(own).Task!, File: 'nowhere/a.jpg' };
  for (const how of ['revoke', 'expire', 'remove'] as const) await lose(it, how, former[how]);
});

/** Records of a new project, with a task that shows a file, and the secrets that open routes. */
async function reachable(owner: Member): Promise<Ids> {
  const ids = await records(it, owner);
  const { key } = (await owner.objects(ids.LocalFilesStorage!))[0]!;
  await owner.importTasks(ids.Project!, [{ image: `/data/local-files/?d=${encodeURIComponent(key)}` }]);
  const tasks = await owner.tasks(ids.Project!);
  const input = { email: `${randomUUID()}@example.com`, role: 'ANNOTATOR' as const };
  const { inviteMember } = await owner.run(members.InviteMember, { input });
  return {
    ...ids,
    ...{ File: key, Picture: tasks.at(-1)!.id },
    NotificationToken: await notificationToken(owner, ids.LocalFilesStorage!),
    InvitationCode: as(inviteMember, 'InviteMemberSuccess').invitationCode,
  };
}

async function notificationToken(owner: Member, storageId: string): Promise<string> {
  const query = `mutation { createNotificationToken(input: { storageId: "${storageId}" }) {
    ... on CreateNotificationTokenSuccess { token } } }`;
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
  return JSON.parse((await owner.fetch('/graphql', init)).text).data.createNotificationToken.token;
}

/** `GET /syncs/…`: without the slashes and ends of the expression. */
const nameOf = ({ method, pattern }: Route) =>
  `${method} ${pattern.source.replaceAll('\\/', '/').replace(/^\^|\$$/g, '')}`;
const declared = new Map(it.app.routes.map((route) => [nameOf(route), route]));

type Reply = Awaited<ReturnType<Member['fetch']>>;
const outcomes: Record<number, string> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 404: 'NOT_FOUND' };
const outcomeOf = ({ status }: Reply) => outcomes[status] ?? (status < 500 ? 'done' : `failed ${status}`);
/** All that came but the record that was asked for, the time and the number of the request. */
const shape = ({ status, text, headers }: Reply) =>
  JSON.stringify([
    status,
    text.replaceAll(/with id \\?"[^"]*"/g, 'with id …'),
    [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name)),
  ]);

const cases = Object.entries(routes).flatMap(([name, row]) => {
  const [method, head] = [name.split(' ', 1)[0]!, declared.get(name)?.head];
  return [method, ...(head ? ['HEAD'] : [])].map((verb) => ({ name, verb, row }));
});
const which = (wanted: (row: RouteRow) => boolean) => cases.filter(({ row }) => wanted(row));

test('every route has its row, and the rows say what the table of permissions says', () => {
  expect(Object.keys(routes).sort()).toEqual([...declared.keys()].sort());
  for (const [name, { opens, action, paths }] of Object.entries(routes)) {
    const { pattern, who } = declared.get(name)!;
    for (const path of paths(own)) expect([name, pattern.test(path.split('?', 1)[0]!)]).toEqual([name, true]);
    if (opens !== 'secret' && action) expect([name, opens]).toEqual([name, permissions[action].role]);
    if (who === 'viewer') expect([name, roles]).toEqual([name, expect.arrayContaining([opens])]);
  }
});

describe('by the token of a role', () => {
  test.each(which(({ opens }) => opens !== 'anyone' && opens !== 'secret'))('$name by $verb', async (one) => {
    const { row, verb: method } = one;
    const ask = (member: Member, path: string) => member.fetch(path, { method, ...row.send?.('') });
    for (const [index, path] of row.paths(own).entries()) {
      for (const role of roles) {
        const allowed = roles.indexOf(role) <= roles.indexOf(row.opens as never);
        const mine = outcomeOf(await ask(people[role], path));
        expect([path, role, mine]).toEqual([path, role, allowed ? 'done' : 'NOT_FOUND']);
        if (row.unnamed) continue;
        const theirs = await ask(people[role], row.paths(foreign)[index]!);
        expect([path, role, outcomeOf(theirs)]).toEqual([path, role, 'NOT_FOUND']);
        expect(shape(theirs)).toBe(shape(await ask(people[role], row.paths(none)[index]!)));
      }
      expect([path, outcomeOf(await ask(narrow, path))]).toEqual([path, 'done']);
      if (!row.unnamed) {
        const beyond = await ask(narrow, row.paths(others)[index]!);
        expect([path, outcomeOf(beyond)]).toEqual([path, row.beyond ?? 'NOT_FOUND']);
        if (!row.beyond) expect(shape(beyond)).toBe(shape(await ask(narrow, row.paths(none)[index]!)));
      }
      for (const ids of row.unnamed ? [own] : [own, foreign, none]) {
        const refused = await ask(nobody, row.paths(ids)[index]!);
        expect([path, outcomeOf(refused)]).toEqual([path, 'UNAUTHENTICATED']);
        expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      }
      // Whoever sends wrong tokens waits: all at once.
      const past = Object.entries(former).map(async ([how, member]) => [
        how,
        outcomeOf(await ask(member, path)),
      ]);
      expect(await Promise.all(past)).toEqual(Object.keys(former).map((how) => [how, 'UNAUTHENTICATED']));
    }
  });
});

test.each(which(({ opens }) => opens === 'secret'))(
  'by a secret of its own: $name',
  async ({ row, verb }) => {
    const ask = (member: Member, ids: Ids, secret: string) =>
      member.fetch(row.paths(ids)[0]!, { method: verb, ...row.send!(secret) });
    const secret = own[row.secret!]!;
    const tokens = roles.map((role) => ask(people[role], own, people[role].token!));
    const wrong = [own, foreign, none].map((ids) => ask(nobody, ids, 'wrong'));
    for (const refused of await Promise.all([...tokens, ...wrong])) {
      expect(outcomeOf(refused)).toBe('UNAUTHENTICATED');
    }
    if (!row.unnamed) {
      const [theirs, nothing] = await Promise.all([foreign, none].map((ids) => ask(nobody, ids, secret)));
      expect([outcomeOf(theirs!), shape(theirs!)]).toEqual(['UNAUTHENTICATED', shape(nothing!)]);
    }
    expect(outcomeOf(await ask(nobody, own, secret))).toBe('done');
  },
);

test.each(which(({ opens }) => opens === 'anyone'))('by anyone, alike: $name by $verb', async (one) => {
  for (const path of one.row.paths(own)) {
    const replies = [nobody, ...Object.values(people)].map((member) =>
      member.fetch(path, { method: one.verb }),
    );
    const [first, ...others] = await Promise.all(replies);
    expect([path, outcomeOf(first!)]).toEqual([path, 'done']);
    expect(others.map(shape)).toEqual(others.map(() => shape(first!)));
    if (one.row.unnamed && one.row.paths(own)[0] === one.row.paths(none)[0]) continue;
    for (const ids of [foreign, none]) {
      const elsewhere = await nobody.fetch(one.row.paths(ids)[0]!, { method: one.verb });
      expect(shape(elsewhere)).toBe(shape(first!));
    }
  }
});

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

test.each(Object.entries(routes))('no other method: %s', async (_name, row) => {
  for (const [index, path] of row.paths(own).entries()) {
    const here = it.app.routes.filter(({ pattern }) => pattern.test(path.split('?', 1)[0]!));
    const has = here.flatMap(({ method, head }) => [method, ...(head ? ['HEAD'] : [])]) as string[];
    for (const method of verbs.filter((verb) => !has.includes(verb))) {
      for (const member of [nobody, people.OWNER]) {
        const refused = await member.fetch(path, { method });
        expect([method, refused.status, refused.headers.get('allow')]).toEqual([method, 405, has.join(', ')]);
        for (const ids of [foreign, none]) {
          expect(shape(await member.fetch(row.paths(ids)[index]!, { method }))).toBe(shape(refused));
        }
      }
    }
  }
});
