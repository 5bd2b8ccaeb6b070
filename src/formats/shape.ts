import { firstInk, isBlank } from './bytes.ts';
import { parseLine } from './lines.ts';
import type { FormatLimits } from './model.ts';
import type { Shape } from './values.ts';

const openBrace = 0x7b;
const openBracket = 0x5b;

/**
 * How the rows lie in a text. One of the first two lines being an object by itself, each line is one, and a
 * broken line spoils only itself; otherwise rows are found by their brackets, as in indented JSON.
 * @param head the first block, not blank
 * @returns undefined for what is no task file; with the head, and the blocks that had to be read to tell
 */
export async function shapeOf(
  head: Buffer,
  blocks: AsyncGenerator<Buffer, void, undefined>,
  limits: FormatLimits,
): Promise<{ shape: Shape | 'LINES' | undefined; read: Buffer[] }> {
  const read = [head];
  const start = head[firstInk(head)];
  // The lines of a list, and of what is no JSON, may be as long as they like: the first block says enough.
  const lines = linesOf(read, start === openBrace ? blocks : undefined, limits);
  const next = async () => {
    const line = await lines.next();
    return line.done ? undefined : line.value;
  };
  const first = await next();
  if (start === openBracket) {
    // Lines may begin with one that is a list in place of an object.
    const lists = !isList(first) || !isObject(await next(), limits);
    return { shape: lists ? 'LIST' : 'LINES', read };
  }
  if (isObject(first, limits) || isObject(await next(), limits)) return { shape: 'LINES', read };
  return { shape: start === openBrace ? 'SEQUENCE' : undefined, read };
}

/**
 * The first lines that are not blank, as far as they are whole and fit into memory.
 * @param read the first block; blocks that are read for the lines are added
 * @param blocks none: the lines are looked for in the first block alone
 */
async function* linesOf(
  read: Buffer[],
  blocks: AsyncGenerator<Buffer, void, undefined> | undefined,
  limits: FormatLimits,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = read[0]!;
  for (let start = 0; ; ) {
    const end = bytes.indexOf(0x0a, start);
    if (end >= 0) {
      const line = bytes.subarray(start, end);
      if (!isBlank(line)) yield line;
      start = end + 1;
      continue;
    }
    const rest = bytes.subarray(start);
    if (!blocks) return;
    if (rest.length > limits.maxRowBytes) return;
    // Twice as much each time, so that joining it stays cheap.
    const more: Buffer[] = [rest];
    for (let added = 0; added <= rest.length; added += more.at(-1)!.length) {
      const next = await blocks.next();
      if (next.done) {
        yield Buffer.concat(more);
        return;
      }
      read.push(next.value);
      more.push(next.value);
    }
    bytes = Buffer.concat(more);
    start = 0;
  }
}

function isObject(line: Buffer | undefined, limits: FormatLimits): boolean {
  if (!line || line.length > limits.maxRowBytes) return false;
  const parsed = parseLine(line.toString('utf8'), limits.maxDepth);
  return 'value' in parsed || !['BROKEN_JSON', 'NOT_AN_OBJECT', 'TOO_DEEP'].includes(parsed.problem.code);
}

function isList(line: Buffer | undefined): boolean {
  if (!line) return false;
  try {
    return Array.isArray(JSON.parse(line.toString('utf8')));
  } catch {
    return false;
  }
}
