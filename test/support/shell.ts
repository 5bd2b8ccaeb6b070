/**
 * The words of one command line, by the quoting rules of POSIX shells ("Shell Command Language", POSIX.1-2024,
 * section 2.2); a word that the shell would change in any other way is refused.
 */
export function wordsOf(line: string): string[] {
  const piece = /'[^']*'|\\'|"[^"`\\]*"|[\w@%+=:,./-]+/g;
  const word = new RegExp(`(?:${piece.source})+`, 'g');
  const rest = line.replace(word, '').trim();
  if (rest !== '') throw new Error(`Not plain words: ${rest} in ${line}`);
  return (line.match(word) ?? []).map((text) =>
    text.replace(piece, (part) => (/^['"]/.test(part) ? part.slice(1, -1) : part.replace(/^\\/, ''))),
  );
}
