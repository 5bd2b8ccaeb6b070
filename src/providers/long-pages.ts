import { DriverFailure } from './errors.ts';

/**
 * Characters of a page that an SDK's XML reader is given: it holds the thread up to 70 ms for each million of them
 * (@aws-sdk/xml-builder 3.972, fast-xml-parser 5), and nothing else goes on meanwhile.
 */
export const MAX_XML = 2_000_000;

/** A page of a listing is longer than what is read in one go: very long keys, or much metadata. */
export class LongPage extends DriverFailure {}

/** Entries of a page where pages of the usual number are too long. */
const FEW = 100;

/** Asks for pages of `most` entries, and for shorter ones as soon as one was too long. */
export function inShortPages<Request, Page>(
  most: number,
  list: (request: Request, size: number) => Promise<Page>,
): (request: Request) => Promise<Page> {
  let size = most;
  return async (request) => {
    try {
      return await list(request, size);
    } catch (error) {
      if (size === FEW || !(error instanceof LongPage)) throw error;
      size = FEW;
      return list(request, size);
    }
  };
}
