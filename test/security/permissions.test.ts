import { expect, test } from 'vitest';
import { actions } from '../../src/access/actions.ts';
import { changesBetween } from '../../src/access/audit.ts';
import type { Grant } from '../../src/access/authorize.ts';
import { permissions, permits } from '../../src/access/permissions.ts';
import { roles, unlimited, type Viewer } from '../../src/organizations/model.ts';
import type { Services } from '../../src/services.ts';
import { testApp } from '../support/app.ts';

/** Every verb takes, before anything else, who asks or the proof that they may. */
type Vouched = [viewer: Viewer, ...rest: unknown[]] | [grant: Grant, ...rest: unknown[]];
type Verbs = Omit<Services, 'registry'>;
type Unvouched = {
  [Service in keyof Verbs]: {
    [Verb in keyof Verbs[Service]]: Verbs[Service][Verb] extends (...given: infer Given) => unknown
      ? Given extends Vouched
        ? never
        : `${Service}.${Verb & string}`
      : never;
  }[keyof Verbs[Service]];
}[keyof Verbs];
/** What finds out who asks, and what ends with the process. */
type Authentication =
  | 'organizations.authenticate'
  | 'organizations.ensureFirst'
  | 'signOn.enter'
  | 'invitations.accept'
  | 'storages.authenticateNotifier'
  | 'access.grantByToken'
  | 'access.authorizeHolder'
  | 'media.authenticate'
  | 'syncWatch.size'
  | 'storageChanges.close'
  | 'syncWatch.close';

test('every service verb but authentication takes a viewer or a grant', () => {
  // The types are the test: a verb without one makes the first line wrong, one too many in the list the second.
  const unvouched: Unvouched extends Authentication ? true : Unvouched = true;
  const listed: Authentication extends Unvouched ? true : Exclude<Authentication, Unvouched> = true;
  expect([unvouched, listed]).toEqual([true, true]);
});

const viewer = (role: Viewer['role']): Viewer => ({
  role,
  userId: 1,
  organizationId: 1,
  tokenId: 1,
  ...unlimited,
});

test('each role may all that the ones below it may; the owner may everything', () => {
  for (const action of actions) {
    const may = roles.map((role) => permits(viewer(role), action));
    expect([action, may[0]]).toEqual([action, true]);
    expect([action, may]).toEqual([action, may.toSorted((a, b) => Number(b) - Number(a))]);
  }
  expect(Object.keys(permissions).sort()).toEqual([...actions].sort());
});

test('authors may change their own annotations, whatever their role', () => {
  expect(permits(viewer('ANNOTATOR'), 'annotation.update')).toBe(false);
  expect(permits(viewer('ANNOTATOR'), 'annotation.update', true)).toBe(true);
  expect(permits(viewer('ANNOTATOR'), 'project.update', true)).toBe(false);
});

test('the audit log shows that a secret changed, not the secret', () => {
  const before = {
    title: 'a',
    secrets: 'sealed',
    hash: Buffer.from('x'),
    config: { bucket: 'b' },
    updatedAt: 1,
  };
  const after = { ...before, title: 'c', secrets: 'sealed again', hash: Buffer.from('y'), updatedAt: 2 };
  expect(changesBetween(before, after)).toEqual({
    title: { before: 'a', after: 'c' },
    secrets: { before: 'changed', after: 'changed' },
    hash: { before: 'changed', after: 'changed' },
  });
});

test('a command leaves one row that says who did what; one that is refused or fails leaves none', async () => {
  const it = await testApp({ worker: 'none' });
  const { projects, access } = it.app.services;
  const { viewer: owner } = await it.app.services.organizations.ensureFirst();
  const project = await projects.create(owner, { title: 'Audited' });
  await projects.update(owner, project.id, { title: 'Renamed' });
  await expect(
    projects.update({ ...owner, role: 'ANNOTATOR' }, project.id, { title: 'No' }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(projects.update(owner, project.id, { title: '' })).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  await expect(
    access.command(owner, 'project.update', { projectId: project.id }, async (tx) => {
      await tx.sql`UPDATE projects SET title = 'Half done'`;
      throw new Error('It fails.');
    }),
  ).rejects.toThrow('It fails.');
  const rows = await it.sql`
    SELECT action, user_id AS "userId", record_id AS "recordId", changes->'title' AS title FROM audit_log
    WHERE action LIKE 'project.%' ORDER BY id`;
  expect([...rows]).toEqual([
    { action: 'project.create', userId: owner.userId, recordId: project.id, title: { after: 'Audited' } },
    {
      ...{ action: 'project.update', userId: owner.userId, recordId: project.id },
      title: { before: 'Audited', after: 'Renamed' },
    },
  ]);
  expect((await projects.get(owner, project.id)).title).toBe('Renamed');
});
