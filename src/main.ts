#!/usr/bin/env node
import { commands } from './cli/commands.ts';
import { helpOf, overview } from './cli/help.ts';
import { readConfig } from './config.ts';
import { LongshoreError, ProviderError } from './errors.ts';

/** The command line: finds the command, checks the settings once, runs it. */
async function main([name, ...rest]: string[]): Promise<void> {
  if (name === undefined) {
    process.stderr.write(overview(commands));
    process.exitCode = 2;
  } else if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(commandOf(rest[0]) ? helpOf(rest[0]!, commandOf(rest[0])!) : overview(commands));
  } else if (!commandOf(name)) {
    const names = Object.keys(commands).join(', ');
    process.stderr.write(
      `longshore: There is no command "${name}", only ${names}; "longshore --help" says more.\n`,
    );
    process.exitCode = 2;
  } else if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(name, commandOf(name)!));
  } else {
    await commandOf(name)!.run(rest, () => readConfig(process.env));
  }
}

function commandOf(name: string | undefined) {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
}

const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  const usage =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  const text = usage ? `${error.message} (see "longshore ${args[0]} --help")` : textOf(error);
  process.stderr.write(`longshore: ${text}\n`);
  process.exitCode = usage ? 2 : 1;
}
if (process.exitCode) process.exit();

/** Errors made on purpose are for people; all others come with where they happened. */
function textOf(error: unknown): string {
  if (error instanceof ProviderError) return `${error.message} ${error.hint}`;
  if (error instanceof LongshoreError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
