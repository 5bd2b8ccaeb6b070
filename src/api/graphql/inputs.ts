import {
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

/** Entries of one list in variables: as many tasks as one request may import or delete. */
const MAX_LIST = 10_000;

/** Fields of one object that its type does not have: each would be an error, with the whole object in its text. */
const MAX_UNKNOWN = 20;

/**
 * Looks at the shape of the variables before anything is made of them: what would cost much to refuse later.
 * What a JSON scalar holds is its own matter.
 * @throws GraphQLError for a list that is longer than any operation takes, or an object that is none of its type
 */
export function checkInputs(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const declared = typeFromAST(schema, type as never);
    if (declared && isInputType(declared)) check(declared, variables[name], `Variable "$${name}"`, '');
  }
}

function check(declared: GraphQLInputType, value: unknown, name: string, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  const type = getNullableType(declared);
  const refuse = (what: string) => {
    const place = path === '' ? '' : ` at "${path.slice(1)}"`;
    const extensions = { code: 'BAD_USER_INPUT', http: { status: 400 } };
    throw new GraphQLError(`${name} has an invalid value${place}: ${what}`, { extensions });
  };
  if (isListType(type)) {
    const entries = Array.isArray(value) ? value : [value];
    if (entries.length > MAX_LIST) refuse(`Expected at most ${MAX_LIST} entries, got ${entries.length}.`);
    for (const entry of entries) check(type.ofType, entry, name, path);
  } else if (isInputObjectType(type)) {
    if (Array.isArray(value)) refuse(`Expected an object of type ${type.name}, got a list.`);
    const fields = type.getFields();
    const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key)).length;
    if (unknown > MAX_UNKNOWN) refuse(`${unknown} of its fields are none of ${type.name}.`);
    for (const field of Object.values(fields)) {
      check(field.type, (value as Record<string, unknown>)[field.name], name, `${path}.${field.name}`);
    }
  } else if (type.name !== 'JSON') refuse(`Expected a value of type ${type.name}.`);
}
