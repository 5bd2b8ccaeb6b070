import { defineConfig } from 'drizzle-kit';

/** `npm run migrations` writes the next migration from src/database/tables/. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/database/tables/*.ts',
  out: './drizzle',
  casing: 'snake_case',
});
