import { isJsonObject, type JsonObject, type JsonValue, kindOf, type RowProblem } from '../formats/model.ts';
import { takeBoolean, takeId, takeNumber, takeText, takeTime } from './scalars.ts';

/** Who made an annotation, as the row tells; whether such a user exists is for the importer to find out. */
export interface AuthorHint {
  id?: number | undefined;
  email?: string | undefined;
}

/** An annotation to be created. */
export interface AnnotationDraft {
  /** Regions, as the labeling interface made them. */
  result: JsonValue[];
  /** null: not told, the importer falls back to the project's owner. */
  completedBy: AuthorHint | null;
  wasCancelled: boolean;
  groundTruth: boolean;
  /** Seconds. */
  leadTime: number | null;
  /** Id that the annotation had where it comes from. */
  importId: number | null;
  createdAt: Date | null;
  updatedAt: Date | null;
}

/** A model's prediction to be created. */
export interface PredictionDraft {
  result: JsonValue[];
  score: number | null;
  modelVersion: string | null;
}

/**
 * Annotations and predictions of one row. What makes no sense is left out with a warning: a field if the rest
 * means something without it, else the whole annotation or prediction.
 */
export class RowReader {
  readonly warnings: RowProblem[] = [];
  /** Fields whose lists hold ids in place of what they name, as some exports write them. */
  readonly #idLists: string[] = [];

  annotations(row: JsonObject): AnnotationDraft[] {
    return this.#items(row, 'annotations', (annotation, path, result) => {
      const take = <T>(name: string, taking: (value: JsonValue) => T | undefined, expected: string) =>
        this.field(annotation, name, path, taking, expected);
      return {
        result,
        completedBy: this.#author(annotation, path),
        wasCancelled: take('was_cancelled', takeBoolean, 'true or false') ?? false,
        groundTruth: take('ground_truth', takeBoolean, 'true or false') ?? false,
        leadTime: take('lead_time', takeNumber, 'a number of seconds') ?? null,
        importId: take('import_id', takeId, 'a whole number') ?? take('id', takeId, 'a whole number') ?? null,
        createdAt: take('created_at', takeTime, 'a time in ISO 8601 or since 1970') ?? null,
        updatedAt: take('updated_at', takeTime, 'a time in ISO 8601 or since 1970') ?? null,
      };
    });
  }

  predictions(row: JsonObject): PredictionDraft[] {
    return this.#items(row, 'predictions', (prediction, path, result) => ({
      result,
      score: this.field(prediction, 'score', path, takeNumber, 'a number') ?? null,
      modelVersion: this.field(prediction, 'model_version', path, takeText, 'a text') ?? null,
    }));
  }

  /** Drafts are never imported; where they are ids alone, that is all there is to say of them. */
  drafts(row: JsonObject): void {
    const drafts = own(row, 'drafts');
    if (Array.isArray(drafts) && drafts.length > 0 && drafts.every(isIdAlone)) this.#idLists.push('drafts');
  }

  /** To be called last: the warning for all lists of ids together. */
  warnOfIds(): void {
    if (this.#idLists.length === 0) return;
    const message = `${this.#idLists.join(', ')}: holds ids alone, which say nothing here; left out.`;
    this.warnings.push({ code: 'IDS_ONLY', message, path: this.#idLists[0] });
  }

  /** A field if it can be taken; undefined if absent, null, empty, or (with a warning) nothing that can. */
  field<T>(
    value: JsonObject,
    name: string,
    path: string,
    take: (value: JsonValue) => T | undefined,
    expected: string,
  ): T | undefined {
    const item = own(value, name);
    if (item === null || (typeof item === 'string' && item.trim() === '')) return undefined;
    const taken = take(item);
    if (taken === undefined) this.#leaveOut(path ? `${path}.${name}` : name, expected, item);
    return taken;
  }

  #items<T>(
    row: JsonObject,
    name: string,
    read: (item: JsonObject, path: string, result: JsonValue[]) => T,
  ): T[] {
    const list = this.field(row, name, '', (value) => (Array.isArray(value) ? value : undefined), 'a list');
    const drafts: T[] = [];
    let ids = false;
    for (const [index, item] of (list ?? []).entries()) {
      const path = `${name}[${index}]`;
      if (isIdAlone(item)) ids = true;
      else if (!isJsonObject(item)) this.#leaveOut(path, 'an object', item, true);
      else {
        const result = own(item, 'result');
        if (Array.isArray(result)) drafts.push(read(item, path, result));
        else {
          const came = Object.hasOwn(item, 'result') ? result : undefined;
          this.#leaveOut(`${path}.result`, 'a list', came, true);
        }
      }
    }
    if (ids) this.#idLists.push(name);
    return drafts;
  }

  /** A user's id, an e-mail address, or an object with one of them. */
  #author(annotation: JsonObject, path: string): AuthorHint | null {
    const author = own(annotation, 'completed_by');
    if (isJsonObject(author)) {
      const here = `${path}.completed_by`;
      const id = this.field(author, 'id', here, takeId, 'a whole number');
      const email = this.field(author, 'email', here, takeString, 'a text');
      return id === undefined && email === undefined ? null : { id, email };
    }
    const expected = 'a user id, an e-mail address or an object';
    return this.field(annotation, 'completed_by', path, takeAuthor, expected) ?? null;
  }

  #leaveOut(path: string, expected: string, came: unknown, whole?: true): void {
    const message = `${path}: expected ${expected}, came ${kindOf(came)}; left out.`;
    this.warnings.push({ code: 'INVALID_FIELD', message, path, whole });
  }
}

/** Own fields only, so that a row can't be read through a prototype. */
export function own(value: JsonObject, field: string): JsonValue {
  return Object.hasOwn(value, field) ? (value[field] ?? null) : null;
}

const takeString = (value: JsonValue) => (typeof value === 'string' ? value : undefined);

function takeAuthor(value: JsonValue): AuthorHint | undefined {
  const id = takeId(value);
  if (id !== undefined) return { id };
  return typeof value === 'string' ? { email: value.trim() } : undefined;
}

const isIdAlone = (value: JsonValue) => takeId(value) !== undefined;
