import { z } from 'zod';
import { type FieldError, type FieldErrorCode, ValidationError } from '../errors.ts';
import { compileFilter } from './filter.ts';
import {
  type Direction,
  exportLayouts,
  importMethods,
  onChangedPolicies,
  onRemovedPolicies,
  optional,
  type SettingsInput,
  type SourceSettings,
  sourceDefaults,
  type TargetSettings,
  targetDefaults,
  writeModes,
} from './model.ts';
import { nextDue } from './schedule.ts';
import { templateProblem, usualTemplate } from './template.ts';

const ttl = z
  .int({ error: 'Expected a whole number of minutes.' })
  .min(1, { error: 'Expected 1 to 10080 minutes.' })
  .max(10_080, { error: 'Expected 1 to 10080 minutes (7 days, the longest that providers sign for).' });

const share = z.number().min(0, { error: 'Expected 0 to 1.' }).max(1, { error: 'Expected 0 to 1.' });

const source = z.strictObject({
  filter: z
    .string()
    .nullish()
    .transform((text) => text || null),
  importMethod: optional(z.enum(importMethods), sourceDefaults.importMethod),
  dataKey: z
    .string()
    .nullish()
    .transform((text) => text?.trim() || null),
  idField: z
    .string()
    .nullish()
    .transform((text) => text?.trim() || null),
  recursive: z.boolean(),
  presign: optional(z.boolean(), sourceDefaults.presign),
  presignTtlMinutes: optional(ttl, sourceDefaults.presignTtlMinutes),
  onChanged: optional(z.enum(onChangedPolicies), sourceDefaults.onChanged),
  onRemoved: optional(z.enum(onRemovedPolicies), sourceDefaults.onRemoved),
  maximumRemovedShare: optional(share, sourceDefaults.maximumRemovedShare),
  keepCopies: optional(z.boolean(), sourceDefaults.keepCopies),
  schedule: z
    .strictObject({ cron: z.string(), timeZone: z.string().nullish() })
    .nullish()
    .transform((schedule) =>
      schedule ? { cron: schedule.cron, timeZone: schedule.timeZone ?? 'UTC' } : null,
    ),
});

const target = z.strictObject({
  layout: optional(z.enum(exportLayouts), targetDefaults.layout),
  keyTemplate: z.string().nullish(),
  writeMode: optional(z.enum(writeModes), targetDefaults.writeMode),
  canDeleteObjects: optional(z.boolean(), targetDefaults.canDeleteObjects),
  exportOnSave: optional(z.boolean(), targetDefaults.exportOnSave),
  keepCopies: optional(z.boolean(), targetDefaults.keepCopies),
});

/**
 * The settings to store, from what was given over what is stored (or the defaults).
 * @throws ValidationError
 */
export function mergeSettings(
  stored: { direction: Direction; settings: SourceSettings | TargetSettings } | null,
  given: SettingsInput | undefined,
  defaults: { recursive: boolean },
): { direction: Direction; settings: SourceSettings | TargetSettings } {
  const direction: Direction = stored?.direction ?? (given?.source ? 'SOURCE' : 'TARGET');
  const own = direction === 'SOURCE' ? 'source' : 'target';
  const other = direction === 'SOURCE' ? 'target' : 'source';
  if (given?.[other]) {
    const message = `This is a ${own} storage: expected "${own}". Create another storage for the other direction.`;
    throw new ValidationError([{ path: `settings.${other}`, code: 'NOT_ALLOWED', message }]);
  }
  const fields = { ...stored?.settings, ...definedOf(given?.[own] ?? {}) };
  if (direction === 'TARGET') {
    const settings = checkedTarget(fields);
    if (stored && 'layout' in stored.settings && stored.settings.layout !== settings.layout) {
      const message =
        'The layout is what the objects there already have: create another target storage for another layout.';
      throw new ValidationError([{ path: 'settings.target.layout', message }]);
    }
    return { direction, settings };
  }
  const settings = checked(source, { ...fields, recursive: recursiveOf(fields) ?? defaults.recursive }, own);
  compileFilter(settings.filter);
  if (settings.schedule) nextDue(settings.schedule, new Date());
  return { direction, settings };
}

function recursiveOf(fields: object): boolean | null | undefined {
  return 'recursive' in fields ? (fields.recursive as boolean | null) : undefined;
}

function checkedTarget(fields: object): TargetSettings {
  const settings = checked(target, fields, 'target');
  const keyTemplate = settings.keyTemplate?.trim() || usualTemplate(settings.layout);
  const problem = templateProblem(keyTemplate, settings.layout);
  if (problem) throw new ValidationError([{ path: 'settings.target.keyTemplate', message: problem }]);
  if (settings.canDeleteObjects && settings.writeMode === 'NEW_OBJECT_PER_VERSION') {
    const message = 'A storage that keeps every version deletes none: set one of both otherwise.';
    throw new ValidationError([{ path: 'settings.target.canDeleteObjects', code: 'NOT_ALLOWED', message }]);
  }
  return { ...settings, keyTemplate };
}

/** Parses with paths that read like the input's: `settings.source.presignTtlMinutes`. */
function checked<T>(schema: z.ZodType<T>, fields: object, own: string): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new ValidationError(fieldErrors(parsed.error, `settings.${own}`, fields));
}

/** A schema's issues with `input` as field errors below `prefix`. */
export function fieldErrors(error: z.ZodError, prefix: string, input: object): FieldError[] {
  return error.issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return keys.map((key) => ({
      path: [prefix, ...issue.path, ...(key === undefined ? [] : [key])].map(String).join('.'),
      code: fieldErrorCode(issue, input),
      message: issue.message,
    }));
  });
}

function fieldErrorCode({ code, path }: z.core.$ZodIssue, input: object): FieldErrorCode {
  if (code === 'unrecognized_keys') return 'UNKNOWN_FIELD';
  // Settings are flat where inputs are nested: there the last name alone says which is meant.
  const read = (names: readonly PropertyKey[]) =>
    names.reduce<unknown>(
      (value, name) => (value as Record<PropertyKey, unknown> | null | undefined)?.[name],
      input,
    );
  const value = read(path) ?? read(path.slice(-1));
  if (value === undefined || value === null || value === '') return 'REQUIRED';
  return code === 'too_big' || code === 'too_small' ? 'OUT_OF_RANGE' : 'INVALID';
}

/** Without the fields that were not given: undefined keeps what is stored. */
export function definedOf<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
