/** A program with one small fault in it. */
export interface Mutant {
  /** 1-based. */
  line: number;
  /** The line before and after, without white space around. */
  from: string;
  to: string;
  /** The whole file with the fault. */
  text: string;
}

/** What is replaced by what, wherever it stands in code; `$1`: what the pattern's group has found. */
const operators: [RegExp, string][] = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ <= /g, ' < '],
  [/ >= /g, ' > '],
  [/(?<=\w|\)) < (?=\w)/g, ' <= '],
  [/(?<=\w|\)) > (?=\w)/g, ' >= '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \+= /g, ' -= '],
  [/\+\+/g, '--'],
  [/ \+ 1\b/g, ' + 2'],
  [/ - 1\b/g, ' - 2'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\bif \(([^()]*)\)(?= |$)/g, 'if (!($1))'],
  // A statement that does not happen.
  [/^\s+(?:await )?[\w.]+\([^;]*\);$/g, ';'],
];

const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line);
const isDeclaration = (line: string) => /^\s*(import|export (interface|type)|interface|type) /.test(line);

/** Every fault that the operators put into a file, one to a mutant. Comments and declarations of types are left alone. */
export function mutantsOf(source: string): Mutant[] {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    if (isComment(line) || isDeclaration(line)) return [];
    return operators.flatMap(([pattern, replacement]) =>
      [...line.matchAll(pattern)].map((match) => {
        const [found, group = ''] = match;
        const mutated = replacement.replace('$1', () => group);
        const changed = line.slice(0, match.index) + mutated + line.slice(match.index + found.length);
        return {
          line: index + 1,
          from: line.trim(),
          to: changed.trim(),
          text: lines.with(index, changed).join('\n'),
        };
      }),
    );
  });
}
