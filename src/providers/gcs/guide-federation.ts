import type { GuideRequest, SetupStep } from '../guide.ts';
import { command } from '../shell.ts';
import { type GcsSettings, projectOf } from './config.ts';

/**
 * Workload Identity Federation: a pool that trusts this service's AWS identity, and an account that it may be.
 * Sources: "Configure Workload Identity Federation with AWS or Azure VMs" (IAM documentation), the resources
 * `google_iam_workload_identity_pool` and following of the Terraform provider for Google Cloud.
 */

/** The ARN of an AWS role as it appears when it is assumed, with or without a session. */
interface AwsPrincipal {
  account: string;
  /** Without the session. */
  arn: string;
  /** Name of the session, if the service always has the same one for an organization. */
  session: string | undefined;
}

export function federationSteps(settings: GcsSettings, request: GuideRequest): SetupStep[] {
  const principal = principalOf(request.servicePrincipal);
  if (!principal) {
    return [
      {
        title: 'Workload identity pool',
        format: 'TEXT',
        content: `This service does not know which AWS identity it has. Ask its administrator for the ARN of its role; the pool "${settings.poolId}" in project ${settings.projectNumber} needs an AWS provider "${settings.providerId}" that lets this role in, and ${settings.serviceAccountEmail} has to grant it roles/iam.workloadIdentityUser.`,
        explanation:
          'The administrator sets the ARN once for the whole service; then finished commands stand here.',
      },
    ];
  }
  return [commands(settings, principal, request), terraform(settings, principal, request)];
}

function principalOf(arn: string | null): AwsPrincipal | undefined {
  const assumed = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)(?:\/(.+))?$/.exec(arn ?? '');
  const role = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(arn ?? '');
  const user = /^arn:aws[a-z-]*:iam::(\d{12}):user\/.+$/.exec(arn ?? '');
  if (user) return { account: user[1]!, arn: user[0], session: undefined };
  const [, partition, account, name, session] = assumed ?? role ?? [];
  if (!account) return undefined;
  return { account, arn: `arn:${partition}:sts::${account}:assumed-role/${name}`, session };
}

/**
 * Whom the provider lets in. With the organization's external ID as session name no other organization that uses
 * this service gets in, whatever it enters for its own storages.
 */
function conditionOf({ arn, session }: AwsPrincipal, { externalId }: GuideRequest): string {
  return session === externalId
    ? `assertion.arn == ${JSON.stringify(`${arn}/${externalId}`)}`
    : `attribute.aws_role == ${JSON.stringify(arn)}`;
}

/** The role without its session; for users the whole ARN. */
const roleMapping =
  "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn";

const mapping = {
  'google.subject': 'assertion.arn',
  'attribute.aws_account': 'assertion.account',
  'attribute.aws_role': roleMapping,
};

function memberOf({ projectNumber, poolId }: GcsSettings, { arn }: AwsPrincipal): string {
  return `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}/attribute.aws_role/${arn}`;
}

function commands(settings: GcsSettings, principal: AwsPrincipal, request: GuideRequest): SetupStep {
  const { poolId = '', providerId = '', serviceAccountEmail = '' } = settings;
  const accountProject = projectOf(serviceAccountEmail);
  // These commands take a project by its id only.
  const project = '--project="$project"';
  const pool = command('gcloud iam workload-identity-pools create', poolId, { location: 'global' });
  const provider = command('gcloud iam workload-identity-pools providers create-aws', providerId, {
    location: 'global',
    'workload-identity-pool': poolId,
    'account-id': principal.account,
    'attribute-mapping': Object.entries(mapping)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    'attribute-condition': conditionOf(principal, request),
  });
  const apis = 'iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com';
  return {
    title: 'Workload identity pool, by commands',
    format: 'SHELL',
    content: [
      `project=$(gcloud projects describe ${settings.projectNumber} --format='value(projectId)')`,
      `gcloud services enable ${apis} ${project}`,
      `${pool} ${project}`,
      `${provider} ${project}`,
      command('gcloud iam service-accounts add-iam-policy-binding', serviceAccountEmail, {
        ...(accountProject && { project: accountProject }),
        role: 'roles/iam.workloadIdentityUser',
        member: memberOf(settings, principal),
        condition: 'None',
      }),
    ].join('\n'),
    explanation: `Makes the pool and its AWS provider, and lets this service be ${serviceAccountEmail}. ${whoGetsIn(principal, request)}`,
  };
}

function whoGetsIn({ session }: AwsPrincipal, { externalId }: GuideRequest): string {
  return session === externalId
    ? "The condition lets this service in on behalf of your organization only: the session's name is your external ID."
    : 'The condition lets in this service, whichever organization it acts for: keep the ids of pool and provider to yourselves. The administrator of this service can give each organization a session of its own (GCS_FEDERATION_ROLE_ARN).';
}

function terraform(settings: GcsSettings, principal: AwsPrincipal, request: GuideRequest): SetupStep {
  const { poolId = '', providerId = '', serviceAccountEmail = '' } = settings;
  const project = settings.projectNumber ?? '';
  const accountProject = projectOf(serviceAccountEmail) ?? '-';
  const mapped = Object.entries(mapping).map(([name, value]) => `    ${string(name)} = ${string(value)}`);
  return {
    title: 'Workload identity pool, by Terraform',
    format: 'HCL',
    content: `resource "google_iam_workload_identity_pool" "longshore" {
  project                   = ${string(project)}
  workload_identity_pool_id = ${string(poolId)}
}

resource "google_iam_workload_identity_pool_provider" "longshore" {
  project                            = ${string(project)}
  workload_identity_pool_id          = google_iam_workload_identity_pool.longshore.workload_identity_pool_id
  workload_identity_pool_provider_id = ${string(providerId)}
  attribute_condition                = ${string(conditionOf(principal, request))}
  attribute_mapping = {
${mapped.join('\n')}
  }
  aws {
    account_id = ${string(principal.account)}
  }
}

resource "google_service_account_iam_member" "longshore" {
  service_account_id = ${string(`projects/${accountProject}/serviceAccounts/${serviceAccountEmail}`)}
  role               = "roles/iam.workloadIdentityUser"
  member             = ${string(memberOf(settings, principal))}
}
`,
    explanation: 'The same as the commands, instead of them.',
  };
}

/** A quoted template of HCL in which nothing is a template ("Strings and Templates", Terraform language). */
function string(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${').replaceAll('%{', '%%{');
}
