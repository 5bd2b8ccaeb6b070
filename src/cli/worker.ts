import { parseArgs } from 'node:util';
import { type Command, openApp, say, untilStopped } from './command.ts';
import { withDocumentRoot } from './serve.ts';

export const worker: Command = {
  usage: '',
  summary: 'Work on syncs: any number of these, on any number of machines, over one database.',
  details: `
A worker that is told to stop hands its syncs back at once; one that is lost is replaced after
WORKER_LEASE_SECONDS. Either way they go on from their last checkpoint.`,
  async run(args, config) {
    parseArgs({ args, options: {} });
    const stopped = untilStopped();
    const app = await openApp(withDocumentRoot(config()), { api: false, worker: 'inline' });
    say('The worker is ready.');
    await stopped;
    say('Stopping; running syncs are handed back.');
    await app.close();
  },
};
