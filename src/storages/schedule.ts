import { CronExpressionParser } from 'cron-parser';
import { ValidationError } from '../errors.ts';
import type { Schedule } from './model.ts';

/**
 * When the schedule is due next, after `from`.
 * @throws ValidationError when the expression has no such time, or not the five fields
 */
export function nextDue({ cron, timeZone }: Schedule, from: Date, path = 'settings.source.schedule'): Date {
  if (!isTimeZone(timeZone)) {
    const message = `Expected an IANA time zone such as "Europe/Berlin", got ${JSON.stringify(timeZone)}.`;
    throw new ValidationError([{ path: `${path}.timeZone`, message }]);
  }
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) {
    const expected = 'Expected five fields: minute, hour, day of month, month, day of week.';
    const seconds = fields.length === 6 ? ' Seconds are not offered: the shortest interval is a minute.' : '';
    throw new ValidationError([{ path: `${path}.cron`, message: `${expected}${seconds}` }]);
  }
  if (/H/i.test(fields.slice(0, 3).join(' '))) {
    throw new ValidationError([
      { path: `${path}.cron`, message: 'Expected definite times: "H" is drawn by chance.' },
    ]);
  }
  try {
    return CronExpressionParser.parse(fields.join(' '), { tz: timeZone, currentDate: from }).next().toDate();
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it does not parse';
    const message = `Expected a cron expression that comes due: ${reason.replace(/\.$/, '')}.`;
    throw new ValidationError([{ path: `${path}.cron`, message }]);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
