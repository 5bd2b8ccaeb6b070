import { z } from 'zod';
import { type StartOptions, textParam } from '../start-options.ts';

/** The path is what keys begin with. */
export const startOptions: StartOptions = {
  params: {
    host: textParam.optional(),
    port: z.union([z.int(), textParam]).optional(),
    db: z.int({ error: 'Expected the number of a database.' }).optional(),
    password: textParam.optional(),
  },
  names: { database: 'db' },
  path: 'path',
  connect: (path, params) => ({
    settings: {
      path: `${path}${String(params.prefix ?? '')}`,
      host: params.host,
      port: params.port === undefined ? undefined : Number(params.port),
      database: params.db,
      credentials: params.password === undefined ? 'NONE' : 'PASSWORD',
    },
    secrets: { password: params.password },
  }),
};
