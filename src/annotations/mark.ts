import { createHash } from 'node:crypto';

/**
 * Names an exported annotation the same whenever it is written, and tells whose it is: only the project that
 * wrote it can have made it. A UUID of version 8 (RFC 9562, section 5.8).
 */
export function exportMark(origin: string, projectId: number, annotationId: number): string {
  const hex = createHash('sha256').update(`${origin}\n${projectId}\n${annotationId}`).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, variant + hex.slice(17, 20)];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** Whether a project has written an exported annotation, by the mark and the id that it bears. */
export const ownMarks =
  (origin: string, projectId: number) =>
  (mark: string, annotationId: number): boolean =>
    mark === exportMark(origin, projectId, annotationId);
