import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  type SelectionSetNode,
  type Source,
  specifiedRules,
  type ValidationRule,
  validate,
  visit,
} from 'graphql';
import { inTurn } from '../turns.ts';
import { withoutValue } from './mask.ts';

/** What a document may be, before anything of it runs. */

/** Characters of one document: a query written by hand has a few thousand. Data belong into variables. */
const MAX_CHARACTERS = 100_000;
/** Characters from which a document waits for its turn: what is shorter is read in a few milliseconds. */
const LONG = 5_000;
/** Tokens of one document: a query written by hand has a few hundred. */
const MAX_TOKENS = 5_000;
const MAX_DEPTH = 12;
const MAX_ALIASES = 50;
const MAX_DIRECTIVES = 50;
/** Directives at one place. */
const MAX_DIRECTIVES_HERE = 5;
/** Fields that stand more than once in one selection, and do the same as once. */
const MAX_REPEATED = 50;
/** Errors that are told: the place of each is counted from the beginning. */
const MAX_ERRORS = 20;

/** Bytes that parsed documents may take in memory, about: anybody can send new ones. */
const CACHE_BYTES = 16 << 20;
/** What a token takes once it is parsed, about. */
const BYTES_PER_TOKEN = 600;

export interface Documents {
  /** Waits for the turn of a long document, in which it is parsed and validated. Short ones need not wait. */
  prepare(text: string): Promise<void>;
  /** @throws GraphQLError for a document that is no GraphQL, or larger than anybody needs */
  parse(source: string | Source): DocumentNode;
  /** What is wrong with a parsed document; without introspection nothing hints at what the schema has. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

/** Parses and validates what is sent; what was sent lately only once. */
export function createDocuments(
  schema: GraphQLSchema,
  { introspection }: { introspection: boolean },
): Documents {
  const rules = [...specifiedRules, ...(introspection ? [] : [noIntrospection])];
  const parsed = new Map<string, DocumentNode>();
  const verdicts = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  let bytes = 0;

  function keep(text: string, document: DocumentNode): void {
    parsed.set(text, document);
    bytes += sizeOf(text, document);
    for (const [oldest, its] of parsed) {
      if (bytes <= CACHE_BYTES) break;
      parsed.delete(oldest);
      bytes -= sizeOf(oldest, its);
    }
  }

  const documents: Documents = {
    async prepare(text) {
      if (text.length < LONG || text.length > MAX_CHARACTERS || parsed.has(text)) return;
      await inTurn(() => {
        try {
          documents.validate(documents.parse(text));
        } catch (error) {
          // What is wrong is said when it is parsed for its operation.
          if (!(error instanceof GraphQLError)) throw error;
        }
      });
    },

    parse(source) {
      const text = typeof source === 'string' ? source : source.body;
      const known = parsed.get(text);
      if (known) return known;
      const document = parseText(text);
      keep(text, document);
      return document;
    },

    validate(document) {
      const known = verdicts.get(document);
      if (known) return known;
      const tooLarge = beyondLimits(document);
      const errors = tooLarge
        ? [tooLarge]
        : validate(schema, document, rules, {
            hideSuggestions: !introspection,
            maxErrors: MAX_ERRORS,
          }).map(withoutValue);
      verdicts.set(document, errors);
      return errors;
    },
  };
  return documents;
}

const sizeOf = (text: string, { tokenCount = MAX_TOKENS }: DocumentNode) =>
  2 * text.length + BYTES_PER_TOKEN * tokenCount;

function parseText(text: string): DocumentNode {
  if (text.length > MAX_CHARACTERS) {
    throw new GraphQLError(`Syntax Error: The document has more than ${MAX_CHARACTERS} characters.`);
  }
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError('Syntax Error: The document is nested too deeply.');
    throw error;
  }
}

const noIntrospection: ValidationRule = (context) => ({
  Field(node) {
    if (isIntrospection(node.name.value)) {
      context.reportError(new GraphQLError('Introspection is switched off here.'));
    }
  },
});

const isIntrospection = (field: string) => field === '__schema' || field === '__type';

/**
 * The first limit that a document breaks, looked at before anything else is wrong with it. The depth of introspection is
 * bounded by a rule of graphql-js.
 */
function beyondLimits(document: DocumentNode): GraphQLError | undefined {
  let [aliases, directives, directivesHere, repeated] = [0, 0, 0, 0];
  visit(document, {
    enter(node) {
      if ('directives' in node && node.directives) {
        directives += node.directives.length;
        directivesHere = Math.max(directivesHere, node.directives.length);
      }
      if (node.kind === Kind.FIELD && node.alias) aliases++;
      if (node.kind === Kind.SELECTION_SET) repeated += repeatedIn(node);
    },
  });
  const limits = [
    [aliases, MAX_ALIASES, 'aliases'],
    [directives, MAX_DIRECTIVES, 'directives'],
    [directivesHere, MAX_DIRECTIVES_HERE, 'directives at one place'],
    [repeated, MAX_REPEATED, 'repeated fields'],
    [depthOf(document), MAX_DEPTH, 'levels'],
  ] as const;
  const broken = limits.find(([count, limit]) => count > limit);
  return broken && new GraphQLError(`An operation may have at most ${broken[1]} ${broken[2]}.`);
}

function repeatedIn({ selections }: SelectionSetNode): number {
  const names = selections.flatMap((node) =>
    node.kind === Kind.FIELD ? [(node.alias ?? node.name).value] : [],
  );
  return names.length - new Set(names).size;
}

function depthOf(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const depths = new Map<string, number>();

  function ofFragment(name: string): number {
    const known = depths.get(name);
    if (known !== undefined) return known;
    // A circle is refused by another rule; here it only has to end.
    depths.set(name, 0);
    const depth = of(fragments.get(name)?.selectionSet);
    depths.set(name, depth);
    return depth;
  }

  function of(set: SelectionSetNode | undefined): number {
    let deepest = 0;
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FRAGMENT_SPREAD) deepest = Math.max(deepest, ofFragment(node.name.value));
      else if (node.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, of(node.selectionSet));
      else if (!isIntrospection(node.name.value)) deepest = Math.max(deepest, 1 + of(node.selectionSet));
    }
    return deepest;
  }

  const depthsOf = document.definitions.map((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? of(node.selectionSet) : 0,
  );
  return Math.max(0, ...depthsOf);
}
