import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type FaultyServer, serve } from './faulty.ts';

/** Servers that answer like Redis for a while, then with what would harm a client that trusts them. */

type Bytes = string | Uint8Array;

interface Hostile {
  /** What is said before anything is heard. */
  first?: Bytes;
  /** What is said to a command, by its name in capitals; `others` to all that are not named. */
  to?: Record<string, Bytes | (() => Iterable<Bytes>)>;
  /** Settings of the storage; those that have some are refused before they get as far as writing. */
  settings?: object;
  /** What may come of it. */
  code: RegExp;
}

const none = /^UNEXPECTED_RESPONSE$/;
const noneOrLate = /^(UNEXPECTED_RESPONSE|TIMEOUT)$/;
const hello = '*4\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n';
const helloAs = (mode: string) => hello.replace('$10\r\nstandalone', `$${mode.length}\r\n${mode}`);
const blocked = '$15\r\n169.254.169.254\r\n';
/** Everything is well until keys are asked for. */
const polite = { HELLO: hello, SELECT: '+OK\r\n' };
const afterLogin = (others: Bytes | (() => Iterable<Bytes>)) => ({ to: { ...polite, others } });

function* endless(first: string, chunk: string): Generator<Bytes> {
  yield first;
  for (const bytes = Buffer.from(chunk.repeat(10_000)); ; ) yield bytes;
}

export const hostileCases: Record<string, Hostile> = {
  'absent values before anything is asked': { first: '$-1\r\n$-1\r\n', code: none },
  'absent values that nobody asked for': { ...afterLogin('$-1\r\n'.repeat(10)), code: none },
  'a message to a subscriber': { first: '*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n', code: noneOrLate },
  'eight lists of 32 million': { ...afterLogin('*32000000\r\n'.repeat(8)), code: none },
  'a list longer than any': { ...afterLogin('*99999999999\r\n'), code: none },
  'lists in lists': { ...afterLogin('*1\r\n'.repeat(200_000)), code: none },
  'many lists of the longest length': { ...afterLogin('*50000\r\n'.repeat(8)), code: none },
  'a list without an end': { ...afterLogin(() => endless('*49999\r\n', '*49999\r\n')), code: none },
  'a string longer than any': { ...afterLogin('$999999999999\r\nx'), code: none },
  'a string of half a gigabyte': { ...afterLogin(() => endless('$536870912\r\n', 'x')), code: none },
  'strings without an end': { ...afterLogin(() => endless('', '$9000\r\n')), code: none },
  'long strings in a list without an end': {
    ...afterLogin(() => endless('*2\r\n$1\r\n0\r\n*45000\r\n', `$3000\r\n${'x'.repeat(3000)}\r\n`)),
    code: none,
  },
  'a line without an end': { ...afterLogin(() => endless('+', 'x')), code: none },
  'a negative length': { ...afterLogin('$-2\r\n'), code: none },
  'a length in another notation': { ...afterLogin('$1e9\r\n'), code: none },
  'a length beyond all numbers': { ...afterLogin('$99999999999999999999\r\n'), code: none },
  'a string longer than announced': { ...afterLogin('$3\r\nsecret of a neighbour\r\n'), code: none },
  'a line that ends twice': { ...afterLogin('+OK\r+OK\r\n'), code: none },
  'a push of version 3': { ...afterLogin('>2\r\n+message\r\n+x\r\n'), code: none },
  'a web page': { first: 'HTTP/1.1 400 Bad Request\r\n\r\n', code: none },
  'half a reply, then silence': { ...afterLogin('$10\r\nhalf'), code: noneOrLate },
  'a refusal of the database, then consent to everything': {
    to: { HELLO: hello, SELECT: '-ERR DB index is out of range\r\n', others: '+OK\r\n' },
    settings: { database: 99 },
    code: /^CONTAINER_NOT_FOUND$/,
  },
  'a cluster whose node is an internal address': {
    to: {
      HELLO: helloAs('cluster'),
      CLUSTER: `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n${blocked}:80\r\n`,
      others: '+OK\r\n',
    },
    settings: { topology: 'CLUSTER' },
    code: /^ADDRESS_NOT_ALLOWED$/,
  },
  'a cluster whose slots are given again and again': {
    to: {
      HELLO: helloAs('cluster'),
      CLUSTER: `*8000\r\n${`*3\r\n:0\r\n:16383\r\n*2\r\n${blocked}:80\r\n`.repeat(8_000)}`,
      others: '+OK\r\n',
    },
    settings: { topology: 'CLUSTER' },
    code: none,
  },
  'a Sentinel that names an internal address': {
    to: { HELLO: helloAs('sentinel'), SENTINEL: `*2\r\n${blocked}$2\r\n80\r\n`, others: '+OK\r\n' },
    settings: { topology: 'SENTINEL', primaryName: 'tasks' },
    code: /^ADDRESS_NOT_ALLOWED$/,
  },
};

/** Starts the server of a case. `heard` are the names of the commands that it was sent. */
export async function startHostileRedis({
  first,
  to = {},
}: Hostile): Promise<FaultyServer & { heard: string[] }> {
  const heard: string[] = [];
  const server = await serve((socket) => {
    if (first) socket.write(first);
    socket.on('data', (bytes) => {
      // Our side sends short commands whole.
      for (const [, name = ''] of bytes.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n/g)) {
        heard.push(name);
        say(socket, to[name] ?? to.others);
      }
    });
  });
  return { ...server, heard };
}

function say(socket: Socket, bytes: Bytes | (() => Iterable<Bytes>) | undefined): void {
  if (typeof bytes === 'function') void pipeline(bytes, socket).catch(() => {});
  else if (bytes !== undefined && socket.writable) socket.write(bytes);
}
