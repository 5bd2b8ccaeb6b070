/** One side of one scenario, as the child process that runs it is told. */
export interface Run {
  scenario: string;
  side: 'ours' | 'limit';
  size: number;
  databaseUrl: string;
  directory: string;
  s3: S3Access | undefined;
}

export interface S3Access {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Measurement {
  /** Objects, rows or requests. */
  units: number;
  seconds: number;
  /** Processor time of the process while the clock ran, all its threads, in seconds. */
  cpuSeconds: number;
  /** Highest resident memory of the process. */
  peakBytes: number;
  /** Statements sent to the database while the clock ran. */
  statements: number;
}

/** What a side reports: the clock runs only inside `time`. */
export interface Bench {
  run: Run;
  time(units: number, work: () => Promise<void>): Promise<void>;
  countStatement: () => void;
}

export interface Scenario {
  title: string;
  size: number;
  /** Least ratio of ours to the limit. */
  goal: number;
  needsS3?: boolean;
  /** Whether to compare ours with the limit; otherwise `report` says it all. */
  compare: boolean;
  /** Done once, outside the clock. */
  prepare?(place: { s3: S3Access | undefined; directory: string }): Promise<void>;
  ours(bench: Bench): Promise<void>;
  limit(bench: Bench): Promise<void>;
  report?(
    measure: (side: Run['side'], size: number, scenario?: string) => Promise<Measurement>,
    say: (line: string) => void,
  ): Promise<void>;
}
