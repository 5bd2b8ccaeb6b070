import type { Connection } from '../connect/open.ts';
import type { Direction, SourceSettings, TargetSettings } from '../model.ts';

/** A storage that may be saved or not, ready to be tried. */
export interface Candidate extends Connection {
  direction: Direction;
  source?: SourceSettings;
  target?: TargetSettings;
}
