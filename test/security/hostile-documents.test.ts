import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import * as operations from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { watchLoop } from '../support/loop.ts';
import { openSender } from '../support/sender.ts';

/** Whatever is sent, in a body of at most 4 MiB, by whomever: the event loop stands still for no more than 200 ms. */
const it = await testApp({ worker: 'none' });
const project = await it.owner.project();
const sender = openSender();
afterAll(() => sender.close());

/** Just below what a body may hold, in bytes. */
const SIZE = (4 << 20) - 4_096;
/** Characters and tokens that a document may have, about. */
const [TEXT, TOKENS] = [99_000, 4_900];
/** Values that a body may hold, about. */
const VALUES = 99_000;

const fill = (unit: string, size = SIZE) => unit.repeat(Math.floor(size / unit.length));
const numbered = (count: number, of: (index: number) => string, between = ' ') =>
  Array.from({ length: count }, (_, index) => of(index)).join(between);
const request = (query: string, variables = '{}') =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;

const documents: Record<string, string> = {
  'braces, as many as fit': fill('{a', SIZE),
  'braces, to the limit of characters': fill('{a', TEXT),
  'braces, to the limit of tokens': '{a'.repeat(TOKENS / 2) + '}'.repeat(TOKENS / 2),
  'lists in an argument': `{node(id:${'['.repeat(TOKENS / 2 - 5)}${']'.repeat(TOKENS / 2 - 5)}){id}}`,
  'fields, as many as fit': `{${fill('a ', SIZE - 10)}}`,
  'fields, to the limit': `{${'a '.repeat(TOKENS)}}`,
  'different fields, to the limit': `{${numbered(TOKENS, (index) => `a${index}`)}}`,
  aliases: `{${numbered(TOKENS / 3, (index) => `a${index}:__typename`)}}`,
  directives: `{__typename ${'@skip(if:true)'.repeat(TOKENS / 6)}}`,
  'a comment': `{__typename}#${fill('x', SIZE - 50)}`,
  'a comment to the limit': `{__typename}#${fill('x', TEXT)}`,
  'empty lines before a hundred errors': `${'\n'.repeat(TEXT - 2_000)}{${numbered(150, (index) => `a${index}`)}}`,
  'a name to the limit': `{${fill('a', TEXT)}}`,
  'a string to the limit': `{node(id:"${fill('x', TEXT - 50)}"){id}}`,
  'escapes to the limit': `{node(id:"${fill('\\u0061', TEXT - 50)}"){id}}`,
  'a block string to the limit': `{node(id:"""${fill(' \n', TEXT - 50)}"""){id}}`,
  'a number to the limit': `{node(id:${fill('1', TEXT - 50)}){id}}`,
  'operations, to the limit': numbered(TOKENS / 5, (index) => `query Q${index}{__typename}`),
  'fragments, each used twice by the one before': `{...F0}${numbered(400, (index) => `fragment F${index} on Query{...F${index + 1} ...F${index + 1}}`)}fragment F400 on Query{__typename}`,
  'fragments in a circle': `{...F0}${numbered(700, (index) => `fragment F${index} on Query{...F${(index + 1) % 700}}`)}`,
  'fragments, all beside each other': `{${numbered(480, (index) => `...F${index}`)}}${numbered(480, (index) => `fragment F${index} on Query{__typename}`)}`,
  'fragments of the same field': `{${numbered(240, (index) => `...F${index}`)}}${numbered(240, (index) => `fragment F${index} on Query{viewer{user{id email}}}`)}`,
  'inline fragments': `{${'... on Query{'.repeat(TOKENS / 4)}__typename${'}'.repeat(TOKENS / 4)}}`,
  'inline fragments beside each other': `{${'...{viewer{user{id}}}'.repeat(TOKENS / 9)}}`,
  'variables of an operation': `query(${numbered(TOKENS / 5, (index) => `$v${index}:ID`)}){__typename}`,
  'arguments of a field': `{node(${numbered(TOKENS / 3, (index) => `a${index}:1`)}){id}}`,
  'fields of an object': `mutation{createStorage(input:{${numbered(TOKENS / 3, (index) => `a${index}:1`)}}){__typename}}`,
};

const tasks = 'mutation($input:ImportTasksInput!){importTasks(input:$input){__typename}}';
const importing = (json: string) => request(tasks, `{"input":{"projectId":"${project}","tasks":[${json}]}}`);
const creating = (json: string) =>
  request(
    'mutation($input:CreateStorageInput!){createStorage(input:$input){__typename}}',
    `{"input":${json}}`,
  );
const nested = (open: string, close: string, size = SIZE - 1_000) => {
  const depth = Math.floor(size / (open.length + close.length));
  return open.repeat(depth) + close.repeat(depth);
};

const fields = numbered(VALUES, (index) => `"f${index}":0`, ',');

const bodies: Record<string, string> = {
  ...Object.fromEntries(Object.entries(documents).map(([name, query]) => [name, request(query)])),
  'no JSON': fill('{'),
  'lists in lists': nested('[', ']'),
  'objects in objects': nested('{"a":', '}').replace(':}', ':1}'),
  'escapes of JSON': `{"query":"${fill('\\u007b', SIZE - 100)}"}`,
  'a list of requests': `[${fill('{"query":"{__typename}"},', SIZE - 100)}{}]`,
  'names beside query': `{"query":"{__typename}",${numbered(200_000, (index) => `"f${index}":0`, ',')}}`,
  extensions: `{"query":"{__typename}","extensions":${nested('[', ']')}}`,
  'a name of an operation': `{"query":"{__typename}","operationName":"${fill('x', SIZE - 100)}"}`,
  'variables that nobody asks for': request(
    '{__typename}',
    `{${numbered(250_000, (index) => `"f${index}":0`, ',')}}`,
  ),
  'unknown fields of an input': creating(`{${numbered(250_000, (index) => `"f${index}":0`, ',')}}`),
  'a text as an input': creating(`{"projectId":"${project}","title":"${fill('x', SIZE - 400)}"}`),
  'a text where an object is due': creating(`"${fill('x', SIZE - 400)}"`),
  'lists where an object is due': creating(nested('[', ']')),
  'ids, many more than may be asked for': request(
    'query($ids:[ID!]!){nodes(ids:$ids){id}}',
    `{"ids":[${fill('"UHJvamVjdDox",', SIZE - 200)}"x"]}`,
  ),
  'ids, as many as may be asked for': request(
    'query($ids:[ID!]!){nodes(ids:$ids){id}}',
    `{"ids":[${numbered(10_000, (index) => `"${Buffer.from(`Task:${index}`).toString('base64')}"`, ',')}]}`,
  ),
  'tasks, as many as fit': importing(
    numbered(10_000, (index) => `{"data":{"text":"${index} ${'x'.repeat(370)}"}}`, ','),
  ),
  'a task of numbers': importing(`{"data":{"n":[${fill('1,', SIZE - 400)}1]}}`),
  'a task of numbers that no float holds': importing(`{"data":{"n":[${fill('0.10,', SIZE - 400)}0.10]}}`),
  'a task of long numbers': importing(`{"data":{"n":[${fill('12345678901234567890,', SIZE - 400)}1]}}`),
  'a task of one number': importing(`{"data":{"n":${fill('1', SIZE - 400)}}}`),
  'a task of lists in lists': importing(`{"data":{"n":${nested('[', ']', SIZE - 400)}}}`),
  'a task of objects in objects': importing(
    `{"data":{"n":${nested('{"a":', '}', SIZE - 400).replace(':}', ':1}')}}}`,
  ),
  'a task of fields': importing(`{"data":{${numbered(300_000, (index) => `"f${index}":0`, ',')}}}`),
  'a task of empty objects': importing(`{"data":{"n":[${fill('{},', SIZE - 400)}{}]}}`),
  'a task of one text': importing(`{"data":{"n":"${fill('x', SIZE - 400)}"}}`),
  'a task of escapes': importing(`{"data":{"n":"${fill('\\u0061', SIZE - 400)}"}}`),
  'a task of lone surrogates': importing(`{"data":{"n":"${fill('\\ud800', SIZE - 400)}"}}`),
  ...Object.fromEntries(
    Object.entries({
      lists: fill('[],', (2.9 * VALUES) / 2),
      objects: fill('{},', (2.9 * VALUES) / 2),
      fields: `{${numbered(VALUES, (index) => `"f${index}":0`, ',')}},`,
      'objects of fields': `${numbered(VALUES / 10, (index) => `{${numbered(9, (field) => `"f${index}_${field}":0`, ',')}}`, ',')},`,
      texts: fill(`"${'x'.repeat(35)}",`, 38 * VALUES),
      'numbers that no float holds': fill('0.10,', 5 * VALUES),
      'long numbers': fill('12345678901234567890,', 21 * VALUES),
      levels: `${numbered(160, () => nested('[', ']', 1_000), ',')},`,
    }).flatMap(([what, values]) => [
      [`in a task, as many ${what} as may be`, importing(`{"data":{"n":[${values}0]}}`)],
      [`in an input, as many ${what} as may be`, creating(`{"title":[${values}0]}`)],
      [`for nobody, as many ${what} as may be`, request('{__typename}', `{"a":[${values}0]}`)],
    ]),
  ),
  'as many fields of an input as may be': creating(`{${fields}}`),
  'as many variables as may be': request('{__typename}', `{${fields}}`),
  'as many names beside query as may be': `{"query":"{__typename}",${fields}}`,
};

/** The longest that the event loop stood still while the service answered, in milliseconds: the best of some tries. */
async function standstill(body: string, token: string | null): Promise<{ delay: number; status: number }> {
  let delay = Number.POSITIVE_INFINITY;
  let status = 0;
  // What others leave behind is collected at some time, too.
  for (let round = 0; round < 3 && delay > 100; round++) {
    const stop = watchLoop();
    status = await sender.post(`${it.url}/graphql`, token, body);
    await sleep(10);
    delay = Math.min(delay, Math.round(stop()));
  }
  return { delay, status };
}

describe.each([
  ['without a token', null],
  ['with one', it.owner.token],
])('%s', (who, token) => {
  const delays: string[] = [];
  afterAll(() => console.info([`The event loop stood still, ${who}:`, ...delays].join('\n')));

  test.each(Object.entries(bodies))('%s', async (name, body) => {
    expect(Buffer.byteLength(body)).toBeLessThan(4 << 20);
    const { delay, status } = await standstill(body, token);
    delays.push(`${String(delay).padStart(5)} ms  ${name}`);
    expect(status).toBeGreaterThan(0);
    expect(status).toBeLessThan(500);
    expect(delay).toBeLessThan(200);
  });
});

/** Of those of the greatest size and number of tokens, no two alike. */
const wrong = (index: number) =>
  request(`{ b${index} ${numbered(TOKENS, (at) => `a${at}`)} } #`.padEnd(TEXT, 'x'));
const right = (index: number) =>
  request(`{ ${numbered(50, (at) => `b${index}_${at}: viewer { role }`)} } #`.padEnd(TEXT, 'x'));

const other = await it.member('ANNOTATOR');

test.each([
  ['wrong ones, without a token', wrong, null],
  ['wrong ones, with one', wrong, it.owner.token],
  ['right ones, with one', right, it.owner.token],
])('a hundred at once, and somebody else asks: %s', async (what, document, token) => {
  const bodies = Array.from({ length: 100 }, (_, index) => document(index));
  const burst = sender.burst(`${it.url}/graphql`, token, bodies);
  let ended = false;
  const end = () => {
    ended = true;
  };
  burst.then(end, end);
  /** Processor time of the service from question to answer, in milliseconds: other processes do not count. */
  const waits: number[] = [];
  while (!ended) {
    const before = process.threadCpuUsage();
    expect((await other.run(operations.WhoAmI)).viewer.role).toBe('ANNOTATOR');
    const { user, system } = process.threadCpuUsage(before);
    waits.push((user + system) / 1_000);
  }
  expect(await burst).not.toContain(0);
  console.info(`${waits.length} answers during a burst of ${what}, after ${Math.max(...waits)} ms at most`);
  expect(waits.length).toBeGreaterThan(5);
  expect(Math.max(...waits)).toBeLessThan(200);
});
