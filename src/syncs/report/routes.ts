import { once } from 'node:events';
import type { Route } from '../../api/router.ts';
import type { Services } from '../../services.ts';
import { reportLines, reportTypes } from './report.ts';

/** `GET /syncs/:id/report.jsonl` and `.csv`: the issues of a sync, as a download. */
export function reportRoute({ syncs }: Pick<Services, 'syncs'>): Route {
  return {
    method: 'GET',
    head: true,
    who: 'viewer',
    pattern: /^\/syncs\/(?<id>[1-9]\d{0,15})\/report\.(?<format>jsonl|csv)$/,
    async handle({ viewer, params, incoming, response, signal }) {
      const format = params.format as keyof typeof reportTypes;
      const sync = await syncs.get(viewer, Number(params.id));
      response.writeHead(200, {
        'content-type': reportTypes[format],
        'content-disposition': `attachment; filename="sync-${sync.id}.${format}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      if (incoming.method === 'GET') {
        for await (const lines of reportLines(syncs, viewer, sync, format)) {
          if (!response.write(lines)) await once(response, 'drain', { signal });
          signal.throwIfAborted();
        }
      }
      response.end();
    },
  };
}
