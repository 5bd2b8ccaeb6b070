import { Ajv2020 } from 'ajv/dist/2020.js';
import annotation from '../../schema/exports/annotation.schema.json' with { type: 'json' };
import task from '../../schema/exports/task.schema.json' with { type: 'json' };

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
});
const validators = { ANNOTATION: ajv.compile(annotation), TASK: ajv.compile(task) };

/** What is wrong with an exported object by its published schema; empty: nothing. */
export function schemaErrors(layout: 'ANNOTATION' | 'TASK', object: unknown): string[] {
  const validate = validators[layout];
  return validate(object)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
