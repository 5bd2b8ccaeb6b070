import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';

/** What drivers are lent in tests: the real guard, opened for the servers on this machine. */
export function testEnvironment(overrides: Partial<ProviderEnvironment> = {}): ProviderEnvironment {
  return {
    outbound: createOutboundGuard({ allow: ['127.0.0.0/8', '::1'] }),
    externalId: 'test-external-id',
    ownCredentials: true,
    documentRoot: null,
    dataDirectory: null,
    env: {},
    ...overrides,
  };
}
