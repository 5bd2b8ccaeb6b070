import { type Dirent, existsSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { examples } from './examples.ts';

/**
 * The GraphiQL page, served whole by this service: it works without the internet.
 * The script runs before the page's own. It takes the token off the address (`/graphql#token=…`, which no
 * server or log sees), or exchanges a code for one (`/graphql#code=…`), and fills the examples' placeholders:
 * `<last Project>` becomes the id of the last project that a response named, so that the examples work when they are
 * played in order. GraphiQL subscribes by GET; that goes by POST as all else does, which keeps operations out of
 * addresses.
 */
const script = `
(() => {
  const tokenName = 'longshore:token', idsName = 'longshore:ids';
  const hash = new URLSearchParams(location.hash.slice(1));
  const keep = (token) => {
    sessionStorage.setItem(tokenName, token);
    sessionStorage.removeItem(idsName);
  };
  const exchange = async (code) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(location.pathname + '/entry', { method: 'POST', headers, body: JSON.stringify({ code }) });
    if (response.ok) keep((await response.json()).token);
  };
  const ids = () => JSON.parse(sessionStorage.getItem(idsName) ?? '{}');
  const learn = (value, known) => {
    if (Array.isArray(value)) for (const item of value) learn(item, known);
    else if (value && typeof value === 'object') for (const [name, item] of Object.entries(value)) {
      if (name === 'id' && typeof item === 'string') {
        try {
          const type = /^(\\w+):\\d+$/.exec(atob(item.replaceAll('-', '+').replaceAll('_', '/')))?.[1];
          if (type) known[type.endsWith('Storage') ? 'Storage' : type] = item;
        } catch {}
      } else learn(item, known);
    }
  };
  const filled = (text) => text.replaceAll(/<last (\\w+)>/g, (whole, type) => ids()[type] ?? whole);
  const fetch = window.fetch;
  let entered;
  if (hash.has('token')) keep(hash.get('token'));
  else if (hash.has('code')) entered = exchange(hash.get('code')).catch(() => {});
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  window.fetch = async (input, init = {}) => {
    const url = new URL(input, location.href);
    if (url.origin + url.pathname !== location.origin + location.pathname) return fetch(input, init);
    await entered;
    const headers = new Headers(init.headers);
    const token = sessionStorage.getItem(tokenName);
    if (token && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + token);
    headers.set('content-type', 'application/json');
    let body = init.body;
    if (!body) {
      const { query, operationName, variables } = Object.fromEntries(url.searchParams);
      body = JSON.stringify({ query, operationName, variables: JSON.parse(variables ?? '{}') });
    }
    const response = await fetch(url.pathname, { ...init, method: 'POST', headers, body: filled(body) });
    if (/json/.test(response.headers.get('content-type')) && !body.includes('IntrospectionQuery')) {
      response.clone().json().then(({ data }) => {
        const known = ids();
        learn(data, known);
        sessionStorage.setItem(idsName, JSON.stringify(known));
      }).catch(() => {});
    }
    return response;
  };
})();`;

/**
 * Tabs carry the rest of an animation, which GraphiQL hides until one is pressed: it would jump away from under
 * the pointer, and the first click on it be lost.
 */
const style = '.graphiql-tab { transform: none !important; }';

/** For so long the example folder is not looked for again, in milliseconds: anyone may ask for the page. */
const LOOK_AGAIN = 2_000;
/** Entries of the document root that are looked at. */
const MAX_ENTRIES = 200;

/** @param documentRoot below which the examples find a folder to sync; null: there is none */
export function graphiqlPage(documentRoot: string | null) {
  let made: { page: string; folder: string } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    // The same for everybody: made once for each folder.
    renderGraphiQL(options?: Parameters<typeof renderGraphiQL>[0]) {
      if (made && performance.now() - lookedAt < LOOK_AGAIN) return made.page;
      lookedAt = performance.now();
      const { folder, filter } = exampleIn(documentRoot);
      if (made?.folder === folder) return made.page;
      const fill = (text: string) =>
        text.replaceAll('<example folder>', inJson(folder)).replaceAll('<example filter>', inJson(filter));
      const defaultTabs = examples.map(({ query, variables }) => ({
        query,
        ...(variables && { variables: fill(variables) }),
      }));
      const page = renderGraphiQL({ ...options, defaultTabs }).replace(
        /<head>|<html[^>]*>/,
        (tag) => `${tag}<style>${style}</style><script>${script}</script>`,
      );
      made = { page, folder };
      return page;
    },
    graphiql: {
      title: 'Longshore',
      subscriptionsProtocol: 'SSE' as const,
      shouldPersistHeaders: false,
    },
  };
}

/** What the examples sync: the demonstration's pictures, else everything in the first folder of the operator's own. */
function exampleIn(root: string | null): { folder: string; filter: string } {
  if (root === null) return { folder: '/path/below/the/document/root', filter: '.*' };
  const demo = join(root, 'demo', 'images');
  if (existsSync(demo)) return { folder: demo, filter: '.*\\.png' };
  return { folder: join(root, firstFolder(root) ?? 'a-folder'), filter: '.*' };
}

function firstFolder(root: string): string | undefined {
  try {
    return entriesOf(root, MAX_ENTRIES)
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort()
      .find((name) => entriesOf(join(root, name), 1).length > 0);
  } catch {
    // Gone, or not for us to read: the example is refused with the reason when it is played.
    return undefined;
  }
}

function entriesOf(folder: string, limit: number): Dirent[] {
  const directory = opendirSync(folder);
  const entries: Dirent[] = [];
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
      entries.push(entry);
      if (entries.length === limit) break;
    }
    return entries;
  } finally {
    directory.closeSync();
  }
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
