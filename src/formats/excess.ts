import { endOfString } from '../json.ts';

/** How much there may be in a text that is parsed in one go: reading takes its time for each part, not for each byte. */
export interface JsonLimits {
  /** Values, lists and objects among them. */
  values: number;
  /** Lists and objects inside each other. */
  levels: number;
}

/** What JSON text has too much of; undefined: nothing. The text need not be JSON. */
export function excessOf(text: string, limits: JsonLimits): string | undefined {
  let [values, levels] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x2c) values += 1;
    else if ((char | 0x20) === 0x7b) {
      values += 1;
      levels += 1;
      if (levels > limits.levels) return `${limits.levels} levels`;
    } else if ((char | 0x20) === 0x7d) levels -= 1;
    if (values > limits.values) return `${limits.values} values`;
  }
  return undefined;
}

/** What reading an attribute of XML takes, in tags. */
const ATTRIBUTE = 4;

/** Whether XML has more tags, attributes and references to characters than so many. The bytes need not be XML. */
export function isCrowded(xml: Uint8Array, limit: number): boolean {
  let parts = 0;
  for (let at = 0; at < xml.length && parts <= limit; at += 1) {
    const byte = xml[at];
    if (byte === 0x3c || byte === 0x26) parts += 1;
    else if (byte === 0x3d) parts += ATTRIBUTE;
  }
  return parts > limit;
}
