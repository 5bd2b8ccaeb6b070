import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import {
  type GraphQLFieldResolver,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
} from 'graphql';
import { type FieldError, ValidationError } from '../errors.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      texts: TextsPlugin<Types>;
    }
  }
}

/** Characters of one text, beyond what any field takes: label configs are the longest. */
const MAX_TEXT = 1 << 20;

/**
 * Has every query and mutation refuse texts that no database can hold, with the place: so that no field needs to
 * think of it. JSON and ids look after themselves. Stands behind the errors' plugin, which makes results of what is thrown.
 */
class TextsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { kind }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (kind !== 'Query' && kind !== 'Mutation') return resolve;
    return (source, given, context, info) => {
      const args = info.parentType.getFields()[info.fieldName]?.args ?? [];
      const errors = args.flatMap(({ name, type }) =>
        problemsOf(type, (given as Record<string, unknown>)[name], name === 'input' ? [] : [name]),
      );
      if (errors.length > 0) throw new ValidationError(errors);
      return resolve(source, given, context, info);
    };
  }
}

SchemaBuilder.registerPlugin('texts', TextsPlugin);

function problemsOf(declared: GraphQLInputType, value: unknown, path: readonly string[]): FieldError[] {
  const type = getNullableType(declared);
  if (value == null) return [];
  if (isListType(type)) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => problemsOf(type.ofType, item, [...path, String(index)]));
  }
  if (isInputObjectType(type)) {
    return Object.entries(type.getFields()).flatMap(([name, field]) =>
      problemsOf(field.type, (value as Record<string, unknown>)[name], [...path, name]),
    );
  }
  if (type.name !== 'String' || typeof value !== 'string') return [];
  const message = problemOf(value);
  return message === undefined ? [] : [{ path: path.join('.'), message }];
}

function problemOf(text: string): string | undefined {
  if (text.length > MAX_TEXT) return `Expected at most ${MAX_TEXT} characters.`;
  if (text.includes('\0')) return 'Expected a text without NUL characters.';
  return text.isWellFormed() ? undefined : 'Expected well-formed Unicode, got half of a surrogate pair.';
}
