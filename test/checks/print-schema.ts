import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from '../../src/api/graphql/schema.ts';

/** Prints the schema, sorted: `npm run schema` writes it to schema/schema.graphql. */
process.stdout.write(`${printSchema(lexicographicSortSchema(schema))}\n`);
