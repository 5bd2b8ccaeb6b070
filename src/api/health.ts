import type { Database } from '../database/client.ts';
import { type Route, sendText } from './server.ts';

/** `/health`: the process is up. `/ready`: it can serve, which needs the database. */
export function healthRoutes({ sql }: Pick<Database, 'sql'>): Route {
  return async (_request, response, path) => {
    if (path === '/health') {
      sendText(response, 200, 'ok\n');
      return true;
    }
    if (path !== '/ready') return false;
    try {
      await sql`SELECT 1`;
      sendText(response, 200, 'ready\n');
    } catch {
      sendText(response, 503, 'The database does not answer.\n');
    }
    return true;
  };
}
