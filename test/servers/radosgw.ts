import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './ports.ts';

/**
 * A real S3 and STS server for tests: Ceph's radosgw over one monitor and one in-memory OSD, all on
 * loopback ports of their own and in a temporary directory. Up in about a second. It checks
 * signatures, policies, roles and expiry as S3 does; it does not look at a role's external ID.
 */

const run = promisify(execFile);
const binaries = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
/** Debian keeps some of them out of an ordinary user's PATH. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
const startAttempts = 3;
const startTimeoutMs = 30_000;

export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface RadosgwUser extends S3Keys {
  /** The user's name; its ARN in policies is `arn:aws:iam:::user/<uid>`. */
  uid: string;
}

/** What a test file needs to reach the shared server; plain data, so that it passes between processes. */
export interface RadosgwAddress extends S3Keys {
  /** `http://127.0.0.1:<port>`, S3 and STS both. */
  endpoint: string;
  /** ceph.conf of this cluster, for the administrator's commands. */
  configFile: string;
}

export interface Radosgw extends RadosgwAddress {
  /** Adds a user with its own keys. It sees none of the others' buckets until a policy lets it. */
  createUser(): Promise<RadosgwUser>;
  /** From now on the user's keys are refused. */
  suspend(uid: string): Promise<void>;
  /**
   * Adds a role.
   * @param trust policy document that says who may assume it
   * @param permissions policy document that says what it may do
   * @returns the role's ARN
   */
  createRole(trust: object, permissions: object): Promise<string>;
}

/**
 * The shared server as a test file sees it.
 * @param address what the run's set-up provided
 */
export function radosgwAt(address: RadosgwAddress): Radosgw {
  const admin = (args: string[]) => radosgwAdmin(address.configFile, args);
  return {
    ...address,
    async createUser() {
      const uid = `user-${randomUUID()}`;
      return { uid, ...(await addUser(address.configFile, uid)) };
    },
    async suspend(uid) {
      await admin(['user', 'suspend', '--uid', uid]);
    },
    async createRole(trust, permissions) {
      const name = `role-${randomUUID()}`;
      const created = await admin([
        'role',
        'create',
        '--role-name',
        name,
        '--assume-role-policy-doc',
        JSON.stringify(trust),
      ]);
      const policy = ['--policy-name', 'permissions', '--policy-doc', JSON.stringify(permissions)];
      await admin(['role-policy', 'put', '--role-name', name, ...policy]);
      return (JSON.parse(created) as { Arn: string }).Arn;
    },
  };
}

/**
 * Starts the server; answers once it takes requests. Its processes die and its directory goes with
 * `stop()`, and also when this process ends in any other way.
 * @param port where it is to listen; a free one if absent
 * @throws when a binary is missing, with the command that installs it
 */
export async function startRadosgw(port?: number): Promise<Radosgw & { stop(): Promise<void> }> {
  await requireBinaries();
  for (let attempt = 1; ; attempt++) {
    const directory = await mkdtemp(join(tmpdir(), 'longshore-radosgw-'));
    const keeper = startKeeper(directory);
    try {
      const address = await startCluster(directory, keeper.run, port);
      return { ...radosgwAt(address), stop: keeper.stop };
    } catch (error) {
      const log = await readFile(join(directory, 'daemons.log'), 'utf8').catch(() => '');
      await keeper.stop();
      // The ports were free when asked for, but another run may have been quicker.
      if (attempt === startAttempts)
        throw new Error(`radosgw did not start:\n${log.slice(-4000)}`, { cause: error });
    }
  }
}

async function requireBinaries(): Promise<void> {
  for (const binary of binaries) {
    await run('sh', ['-c', 'command -v "$1"', 'sh', binary], { env: { PATH } }).catch(() => {
      throw new Error(`${binary} is not installed: apt-get install -y radosgw ceph-mon ceph-osd`);
    });
  }
}

/**
 * A shell that starts each command line it reads from us and outlives us by the moment it takes to
 * notice: when its input ends, however that came about, it kills what it started and removes the
 * directory. It leads a session of its own, so an interrupt typed at the terminal does not reach it.
 */
const keeperScript = `
pids=
while read -r line; do $line >>daemons.log 2>&1 & pids="$pids $!"; done
trap '' TERM HUP INT
[ -z "$pids" ] || kill -KILL $pids
wait
cd / && rm -rf "$1"
`;

function startKeeper(directory: string): { run(line: string): void; stop(): Promise<void> } {
  const keeper = spawn('sh', ['-c', keeperScript, 'keeper', directory], {
    cwd: directory,
    env: environment(join(directory, 'ceph.conf')),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A keeper that is gone has done its work.
  keeper.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  return {
    run: (line) => void keeper.stdin.write(`${line}\n`),
    async stop() {
      keeper.stdin.end();
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function environment(configFile: string): Record<string, string> {
  return { PATH, CEPH_CONF: configFile, HOME: tmpdir() };
}

async function startCluster(
  directory: string,
  start: (line: string) => void,
  wanted?: number,
): Promise<RadosgwAddress> {
  const [monitorPort, freePort] = await freePorts(2);
  const port = wanted ?? freePort;
  const clusterId = randomUUID();
  const osdId = randomUUID();
  const configFile = join(directory, 'ceph.conf');
  const options = { cwd: directory, env: environment(configFile), timeout: startTimeoutMs };
  await writeFile(
    configFile,
    clusterConfig(directory, clusterId, `v1:127.0.0.1:${monitorPort}`, `127.0.0.1:${port}`),
  );
  for (const folder of ['mon', 'osd', 'rgw', 'run']) await mkdir(join(directory, folder));

  const monmap = ['--create', '--addv', 'a', `v1:127.0.0.1:${monitorPort}`, '--fsid', clusterId, 'monmap'];
  await run('monmaptool', monmap, options);
  await run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', 'monmap'], options);
  start('ceph-mon -i a -f');
  // Waits for the monitor by itself; the first OSD gets the number 0.
  await run('ceph', ['--connect-timeout', '20', 'osd', 'new', osdId], options);
  await run('ceph', ['osd', 'crush', 'add', 'osd.0', '1', 'root=default', 'host=localhost'], options);
  await run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', osdId], options);
  start('ceph-osd -i 0 -f');
  start('radosgw -n client.rgw -f');

  const endpoint = `http://127.0.0.1:${port}`;
  await untilItAnswers(endpoint);
  const keys = await addUser(configFile, 'owner', ['--caps', 'roles=*']);
  return { endpoint, configFile, ...keys };
}

/**
 * One replica, no authentication between the daemons, everything in memory, no background work. Of several
 * ways to authenticate, the first one's refusal is answered: a user's wrong secret shall show as such.
 */
function clusterConfig(directory: string, clusterId: string, monitor: string, gateway: string): string {
  return `[global]
fsid = ${clusterId}
mon_host = ${monitor}
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_network = 127.0.0.0/8
run_dir = ${directory}/run
crash_dir = ${directory}/run
admin_socket =
log_file =
mon_cluster_log_file =
log_to_stderr = true
mon_data = ${directory}/mon
osd_data = ${directory}/osd
rgw_data = ${directory}/rgw
mon_allow_pool_size_one = true
mon_data_avail_warn = 1
mon_data_avail_crit = 0
mon_tick_interval = 1
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
osd_objectstore = memstore
memstore_device_bytes = ${4 * 1024 ** 3}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
rgw_frontends = beast endpoint=${gateway} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_s3_auth_use_sts = true
rgw_s3_auth_order = local, sts
rgw_sts_key = ${randomBytes(8).toString('hex')}
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
`;
}

async function untilItAnswers(endpoint: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`${endpoint} did not answer within ${startTimeoutMs} ms`);
    await sleep(25);
  }
}

async function addUser(configFile: string, uid: string, more: string[] = []): Promise<S3Keys> {
  const keys = {
    accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const pair = ['--access-key', keys.accessKeyId, '--secret-key', keys.secretAccessKey];
  await radosgwAdmin(configFile, ['user', 'create', '--uid', uid, '--display-name', uid, ...pair, ...more]);
  return keys;
}

async function radosgwAdmin(configFile: string, args: string[]): Promise<string> {
  const { stdout } = await run('radosgw-admin', args, {
    env: environment(configFile),
    timeout: startTimeoutMs,
  });
  return stdout;
}
