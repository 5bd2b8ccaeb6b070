import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/formats/model.ts';
import { numberOf } from '../../src/json.ts';
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
    ['annotations[1].completed_by', inAnnotation({ completed_by: 1.5 }), 'came a number'],
    ['annotations[1].completed_by', inAnnotation({ completed_by: [] }), 'came a list'],
    [
      'annotations[1].completed_by.id',
      inAnnotation({ completed_by: { id: 'x' } }),
      'expected a whole number',
    ],
    ['annotations[1].completed_by.email', inAnnotation({ completed_by: { email: 1 } }), 'expected a text'],
    [
      'annotations[1].was_cancelled',
      inAnnotation({ was_cancelled: 2 }),
      'expected true or false, came a number',
    ],
    ['annotations[1].ground_truth', inAnnotation({ ground_truth: 'x' }), 'expected true or false'],
    [
      'annotations[1].lead_time',
      inAnnotation({ lead_time: '5 s' }),
      'expected a number of seconds, came a string',
    ],
    ['annotations[1].import_id', inAnnotation({ import_id: 'x' }), 'expected a whole number'],
    ['annotations[1].created_at', inAnnotation({ created_at: true }), 'expected a time in ISO 8601'],
    ['annotations[1].created_at', inAnnotation({ created_at: 1e300 }), 'expected a time in ISO 8601'],
    ['annotations[1].created_at', inAnnotation({ created_at: '2026-13-01T00:00:00Z' }), 'expected a time'],
    ['annotations[1].updated_at', inAnnotation({ updated_at: 'Tuesday' }), 'expected a time'],
    ['predictions[0].score', { data: {}, predictions: [{ result: [], score: 'high' }] }, 'expected a number'],
    [
      'predictions[0].model_version',
      { data: {}, predictions: [{ result: [], model_version: {} }] },
      'expected a text',
    ],
  ])('leaves out a wrong %s with a warning that says what was expected and came', (path, value, message) => {
    const { task, warnings } = taskOf(value);
    expect(warnings).toMatchObject([{ code: 'INVALID_FIELD', path }]);
    expect(warnings[0]?.message).toContain(message);
    expect(warnings[0]?.message.startsWith(`${path}: `)).toBe(true);
    const annotations = Array.isArray(value.annotations) ? value.annotations : [];
    const predictions = Array.isArray(value.predictions) ? value.predictions : [];
    expect(task.annotations).toHaveLength(annotations.length);
    expect(task.predictions).toHaveLength(predictions.length);
  });

  it.each<[string, JsonObject, string]>([
    ['annotations[0]', { data: {}, annotations: [[]] }, 'expected an object, came a list'],
    ['annotations[0].result', { data: {}, annotations: [{}] }, 'expected a list, came nothing'],
    ['annotations[1].result', inAnnotation({ result: {} }), 'expected a list, came an object'],
    ['annotations[1].result', inAnnotation({ result: null }), 'expected a list, came null'],
    ['predictions[0].result', { data: {}, predictions: [{ score: 1 }] }, 'expected a list, came nothing'],
  ])('leaves out what means nothing without its %s, and it alone', (path, value, message) => {
    const { task, warnings } = taskOf(value);
    expect(warnings).toMatchObject([{ code: 'INVALID_FIELD', path }]);
    expect(warnings[0]?.message).toContain(message);
    expect(task.annotations).toHaveLength(path.startsWith('annotations[1]') ? 1 : 0);
    expect(task.predictions).toEqual([]);
  });

  it('takes scalars that say the same without loss', () => {
    const { task, warnings } = taskOf({
      data: {},
      allow_skip: 0,
      annotations: [
        {
          result: [],
          completed_by: '12',
          was_cancelled: 1,
          ground_truth: 'False',
          lead_time: '2.5',
          id: '22',
          created_at: 1_767_323_045,
          updated_at: '1767323045678',
        },
      ],
      predictions: [
        { result: [], score: '0.9', model_version: 7 },
        { result: [], model_version: numberOf('12345678901234567890') },
      ],
    });
    expect(warnings).toEqual([]);
    expect(task.allowSkip).toBe(false);
    expect(task.annotations).toMatchObject([
      {
        completedBy: { id: 12 },
        wasCancelled: true,
        groundTruth: false,
        leadTime: 2.5,
        importId: 22,
        createdAt: new Date('2026-01-02T03:04:05Z'),
        updatedAt: new Date('2026-01-02T03:04:05.678Z'),
      },
    ]);
    expect(task.predictions).toMatchObject([
      { score: 0.9, modelVersion: '7' },
      { modelVersion: '12345678901234567890' },
    ]);
  });

  it('takes empty texts of optional fields for absent', () => {
    const empty = { completed_by: '', was_cancelled: '', lead_time: '', id: '', created_at: ' ' };
    const { task, warnings } = taskOf({
      data: {},
      meta: '',
      annotations: [{ result: [], ...empty }],
      predictions: [{ result: [], score: '', model_version: '' }],
    });
    expect(warnings).toEqual([]);
    expect(task.annotations).toEqual(taskOf({ data: {}, annotations: [{ result: [] }] }).task.annotations);
    expect(task.predictions).toEqual([{ result: [], score: null, modelVersion: null }]);
  });

  it('leaves out lists of ids with one warning, and takes what stands among them', () => {
    const { task, warnings } = taskOf({
      data: {},
      annotations: [{ id: 22, result: [] }],
      predictions: [286, { result: [] }],
      drafts: [5],
    });
    expect(task.annotations).toMatchObject([{ importId: 22 }]);
    expect(task.predictions).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: 'IDS_ONLY', path: 'predictions' }]);
    expect(warnings[0]?.message).toContain('predictions, drafts');
  });

  it.each<[string, JsonObject]>([
    ['completions', { completions: [{ result: [] }] }],
    ['prediction', { prediction: [{ result: [] }] }],
    ['Annotations', { Annotations: [{ result: [] }] }],
    ['drafts', { drafts: [{ result: [] }] }],
  ])('says that nobody reads %s', (path, fields) => {
    expect(taskOf({ data: {}, ...fields }).warnings).toMatchObject([{ code: 'UNREAD_KEYS', path }]);
  });

  it('says nothing of fields that are empty, or an export’s own books', () => {
    const row = {
      id: 1,
      inner_id: 2,
      data: {},
      completions: [],
      drafts: [],
      total_annotations: 3,
      project: 4,
    };
    expect(taskOf(row).warnings).toEqual([]);
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

  describe('that bears a mark', () => {
    const marked = { ...exported, unique_id: 'mark' };
    const read = (value: JsonObject, own: (mark: string, id: number) => boolean) => readTaskRow(value, own);

    it('is its task with one annotation where another project has written it', () => {
      const task = { id: 3, project: 5, data: { image: 'a' }, meta: { m: 1 }, allow_skip: false };
      const came = read({ ...marked, task }, () => false);
      expect(came).toMatchObject({
        task: {
          ...{
            data: { image: 'a' },
            meta: { m: 1 },
            allowSkip: false,
            shared: expect.stringMatching(/^[0-9a-f]{64}$/),
          },
          annotations: [{ result: [region], importId: 1 }],
        },
        warnings: [],
      });
      const shared = (value: object) => {
        const other = read({ ...marked, task: { ...task, ...value }, id: 2 }, () => false);
        return 'task' in other && 'task' in came && other.task.shared === came.task.shared;
      };
      expect([{}, { meta: {} }, { id: 4 }, { project: 6 }, { data: {} }].map(shared)).toEqual([
        ...[true, true, false, false, false],
      ]);
    });

    it('is recognised by mark and id, alone or in its task', () => {
      const own = (mark: string, id: number) => mark === 'mark' && id === 1;
      for (const value of [marked, { data: { image: 'a' }, annotations: [{ ...exported, id: 7 }, marked] }]) {
        expect(read(value, own)).toMatchObject({ problem: { code: 'OWN_EXPORT' } });
        expect(read(value, (mark, id) => !own(mark, id))).toHaveProperty('task');
      }
    });

    it('needs the data of its task', () => {
      const problem = { code: 'DATA_MISSING', path: 'task.data' };
      expect(read({ ...marked, task: { id: 3 } }, () => false)).toMatchObject({ problem });
    });
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
