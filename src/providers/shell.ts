/** Words of a POSIX shell, for the commands of setup guides. */

/** One command line, each option as `--name=value`, quoted for a POSIX shell where it has to be. */
export function command(program: string, argument: string, options: Record<string, string>): string {
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${quote(value)}`);
  return [program, quote(argument), ...flags].join(' ');
}

/** A command line that writes a JSON file. JSON has no line breaks but those between its parts, so no end mark either. */
export function fileOf(name: string, content: object): string {
  return `cat > ${quote(name)} <<'END'\n${JSON.stringify(content, undefined, 2)}\nEND`;
}

/** The text as one word, whatever it has in it ("Shell Command Language", POSIX.1-2024, section 2.2.2). */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
