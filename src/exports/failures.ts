import type { exportFailures } from '../objects/model.ts';

type OwnCode = (typeof exportFailures)[number];

const hints: Readonly<Record<OwnCode, string>> = {
  NOT_STORED:
    'Check the storage itself, proxies in between, and whether somebody else writes to the same keys.',
  KEY_TAKEN:
    'Let the key template tell them apart, with "/" or "-" between its fields; then retry what failed.',
  TOO_LARGE:
    'Make the annotations smaller, or export them one by one, with the layout ANNOTATION; then retry what failed.',
  COPY_FAILED:
    'Ask the operator to look at the room and the rights of the data directory, or switch keepCopies off.',
};

/** Why an object is not exported although its storage has not refused it. */
export class ExportError extends Error {
  readonly code: OwnCode;
  readonly hint: string;
  /** Whether another attempt may end otherwise, though nobody changes anything. */
  readonly retryable: boolean;
  constructor(code: OwnCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.hint = hints[code];
    this.retryable = code === 'NOT_STORED' || code === 'COPY_FAILED';
  }
}
