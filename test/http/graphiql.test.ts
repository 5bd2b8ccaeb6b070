import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disc } from '../../src/cli/demo-picture.ts';
import { begin, newFolder, type Serving, serve } from '../cli/longshore.ts';
import { testApp } from '../support/app.ts';
import { launchBrowser } from '../support/browser.ts';

/** GraphiQL as a newcomer meets it: a real service, a real browser, the link that the start printed. */

const screenshots = new URL('../../test-results/', import.meta.url).pathname;
/** Names of the tabs, in their order. */
const tabs = [
  'Start',
  'CreateProject',
  'ValidateStorage',
  'CreateStorage',
  'SyncStorage',
  'Watch',
  'Tasks',
  'Picture',
  'CreateExport',
] as const;
type Tab = (typeof tabs)[number];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
  await mkdir(screenshots, { recursive: true });
});
afterAll(() => browser?.close());

/** An open GraphiQL, and what went wrong in it or left for another place. */
interface Visit {
  page: Page;
  problems: string[];
  /** Everything that the answer pane showed since the last play. */
  shown(): Promise<string[]>;
}

async function visit(service: Serving): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url().replace(/^blob:/, '');
    if (!url.startsWith(`${service.url}/`) && !url.startsWith('data:')) problems.push(`request: ${url}`);
    if (request.url().includes(service.token)) problems.push(`the token in an address: ${url}`);
  });
  await page.addInitScript(recordAnswers);
  await page.goto(service.page);
  await page.locator('.graphiql-tab-button').first().waitFor();
  const shown = () => page.evaluate(() => (window as unknown as Recording).shown);
  return { page, problems, shown: async () => (await shown()).map(plain) };
}

interface Recording {
  shown: string[];
}

/** Runs in the page: keeps every text that the answer pane comes to show. */
function recordAnswers(): void {
  const { shown } = Object.assign(window, { shown: [] as string[] });
  const look = () => {
    const text = document.querySelector('.graphiql-response .view-lines')?.textContent;
    if (text && text !== shown.at(-1)) shown.push(text);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

/** The operation in a request, if it is one. */
function operationOf(request: Request): { operationName?: string; variables?: unknown } {
  return request.method() === 'POST' ? JSON.parse(request.postData() ?? '{}') : {};
}

/** Opens a tab and presses play. @returns the answer to an operation that is no subscription */
async function play({ page }: Visit, tab: Tab): Promise<Record<string, unknown>> {
  await page.locator(`.graphiql-tab-button[title="${tab}"]`).click();
  await page.locator('.graphiql-tab-active', { hasText: tab }).waitFor();
  await page.evaluate(() => (window as unknown as Recording).shown.splice(0));
  const answer = page.waitForResponse((response) => operationOf(response.request()).operationName === tab);
  // For a moment after it was opened, a tab still plays the one before it, or nothing.
  const sent = async () => {
    const request = page.waitForRequest((request) => operationOf(request).operationName === tab, {
      timeout: 1_000,
    });
    await page.getByRole('button', { name: /Execute query/ }).click();
    return request.then(
      () => true,
      () => false,
    );
  };
  await expect.poll(sent, { timeout: 20_000 }).toBe(true);
  const response = await answer;
  expect(response.status()).toBe(200);
  if (tab === 'Watch') return {};
  const { data, errors } = await response.json();
  expect(errors, tab).toBeUndefined();
  return data;
}

/** What the answer pane shows: the lines that fit into it. */
async function pane({ page }: Visit): Promise<string> {
  return plain(await page.locator('.graphiql-response .view-lines').textContent());
}

/** The editor sets spaces that do not break. */
const plain = (text: string | null) => (text ?? '').replaceAll('\u00a0', ' ');

/** Plays every tab in its order. @param pictures how many there are to sync @param served whether browsers may have them */
async function playAll(visit: Visit, pictures = 60, served = true): Promise<void> {
  const { page } = visit;
  expect(await play(visit, 'Start')).toMatchObject({ viewer: { role: 'OWNER' } });
  const { createProject } = await play(visit, 'CreateProject');
  expect(createProject).toMatchObject({ project: { title: 'Street signs', dataKeys: ['image'] } });
  expect(await play(visit, 'ValidateStorage')).toMatchObject({
    validateStorage: { __typename: 'ValidateStorageSuccess', validation: { ok: true } },
  });
  expect(await play(visit, 'CreateStorage')).toMatchObject({
    createStorage: { __typename: 'CreateStorageSuccess', storage: { status: 'INITIALIZED' } },
  });
  expect(await play(visit, 'SyncStorage')).toMatchObject({
    syncStorage: { __typename: 'SyncStorageSuccess', sync: { status: 'QUEUED' } },
  });
  await play(visit, 'Watch');
  await expect.poll(() => pane(visit), { timeout: 20_000 }).toContain('"status": "COMPLETED"');
  expect(await pane(visit)).toContain(`"tasksCreated": ${pictures}`);
  await page.screenshot({ path: `${screenshots}graphiql-watch.png` });
  expect(await play(visit, 'Tasks')).toMatchObject({
    project: {
      title: 'Street signs',
      tasks: { totalCount: pictures, nodes: { length: Math.min(pictures, 10) } },
    },
  });
  await expect.poll(() => pane(visit)).toContain(`"totalCount": ${pictures}`);
  await page.screenshot({ path: `${screenshots}graphiql-tasks.png` });
  expect(await play(visit, 'CreateExport')).toMatchObject({
    createExport: { snapshot: { state: 'READY', downloadUrl: expect.stringMatching(/\/tasks\.jsonl$/) } },
  });
  const { project } = (await play(visit, 'Picture')) as {
    project: { tasks: { nodes: { media: { url: string }[] }[] } };
  };
  const [picture] = project.tasks.nodes[0]!.media;
  expect(picture !== undefined).toBe(served);
  if (!served) return;
  const tab = await browser.newPage();
  await tab.goto(picture!.url);
  expect(await tab.evaluate(() => document.images[0]!.naturalWidth)).toBe(160);
  await tab.screenshot({ path: `${screenshots}graphiql-picture.png` });
  await tab.close();
}

test('the examples work when they are played in order, again, and after a reload', {
  timeout: 120_000,
}, async () => {
  const service = await serve(['serve'], { folder: await newFolder() });
  const visitor = await visit(service);
  const { page, problems } = visitor;
  expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(tabs);
  expect(page.url()).not.toContain('token');
  await page.screenshot({ path: `${screenshots}graphiql-start.png` });
  expect(await play(visitor, 'Start')).toMatchObject({
    projects: { nodes: [{ title: 'Demo: harbor signals' }] },
  });
  await playAll(visitor);
  await playAll(visitor);
  await page.reload();
  expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(tabs);
  expect(await play(visitor, 'Tasks')).toMatchObject({ project: { tasks: { totalCount: 60 } } });
  expect(problems).toEqual([]);
  await page.close();
});

/** Where a service finds files to offer. */
const places: [name: string, root: string | null, setting?: string][] = [
  ['nothing else, the demonstration', null],
  ['a mydata folder beside the service', 'mydata'],
  ['LOCAL_FILES_DOCUMENT_ROOT', 'elsewhere', 'LOCAL_FILES_DOCUMENT_ROOT'],
];

/** A folder to start in, with three pictures below the root. */
async function prepare(root: string | null, setting?: string) {
  const folder = await newFolder();
  if (root === null) return { folder, env: {} };
  const pictures = join(folder, root, 'Ünsere "pictures"');
  await mkdir(pictures, { recursive: true });
  await mkdir(join(folder, root, 'an empty one'));
  for (const name of ['a.png', 'b.png', 'c.png']) {
    await writeFile(join(pictures, name), disc([0, 0, 0], 40));
  }
  return { folder, env: setting === undefined ? {} : { [setting]: join(folder, root) } };
}

test.each(places.slice(1))(
  'with %s the examples sync what lies there',
  {
    timeout: 120_000,
  },
  async (_, root, setting) => {
    const service = await serve(['serve'], await prepare(root, setting));
    expect(service.said()).not.toContain('Demo');
    const visitor = await visit(service);
    await playAll(visitor, 3, setting === undefined);
    expect(visitor.problems).toEqual([]);
    await visitor.page.close();
  },
);

test.each(places)(
  'with %s progress arrives as it happens',
  {
    timeout: 120_000,
  },
  async (_, root, setting) => {
    const place = await prepare(root, setting);
    await (await serve(['serve'], place)).stop();
    // Without a worker, so that there is something to wait for.
    const service = await serve(['serve', '--no-worker'], place);
    const visitor = await visit(service);
    for (const tab of tabs.slice(0, tabs.indexOf('Watch') + 1)) await play(visitor, tab);
    await expect.poll(() => pane(visitor)).toContain('"status": "QUEUED"');
    const worker = begin(['worker'], place);
    await expect.poll(() => pane(visitor), { timeout: 20_000 }).toContain('"status": "COMPLETED"');
    const statuses = (await visitor.shown()).map((text) => /"status": "(\w+)"/.exec(text)?.[1]);
    expect(statuses.indexOf('QUEUED')).toBeLessThan(statuses.indexOf('COMPLETED'));
    expect(visitor.problems).toEqual([]);
    await visitor.page.close();
    await worker.stop();
  },
);

test('without a token nothing is shown but what to do', async () => {
  const service = await serve(['serve', '--no-demo'], { folder: await newFolder() });
  const visitor = await visit({ ...service, page: `${service.url}/graphql` });
  await visitor.page.getByRole('button', { name: /Execute query/ }).click();
  await expect.poll(() => pane(visitor)).toContain('Send a token');
  await visitor.page.close();
});

test('a code that the browser was started with lets it in, once', async () => {
  const { app, url } = await testApp();
  const { organizations } = app.services;
  const { viewer } = await organizations.ensureFirst();
  const code = app.entryCode(await organizations.createStartToken(viewer));
  const answers: string[] = [];
  for (const attempt of ['first', 'second']) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${url}/graphql#code=${code}`);
    await page.locator('.graphiql-tab-button').first().waitFor();
    expect(page.url(), attempt).toBe(`${url}/graphql`);
    const answer = page.waitForResponse(
      (response) => operationOf(response.request()).operationName === 'Start',
    );
    await page.getByRole('button', { name: /Execute query/ }).click();
    answers.push(await (await answer).text());
    await context.close();
  }
  expect(answers[0]).toContain('"role":"OWNER"');
  expect(answers[1]).toContain('UNAUTHENTICATED');
});
