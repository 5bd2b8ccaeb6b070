/**
 * Tables divided by project. The migrations stay as they are generated: when a database is to be divided, each
 * table whose primary key names the project is created as a partitioned one, with its parts.
 * Source: PostgreSQL documentation, chapter "Table Partitioning".
 */

const creation = /CREATE TABLE "(\w+)" \(.*?PRIMARY KEY\([^)]*"project_id"[^)]*\).*?\n\);/s;

/**
 * @param statements of a migration
 * @param parts how many partitions each large table gets
 */
export function partitioned(statements: readonly string[], parts: number): string[] {
  return statements.flatMap((statement) => {
    const table = creation.exec(statement)?.[1];
    if (table === undefined) return [statement];
    return [
      statement.replace(/\);\s*$/, ') PARTITION BY HASH ("project_id");'),
      ...Array.from(
        { length: parts },
        (_, part) =>
          `CREATE TABLE "${table}_${part}" PARTITION OF "${table}" FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${part});`,
      ),
    ];
  });
}
