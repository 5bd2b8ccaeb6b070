import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createIdentity, type Identity, type Principal, type Reply } from './gcs-identity.ts';
import {
  ApiFailure,
  type Bucket,
  listObjects,
  md5Of,
  resourceOf,
  type StoredObject,
  selectFields,
  store,
  uploadParts,
} from './gcs-objects.ts';
import {
  corsHeaders,
  failureReply,
  jsonReply,
  objectReply,
  sendReply,
  type WireReply,
  xmlReply,
} from './gcs-replies.ts';
import { createSessions, type Sessions } from './gcs-sessions.ts';
import { verifySignedUrl } from './gcs-signatures.ts';
import { type Recorded, wireServer } from './s3-wire.ts';

/**
 * A small Cloud Storage for tests, in this process: the part of the JSON API that a storage needs, and signed URLs
 * of the XML API. It checks what emulators let pass: access tokens with their scopes and expiry, permissions by
 * bucket and prefix, V4 signatures. Words and reasons of its refusals are those that Google documents.
 */
export interface GcsServer {
  /** `http://127.0.0.1:<port>`: storage, tokens and the rest. */
  url: string;
  identity: Identity;
  /** Settings of the operator that lead this service's own Google requests here. */
  env: Record<string, string>;
  requests: Recorded[];
  /** Uploads in chunks that have begun. */
  sessions: Sessions;
  /** A service account with a key of its own that this server knows. */
  createServiceAccount(name?: string): ServiceAccount;
  /** A new, empty bucket that this account may do everything in. */
  createBucket(owner: { email: string }, name?: string): Bucket;
  bucket(name: string): Bucket;
  removeBucket(name: string): void;
  put(
    bucket: string,
    key: string,
    body: Uint8Array,
    more?: { contentType?: string; contentEncoding?: string },
  ): void;
  close(): Promise<void>;
}

export interface ServiceAccount {
  email: string;
  /** The content of its key file. */
  json: string;
  privateKey: KeyObject;
}

export const allPermissions = [
  'storage.objects.list',
  'storage.objects.get',
  'storage.objects.create',
  'storage.objects.delete',
];

/** A new RSA key; takes a tenth of a second. */
export function newPrivateKey(): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return createPrivateKey(privateKey);
}

/** The key file that Google would give for such a key. */
export function keyFile(email: string, privateKey: KeyObject, more: object = {}): string {
  const [, project] = /@([^.]+)/.exec(email) ?? [];
  return JSON.stringify({
    type: 'service_account',
    project_id: project,
    private_key_id: 'f'.repeat(40),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    client_id: '100000000000000000001',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
    universe_domain: 'googleapis.com',
    ...more,
  });
}

export async function startGcs(): Promise<GcsServer> {
  const identity = createIdentity();
  const buckets = new Map<string, Bucket>();
  const sessions = createSessions(() => server.url);
  const server = await wireServer((request, response) => {
    answer(request)
      .catch((error: unknown) =>
        error instanceof ApiFailure ? failureReply(request, error) : jsonReply({ bug: String(error) }, 500),
      )
      .then((reply) => sendReply(request, response, reply));
  });

  async function answer(request: Recorded): Promise<WireReply> {
    const reply = await identity.answer(request, server.url);
    if (reply) return identityReply(reply);
    const url = new URL(request.url, server.url);
    const [path = ''] = request.url.split('?');
    const [, kind, bucketName = '', name] =
      /^\/((?:download\/|upload\/)?storage\/v1)\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(path) ?? [];
    if (kind === undefined) return signed(request, path);
    const session = url.searchParams.get('upload_id');
    if (session !== null) {
      const taken = sessions.take(session, request);
      return 'status' in taken ? taken : jsonReply(resourceOf(taken.bucket, taken.object));
    }
    const caller = identity.principalOf(request.headers.authorization);
    if (!caller) throw new ApiFailure(401, 'authError', 'Invalid Credentials');
    const bucket = buckets.get(bucketName);
    if (!bucket) throw new ApiFailure(404, 'notFound', 'The specified bucket does not exist.');
    const context = { request, query: url.searchParams, bucket, caller };
    if (kind === 'upload/storage/v1') return upload(context, sessions);
    if (name === undefined) return list(context);
    return one(context, decodeURIComponent(name), kind.startsWith('download/'));
  }

  /** A URL that carries its own permission. */
  function signed(request: Recorded, path: string): WireReply {
    const [, bucketName = '', name = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const bucket = buckets.get(bucketName);
    const cors = corsHeaders(bucket?.cors ?? [], request);
    const reply =
      request.method === 'OPTIONS'
        ? { status: 200, headers: {}, body: '' }
        : signedReply(request, bucket, decodeURIComponent(name));
    return { ...reply, headers: { ...reply.headers, ...cors } };
  }

  function signedReply(request: Recorded, bucket: Bucket | undefined, key: string): WireReply {
    const { method, url: target, headers } = request;
    const verdict = verifySignedUrl({ method, target, headers }, identity.publicKeys, new Date());
    if ('status' in verdict) return xmlReply(verdict.status, verdict.code, verdict.message);
    if (!bucket) return xmlReply(404, 'NoSuchBucket', 'The specified bucket does not exist.');
    if (!allows(bucket, verdict.email, 'storage.objects.get', key)) {
      return xmlReply(403, 'AccessDenied', 'Access denied.');
    }
    const object = bucket.objects.get(key);
    return object
      ? objectReply(request, object)
      : xmlReply(404, 'NoSuchKey', 'The specified key does not exist.');
  }

  return {
    url: server.url,
    identity,
    env: {
      GOOGLE_STS_ENDPOINT: `${server.url}/sts`,
      GOOGLE_IAM_CREDENTIALS_ENDPOINT: `${server.url}/iam`,
    },
    requests: server.requests,
    sessions,
    createServiceAccount(name = `account-${randomUUID().slice(0, 8)}`) {
      const email = `${name}@test-project.iam.gserviceaccount.com`;
      const privateKey = newPrivateKey();
      identity.addKey(email, privateKey);
      return { email, privateKey, json: keyFile(email, privateKey, { token_uri: `${server.url}/token` }) };
    },
    createBucket({ email }, name = `bucket-${randomUUID()}`) {
      const grants = [{ email, permissions: allPermissions }];
      const bucket: Bucket = { name, objects: new Map(), grants, cors: [] };
      buckets.set(name, bucket);
      return bucket;
    },
    bucket: (name) => buckets.get(name)!,
    removeBucket: (name) => void buckets.delete(name),
    put: (bucket, key, body, more) => void store(buckets.get(bucket)!, key, Buffer.from(body), more),
    close: () => server.close(),
  };
}

interface Context {
  request: Recorded;
  query: URLSearchParams;
  bucket: Bucket;
  caller: Principal;
}

function list(context: Context): WireReply {
  const { bucket, query } = context;
  permit(context, 'storage.objects.list', query.get('prefix') ?? '');
  return jsonReply(selectFields(listObjects(bucket, query), query.get('fields')));
}

function one(context: Context, name: string, downloads: boolean): WireReply {
  const { request, query, bucket } = context;
  if (request.method === 'DELETE') {
    permit(context, 'storage.objects.delete', name);
    expectGeneration(query, find(context, name).generation);
    bucket.objects.delete(name);
    return { status: 204, headers: {}, body: '' };
  }
  permit(context, 'storage.objects.get', name);
  const object = find(context, name);
  expectGeneration(query, object.generation);
  if (query.get('alt') !== 'media') {
    return jsonReply(selectFields(resourceOf(bucket, object), query.get('fields')));
  }
  if (downloads) return objectReply(request, object);
  const location = `/download${request.url}`;
  return { status: 303, headers: { location }, body: '' };
}

function expectGeneration(query: URLSearchParams, generation: string): void {
  const expected = query.get('ifGenerationMatch');
  if (expected === null || expected === generation) return;
  const message = 'At least one of the pre-conditions you specified did not hold.';
  throw new ApiFailure(412, 'conditionNotMet', message);
}

function upload(context: Context, sessions: Sessions): WireReply {
  const { request, query, bucket } = context;
  if (query.get('uploadType') === 'resumable') {
    const name = query.get('name') ?? '';
    permit(context, 'storage.objects.create', name);
    const { contentType } = JSON.parse(request.body.toString());
    return sessions.begin(bucket, name, contentType, request);
  }
  const type = request.headers['content-type'] ?? '';
  const { description, content, contentType } =
    query.get('uploadType') === 'media'
      ? { description: {}, content: request.body, contentType: type }
      : uploadParts(request.body, type);
  const { md5Hash, ...given } = description as {
    name?: string;
    md5Hash?: string;
    contentType?: string;
    contentEncoding?: string;
  };
  const name = given.name ?? query.get('name') ?? '';
  permit(context, 'storage.objects.create', name);
  if (bucket.objects.has(name)) permit(context, 'storage.objects.delete', name);
  expectGeneration(query, bucket.objects.get(name)?.generation ?? '0');
  if (md5Hash !== undefined && md5Hash !== md5Of(content)) {
    throw new ApiFailure(400, 'invalid', "Provided MD5 hash doesn't match calculated MD5 hash.");
  }
  const object = store(bucket, name, content, { contentType, ...given });
  return jsonReply(selectFields(resourceOf(bucket, object), query.get('fields')));
}

function identityReply({ status, body }: Reply): WireReply {
  const text = typeof body === 'string';
  const headers = { 'content-type': `application/${text ? 'text' : 'json'}`, 'metadata-flavor': 'Google' };
  return { status, headers, body: text ? body : JSON.stringify(body) };
}

/** @throws ApiFailure unless token and bucket both allow it */
function permit({ bucket, caller }: Context, permission: string, name: string): void {
  const reads = permission.endsWith('.get') || permission.endsWith('.list');
  const scope = reads
    ? /devstorage\.(read_only|read_write|full_control)$|cloud-platform$/
    : /devstorage\.(read_write|full_control)$|cloud-platform$/;
  if (!caller.scopes.some((one) => scope.test(one))) {
    throw new ApiFailure(
      403,
      'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      'Request had insufficient authentication scopes.',
    );
  }
  if (allows(bucket, caller.email, permission, name)) return;
  const what = permission.endsWith('.list') ? 'bucket' : 'object';
  const message = `${caller.email} does not have ${permission} access to the Google Cloud Storage ${what}.`;
  throw new ApiFailure(403, 'forbidden', message);
}

function allows(bucket: Bucket, email: string, permission: string, name: string): boolean {
  return bucket.grants.some(
    (grant) =>
      grant.email === email && grant.permissions.includes(permission) && name.startsWith(grant.prefix ?? ''),
  );
}

/** Who may not list does not learn what there is. @throws ApiFailure */
function find({ bucket, caller }: Context, name: string): StoredObject {
  const object = bucket.objects.get(name);
  if (object) return object;
  if (allows(bucket, caller.email, 'storage.objects.list', name)) {
    throw new ApiFailure(404, 'notFound', `No such object: ${bucket.name}/${name}`);
  }
  const message = `${caller.email} does not have storage.objects.get access to the Google Cloud Storage object.`;
  throw new ApiFailure(403, 'forbidden', message);
}
