import type { Action } from '../../src/access/actions.ts';
import type { Role } from '../../src/organizations/model.ts';
import { numberOf } from '../support/ids.ts';
import type { Ids } from './records.ts';

/**
 * Everything that the service answers over HTTP, by method and pattern, and whom it answers. A new route fails a test
 * until it has its row. What GraphQL can be asked for has rows of its own.
 */
export interface RouteRow {
  /** The lowest role whose token opens it; `anyone`; or `secret`: one of its own does, and no token. */
  opens: Role | 'anyone' | 'secret';
  action: Action | null;
  /** Where it is, in each way that the pattern allows. */
  paths(ids: Ids): string[];
  /** What has to be sent for an answer. @param secret for routes with one of their own */
  send?(secret: string): RequestInit;
  /** Name of the secret, where there is one. */
  secret?: string;
  /** What a token for one project hears of another one's record; absent: that there is none. */
  beyond?: 'FORBIDDEN';
  /** Its path names no record. */
  unnamed?: true;
}

const open = (path: string): RouteRow => ({
  ...{ opens: 'anyone', action: null, unnamed: true },
  paths: () => [path],
});
const download = (role: Role, action: Action, paths: RouteRow['paths']): RouteRow => ({
  ...{ opens: role, action, paths },
});
/** Exchanges a code, once. */
const exchange = (path: string, secret: string): RouteRow => ({
  ...open(path),
  ...{ opens: 'secret', secret },
  send: (code) => json({ code }),
});
const notification = (send: RouteRow['send'] & object): RouteRow => ({
  ...{ opens: 'secret', action: 'storage.notify', secret: 'NotificationToken', send },
  paths: ({ LocalFilesStorage }) => [`/storages/${numberOf(LocalFilesStorage!)}/notifications`],
});

const json = (body: object): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const id = '(?<id>[1-9]\\d{0,15})';
const media = '/(?<owner>tasks|projects)/(?<id>[^/]{1,64})/(?:resolve|presign)/?';
const localFile = ({ File }: Ids) => `/data/local-files/?d=${encodeURIComponent(File!)}`;
const mediaPaths = (ids: Ids) =>
  [`tasks/${numberOf(ids.Picture!)}`, `projects/${numberOf(ids.Project!)}`, `tasks/${ids.Picture}`].flatMap(
    (owner) =>
      ['resolve', 'presign/'].map(
        (verb) => `/${owner}/${verb}?fileuri=${Buffer.from(localFile(ids)).toString('base64url')}`,
      ),
  );

export const routes: Record<string, RouteRow> = {
  'GET /graphql': open('/graphql'),
  'POST /graphql': {
    ...{ ...open('/graphql'), opens: 'ANNOTATOR', action: 'organization.read' },
    send: () => json({ query: '{ viewer { role } }' }),
  },
  'OPTIONS /graphql': open('/graphql'),
  'POST /graphql/entry': exchange('/graphql/entry', 'EntryCode'),
  'POST /invitations': exchange('/invitations', 'InvitationCode'),
  [`POST /storages/${id}/notifications`]: notification((token) => ({ headers: bearer(token), body: '{}' })),
  [`OPTIONS /storages/${id}/notifications`]: notification((token) => ({ headers: bearer(token) })),
  [`GET /syncs/${id}/report\\.(?<format>jsonl|csv)`]: download('ANNOTATOR', 'sync.read', ({ Sync }) =>
    ['jsonl', 'csv'].map((format) => `/syncs/${numberOf(Sync!)}/report.${format}`),
  ),
  // Of another format than the snapshot's there is no file.
  [`GET /snapshots/${id}/(?<name>tasks\\.(?:jsonl?|csv))`]: download(
    'MANAGER',
    'snapshot.read',
    ({ Snapshot }) => [`/snapshots/${numberOf(Snapshot!)}/tasks.json`],
  ),
  [`GET /snapshots/${id}/manifest\\.json`]: download('MANAGER', 'snapshot.read', ({ Snapshot }) => [
    `/snapshots/${numberOf(Snapshot!)}/manifest.json`,
  ]),
  [`GET ${media}`]: download('ANNOTATOR', 'media.read', mediaPaths),
  [`OPTIONS ${media}`]: { ...open(''), paths: mediaPaths },
  'GET /data/local-files/?': {
    ...download('ANNOTATOR', 'media.read', (ids) => [localFile(ids)]),
    // The address names no project: whoever holds the wrong token is told so.
    beyond: 'FORBIDDEN',
  },
  'OPTIONS /data/local-files/?': { ...open(''), paths: (ids) => [localFile(ids)] },
  'GET /health': open('/health'),
  'GET /ready': open('/ready'),
};
