import { redisProvider } from '../../src/providers/redis/provider.ts';
import { openStore } from '../../src/providers/store.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * A process that asks servers for everything a storage is asked for: the settings of one each per argument, in
 * JSON. Prints the codes of what came of it, and the most memory that it has held, in bytes.
 */
const signal = new AbortController().signal;
const codes: string[][] = [];
for (const argument of process.argv.slice(2)) {
  const settings = redisProvider.settings.parse(JSON.parse(argument));
  const store = openStore(redisProvider, settings, {}, testEnvironment(), {
    attempts: 1,
    requestTimeoutMs: 2_000,
  });
  const asked = [
    () => store.authenticate(signal),
    () => Array.fromAsync(store.list({ recursive: true, signal })),
    () => store.head('k', signal),
    () => store.read('k', { signal }),
    () => store.write('k', Buffer.from('{}'), { contentType: 'application/json', signal }),
    () => store.remove('k', signal),
  ];
  const came: string[] = [];
  for (const ask of asked) {
    came.push(
      await ask().then(
        () => 'nothing',
        (error: { code?: string }) => error.code ?? String(error),
      ),
    );
  }
  codes.push(came);
  await store.close();
}
process.stdout.write(JSON.stringify({ codes, memory: process.resourceUsage().maxRSS * 1024 }));
