import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { ValidationError } from '../errors.ts';

/**
 * The data keys that a label config shows, in document order: `value="$image"`, `valueList="$images"`.
 * The first one is the key that import method FILES puts an object's URI under.
 * @throws ValidationError when it is not well-formed XML
 */
export function dataKeysOf(labelConfig: string): string[] {
  if (labelConfig.trim() === '') return [];
  const keys = new Set<string>();
  const visit = (element: XmlElement) => {
    for (const name of ['value', 'valueList']) {
      const key = /^\$([^\s$]+)$/.exec(element.attributes[name]?.trim() ?? '')?.[1];
      if (key) keys.add(key);
    }
    for (const child of element.children) if (child instanceof XmlElement) visit(child);
  };
  try {
    const { root } = parseXml(labelConfig);
    if (root) visit(root);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'not well-formed';
    throw new ValidationError([{ path: 'labelConfig', message: `Expected well-formed XML: ${reason}.` }]);
  }
  return [...keys];
}
