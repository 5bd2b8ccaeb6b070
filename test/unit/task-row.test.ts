import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/formats/model.ts';
import { formOf, readTaskRow } from '../../src/tasks/row.ts';

const region = { from_name: 'label', to_name: 'image', type: 'choices', value: { choices: ['cat'] } };

function taskOf(value: JsonObject) {
  const read = readTaskRow(value);
  if ('problem' in read) throw new Error(read.problem.message);
  return read;
}

function problemOf(value: JsonObject) {
  const read = readTaskRow(value);
  return 'problem' in read ? read.problem : undefined;
}

describe('a bare row', () => {
  it.each<[string, JsonObject]>([
    ['any object', { image: 's3://b/a.jpg', meta: { a: 1 } }],
    ['an empty object', {}],
    ['data that is no object', { data: 's3://b/a.jpg' }],
    ['data that is a list', { data: [1] }],
    ['data that is null', { data: null }],
    ['empty lists', { text: 'a', annotations: [], predictions: null }],
    ['a result without a task', { result: [], completed_by: 1 }],
  ])('%s is the data itself', (_, value) => {
    expect(formOf(value)).toBe('BARE');
    const draft = { data: value, meta: {}, allowSkip: true, annotations: [], predictions: [] };
    expect(readTaskRow(value)).toEqual({ task: draft, warnings: [] });
  });

  it('may say that it must not be skipped', () => {
    expect(taskOf({ text: 'a', allow_skip: false }).task.allowSkip).toBe(false);
  });

  it.each(['annotations', 'predictions'])('with %s lacks its data', (field) => {
    expect(problemOf({ text: 'a', [field]: [{ result: [] }] })).toMatchObject({
      code: 'DATA_MISSING',
      path: 'data',
    });
    expect(problemOf({ data: 'x', [field]: [{ result: [] }] })?.message).toContain(
      'expected an object, came a string',
    );
    expect(problemOf({ text: 'a', [field]: 'x' })).toMatchObject({ code: 'DATA_MISSING' });
  });
});

describe('a full row', () => {
  it('gives everything it has', () => {
    const { task, warnings } = taskOf({
      id: 17,
      data: { image: 'a.jpg' },
      meta: { camera: 3 },
      allow_skip: false,
      annotations: [
        {
          id: 5,
          result: [region],
          completed_by: { id: 2, email: 'a@example.com', first_name: 'A' },
          was_cancelled: true,
          ground_truth: true,
          lead_time: 2.5,
          created_at: '2026-01-02T03:04:05.678Z',
          updated_at: '2026-01-02 03:04:05',
        },
        { result: [], import_id: 9, id: 5, completed_by: 3 },
        { result: [], completed_by: 'b@example.com', created_at: '2026-01-02T03:04:05+02:00' },
      ],
      predictions: [
        { result: [region], score: 0.5, model_version: 'v1' },
        { result: [], score: null },
      ],
      drafts: [],
      inner_id: 4,
    });
    const absent = {
      completedBy: null,
      wasCancelled: false,
      groundTruth: false,
      leadTime: null,
      importId: null,
      createdAt: null,
      updatedAt: null,
    };
    expect(formOf({ data: {} })).toBe('FULL');
    expect(warnings).toEqual([]);
    expect(task).toEqual({
      data: { image: 'a.jpg' },
      meta: { camera: 3 },
      allowSkip: false,
      annotations: [
        {
          result: [region],
          completedBy: { id: 2, email: 'a@example.com' },
          wasCancelled: true,
          groundTruth: true,
          leadTime: 2.5,
          importId: 5,
          createdAt: new Date('2026-01-02T03:04:05.678Z'),
          updatedAt: new Date('2026-01-02T03:04:05Z'),
        },
        { ...absent, result: [], importId: 9, completedBy: { id: 3, email: undefined } },
        {
          ...absent,
          result: [],
          completedBy: { id: undefined, email: 'b@example.com' },
          createdAt: new Date('2026-01-02T01:04:05Z'),
        },
      ],
      predictions: [
        { result: [region], score: 0.5, modelVersion: 'v1' },
        { result: [], score: null, modelVersion: null },
      ],
    });
  });

  it('takes null for absent', () => {
    const nothing = {
      completed_by: null,
      was_cancelled: null,
      lead_time: null,
      id: null,
      import_id: null,
      created_at: null,
    };
    const { task } = taskOf({
      data: {},
      meta: null,
      allow_skip: null,
      predictions: null,
      annotations: [{ result: [], ...nothing }],
    });
    expect(task).toMatchObject({ meta: {}, allowSkip: true, predictions: [] });
    expect(task.annotations).toEqual(taskOf({ data: {}, annotations: [{ result: [] }] }).task.annotations);
  });

  const inAnnotation = (fields: JsonObject) => ({
    data: {},
    annotations: [{ result: [] }, { result: [], ...fields }],
  });
  it.each<[string, JsonObject, string]>([
    ['meta', { data: {}, meta: [] }, 'expected an object, came a list'],
    ['allow_skip', { data: {}, allow_skip: 'no' }, 'expected true or false, came a string'],
    ['annotations', { data: {}, annotations: {} }, 'expected a list, came an object'],
    ['predictions', { data: {}, predictions: 'x' }, 'expected a list, came a string'],
    ['annotations[0]', { data: {}, annotations: [[]] }, 'expected an object, came a list'],
    ['annotations[0].result', { data: {}, annotations: [{}] }, 'expected a list, came nothing'],
    ['annotations[1].result', inAnnotation({ result: {} }), 'expected a list, came an object'],
    ['annotations[1].result', inAnnotation({ result: null }), 'expected a list, came null'],
    ['annotations[1].completed_by', inAnnotation({ completed_by: 1.5 }), 'came a number'],
    ['annotations[1].completed_by', inAnnotation({ completed_by: [] }), 'came a list'],
    [
      'annotations[1].completed_by.id',
      inAnnotation({ completed_by: { id: 'x' } }),
      'expected a whole number',
    ],
    ['annotations[1].completed_by.email', inAnnotation({ completed_by: { email: 1 } }), 'expected a string'],
    [
      'annotations[1].was_cancelled',
      inAnnotation({ was_cancelled: 1 }),
      'expected true or false, came a number',
    ],
    ['annotations[1].ground_truth', inAnnotation({ ground_truth: 'x' }), 'expected true or false'],
    [
      'annotations[1].lead_time',
      inAnnotation({ lead_time: '5' }),
      'expected a number of seconds, came a string',
    ],
    ['annotations[1].import_id', inAnnotation({ import_id: 'x' }), 'expected a whole number'],
    ['annotations[1].created_at', inAnnotation({ created_at: 5 }), 'expected an ISO 8601 time'],
    [
      'annotations[1].created_at',
      inAnnotation({ created_at: '2026-13-01T00:00:00Z' }),
      'expected an ISO 8601 time',
    ],
    ['annotations[1].updated_at', inAnnotation({ updated_at: 'Tuesday' }), 'expected an ISO 8601 time'],
    ['predictions[0].result', { data: {}, predictions: [{ score: 1 }] }, 'expected a list, came nothing'],
    ['predictions[0].score', { data: {}, predictions: [{ result: [], score: '1' }] }, 'expected a number'],
    [
      'predictions[0].model_version',
      { data: {}, predictions: [{ result: [], model_version: 1 }] },
      'expected a string',
    ],
  ])('with a wrong %s says what was expected and came', (path, value, message) => {
    const problem = problemOf(value);
    expect(problem).toMatchObject({ code: 'INVALID_FIELD', path });
    expect(problem?.message).toContain(message);
    expect(problem?.message.startsWith(`${path}: `)).toBe(true);
  });

  it('warns of an id that it can’t keep', () => {
    const { task, warnings } = taskOf({ data: {}, annotations: [{ id: 'abc', result: [] }] });
    expect(task.annotations[0]?.importId).toBeNull();
    expect(warnings).toMatchObject([{ code: 'INVALID_FIELD', path: 'annotations[0].id' }]);
  });
});

describe('an exported annotation', () => {
  const exported = {
    id: 1,
    result: [region],
    completed_by: { id: 1 },
    task: { id: 3, data: { image: 'a' } },
    was_cancelled: false,
  };

  it('is recognised', () => {
    expect(problemOf(exported)).toMatchObject({ code: 'OWN_EXPORT' });
    expect(problemOf({ ...exported, completed_by: null })).toMatchObject({ code: 'OWN_EXPORT' });
  });

  it('is not seen where a task only looks a little like it', () => {
    expect(problemOf({ data: exported })).toBeUndefined();
    expect(problemOf({ ...exported, task: 3 })).toBeUndefined();
    expect(problemOf({ ...exported, result: 'x' })).toBeUndefined();
    expect(problemOf({ task: { a: 1 }, result: [] })).toBeUndefined();
  });

  it('of the task layout is a task like another', () => {
    const whole = {
      id: 3,
      data: { image: 'a' },
      annotations: [{ id: 1, result: [region], completed_by: { id: 1 } }],
      predictions: [],
    };
    expect(taskOf(whole).task.annotations).toHaveLength(1);
  });
});

describe('any row', () => {
  const field = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(
      fc.dictionary(fc.constantFrom('result', 'id', 'score', 'completed_by', 'created_at'), fc.jsonValue()),
    ),
  );
  const row = fc.dictionary(
    fc.constantFrom(
      'data',
      'meta',
      'allow_skip',
      'annotations',
      'predictions',
      'task',
      'result',
      'completed_by',
      '__proto__',
      'x',
    ),
    field,
  );

  it('is a task or has one problem, and is left as it was', () => {
    fc.assert(
      fc.property(row, (generated) => {
        const text = JSON.stringify(generated);
        const value = JSON.parse(text) as JsonObject;
        const read = readTaskRow(value);
        expect(JSON.stringify(value)).toBe(text);
        if ('problem' in read) expect(read.problem.message.length).toBeGreaterThan(0);
        else expect(isJsonObject(read.task.data) && isJsonObject(read.task.meta)).toBe(true);
        expect(({} as Record<string, JsonValue>).x).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('is not read through __proto__', () => {
    const value = JSON.parse(
      '{"__proto__": {"data": {"a": 1}, "annotations": [1]}, "text": "x"}',
    ) as JsonObject;
    expect(formOf(value)).toBe('BARE');
    expect(taskOf(value).task.data).toBe(value);
  });
});
