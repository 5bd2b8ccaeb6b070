import { describe, expect, test } from 'vitest';
import { providerCauses } from '../../src/providers/errors.ts';
import { GcsError, type GcsErrorOptions, type GcsService } from '../../src/providers/gcs/error.ts';
import { classifyGcs } from '../../src/providers/gcs/failures.ts';

function classify(answer: Partial<GcsErrorOptions>) {
  return classifyGcs(
    new GcsError({ service: 'STORAGE', status: 400, reasons: [], sentence: '', documented: true, ...answer }),
  );
}

describe('the JSON API', () => {
  test.each<[number, string, string, string, RegExp?]>([
    // Status, reason and sentence as "HTTP status and error codes for JSON" has them.
    [302, 'found', '', 'UNEXPECTED_RESPONSE', /another address/],
    [303, 'mediaDownloadRedirect', '', 'UNEXPECTED_RESPONSE', /another address/],
    [307, 'temporaryRedirect', '', 'UNEXPECTED_RESPONSE', /another address/],
    [400, 'invalid', "Invalid bucket name: 'a b'", 'CONTAINER_NOT_FOUND'],
    [400, 'invalid', 'Disallowed unicode characters present in object name', 'INVALID_KEY'],
    [400, 'invalidParameter', 'Invalid value', 'UNEXPECTED_RESPONSE', /"invalidParameter"/],
    [
      400,
      'userProjectMissing',
      'Bucket is requester pays bucket but no user project provided.',
      'FORBIDDEN',
      /Requester Pays/,
    ],
    [
      400,
      'required',
      'Bucket is a requester pays bucket but no user project provided.',
      'FORBIDDEN',
      /Requester Pays/,
    ],
    [400, 'resourceIsEncryptedWithCustomerEncryptionKey', '', 'OBJECT_UNREADABLE', /customer-supplied/],
    [400, 'cloudKmsDisabledKey', '', 'FORBIDDEN', /Cloud KMS/],
    [400, 'cloudKmsDecryptionKeyNotFound', '', 'FORBIDDEN', /Cloud KMS/],
    [401, 'authError', 'Invalid Credentials', 'WRONG_CREDENTIALS'],
    [401, 'required', 'Login Required', 'WRONG_CREDENTIALS'],
    [401, 'AuthenticationRequiredRequesterPays', '', 'FORBIDDEN', /Requester Pays/],
    [403, 'forbidden', 'x does not have storage.objects.get access.', 'FORBIDDEN'],
    [403, 'insufficientPermissions', 'Insufficient Permission', 'FORBIDDEN'],
    [403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', 'FORBIDDEN', /scope/],
    [403, 'forbidden', 'Provided scope(s) are not authorized', 'FORBIDDEN', /scope/],
    [403, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', '', 'FORBIDDEN', /scope/],
    [403, 'accountDisabled', '', 'FORBIDDEN', /billing/],
    [403, 'UserProjectAccountProblem', '', 'FORBIDDEN', /billing/],
    [
      403,
      'forbidden',
      'The billing account for the owning project is disabled in state absent',
      'FORBIDDEN',
      /billing/,
    ],
    [403, 'forbidden', 'Permission denied on Cloud KMS key.', 'FORBIDDEN', /Cloud KMS/],
    [
      403,
      'forbidden',
      'There is an IP filtering condition that is preventing access to the resource.',
      'FORBIDDEN',
      /IP filter/,
    ],
    [
      403,
      'forbidden',
      "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x",
      'FORBIDDEN',
      /perimeter/,
    ],
    [403, 'accessNotConfigured', '', 'FORBIDDEN', /not enabled/],
    [403, 'SERVICE_DISABLED', '', 'FORBIDDEN', /not enabled/],
    [403, 'countryBlocked', '', 'FORBIDDEN'],
    [403, 'objectUnderActiveHold', '', 'FORBIDDEN', /hold/],
    [403, 'retentionPolicyNotMet', '', 'FORBIDDEN', /retention/],
    [403, 'sslRequired', '', 'UNEXPECTED_RESPONSE', /TLS/],
    [403, 'UserProjectAccessDenied', '', 'FORBIDDEN'],
    [403, 'rateLimitExceeded', '', 'RATE_LIMITED'],
    [403, 'userRateLimitExceeded', '', 'RATE_LIMITED'],
    [403, 'quotaExceeded', '', 'RATE_LIMITED'],
    [404, 'notFound', 'The specified bucket does not exist.', 'CONTAINER_NOT_FOUND'],
    [404, 'notFound', 'No such object: bucket/key', 'OBJECT_NOT_FOUND'],
    [405, 'methodNotAllowed', '', 'UNSUPPORTED'],
    [408, 'uploadBrokenConnection', '', 'TIMEOUT'],
    [409, 'conflict', '', 'UNAVAILABLE'],
    [411, '', '', 'UNEXPECTED_RESPONSE', /status 411,/],
    [412, 'conditionNotMet', '', 'OBJECT_CHANGED'],
    [412, 'orgPolicyConstraintFailed', '', 'FORBIDDEN', /organization policy/],
    [413, 'uploadTooLarge', '', 'UNEXPECTED_RESPONSE', /status 413 and the code "uploadTooLarge"/],
    [416, 'requestedRangeNotSatisfiable', '', 'RANGE_NOT_SATISFIABLE'],
    [429, 'usageLimits.rateLimitExceeded', '', 'RATE_LIMITED'],
    [429, '', '', 'RATE_LIMITED'],
    [500, 'backendError', '', 'UNAVAILABLE'],
    [501, '', '', 'UNSUPPORTED'],
    [502, '', '', 'UNAVAILABLE'],
    [503, 'backendError', '', 'UNAVAILABLE'],
    [504, 'gatewayTimeout', '', 'UNAVAILABLE'],
  ])('%i %s %s', (status, reason, sentence, code, message) => {
    const failure = classify({ status, reasons: reason ? [reason] : [], sentence });
    expect(failure?.code).toBe(code);
    expect(failure?.message ?? '').toMatch(message ?? /^$/);
  });

  test('404 without words means what was asked for', () => {
    expect(classify({ status: 404, about: 'BUCKET' })?.code).toBe('CONTAINER_NOT_FOUND');
    expect(classify({ status: 404, about: 'OBJECT', sentence: 'Not Found' })?.code).toBe('OBJECT_NOT_FOUND');
    // A web page.
    expect(classify({ status: 404, about: 'OBJECT', documented: false })?.code).toBe('UNEXPECTED_RESPONSE');
    expect(classify({ status: 404, about: 'BUCKET', documented: false })?.code).toBe('UNEXPECTED_RESPONSE');
  });

  test('the time to wait is passed on', () => {
    for (const status of [429, 503])
      expect(classify({ status, retryAfterMs: 7000 })?.retryAfterMs).toBe(7000);
  });
});

describe('the way to a token or a signature', () => {
  test.each<[GcsService, number, string, string, string, RegExp?]>([
    [
      'TOKEN',
      400,
      'invalid_grant',
      'Invalid JWT Signature.',
      'WRONG_CREDENTIALS',
      /does not accept the service account's key/,
    ],
    [
      'TOKEN',
      400,
      'invalid_grant',
      'Invalid grant: account not found',
      'WRONG_CREDENTIALS',
      /does not accept/,
    ],
    [
      'TOKEN',
      400,
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes)',
      'WRONG_CREDENTIALS',
      /clock/,
    ],
    ['TOKEN', 401, 'invalid_client', '', 'WRONG_CREDENTIALS'],
    ['TOKEN', 401, 'unauthorized_client', '', 'WRONG_CREDENTIALS'],
    ['TOKEN', 403, 'access_denied', '', 'WRONG_CREDENTIALS'],
    [
      'SERVICE_TOKEN',
      400,
      'invalid_grant',
      'Token has been expired or revoked.',
      'CREDENTIALS_UNAVAILABLE',
      /default credentials/,
    ],
    ['STS', 400, 'invalid_target', '', 'WRONG_CREDENTIALS', /no such workload identity pool/],
    ['STS', 400, 'invalid_grant', '', 'WRONG_CREDENTIALS', /AWS identity/],
    [
      'STS',
      401,
      'unauthorized_client',
      'rejected by the attribute condition',
      'WRONG_CREDENTIALS',
      /condition/,
    ],
    ['STS', 400, 'invalid_request', '', 'WRONG_CREDENTIALS', /AWS identity/],
    ['IMPERSONATION', 403, 'IAM_PERMISSION_DENIED', '', 'WRONG_CREDENTIALS', /could not be impersonated/],
    ['IMPERSONATION', 404, 'NOT_FOUND', '', 'WRONG_CREDENTIALS', /could not be impersonated/],
    ['IMPERSONATION', 403, 'SERVICE_DISABLED', '', 'WRONG_CREDENTIALS', /not enabled/],
    ['SIGNING', 403, 'IAM_PERMISSION_DENIED', '', 'FORBIDDEN', /may not sign/],
    ['SIGNING', 403, 'SERVICE_DISABLED', '', 'FORBIDDEN', /not enabled/],
    ['SIGNING', 403, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', '', 'FORBIDDEN', /scope/],
    ['SIGNING', 401, 'UNAUTHENTICATED', '', 'WRONG_CREDENTIALS'],
  ])('%s %i %s %s', (service, status, reason, sentence, code, message) => {
    const failure = classify({ service, status, reasons: [reason], sentence });
    expect(failure?.code).toBe(code);
    expect(failure?.message ?? '').toMatch(message ?? /^$/);
  });

  const services: GcsService[] = ['TOKEN', 'SERVICE_TOKEN', 'STS', 'IMPERSONATION', 'SIGNING'];
  test.each(services)('%s: overload, failures, redirects and web pages', (service) => {
    expect(classify({ service, status: 429, retryAfterMs: 1000 })).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 1000,
    });
    expect(classify({ service, status: 503 })?.code).toBe('UNAVAILABLE');
    expect(classify({ service, status: 302 })?.code).toBe('UNEXPECTED_RESPONSE');
    expect(classify({ service, status: 403, documented: false })?.code).toBe('UNEXPECTED_RESPONSE');
  });
});

test('every answer has a verdict, and no verdict repeats what is no code', () => {
  const services: GcsService[] = ['STORAGE', 'TOKEN', 'SERVICE_TOKEN', 'STS', 'IMPERSONATION', 'SIGNING'];
  for (const service of services) {
    for (let status = 300; status < 600; status++) {
      for (const documented of [true, false]) {
        for (const sentence of ['', 'canary sentence']) {
          const failure = classify({ service, status, documented, sentence, reasons: ['canary-1'] });
          expect(providerCauses, `${service} ${status}`).toHaveProperty(failure?.code ?? 'no verdict');
          expect(JSON.stringify(failure)).not.toContain('canary');
        }
      }
    }
  }
});

test('reasons that are names of JavaScript are names like others', () => {
  for (const reason of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(classify({ status: 403, reasons: [reason] })).toEqual({ code: 'FORBIDDEN' });
  }
});

test('what is no answer is left to others', () => {
  for (const error of [new Error('x'), new TypeError('x'), { status: 403 }, undefined]) {
    expect(classifyGcs(error)).toBeUndefined();
  }
});
