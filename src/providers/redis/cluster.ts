import { createHash } from 'node:crypto';
import { Command as ClientCommand } from 'ioredis';
import { DriverFailure } from '../errors.ts';
import type { RedisClient } from './client.ts';
import type { Command, Reply } from './connection.ts';
import { notRedis, slotsMoving, slotsUnserved } from './failures.ts';
import type { Keyspace } from './keyspace.ts';
import { type Address, isPort } from './login.ts';
import { accepted, acceptedLogin, isRefusal, toScanned } from './responses.ts';

/**
 * A Redis Cluster: each key belongs to one of 16,384 slots, and each slot to one primary (Redis documentation,
 * "Redis cluster specification"). Every node that the cluster names is connected to like the first one.
 */

const slotCount = 16_384;
/** More nodes than Redis is made for; each is connected to. */
const mostPrimaries = 1000;

/** Who held which slots when the cluster was asked. */
interface Topology {
  /** In a fixed order, each once. */
  primaries: Address[];
  /** By slot. */
  owners: Address[];
  /** Equal for equal owners. */
  fingerprint: string;
}

/**
 * @param seed the node that the storage names
 * @param open a client for a node
 */
export function openCluster(seed: Address, open: (node: Address) => RedisClient): Keyspace {
  const clients = new Map<string, RedisClient>();
  let known: Topology | undefined;

  function clientOf(node: Address): RedisClient {
    const name = nameOf(node);
    const client = clients.get(name) ?? open(node);
    clients.set(name, client);
    return client;
  }

  async function askNode(node: Address, commands: readonly Command[], signal: AbortSignal): Promise<Reply[]> {
    try {
      return await clientOf(node).ask(commands, signal);
    } catch (error) {
      // A node that fails may have been replaced.
      known = undefined;
      throw error;
    }
  }

  /** Asks the storage's node or, where that is gone, those that were known beside it. */
  async function look(signal: AbortSignal): Promise<Topology> {
    const others = known?.primaries.filter((node) => nameOf(node) !== nameOf(seed)) ?? [];
    let failure: unknown;
    for (const node of [seed, ...others]) {
      try {
        const [reply] = await clientOf(node).ask([['CLUSTER', 'SLOTS']], signal);
        known = toTopology(accepted(reply, 0), node);
        forgetOthers(known);
        return known;
      } catch (error) {
        signal.throwIfAborted();
        failure ??= error;
      }
    }
    throw failure;
  }

  function forgetOthers({ primaries }: Topology): void {
    const kept = new Set([seed, ...primaries].map(nameOf));
    for (const [name, client] of clients) {
      if (kept.has(name)) continue;
      client.close();
      clients.delete(name);
    }
  }

  /** Each to the owner of its key, the nodes side by side. */
  async function send(commands: readonly Command[], { owners }: Topology, signal: AbortSignal) {
    const byNode = new Map<Address, number[]>();
    for (const [index, [, key = '']] of commands.entries()) {
      const node = owners[slotOf(key)]!;
      const indexes = byNode.get(node) ?? [];
      indexes.push(index);
      byNode.set(node, indexes);
    }
    const replies: Reply[] = [];
    const nodes = [...byNode].map(async ([node, indexes]) => {
      const answers = await askNode(
        node,
        indexes.map((index) => commands[index]!),
        signal,
      );
      for (const [position, index] of indexes.entries()) replies[index] = answers[position]!;
    });
    await Promise.all(nodes);
    return replies;
  }

  async function ask(commands: readonly Command[], signal: AbortSignal): Promise<Reply[]> {
    const replies = await send(commands, known ?? (await look(signal)), signal);
    const moved = [...replies.keys()].filter((index) => isRefusal(['MOVED'], replies[index]));
    if (moved.length > 0) {
      const again = await send(
        moved.map((index) => commands[index]!),
        await look(signal),
        signal,
      );
      for (const [position, index] of moved.entries()) replies[index] = again[position]!;
    }
    if (replies.some((reply) => isRefusal(['MOVED', 'ASK', 'TRYAGAIN'], reply)))
      throw new DriverFailure(slotsMoving);
    if (replies.some((reply) => isRefusal(['CLUSTERDOWN'], reply))) throw new DriverFailure(slotsUnserved);
    return replies;
  }

  return {
    ask,
    /**
     * One primary after the other. Slots that change hands meanwhile could be missed, so the listing fails
     * then and has to begin anew.
     */
    async scan(cursor, options, signal) {
      const isFirst = cursor === '0';
      const before = isFirst || !known ? await look(signal) : known;
      const { fingerprint, position, at } = isFirst
        ? { fingerprint: before.fingerprint, position: 0, at: '0' }
        : fromCursor(cursor);
      const node = before.primaries[position];
      if (fingerprint !== before.fingerprint || !node) throw new DriverFailure(slotsMoving);
      const [reply] = await askNode(node, [['SCAN', at, ...options]], signal);
      const { cursor: next, names } = toScanned(accepted(reply, 0));
      const isLastOfNode = next === '0';
      const isLast = isLastOfNode && position === before.primaries.length - 1;
      if ((await look(signal)).fingerprint !== fingerprint) throw new DriverFailure(slotsMoving);
      if (isLast) await assertSettled(before, signal);
      return {
        names,
        cursor: isLast ? '0' : `${fingerprint}.${isLastOfNode ? position + 1 : position}.${next}`,
      };
    },
    async authenticate(signal) {
      const { primaries } = await look(signal);
      await Promise.all(
        primaries.map(async (node) => acceptedLogin((await askNode(node, [['PING']], signal))[0], 0)),
      );
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };

  /** Each node knows which of its slots it is giving away or taking over. */
  async function assertSettled({ primaries }: Topology, signal: AbortSignal): Promise<void> {
    const replies = await Promise.all(primaries.map((node) => askNode(node, [['CLUSTER', 'NODES']], signal)));
    for (const [reply] of replies) {
      const own = String(accepted(reply, 0))
        .split('\n')
        .find((line) => line.includes('myself'));
      if (!own || /\[\d+-[<>]-/.test(own)) throw new DriverFailure(slotsMoving);
    }
  }
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

function slotOf(key: string | Uint8Array): number {
  return new ClientCommand('GET', [Buffer.from(key)]).getSlot();
}

/** `fingerprint.position.cursor`: the primary in the order of the topology, and SCAN's cursor there. */
function fromCursor(cursor: string): { fingerprint: string; position: number; at: string } {
  const [fingerprint = '', position, at = '0'] = cursor.split('.');
  return { fingerprint, position: Number(position), at };
}

/**
 * From the reply to CLUSTER SLOTS: ranges, each with its primary, then its replicas.
 * @param asked stands in for a node that does not know its own name
 */
function toTopology(reply: Reply, asked: Address): Topology {
  if (!Array.isArray(reply)) throw new DriverFailure(notRedis);
  const nodes = new Map<string, Address>();
  const owners = new Array<Address | undefined>(slotCount).fill(undefined);
  for (const range of reply) {
    const { first, last, owner } = toRange(range, asked);
    const node = nodes.get(nameOf(owner)) ?? owner;
    nodes.set(nameOf(node), node);
    for (let slot = first; slot <= last; slot++) {
      if (owners[slot]) throw new DriverFailure(notRedis);
      owners[slot] = node;
    }
  }
  if (nodes.size > mostPrimaries) throw new DriverFailure(notRedis);
  // What nobody serves cannot be listed, and would be taken for gone.
  if (!owners.every((owner) => owner !== undefined)) throw new DriverFailure(slotsUnserved);
  const primaries = [...nodes.values()].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  return { primaries, owners, fingerprint: fingerprintOf(owners) };
}

function toRange(range: Reply, asked: Address): { first: number; last: number; owner: Address } {
  const [first, last, primary] = Array.isArray(range) ? range : [];
  const [name, port] = Array.isArray(primary) ? primary : [];
  if (!isSlot(first) || !isSlot(last) || !isPort(port)) throw new DriverFailure(notRedis);
  const host = Buffer.isBuffer(name) && name.length > 0 ? name.toString() : asked.host;
  return { first, last, owner: { host, port } };
}

function fingerprintOf(owners: readonly Address[]): string {
  const changes = owners.flatMap((owner, slot) =>
    owner === owners[slot - 1] ? [] : [`${slot} ${nameOf(owner)}`],
  );
  return createHash('sha256').update(changes.join()).digest('hex').slice(0, 16);
}

function isSlot(value: Reply | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value < slotCount;
}
