import { existsSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';

/**
 * `npm run contract`: the schema keeps the house's rules, and what the last release promised. That release's
 * schema lies in schema/released.graphql; before the first release there is none.
 *
 * The rules are our own, since graphql-eslint (4.4.1) works with graphql 16 alone; what breaks clients is said by
 * graphql itself.
 */

/** What the schema breaks of the rules, one line each. */
export function lint(schema: GraphQLSchema): string[] {
  const own = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return own.flatMap((type) => [
    ...lintType(type),
    ...membersOf(type).flatMap((member) => lintMember(type, member)),
  ]);
}

interface Member {
  name: string;
  description?: string | null | undefined;
  deprecationReason?: string | null | undefined;
  /** Of fields and arguments. */
  type?: string;
}

function membersOf(type: GraphQLNamedType): Member[] {
  if (isEnumType(type)) return [...type.getValues()];
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field): Member[] => {
    const args: readonly GraphQLArgument[] = 'args' in field ? field.args : [];
    const inside = args.map((arg) => ({ ...memberOf(arg), name: `${field.name}.${arg.name}` }));
    return [memberOf(field), ...inside];
  });
}

const memberOf = (it: GraphQLArgument | GraphQLInputField | GraphQLField<unknown, unknown>): Member => ({
  ...{ name: it.name, description: it.description, deprecationReason: it.deprecationReason },
  type: getNamedType(it.type).name,
});

function lintType(type: GraphQLNamedType): string[] {
  const found: string[] = [];
  if (!/^[A-Z][A-Za-z0-9]*$/.test(type.name)) found.push(`${type.name}: expected a name LikeThis`);
  if (isScalarType(type) && !type.specifiedByURL) found.push(`${type.name}: a scalar says what specifies it`);
  if (wordsOf(type.description) < 3)
    found.push(`${type.name}: expected a description of three words or more`);
  if (isInputObjectType(type) && !/(Input|Filter|Order)$/.test(type.name)) {
    found.push(`${type.name}: inputs end in Input, Filter or Order`);
  }
  return found;
}

function lintMember(
  owner: GraphQLNamedType,
  { name, description, deprecationReason, type }: Member,
): string[] {
  const place = `${owner.name}.${name}`;
  const found: string[] = [];
  const form = isEnumType(owner)
    ? /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/
    : /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)?$/;
  if (!form.test(name))
    found.push(`${place}: expected a name ${isEnumType(owner) ? 'LIKE_THIS' : 'likeThis'}`);
  // An id is an id.
  const least = type === 'ID' ? 1 : 3;
  if (wordsOf(description) < least) found.push(`${place}: expected a description of ${least} words or more`);
  if (deprecationReason != null && wordsOf(deprecationReason) < 3) {
    found.push(`${place}: expected the reason of the deprecation, and what to use`);
  }
  return found;
}

const wordsOf = (text: string | null | undefined) => text?.split(/\s+/).filter(Boolean).length ?? 0;

/**
 * What a client of the released schema would miss, or find changed under it: a request that says the same must mean
 * the same. What was deprecated there may go.
 */
export function broken(released: GraphQLSchema, schema: GraphQLSchema): string[] {
  const gone = findBreakingChanges(released, schema)
    .map(({ description }) => description)
    .filter((description) => !wasDeprecated(released, description));
  const changed = findDangerousChanges(released, schema)
    .filter(({ type }) => defaults.has(type))
    .map(({ description }) => description);
  return [...gone, ...changed, ...becameOneOf(released, schema)];
}

const defaults = new Set<string>([
  DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
  DangerousChangeType.INPUT_FIELD_DEFAULT_VALUE_CHANGE,
]);

/** Inputs that take one field alone now; graphql 17.1 does not look at this. */
function becameOneOf(released: GraphQLSchema, schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isInputObjectType(type) && type.isOneOf)
    .filter(({ name }) => {
      const before = released.getType(name);
      return isInputObjectType(before) && !before.isOneOf;
    })
    .map(({ name }) => `${name} takes one field alone now.`);
}

function wasDeprecated(released: GraphQLSchema, description: string): boolean {
  const [, owner, field, arg] = /\b(\w+)\.(\w+)(?:\((\w+):?\))?/.exec(description) ?? [];
  const member = arg ? `${field}.${arg}` : field;
  const type = owner ? released.getType(owner) : undefined;
  const found = type && membersOf(type).find(({ name }) => name === member);
  return / removed/.test(description) && found?.deprecationReason != null;
}

if (import.meta.main) {
  const read = (name: string) => new URL(`../../schema/${name}`, import.meta.url);
  const schema = buildSchema(readFileSync(read('schema.graphql'), 'utf8'));
  const found = lint(schema);
  const released = read('released.graphql');
  if (existsSync(released)) found.push(...broken(buildSchema(readFileSync(released, 'utf8')), schema));
  for (const line of found) process.stderr.write(`${line}\n`);
  process.stdout.write(
    `Contract: ${found.length} violations${existsSync(released) ? '' : ', no release yet'}.\n`,
  );
  process.exitCode = found.length > 0 ? 1 : 0;
}
