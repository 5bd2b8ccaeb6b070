#!/usr/bin/env node
import { commands } from './cli/commands.ts';
import { helpOf, overview } from './cli/help.ts';
import { readConfig } from './config.ts';
import { LongshoreError, ProviderError } from './errors.ts';

/** The command line: finds the command, checks the settings once, runs it. */
async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(
      rest[0] && commands[rest[0]] ? helpOf(rest[0], commands[rest[0]]!) : overview(commands),
    );
    return name === undefined ? 2 : 0;
  }
  const command = commands[name];
  if (!command) {
    process.stderr.write(`longshore: there is no command "${name}".\n\n${overview(commands)}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(name, command));
    return 0;
  }
  await command.run(rest, () => readConfig(process.env));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Errors made on purpose are for people; all others come with where they happened.
  const usage =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  const text =
    error instanceof ProviderError
      ? `${error.message} ${error.hint}`
      : error instanceof LongshoreError || usage
        ? (error as Error).message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
  process.stderr.write(`longshore: ${text}\n`);
  process.exitCode = usage ? 2 : 1;
}
if (process.exitCode !== 0) process.exit();
