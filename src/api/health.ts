import type { Database } from '../database/client.ts';
import { type Route, sendText } from './router.ts';

/** `/health`: the process is up. `/ready`: it can serve, which needs the database. */
export function healthRoutes({ sql }: Pick<Database, 'sql'>): Route[] {
  return [
    {
      method: 'GET',
      head: true,
      pattern: /^\/health$/,
      who: 'anyone',
      handle: ({ response }) => sendText(response, 200, 'ok\n'),
    },
    {
      method: 'GET',
      head: true,
      pattern: /^\/ready$/,
      who: 'anyone',
      async handle({ response }) {
        const ready = await sql`SELECT 1`.then(
          () => true,
          () => false,
        );
        if (ready) sendText(response, 200, 'ready\n');
        else sendText(response, 503, 'The database does not answer.\n');
      },
    },
  ];
}
