import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { Worker, workerData } from 'node:worker_threads';

/** Requests from a thread of their own, so that the client's work is not the server's. */
export interface Load {
  urls: string[];
  /** Connections, each with one request at a time. */
  connections: number;
  /** Requests altogether. */
  count: number;
  /** Range header of a request by its number; default: none. */
  ranges?: string[];
  status: number;
  /** Bytes that every response must have; absent: any. */
  length?: number;
}

/** Runs the load and resolves when every response has ended as it should. */
export async function put(load: Load): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: load });
  const [code] = await once(worker, 'exit');
  if (code !== 0) throw new Error('The load was not borne.');
}

async function work({ urls, connections, count, ranges = [], status, length }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const one = async () => {
    for (let index = next++; index < count; index = next++) {
      const range = ranges[index % ranges.length];
      const options = { agent, headers: range === undefined ? {} : { range } };
      const [response] = await once(request(urls[index % urls.length]!, options).end(), 'response');
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      await once(response, 'end');
      if (response.statusCode !== status || (length !== undefined && bytes !== length))
        throw new Error(`Got ${response.statusCode} with ${bytes} bytes.`);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  agent.destroy();
}

if (workerData) await work(workerData as Load);
