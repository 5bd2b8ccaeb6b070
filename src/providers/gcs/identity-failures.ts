import type { Failure } from '../provider.ts';
import type { GcsErrorOptions } from './error.ts';

/**
 * What refusals on the way to an access token or a signature mean. Reasons: RFC 6749 section 5.2, RFC 8693
 * section 2.2.2, "Troubleshoot Workload Identity Federation" of the IAM documentation.
 */

export const notOauth: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: "What answered at the address of Google's token service is none.",
  hint: 'Check proxies between this service and Google, and the token address that the operator may have set.',
};

const clock: Failure = {
  code: 'WRONG_CREDENTIALS',
  message:
    'Google refused the signed request because its clock and the clock of this service differ too much.',
  hint: 'An administrator of this service has to set its clock by a time server.',
};

export const scopes: Failure = {
  code: 'FORBIDDEN',
  message: 'The access token was issued without the OAuth scope that this action needs.',
  hint: 'Give the machine or login of the default credentials the scope cloud-platform, or at least devstorage.read_write.',
};

/** Any other response of refusal than of overload or failure, which are the same everywhere. */
export function classifyIdentity(response: GcsErrorOptions): Failure {
  if (!response.documented) return notOauth;
  if (response.service === 'TOKEN') return tokenRefused(response);
  if (response.service === 'STS') return exchangeRefused(response);
  if (response.service === 'IMPERSONATION') return impersonationRefused(response);
  if (response.service === 'SIGNING') return signingRefused(response);
  return {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: 'Google refused the default credentials of this service.',
    hint: 'An administrator of this service has to renew its own Google credentials.',
  };
}

function tokenRefused({ reasons, sentence }: GcsErrorOptions): Failure {
  if (/short-lived token|reasonable timeframe|\biat\b/i.test(sentence)) return clock;
  if (!reasons.includes('invalid_grant')) return { code: 'WRONG_CREDENTIALS' };
  return {
    code: 'WRONG_CREDENTIALS',
    message: "Google does not accept the service account's key.",
    hint: 'The key or the account was deleted or disabled, or the JSON is not complete: create a new key and paste its whole file.',
  };
}

function exchangeRefused({ reasons, sentence }: GcsErrorOptions): Failure {
  if (reasons.includes('invalid_target')) {
    return {
      code: 'WRONG_CREDENTIALS',
      message: 'There is no such workload identity pool or provider, or it is disabled.',
      hint: 'Check project number (not the project id), pool id and provider id.',
    };
  }
  if (/attribute condition/i.test(sentence)) {
    return {
      code: 'WRONG_CREDENTIALS',
      message: "The condition of the workload identity provider does not let this service's AWS identity in.",
      hint: 'Compare the attribute condition with the one in the setup guide of this storage.',
    };
  }
  return {
    code: 'WRONG_CREDENTIALS',
    message: "The workload identity provider does not accept this service's AWS identity.",
    hint: "The provider must be of the kind AWS and name this service's AWS account; the setup guide of this storage shows the commands.",
  };
}

function iamDisabled(code: Failure['code'], { reasons }: GcsErrorOptions): Failure | undefined {
  if (!reasons.includes('SERVICE_DISABLED')) return undefined;
  return {
    code,
    message: 'The IAM Service Account Credentials API is not enabled in the Google Cloud project.',
    hint: 'Enable it: gcloud services enable iamcredentials.googleapis.com',
  };
}

function impersonationRefused(response: GcsErrorOptions): Failure {
  const disabled = iamDisabled('WRONG_CREDENTIALS', response);
  if (disabled) return disabled;
  return {
    code: 'WRONG_CREDENTIALS',
    message: 'The service account could not be impersonated.',
    hint: "Check its e-mail address, and that it grants roles/iam.workloadIdentityUser to the pool's principals, or roles/iam.serviceAccountTokenCreator to this service's own account; the setup guide of this storage shows the command.",
  };
}

function signingRefused(response: GcsErrorOptions): Failure {
  if (response.status === 401) return { code: 'WRONG_CREDENTIALS' };
  if (response.reasons.includes('ACCESS_TOKEN_SCOPE_INSUFFICIENT')) return scopes;
  const disabled = iamDisabled('FORBIDDEN', response);
  if (disabled) return disabled;
  return {
    code: 'FORBIDDEN',
    message: 'The service account may not sign URLs.',
    hint: 'Grant it roles/iam.serviceAccountTokenCreator on itself, or switch presign off; the setup guide of this storage shows the command.',
  };
}
