/** Shapes of the setup guides: what to paste at a provider so that a storage works with the least rights. */

/** One thing to paste or to know. */
export interface SetupStep {
  title: string;
  format: 'JSON' | 'HCL' | 'SHELL' | 'TEXT';
  /** Complete as it stands: made of the storage's own names, nothing to fill in. */
  content: string;
  /** Where it goes, what it allows, and what to mind. */
  explanation: string;
}

/** What the steps are made for, beside the storage's settings. */
export interface GuideRequest {
  direction: 'SOURCE' | 'TARGET';
  /** Of a source; absent: FILES. */
  importMethod?: 'FILES' | 'TASKS';
  /** Whether browsers fetch media from the provider; absent: they do. */
  presign?: boolean;
  /** Of a target; absent: objects stay. */
  canDeleteObjects?: boolean;
  /** Origins of the pages that show the media, `https://labels.example.com`. */
  origins: string[];
  /** Addresses and CIDR ranges that this service connects from. */
  addresses: string[];
  /** External ID of the organization. */
  externalId: string;
  /** Who this service is at the provider (an AWS ARN, a Google service account); null: not known. */
  servicePrincipal: string | null;
}
