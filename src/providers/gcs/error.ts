/**
 * Who answered: the JSON API; the token endpoint, for credentials of the storage or of the service itself; the
 * Security Token Service; the IAM Service Account Credentials API when asked for a token or for a signature.
 */
export type GcsService = 'STORAGE' | 'TOKEN' | 'SERVICE_TOKEN' | 'STS' | 'IMPERSONATION' | 'SIGNING';

export interface GcsErrorOptions {
  service: GcsService;
  status: number;
  /** What a 404 is about when the response has no words for it. */
  about?: 'BUCKET' | 'OBJECT' | undefined;
  /** Machine-readable reasons of the error document, the most specific first. */
  reasons: readonly string[];
  /** The document's sentence, or the whole response if that is plain text: for comparing and the log, never shown. */
  sentence: string;
  /** Whether the response was an error document. */
  documented: boolean;
  retryAfterMs?: number | undefined;
}

/** A response that is not of success. */
export class GcsError extends Error {
  readonly response: GcsErrorOptions;
  constructor(response: GcsErrorOptions) {
    const { service, status, reasons, sentence } = response;
    super(`${service} ${status} ${reasons.join(' ')}: ${sentence.slice(0, 300)}`);
    this.name = 'GcsError';
    this.response = response;
  }
}
