import { AsyncLocalStorage } from 'node:async_hooks';

const signals = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Runs `work`, whose statements end with the signal: those that run are cancelled, those that wait are not begun, and a
 * transaction that is open is rolled back. What has been committed stays.
 */
export const stoppable = <T>(signal: AbortSignal, work: () => T): T => signals.run(signal, work);

/** Runs `work` to its end though it is begun by somebody who may leave: others wait for it, too. */
export const unstoppable = <T>(work: () => T): T => signals.run(undefined, work);

/** What ends the statements of the work at hand; undefined: nothing. */
export const stopSignal = (): AbortSignal | undefined => signals.getStore();
