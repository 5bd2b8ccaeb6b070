import type { Failure } from '../provider.ts';

/**
 * What a Redis server's refusals mean. Error replies begin with a word that names the kind (Redis
 * documentation, "RESP protocol specification", simple errors); behind ERR only the text tells. The text
 * itself goes nowhere: an unknown command is refused with its arguments, which may be a password.
 */

/** What came is no response of Redis. */
export const notRedis: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The host answered, but not as Redis does.',
  hint: 'Check host and port: they have to be those of the Redis server itself.',
};

/** The first byte that came begins a TLS record. */
export const speaksTls: Failure = {
  code: 'TLS_FAILURE',
  message: 'The host answers in TLS on this port, and the storage is set up without.',
  hint: 'Switch tls on, or give the port that answers without TLS.',
};

/** The connection stands, and no handshake comes of it. */
export const noTls: Failure = {
  code: 'TLS_FAILURE',
  message: 'The host takes connections on this port, but does not answer in TLS.',
  hint: 'Give the port that answers in TLS, or switch tls off.',
};

/** The connection was ended, without TLS, before anything came. */
export const brokenOffAtOnce: Failure = {
  code: 'CONNECTION_LOST',
  message: 'The host broke off the connection before it had answered anything.',
  hint: 'If it answers in TLS on this port, switch tls on; if not, try again later, and check proxies and firewalls in between.',
};

/** Neither a listing nor a key is sure to be found on the one node that the storage names. */
export const isCluster: Failure = {
  code: 'UNSUPPORTED',
  message:
    'The server is a node of a Redis Cluster or a Sentinel, which hold only a part of the keys, or none.',
  hint: 'Set the topology to CLUSTER or SENTINEL, or name a server that holds all keys itself.',
};

export const noCluster: Failure = {
  code: 'UNSUPPORTED',
  message: 'The server is no node of a Redis Cluster.',
  hint: 'Set the topology to STANDALONE, or name a node of the cluster.',
};

export const noSentinel: Failure = {
  code: 'UNSUPPORTED',
  message: 'The server is no Sentinel.',
  hint: 'Give host and port of a Sentinel (usually 26379), or set the topology to STANDALONE.',
};

export const unknownPrimary: Failure = {
  code: 'CONTAINER_NOT_FOUND',
  message: 'The Sentinel knows no primary of this name.',
  hint: 'Check primaryName: "SENTINEL MASTERS" lists the names that the Sentinel knows.',
};

/** In the middle of a failover. */
export const notPrimary: Failure = {
  code: 'UNAVAILABLE',
  message: 'The server that the Sentinel names is not the primary at the moment.',
};

export const slotsMoving: Failure = {
  code: 'UNAVAILABLE',
  message: 'The cluster moves keys from one node to another at the moment.',
  hint: 'Try again when the cluster has finished moving its slots.',
};

export const slotsUnserved: Failure = {
  code: 'UNAVAILABLE',
  message: 'The cluster does not serve all of its slots at the moment.',
  hint: 'Check with "CLUSTER INFO" that all slots are assigned and that no primary has failed.',
};

const tooBusy: Failure = { code: 'UNAVAILABLE' };

const byKind: Readonly<Record<string, Failure>> = {
  WRONGPASS: {
    code: 'WRONG_CREDENTIALS',
    hint: 'Enter user name and password again; check with "ACL LIST" that the user exists and is on.',
  },
  NOAUTH: {
    code: 'WRONG_CREDENTIALS',
    message: 'The server asks for a password, and the storage has none.',
    hint: 'Enter the password, with the user name if the server has users of its own for each purpose.',
  },
  NOPERM: { code: 'FORBIDDEN' },
  DENIED: {
    code: 'FORBIDDEN',
    message: 'The server is in protected mode and answers only its own machine.',
    hint: 'Give its users passwords; then it answers others, too.',
  },
  READONLY: {
    code: 'FORBIDDEN',
    message: 'The server is a replica, which cannot be written to.',
    hint: 'Name the primary server for a target storage.',
  },
  WRONGTYPE: {
    code: 'OBJECT_UNREADABLE',
    message: 'The key holds something else than a string.',
    hint: 'Store the value as a string (SET): lists, hashes, sets and streams have no bytes to read.',
  },
  OOM: {
    code: 'UNAVAILABLE',
    message: 'The server has no memory left for this.',
    hint: 'Make room, or raise maxmemory at the server.',
  },
  MISCONF: {
    code: 'UNAVAILABLE',
    message: 'The server takes no writes, because it cannot save its data to disk.',
    hint: "Look into the server's log; its disk may be full.",
  },
  LOADING: { ...tooBusy, message: 'The server is still loading its data from disk.' },
  BUSY: { ...tooBusy, message: 'The server is busy with a script.' },
  MASTERDOWN: { ...tooBusy, message: 'The server is a replica that has lost its primary.' },
  NOREPLICAS: { ...tooBusy, message: 'The server takes no writes without enough replicas.' },
  TRYAGAIN: tooBusy,
  CLUSTERDOWN: isCluster,
  MOVED: isCluster,
  ASK: isCluster,
};

const byText: readonly [RegExp, Failure][] = [
  // Before Redis 6.
  [/^ERR invalid password/i, { code: 'WRONG_CREDENTIALS' }],
  [/SELECT is not allowed in cluster mode/i, isCluster],
  [
    /no password is set|without any password configured/i,
    {
      code: 'WRONG_CREDENTIALS',
      message: 'The storage has a password, and the server none.',
      hint: 'Choose no credentials, or set a password at the server.',
    },
  ],
  [
    /wrong number of arguments for 'auth'/i,
    {
      code: 'WRONG_CREDENTIALS',
      message: 'The server knows no users: it is older than Redis 6.',
      hint: 'Enter the password alone.',
    },
  ],
  [/max number of clients/i, { code: 'UNAVAILABLE', message: 'The server has no connection left to give.' }],
  [
    /unknown (sub)?command/i,
    {
      code: 'UNSUPPORTED',
      message: 'The server does not offer a command that is needed.',
      hint: 'Make sure that it is Redis 2.8 or newer, or a server compatible with it, and that no command was renamed.',
    },
  ],
];

/**
 * What an error reply means.
 * @param database the database of the storage, named when it does not exist
 */
export function failureOfRefusal(refusal: string, database: number): Failure {
  const kind = kindOf(refusal);
  if (Object.hasOwn(byKind, kind)) return byKind[kind]!;
  if (/DB index is out of range|invalid DB index/i.test(refusal)) {
    return {
      code: 'CONTAINER_NOT_FOUND',
      message: `The server has no database ${database}.`,
      hint: 'Databases are numbered from 0, and most servers have 16; "CONFIG GET databases" tells.',
    };
  }
  return (
    byText.find(([pattern]) => pattern.test(refusal))?.[1] ?? {
      code: 'UNEXPECTED_RESPONSE',
      message: `The server refused a command for a reason that is not known here (${kind}).`,
      hint: 'Check that the server is a Redis, or compatible with it; its log may say more.',
    }
  );
}

/** The word that an error reply begins with, for the log. */
export function kindOf(refusal: string): string {
  return /^[A-Z]{1,20}(?= |$)/.exec(refusal)?.[0] ?? 'ERR';
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What the network's errors mean for Redis in particular; undefined: nothing in particular. */
export function classifyRedis(error: unknown): Failure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (untrusted.has(code)) {
    return {
      code: 'TLS_FAILURE',
      message: "The server's certificate comes from an authority that is not trusted here.",
      hint: "Give the authority's certificate in tlsCa, or a certificate of a public authority to the server.",
    };
  }
  if (/^ERR_SSL_TLSV1\w*_ALERT_CERTIFICATE_REQUIRED$|^ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE$/.test(code)) {
    return {
      code: 'TLS_FAILURE',
      message: 'The server asks for a client certificate, which this service does not have.',
      hint: 'Set "tls-auth-clients no" or "optional" at the server; users and passwords still protect it.',
    };
  }
  return undefined;
}
