import { setTimeout as sleep } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Does work that holds the event loop up when its turn comes: piece by piece, with a pause behind each for as long as it
 * took. Of a burst, whoever sends it, half of the time is left to others.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  let milliseconds = 0;
  const done = last.then(() => {
    const started = performance.now();
    try {
      return work();
    } finally {
      milliseconds = performance.now() - started;
    }
  });
  const pause = () => sleep(Math.ceil(milliseconds));
  last = done.then(pause, pause);
  return done;
}
