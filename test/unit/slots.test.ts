import { expect, test } from 'vitest';
import { createSlots } from '../../src/media/slots.ts';

const { signal } = new AbortController();
const options = { count: 1, queue: 2, patienceMs: 60_000 };

test('places go round in order, each once', async () => {
  const slots = createSlots(options);
  const first = await slots.take(signal);
  const order: number[] = [];
  const inTurn = async (number: number) => {
    const slot = await slots.take(signal);
    order.push(number);
    return slot;
  };
  const [second, third] = [inTurn(2), inTurn(3)];
  expect(slots.crowded).toBe(true);
  first.release();
  first.release();
  (await second).release();
  (await third).release();
  expect(order).toEqual([2, 3]);
  expect(slots.crowded).toBe(false);
  (await slots.take(signal)).release();
});

test('who waits too long, or where too many wait, is told so; who leaves takes no place', async () => {
  const slots = createSlots({ ...options, patienceMs: 1 });
  const held = await slots.take(signal);
  await expect(slots.take(signal)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  const patient = createSlots(options);
  const other = await patient.take(signal);
  const gone = new AbortController();
  const left = patient.take(gone.signal);
  const next = patient.take(signal);
  await expect(patient.take(signal)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  other.release();
  (await next).release();
  held.release();
});

test('a holder hears that somebody waits, until it listens no more', async () => {
  const slots = createSlots(options);
  const slot = await slots.take(signal);
  const deaf = slots.onWaiting(() => slot.release());
  const next = await slots.take(signal);
  deaf();
  next.release();
});
