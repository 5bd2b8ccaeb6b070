import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { broken, lint } from '../checks/contract.ts';

const QUERY = '"What can be read." type Query { "The thing to read." thing: String }';

test.each([
  [
    'a short description',
    `${QUERY} "A kind of thing." enum Kind { "Small." A }`,
    /^Kind\.A: .*three|3 words/,
  ],
  ['a missing one', `${QUERY} "A kind of thing." type Thing { size: Int }`, /^Thing\.size: /],
  [
    'a name that is not of the form',
    `${QUERY} "A kind of thing." enum Kind { "One of them." small }`,
    /LIKE_THIS/,
  ],
  [
    'a field with an underscore',
    `${QUERY} "A kind of thing." type Thing { "Its size, in bytes." the_size: Int }`,
    /likeThis/,
  ],
  [
    'an input named otherwise',
    `${QUERY} "What to do now." input Thing { "Its size, in bytes." size: Int }`,
    /Input, Filter or Order/,
  ],
  ['a scalar of unknown form', `${QUERY} "A text of sorts." scalar Thing`, /specifies/],
  [
    'a deprecation without a reason',
    `${QUERY} "A kind of thing." type Thing { "Its size, in bytes." size: Int @deprecated(reason: "old") }`,
    /deprecation/,
  ],
])('lint finds %s', (_, sdl, line) => {
  const found = lint(buildSchema(sdl));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(line);
});

test('an id may be described by a word', () => {
  expect(lint(buildSchema(`${QUERY} "A kind of thing." type Thing { "Opaque id." id: ID! }`))).toEqual([]);
});

test('a change that breaks clients of the last release is found, unless it was deprecated there', () => {
  const released = buildSchema(
    'type Query { a: String b: String @deprecated(reason: "Use a instead.") c(x: Int): Int }',
  );
  expect(broken(released, released)).toEqual([]);
  expect(broken(released, buildSchema('type Query { a: String c(x: Int): Int }'))).toEqual([]);
  expect(broken(released, buildSchema('type Query { b: String c(x: Int): Int }'))).toHaveLength(1);
  expect(broken(released, buildSchema('type Query { a: String b: String c(x: Int!): Int }'))).toHaveLength(1);
  expect(broken(released, buildSchema('type Query { a: String b: String c: Int }'))).toHaveLength(1);
  expect(broken(released, buildSchema('type Query { a: Int b: String c(x: Int): Int }'))).toHaveLength(1);
});

test('so is one that lets the same request mean something else', () => {
  const sdl = 'type Query { a(x: Int = 1, i: In): Int } input In { y: Int = 1 z: Int }';
  const after = (from: string, to: string) => broken(buildSchema(sdl), buildSchema(sdl.replace(from, to)));
  expect(after('x: Int = 1', 'x: Int = 2')).toEqual([expect.stringContaining('a(x:)')]);
  expect(after('y: Int = 1', 'y: Int')).toEqual([expect.stringContaining('In.y')]);
  expect(after('z: Int', 'z: Int w: Int')).toEqual([]);
  const inputs = 'type Query { a(i: In): Int } input In { y: Int z: Int }';
  const oneOf = inputs.replace('input In', 'input In @oneOf');
  expect(broken(buildSchema(inputs), buildSchema(oneOf))).toEqual(['In takes one field alone now.']);
  expect(broken(buildSchema(oneOf), buildSchema(oneOf))).toEqual([]);
});

test('of arguments and their fields each is deprecated by itself', () => {
  const released = buildSchema(
    'type Query { a: Int b(x: Int y: Int @deprecated(reason: "Use x instead.")): Int c(x: Int): Int @deprecated(reason: "Use b instead.") }',
  );
  expect(broken(released, buildSchema('type Query { a: Int b(x: Int): Int }'))).toEqual([]);
  const lacking = buildSchema('type Query { a: Int b(x: Int): Int c: Int }');
  expect(broken(released, lacking)).toEqual([expect.stringContaining('c(x:)')]);
});
