import { settings } from '../config.ts';
import type { Command } from './command.ts';

export function overview(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  const names = Object.entries(settings).map(([name, text]) => `  ${name}\n      ${text}`);
  return `Longshore connects external storages to labeling projects.

Usage: longshore COMMAND [options]

Commands:
${lines.join('\n')}

"longshore COMMAND --help" says more about one.

Settings, from the environment:
${names.join('\n')}
`;
}

export function helpOf(name: string, { usage, summary, details }: Command): string {
  return `${summary}\n\nUsage: ${`longshore ${name} ${usage}`.trim()}\n\n${details.trim()}\n`;
}
