import { z } from 'zod';

/**
 * How the command line's `start` names a provider's settings: by the names that people have in their scripts since
 * the first releases of the reference system. Each provider's folder has one, `start-options.ts`.
 */
export interface StartOptions {
  /** The provider's own params. */
  params: z.ZodRawShape;
  /** Which param a setting of another name is given by. */
  names: Record<string, string>;
  /** The setting that the path is, and what to say besides where it is wrong. */
  path: string;
  pathHint?: string;
  /** Settings and secrets of the provider, from the path and the checked params. */
  connect(path: string, params: Params): { settings: Params; secrets: Params };
}

/** The JSON of `--source-params` or `--target-params`, checked. */
export type Params = Record<string, unknown>;

export const textParam = z.string({ error: 'Expected a text.' });
