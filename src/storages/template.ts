import type { TargetSettings, TemplateFields } from './model.ts';

type ExportLayout = TargetSettings['layout'];

/**
 * Key templates: text with named fields in braces, `{task.id}` or `{annotation.createdAt:yyyy/MM}`. Fields are
 * looked up in the tables below and nowhere else; a template runs no code and can't leave the storage's prefix.
 */

const dateParts: Record<string, (date: Date) => string> = {
  yyyy: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  MM: (date) => String(date.getUTCMonth() + 1).padStart(2, '0'),
  dd: (date) => String(date.getUTCDate()).padStart(2, '0'),
  HH: (date) => String(date.getUTCHours()).padStart(2, '0'),
};
const datePart = /yyyy|MM|dd|HH/g;
const USUAL_DATE = 'yyyy-MM-dd';

type Value = string | number | Date | null | undefined;
const taskFields: Record<string, (fields: TemplateFields) => Value> = {
  'task.id': ({ task }) => task.id,
  'task.innerId': ({ task }) => task.innerId,
  'task.sourceKey': ({ task }) => task.sourceKey,
  'task.createdAt': ({ task }) => task.createdAt,
  'project.id': ({ project }) => project.id,
};
const fieldsOf: Record<ExportLayout, typeof taskFields> = {
  TASK: taskFields,
  ANNOTATION: {
    'annotation.id': ({ annotation }) => annotation?.id,
    'annotation.createdAt': ({ annotation }) => annotation?.createdAt,
    'annotation.completedBy': ({ annotation }) => annotation?.completedBy,
    ...taskFields,
  },
};

/** The template of a layout that names none. */
export const usualTemplate = (layout: ExportLayout) =>
  layout === 'TASK' ? '{task.id}.json' : '{annotation.id}.json';

const MAX_TEMPLATE = 500;
const field = /\{([^{}:]*)(?::([^{}]*))?\}/g;

/** What is wrong with a template; undefined: nothing. */
export function templateProblem(template: string, layout: ExportLayout): string | undefined {
  const allowed = Object.keys(fieldsOf[layout]);
  const list = allowed.map((name) => `{${name}}`).join(', ');
  if (template.length > MAX_TEMPLATE) return `Expected at most ${MAX_TEMPLATE} characters.`;
  for (const [whole, name = '', format] of template.matchAll(field)) {
    if (!allowed.includes(name)) return `Unknown field ${whole}: expected one of ${list}.`;
    if (format === undefined) continue;
    if (!name.endsWith('.createdAt')) return `${whole}: only dates take a format.`;
    if (!/^[-/._]*$/.test(format.replaceAll(datePart, '')) || !format.match(datePart))
      return `${whole}: expected a format of yyyy, MM, dd, HH with / - . _ in between.`;
  }
  const fixed = template.replaceAll(field, 'x');
  if (/[{}]/.test(fixed)) return `Expected fields in pairs of braces: ${list}.`;
  const own = layout === 'TASK' ? '{task.id}' : '{annotation.id}';
  if (!template.includes(own)) return `Expected ${own} in it, so that no two exports share a key.`;
  const climbs = fixed.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (climbs || fixed.includes('\\') || hasControl(fixed)) {
    return 'Expected a relative key without empty parts, ".", "..", backslashes or control characters.';
  }
  return undefined;
}

const hasControl = (text: string) => [...text].some((it) => it < ' ' || it === '\u007f');

/** The key below the storage's prefix. Parts of a source key that would climb or hide are spelled out. */
export function renderKey(template: string, layout: ExportLayout, fields: TemplateFields): string {
  return template.replaceAll(field, (_, name: string, format: string | undefined) => {
    const value = fieldsOf[layout][name]?.(fields);
    if (value instanceof Date)
      return (format ?? USUAL_DATE).replaceAll(datePart, (part) => dateParts[part]!(value));
    return value == null ? 'none' : harmless(String(value));
  });
}

const harmless = (text: string) =>
  text
    .split('/')
    .map((part) =>
      part.replaceAll(/[\\\p{Cc}]/gu, '_').replace(/^\.{0,2}$/, (dots) => '_'.repeat(dots.length || 1)),
    )
    .join('/');

/** The key of one version of an object, told by its content: the start of the hash stands before the extension. */
export const keyOfVersion = (key: string, hash: string): string =>
  key.replace(/(\.[^./]*)?$/, (extension) => `.${hash.slice(0, 16)}${extension}`);

/** A key as the template would make it, for people to look at. */
export function exampleKey(prefix: string, { keyTemplate, layout, writeMode }: TargetSettings): string {
  const createdAt = new Date('2026-01-31T09:00:00Z');
  const key =
    prefix +
    renderKey(keyTemplate, layout, {
      annotation: layout === 'ANNOTATION' ? { id: 1001, createdAt, completedBy: 7 } : null,
      task: { id: 501, innerId: 1, sourceKey: 'images/photo.jpg', createdAt },
      project: { id: 3 },
    });
  return writeMode === 'NEW_OBJECT_PER_VERSION' ? keyOfVersion(key, '9f86d081884c7d659a2f') : key;
}
