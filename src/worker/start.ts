import { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import type { Logger } from '../observability/log.ts';

/** What a worker thread is started with, and what it says. */
export interface ThreadData {
  config: Config;
}
export type ThreadMessage = 'ready' | { failed: string };

/** A thread that dies is started again after this long, in milliseconds. */
const RESTART_AFTER = 1_000;

/**
 * Runs the worker role in a thread of this process, so that its parsing never holds up the API. A thread
 * that dies (out of memory, say) is replaced; its syncs go on from their checkpoints.
 */
export async function startWorkerThread(config: Config, log: Logger): Promise<{ close(): Promise<void> }> {
  let closing = false;
  let thread: Worker;
  let timer: NodeJS.Timeout | undefined;
  const exits = new WeakMap<Worker, Promise<void>>();

  function start(): Promise<void> {
    const data: ThreadData = { config: { ...config, env: { ...config.env } } };
    const started = new Worker(new URL('./thread.ts', import.meta.url), { workerData: data });
    thread = started;
    exits.set(
      started,
      new Promise((resolve) => {
        started.once('exit', (code) => {
          resolve();
          if (closing) return;
          log.error({ code }, 'the worker thread died; starting another');
          timer = setTimeout(() => void start().catch(() => {}), RESTART_AFTER);
        });
      }),
    );
    started.on('error', (error) => log.error({ error }, 'the worker thread failed'));
    return new Promise((resolve, reject) => {
      started.once('message', (message: ThreadMessage) => {
        if (message === 'ready') resolve();
        else reject(new Error(message.failed));
      });
      started.once('error', reject);
    });
  }

  await start();
  return {
    async close() {
      closing = true;
      clearTimeout(timer);
      thread.postMessage('close');
      await exits.get(thread);
    },
  };
}
