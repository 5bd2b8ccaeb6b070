import { Worker } from 'node:worker_threads';

/** Sends requests from a thread of its own, so that the event loop here stands still for the service's sake alone. */
export function openSender() {
  const worker = new Worker(new URL('./sender-thread.ts', import.meta.url));
  return {
    /** The status of the response; 0: none came. */
    async post(url: string, token: string | null, body: string): Promise<number> {
      return (await this.burst(url, token, [body]))[0]!;
    },
    /** Sends all at the same time. */
    burst(url: string, token: string | null, bodies: string[]): Promise<number[]> {
      const { promise, resolve } = Promise.withResolvers<number[]>();
      worker.once('message', resolve);
      worker.postMessage({ url, token, bodies: bodies.map((body) => Buffer.from(body)) });
      return promise;
    },
    close: () => worker.terminate(),
  };
}
