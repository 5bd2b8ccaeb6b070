/** Loaded before a process's own code: its clock is wrong by CLOCK_SKEW_MS. */
const skew = Number(process.env.CLOCK_SKEW_MS ?? 0);
const RealDate = Date;

class SkewedDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(RealDate.now() + skew);
    else super(...(given as [number]));
  }
  static override now = () => RealDate.now() + skew;
}
globalThis.Date = SkewedDate as DateConstructor;
