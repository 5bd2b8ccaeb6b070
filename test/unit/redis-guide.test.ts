import { describe, expect, test } from 'vitest';
import type { GuideRequest } from '../../src/providers/guide.ts';
import { redisSettings } from '../../src/providers/redis/config.ts';
import { startingWith } from '../../src/providers/redis/glob.ts';
import { redisGuide } from '../../src/providers/redis/guide.ts';

const request: GuideRequest = {
  direction: 'SOURCE',
  origins: [],
  addresses: ['192.0.2.1', '2001:db8::/64'],
  externalId: 'x',
  servicePrincipal: null,
};
const place = { host: 'redis.example.com', port: 6380, database: 2, path: 'tasks:' };

function guideOf(given: object, more: Partial<GuideRequest> = {}) {
  return redisGuide(redisSettings.parse({ ...place, ...given }), { ...request, ...more });
}

test('a source may list and read below its path, and no more', () => {
  const [step] = guideOf({ credentials: 'USER', username: 'labels' });
  expect(step?.format).toBe('SHELL');
  expect(step?.content).toBe(
    "redis-cli -h redis.example.com -p 6380 ACL SETUSER labels resetkeys on -@all '~tasks:*' " +
      '+ping +select +scan +type +strlen +get +getrange',
  );
});

test('a target may write and delete, too', () => {
  const [step] = guideOf({ credentials: 'USER', username: 'labels' }, { direction: 'TARGET' });
  expect(step?.content).toMatch(/'~tasks:\*' .*\+get \+getrange \+set \+del$/);
});

test('without a user one is made, with a password that nobody chose', () => {
  const lines = guideOf({})[0]?.content.split('\n');
  expect(lines).toEqual([
    'password=$(openssl rand -hex 32)',
    expect.stringContaining(`ACL SETUSER longshore reset on ">$password" -@all '~tasks:*' +ping`),
    'echo "$password"',
  ]);
});

test('behind a Sentinel the user is made where the primary is', () => {
  const behind = { topology: 'SENTINEL', primaryName: 'tasks', credentials: 'USER', username: 'labels' };
  const [step, way] = guideOf(behind, { importMethod: 'TASKS' });
  expect(step?.content.split('\n')).toEqual([
    'set -- $(redis-cli -h redis.example.com -p 6380 SENTINEL GET-MASTER-ADDR-BY-NAME tasks)',
    expect.stringMatching(/^redis-cli -h "\$1" -p "\$2" ACL SETUSER labels resetkeys on -@all /),
  ]);
  expect(step?.explanation).toContain('each replica');
  expect(way?.content).toContain('and to the servers that it names');
});

test('titles and order', () => {
  const titles = (more: Partial<GuideRequest>) => guideOf({}, more).map(({ title }) => title);
  const [reading, listing, way] = [
    'ACL rule: listing and reading',
    'ACL rule: listing only',
    'Way to the server',
  ];
  expect(titles({ importMethod: 'FILES' })).toEqual([reading, listing, way]);
  expect(titles({ importMethod: 'TASKS' })).toEqual([reading, way]);
  expect(titles({ direction: 'TARGET' })).toEqual(['ACL rule: writing annotations', way, 'Persistence']);
});

describe('the way to the server', () => {
  test('names it and who comes', () => {
    const [, way] = guideOf({}, { importMethod: 'TASKS' });
    expect(way?.content).toContain('redis.example.com, port 6380, from 192.0.2.1, 2001:db8::/64');
    expect(way?.explanation).toContain('can be read on the way');
  });

  test('says of TLS that no client certificate can be shown', () => {
    const steps = guideOf({ tls: true }, { importMethod: 'TASKS' });
    expect(steps[0]?.content).toContain(' --tls ');
    expect(steps[1]?.explanation).toContain('tls-auth-clients');
  });
});

describe('patterns', () => {
  test('take the prefix by its letters', () => {
    expect(startingWith('')).toBe('*');
    expect(startingWith('a*b?[c]\\d^-')).toBe('a\\*b\\?\\[c\\]\\\\d^-*');
  });

  test('have no spaces in rules, and quotes are safe in a shell', () => {
    const [step] = guideOf({ path: "team's\t[1] $(x)/" });
    expect(step?.content).toContain(`'~team'\\''s?\\[1\\]?$(x)/*'`);
    expect(step?.explanation).toContain('replaced by "?"');
  });
});
