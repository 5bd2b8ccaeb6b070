import type { Command } from './command.ts';
import { migrate, sync, token } from './database.ts';
import { exportCommand } from './export.ts';
import { keys } from './keys.ts';
import { serve } from './serve.ts';
import { start } from './start.ts';
import { worker } from './worker.ts';

export const commands: Readonly<Record<string, Command>> = {
  ...{ serve, start, worker, sync, export: exportCommand, token, keys, migrate },
};
