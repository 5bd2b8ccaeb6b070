import type postgres from 'postgres';
import { ConfigError } from '../errors.ts';

/**
 * Gives a role what a running service needs, and nothing else: it reads and writes rows, makes and alters no table, and only adds to
 * the audit log. To be done again after each migration.
 * @throws ConfigError for a role that there is not, or that may more whatever it is given
 */
export async function grantToRole(pool: postgres.Sql, name: string): Promise<void> {
  await pool.begin(async (sql) => {
    const [role] = await sql<{ mighty: boolean }[]>`
      SELECT rolsuper OR pg_has_role(rolname, current_user, 'USAGE') AS mighty FROM pg_roles WHERE rolname = ${name}`;
    if (!role) {
      throw new ConfigError(
        `--app-role: the database has no role "${name}"; make it first: CREATE ROLE ${name} LOGIN PASSWORD …`,
      );
    }
    if (role.mighty) {
      throw new ConfigError(
        `--app-role: expected a role apart from the one that owns the tables, and no superuser, got "${name}".`,
      );
    }
    const to = sql(name);
    await sql`GRANT USAGE ON SCHEMA public, jobs, drizzle TO ${to}`;
    await sql`REVOKE ALL ON ALL TABLES IN SCHEMA public, jobs FROM ${to}`;
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, jobs TO ${to}`;
    await sql`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, jobs TO ${to}`;
    await sql`REVOKE UPDATE, DELETE ON audit_log FROM ${to}`;
    // By which it sees that nothing is left to migrate.
    await sql`GRANT SELECT ON drizzle.__drizzle_migrations TO ${to}`;
  });
}
