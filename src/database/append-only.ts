import type postgres from 'postgres';

/**
 * Lets no statement change or remove what stands in the audit log, nor one that got in through a weakness of the
 * service: only who may alter the table can lift this. Triggers, since the role that made a table has all rights on it.
 * Once made they are left alone: making them waits for whoever writes.
 */
export async function keepAppendOnly(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<{ kept: boolean }[]>`
    SELECT count(*) = 2 AS kept FROM pg_trigger
    WHERE tgrelid = 'audit_log'::regclass AND tgname IN ('append_only_rows', 'append_only_table')`;
  if (row!.kept) return;
  await sql.begin(async (tx) => {
    await tx`
      CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$`;
    await tx`
      CREATE OR REPLACE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON audit_log
      FOR EACH ROW EXECUTE FUNCTION refuse_change()`;
    await tx`
      CREATE OR REPLACE TRIGGER append_only_table BEFORE TRUNCATE ON audit_log
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`;
  });
}
