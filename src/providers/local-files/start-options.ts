import { resolve } from 'node:path';
import type { StartOptions } from '../start-options.ts';

export const startOptions: StartOptions = {
  params: {},
  names: {},
  path: 'path',
  pathHint: 'LOCAL_FILES_DOCUMENT_ROOT sets another document root.',
  connect: (path, { prefix = '' }) => ({ settings: { path: resolve(path, String(prefix)) }, secrets: {} }),
};
