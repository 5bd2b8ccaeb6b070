import type { GuideRequest, SetupStep } from '../guide.ts';
import { quote } from '../shell.ts';
import type { RedisSettings } from './config.ts';
import { startingWith } from './glob.ts';

/**
 * What to paste at Redis: a user with the least rights, the way to the server, persistence for a target.
 * Sources: "ACL", "Redis persistence", "Key eviction" and "Security" of the Redis documentation.
 */

/** Logging in and choosing the database. AUTH and HELLO are open to everybody. */
const connecting = ['+ping', '+select'];
/** What finds the nodes of a cluster. */
const finding = ['+cluster|slots', '+cluster|nodes'];
const listing = ['+scan', '+type', '+strlen'];
const reading = ['+get', '+getrange'];
const writing = ['+set', '+del'];

/** The steps for a storage with these settings, in the order to take them. */
export function redisGuide(settings: RedisSettings, request: GuideRequest): SetupStep[] {
  const steps = request.direction === 'SOURCE' ? sourceRules(settings, request) : [targetRule(settings)];
  steps.push(network(settings, request.addresses));
  if (request.direction === 'TARGET') steps.push(persistence());
  return steps;
}

function sourceRules(settings: RedisSettings, { importMethod }: GuideRequest): SetupStep[] {
  const way = wayIn(settings);
  const full: SetupStep = {
    title: 'ACL rule: listing and reading',
    format: 'SHELL',
    content: setUser(settings, [...way, ...listing, ...reading]),
    explanation: `Lists the keys ${placeOf(settings)} and reads their strings, which this service hands on to browsers. GET also serves listings: the content is the only sign by which Redis lets a change be seen. ${notes(settings)}`,
  };
  if (importMethod === 'TASKS') return [full];
  const bare: SetupStep = {
    title: 'ACL rule: listing only',
    format: 'SHELL',
    content: setUser(settings, [...way, ...listing]),
    explanation: `Enough to create a task for each key (import method FILES) ${placeOf(settings)}. No value can be read with it: nothing is shown from the storage, and of a value that changes only a new length is noticed. ${notes(settings)}`,
  };
  return [full, bare];
}

function targetRule(settings: RedisSettings): SetupStep {
  return {
    title: 'ACL rule: writing annotations',
    format: 'SHELL',
    content: setUser(settings, [...wayIn(settings), ...listing, ...reading, ...writing]),
    explanation: `Lists, reads, writes and deletes the keys ${placeOf(settings)}. DEL also serves validation, which removes the key that it has tried to write. ${notes(settings)}`,
  };
}

function wayIn({ topology }: RedisSettings): string[] {
  return topology === 'CLUSTER' ? [...connecting, ...finding] : connecting;
}

function placeOf({ path }: RedisSettings): string {
  return path === '' ? 'of the server' : `that begin with "${path}"`;
}

function notes({ credentials, path, topology }: RedisSettings): string {
  const user =
    credentials === 'USER'
      ? 'The user keeps its passwords.'
      : `Makes the user "${newUser}" with a new password, which it prints: enter both as the credentials of the storage.`;
  const blanks = spaces.test(path)
    ? ' ACL rules cannot have spaces, so each is replaced by "?", which stands for any one byte.'
    : '';
  const everywhere =
    topology === 'CLUSTER'
      ? ' It is made on every node of the cluster, since nodes do not tell each other of users: run it again when a node is added.'
      : topology === 'SENTINEL'
        ? ' It is made on the primary: give the same rule with the same password to each replica, which may become the primary one day.'
        : '';
  return `Run it as an administrator of the server (password in REDISCLI_AUTH), then keep the rule with "ACL SAVE" or "CONFIG REWRITE". ${user}${everywhere} Redis cannot limit a user to one database: the rule holds for keys of such names in all of them.${blanks} Needs Redis 6 or newer.`;
}

const newUser = 'longshore';
/** What ACL rules refuse in patterns. */
const spaces = /[ \t\n\v\f\r]/;

/** The commands of a shell that make the rule; words are quoted, since names and patterns may have any character. */
function setUser(settings: RedisSettings, permissions: string[]): string {
  const { tls, tlsCa, credentials, path } = settings;
  const isNew = credentials !== 'USER';
  const user = settings.username && !isNew ? settings.username : newUser;
  const pattern = `~${startingWith(path).replace(new RegExp(spaces, 'g'), '?')}`;
  const ca = tls && tlsCa ? 'redis-ca.pem' : undefined;
  const options: string[] = [];
  if (tls) options.push('--tls');
  if (ca) options.push('--cacert', ca);
  const words = ['ACL', 'SETUSER', quote(user), isNew ? 'reset' : 'resetkeys', 'on'];
  if (isNew) words.push('">$password"');
  // The same, but "--cluster call" takes a word with a dash for an option of its own.
  const nothing = settings.topology === 'CLUSTER' ? 'nocommands' : '-@all';
  const lines = serversOf(settings, options.join(' '));
  const cli = lines.pop();
  lines.push([cli, ...words, nothing, quote(pattern), ...permissions.map(quote)].join(' '));
  if (isNew) {
    lines.unshift('password=$(openssl rand -hex 32)');
    lines.push('echo "$password"');
  }
  if (ca) lines.unshift(`cat > ${ca} <<'END'\n${tlsCa}\nEND`);
  return lines.join('\n');
}

/** The beginning of a command line that speaks to the servers which hold keys, behind the lines that find them. */
function serversOf({ host, port, topology, primaryName = '' }: RedisSettings, options: string): string[] {
  const to = (program: string, where: string) => [program, where, options].filter(Boolean).join(' ');
  const named = `-h ${quote(host)} -p ${port}`;
  if (topology === 'CLUSTER') {
    return [`${to('redis-cli', '')} --cluster call ${quote(`${host}:${port}`)}`];
  }
  if (topology !== 'SENTINEL') return [to('redis-cli', named)];
  const ask = `SENTINEL GET-MASTER-ADDR-BY-NAME ${quote(primaryName)}`;
  return [`set -- $(${to('redis-cli', named)} ${ask})`, to('redis-cli', '-h "$1" -p "$2"')];
}

function network({ host, port, tls, topology }: RedisSettings, addresses: string[]): SetupStep {
  const others = {
    CLUSTER: ', and to each node of the cluster',
    SENTINEL: ', and to the servers that it names',
  };
  const beyond = topology && topology !== 'STANDALONE' ? others[topology] : '';
  const from = addresses.length > 0 ? addresses.join(', ') : 'the addresses of this service';
  return {
    title: 'Way to the server',
    format: 'TEXT',
    content: `Allow TCP connections to ${host}, port ${port}${beyond}, from ${from}, and from nowhere else that does not need them.`,
    explanation: tls
      ? 'The connection is made in TLS, so that nobody on the way reads passwords or data. The server must not ask for client certificates ("tls-auth-clients no" or "optional"): users and passwords protect it.'
      : 'Without TLS, passwords and data can be read on the way: do so in a private network only, or give the server a tls-port and switch tls on.',
  };
}

function persistence(): SetupStep {
  return {
    title: 'Persistence',
    format: 'TEXT',
    content: 'appendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction',
    explanation:
      'For redis.conf. A target holds annotations, and Redis forgets by default what it took after the last snapshot, or what it evicts when its memory is full. With these lines at most the last second is lost when the server dies, and a full server refuses to write instead of deleting.',
  };
}
