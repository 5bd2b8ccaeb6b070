import { parseArgs } from 'node:util';
import { ValidationError } from '../errors.ts';
import { type Command, openApp, say } from './command.ts';

export const keys: Command = {
  usage: 'rotate',
  summary: 'Seal all stored secrets again with a new encryption key.',
  details: `
1. Put the new key first in ENCRYPTION_KEYS, or on the first line of "encryption-keys" in the data
   directory, with the old ones behind it. "openssl rand -base64 32" makes one.
2. Restart every service and worker, one after the other. They read with all keys and seal with the
   first.
3. Run "longshore keys rotate", while they run.
4. When links to media that were handed out before have expired, take the old keys away and restart.`,
  async run(args, config) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
    if (positionals.length !== 1 || positionals[0] !== 'rotate') {
      throw new ValidationError([{ path: '', message: 'Expected "longshore keys rotate".' }]);
    }
    const app = await openApp(config(), { api: false, worker: 'none' });
    try {
      const resealed = await app.rotateKeys();
      say(`${resealed} secrets were sealed again. Only the first encryption key is needed from now on.`);
    } finally {
      await app.close();
    }
  },
};
