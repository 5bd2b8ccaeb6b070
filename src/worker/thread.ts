import { parentPort, workerData } from 'node:worker_threads';
import { createApp } from '../app.ts';
import type { ThreadData, ThreadMessage } from './start.ts';

/** The worker role inside a thread: see worker.ts. */
const { config } = workerData as ThreadData;
const say = (message: ThreadMessage) => parentPort?.postMessage(message);

try {
  const app = await createApp(config, { api: false, worker: 'inline', migrate: false });
  parentPort?.once('message', () => {
    void app.close().then(() => process.exit(0));
  });
  say('ready');
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) });
}
