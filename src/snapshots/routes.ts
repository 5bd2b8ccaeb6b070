import { once } from 'node:events';
import { type Route, sendJson } from '../api/router.ts';
import { NotFoundError } from '../errors.ts';
import type { Services } from '../services.ts';
import { fileNameOf, mediaTypes } from './model.ts';

/** `GET /snapshots/:id/tasks.jsonl` (`.json`, `.csv`), the tasks as a download, and `manifest.json`, what it held. */
export const snapshotRoutes = (services: Pick<Services, 'snapshots'>): Route[] => [
  tasksRoute(services),
  manifestRoute(services),
];

function tasksRoute({ snapshots }: Pick<Services, 'snapshots'>): Route {
  return {
    method: 'GET',
    head: true,
    who: 'viewer',
    pattern: /^\/snapshots\/(?<id>[1-9]\d{0,15})\/(?<name>tasks\.(?:jsonl?|csv))$/,
    async handle({ viewer, params, incoming, response, signal }) {
      const snapshot = await snapshots.get(viewer, Number(params.id));
      const { id, format } = snapshot;
      if (fileNameOf(format) !== params.name) throw new NotFoundError('file', `${id}/${params.name}`);
      const pieces = incoming.method === 'GET' ? await snapshots.download(viewer, snapshot) : [];
      response.writeHead(200, {
        'content-type': mediaTypes[format],
        'content-disposition': `attachment; filename="snapshot-${id}.${format.toLowerCase()}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      for await (const piece of pieces) {
        signal.throwIfAborted();
        if (!response.write(piece)) await once(response, 'drain', { signal });
      }
      response.end();
    },
  };
}

const manifestRoute = ({ snapshots }: Pick<Services, 'snapshots'>): Route => ({
  method: 'GET',
  head: true,
  who: 'viewer',
  pattern: /^\/snapshots\/(?<id>[1-9]\d{0,15})\/manifest\.json$/,
  async handle({ viewer, params, response }) {
    const snapshot = await snapshots.get(viewer, Number(params.id));
    response.setHeader('cache-control', 'no-store');
    sendJson(response, 200, await snapshots.manifest(viewer, snapshot));
  },
});
