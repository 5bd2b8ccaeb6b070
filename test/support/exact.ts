const decimal = /^([-+]?)(\d+)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;

/** A decimal number in one spelling, with all of its digits: `-12e3`, without zeros at either end. undefined: it is none. */
export function exactly(text: string): string | undefined {
  const found = decimal.exec(text);
  if (!found) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  const zeros = BigInt(digits.length - kept.length - fraction.length);
  return `${sign === '-' ? '-' : ''}${kept}e${BigInt(exponent) + zeros}`;
}

/** JSON with each of its numbers as `exactly` spells it. */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, spelled as (key: string, value: unknown) => unknown);

const spelled = (_: string, value: unknown, { source }: { source: string }) =>
  typeof value === 'number' ? exactly(source) : value;
