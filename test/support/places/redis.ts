import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { adminOf, newDatabase, type RedisAddress } from '../../servers/redis.ts';
import { serverOf } from '../../servers/servers.ts';
import type { RedisInput } from '../generated/graphql.ts';
import { changed, type Place, type Places, type Right } from './place.ts';

const commands: Record<Right, string[]> = {
  LIST: ['+scan', '+type', '+strlen'],
  READ: ['+get', '+getrange', '+type', '+strlen'],
  WRITE: ['+set'],
  DELETE: ['+del'],
};

/** Databases of the run's Redis servers; what is changed there is seen by MONITOR. */
export async function redisPlaces(): Promise<Places & { secrets: string[] }> {
  const { open, secured } = await serverOf('redis');
  const admins: Redis[] = [];
  const password = secured.password!;

  async function place(server: RedisAddress, input: RedisInput, path = 'photos:'): Promise<Place> {
    const database = await newDatabase(server);
    const admin = adminOf(server, { db: database });
    const monitor = await admin.monitor();
    admins.push(admin, monitor);
    const seen: string[] = [];
    const own = (await admin.client('INFO')) as string;
    const [, ownAddress] = /addr=(\S+)/.exec(own) ?? [];
    monitor.on('monitor', (_time: string, [command = '', key = '']: string[], source: string, db: string) => {
      const name = { SET: 'PUT', DEL: 'DELETE' }[command.toUpperCase()];
      if (name && Number(db) === database && source !== ownAddress) seen.push(`${name} ${key}`);
    });
    const container = (port: number) => `redis://${server.host}:${port}/${database}`;
    const port = input.port ?? server.port;
    return {
      provider: { redis: { host: server.host, port, database, path, ...input } },
      put: (key, body) => admin.set(path + key, Buffer.from(body)),
      remove: (key) => admin.del(path + key),
      keys: async () => (await admin.keys('*')).sort(),
      prefix: path,
      uri: (key) => `${container(port)}/${key}`,
      async changes() {
        // What the server has done before this is in the monitor's stream before this.
        const mark = `mark-${randomUUID()}`;
        const passed = Promise.withResolvers<void>();
        const listener = (_time: string, [, text]: string[]) => text === mark && passed.resolve();
        monitor.on('monitor', listener);
        await admin.echo(mark);
        await passed.promise;
        monitor.off('monitor', listener);
        return seen;
      },
    };
  }

  /** A user of the open server's neighbour, which knows users. */
  async function createUser(permissions: string[]) {
    const admin = adminOf(secured);
    const user = { username: `user-${randomUUID()}`, password: `password-${randomUUID()}` };
    await admin.call(
      'ACL',
      'SETUSER',
      user.username,
      'reset',
      'on',
      `>${user.password}`,
      '~*',
      '+ping',
      '+select',
      ...permissions,
    );
    admin.disconnect();
    return user;
  }

  const none = {
    topology: 'STANDALONE',
    primaryName: null,
    hasSentinelPassword: false,
    username: null,
    hasPassword: false,
    tls: false,
    tlsCa: null,
  };
  const user = await createUser(['+@all']);
  return {
    secrets: [password, user.password],
    settings: {},
    ways: {
      'Redis: password': {
        open: () => place(secured, { credentials: { password } }),
        shows: { ...none, hasPassword: true },
      },
      'Redis: none': { open: () => place(open, {}), shows: none },
      'Redis: user': {
        open: () => place(secured, { credentials: { user } }),
        shows: { ...none, username: user.username, hasPassword: true },
      },
      'Redis: TLS': {
        open: () => {
          const { port, ca } = secured.tls!;
          return place(secured, { port, tls: true, tlsCa: ca, credentials: { password } });
        },
        shows: { ...none, tls: true, tlsCa: secured.tls!.ca.trim(), hasPassword: true },
      },
    },
    failures: {
      wrongSecret: (it) =>
        changed(it, 'redis', { credentials: { password: 'canary-a-password-that-opens-nothing' } }),
      missing: (it) => changed(it, 'redis', { database: secured.databases }),
      at: (it, { host, port, secure = false }) => changed(it, 'redis', { host, port, tls: secure }),
      limited: async (it, rights) =>
        changed(it, 'redis', {
          credentials: { user: await createUser(rights.flatMap((right) => commands[right])) },
        }),
    },
    async close() {
      for (const admin of admins) admin.disconnect();
    },
  };
}
