import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** Nodes that one operation may ask for, with the factors of its lists multiplied. */
export const MAX_COST = 50_000;
/** Length assumed of a list without `first`. */
const USUAL_LIST = 10;
/** Length of a page where the operation names none. */
const USUAL_PAGE = 50;

type Variables = Readonly<Record<string, unknown>>;

/** The operation that a request means; undefined: it does not say which. */
export function operationOf(
  document: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (name != null) return operations.find((node) => node.name?.value === name);
  return operations.length === 1 ? operations[0] : undefined;
}

/**
 * How many nodes the operation can return at most, counted as it would be executed: fields of the same
 * name once, each list times what it holds.
 * @throws GraphQLError beyond MAX_COST, as soon as that is sure
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  const fragments = fragmentsOf(document);
  let total = 0;

  /** Adds what the selections cost, each node of theirs taken `factor` times. */
  function add(
    type: GraphQLNamedType,
    sets: readonly SelectionSetNode[],
    factor: number,
    page: number,
  ): void {
    for (const [, { parent, nodes }] of fieldsOf(schema, fragments, type, sets)) {
      const [node] = nodes;
      const field = fieldOf(parent, node!.name.value);
      if (!field) continue;
      const inner = getNamedType(field.type);
      const isPage = parent.name.endsWith('Connection');
      if (!isCompositeType(inner)) {
        if (isPage) total += factor;
        continue;
      }
      const size = sizeOf(field, node!, variables);
      const isList = isListType(getNullableType(field.type));
      const times = factor * (isPage && isList ? page : isList ? (size ?? USUAL_LIST) : 1);
      total += times;
      if (total > MAX_COST) {
        throw new GraphQLError(
          `The operation asks for more than ${MAX_COST} nodes: ask for shorter pages, or in several operations.`,
          { extensions: { code: 'COST_EXCEEDED', limit: MAX_COST, http: { status: 400 } } },
        );
      }
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      add(inner, below, times, size ?? USUAL_PAGE);
    }
  }

  const root = schema.getRootType(operation.operation);
  if (root) add(root, [operation.selectionSet], 1, 1);
  return total;
}

/** How many nodes came back: what the operation did cost. */
export function nodesIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  data: unknown,
): number {
  const fragments = fragmentsOf(document);

  function count(type: GraphQLNamedType, sets: readonly SelectionSetNode[], values: unknown[]): number {
    let total = 0;
    for (const [name, { parent, nodes }] of fieldsOf(schema, fragments, type, sets)) {
      const field = fieldOf(parent, nodes[0]!.name.value);
      const inner = field && getNamedType(field.type);
      if (!inner || !isCompositeType(inner)) continue;
      const children = values
        .flatMap((value) => (value as Record<string, unknown>)[name] as unknown[])
        .filter((value) => value != null);
      if (children.length === 0) continue;
      total +=
        children.length +
        count(
          inner,
          nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
          children,
        );
    }
    return total;
  }

  const root = schema.getRootType(operation.operation);
  return root && data ? count(root, [operation.selectionSet], [data]) : 0;
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((node) => [node.name.value, node]));
}

/** Fields by the name in the response, fragments spread. */
function fieldsOf(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  type: GraphQLNamedType,
  sets: readonly SelectionSetNode[],
): Map<string, { parent: GraphQLNamedType; nodes: FieldNode[] }> {
  const found = new Map<string, { parent: GraphQLNamedType; nodes: FieldNode[] }>();
  const seen = new Set<string>();
  const collect = (parent: GraphQLNamedType, set: SelectionSetNode) => {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value;
        const entry = found.get(name) ?? { parent, nodes: [] };
        entry.nodes.push(node);
        found.set(name, entry);
        continue;
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
      if (!fragment) continue;
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(node.name.value)) continue;
        seen.add(node.name.value);
      }
      const condition = fragment.typeCondition?.name.value;
      collect((condition && schema.getType(condition)) || parent, fragment.selectionSet);
    }
  };
  for (const set of sets) collect(type, set);
  return found;
}

function fieldOf(type: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** How many a field is asked for: by `first`, or by the length of a list that it is given. undefined: it does not say. */
function sizeOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Variables,
): number | undefined {
  for (const { name, type, defaultValue } of field.args) {
    const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const value = given === undefined ? defaultValue : plain(given, variables);
    if (name === 'first' && typeof value === 'number') return Math.max(1, value);
    if (isListType(getNullableType(type)) && Array.isArray(value)) return Math.max(1, value.length);
  }
  return undefined;
}

/** The value, as far as it counts here: numbers and the length of lists. */
function plain(node: ValueNode, variables: Variables): unknown {
  if (node.kind === Kind.VARIABLE) return variables[node.name.value];
  if (node.kind === Kind.INT) return Number(node.value);
  return node.kind === Kind.LIST ? node.values : undefined;
}
