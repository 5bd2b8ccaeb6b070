import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';

/**
 * Azure Blob for tests: two Azurite servers on loopback ports of their own, each with its own data in
 * memory. One speaks HTTP; the other HTTPS with a certificate of its own, and takes Microsoft Entra tokens,
 * of which it checks times, issuer and audience, and neither signature nor roles. Both check shared keys
 * and SAS tokens as Azure does. Up in about two seconds.
 */

const run = promisify(execFile);
const startTimeoutMs = 60_000;

/** What a test file needs to reach the shared servers; plain data, so that it passes between processes. */
export interface AzuriteAddress {
  accountName: string;
  /** Base64. */
  accountKey: string;
  /** `http://127.0.0.1:<port>/<account>` */
  endpoint: string;
  /** `https://127.0.0.1:<port>/<account>`: other data than over HTTP. */
  tlsEndpoint: string;
  /** PEM files, made for 127.0.0.1 and localhost. */
  certificateFile: string;
  certificateKeyFile: string;
}

/** Starts the servers; they live until `stop`, or until this process is gone, however it ended. */
export async function startAzurite(): Promise<AzuriteAddress & { stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'longshore-azurite-'));
  const certificateFile = join(directory, 'certificate.pem');
  const certificateKeyFile = join(directory, 'certificate-key.pem');
  const account = { accountName: 'longshoretests', accountKey: randomBytes(64).toString('base64') };
  await makeCertificate(certificateFile, certificateKeyFile);
  const keeper = startKeeper(directory, account);
  try {
    const origins = await Promise.all([
      listeningAt(join(directory, 'http.log')),
      listeningAt(join(directory, 'https.log')),
    ]);
    const [endpoint = '', tlsEndpoint = ''] = origins.map((origin) => `${origin}/${account.accountName}`);
    return {
      ...account,
      endpoint,
      tlsEndpoint,
      certificateFile,
      certificateKeyFile,
      stop: keeper.stop,
    };
  } catch (error) {
    await keeper.stop();
    throw error;
  }
}

/** Lets every TLS client of this process trust the servers' certificate, beside those it trusted before. */
export async function trustCertificate({
  certificateFile,
}: Pick<AzuriteAddress, 'certificateFile'>): Promise<void> {
  setDefaultCACertificates([...getCACertificates('default'), await readFile(certificateFile, 'utf8')]);
}

async function makeCertificate(certificateFile: string, keyFile: string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const args = ['req', '-x509', ...key, ...subject, '-days', '30', '-out', certificateFile];
  await run('openssl', args).catch((cause: unknown) => {
    throw new Error('openssl made no certificate: apt-get install -y openssl', { cause });
  });
}

/**
 * A shell that starts the servers and outlives us by the moment it takes to notice: when its input ends,
 * however that came about, it kills them and removes the directory. It leads a session of its own, so an
 * interrupt typed at the terminal does not reach it. A server that breaks down in the middle of a long run is
 * started again at its port, empty: each test makes a container of its own.
 */
const keeperScript = `
serve() {
  log=$1 port=0
  shift
  while :; do
    "$@" --blobPort "$port" --inMemoryPersistence --skipApiVersionCheck --silent --disableTelemetry >>"$log" 2>&1
    echo "ended with $?" >>"$log"
    port=$(sed -n 's|.*listens on https*://[0-9.]*:\\([0-9]*\\).*|\\1|p' "$log" | head -n 1)
    sleep 0.2
  done
}
serve http.log "$1" --import "$4" "$2" &
serve https.log "$1" --import "$4" "$2" --oauth basic --cert certificate.pem --key certificate-key.pem &
trap '' TERM HUP INT
while read -r _; do :; done
cd / && rm -rf "$3"
kill -KILL 0
`;

function startKeeper(
  directory: string,
  { accountName, accountKey }: Pick<AzuriteAddress, 'accountName' | 'accountKey'>,
): { stop(): Promise<void> } {
  const azurite = join(
    dirname(createRequire(import.meta.url).resolve('azurite/package.json')),
    'dist/src/blob/main.js',
  );
  const uncollected = new URL('azurite-uncollected.ts', import.meta.url).href;
  const args = ['-c', keeperScript, 'keeper', process.execPath, azurite, directory, uncollected];
  const keeper = spawn('sh', args, {
    cwd: directory,
    env: { PATH: process.env.PATH, AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A keeper that is gone has done its work.
  keeper.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  return {
    async stop() {
      keeper.stdin.end();
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The origin that a server's log says it listens at; port 0 let the system choose a free one. */
async function listeningAt(logFile: string): Promise<string> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    const origin = /successfully listens on (https?:\/\/[\d.]+:\d+)/.exec(log)?.[1];
    if (origin) return origin;
    if (/unhandled error/.test(log) || Date.now() > deadline) {
      throw new Error(`Azurite did not start:\n${log.slice(-4000)}`);
    }
    await sleep(25);
  }
}
