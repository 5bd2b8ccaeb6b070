/** Longest address that mail can be sent to (RFC 5321 section 4.5.3.1.3, less the angle brackets). */
const MAX_EMAIL = 254;

/** An e-mail address as it is kept and compared; undefined: it is none. */
export function addressOf(given: string): string | undefined {
  const email = given.trim().toLowerCase();
  const [local, domain, ...rest] = email.split('@');
  const isAddress = email.length <= MAX_EMAIL && local && domain && rest.length === 0 && !/\s/.test(email);
  return isAddress ? email : undefined;
}
