import type { Route, RouteRequest } from '../api/router.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import type { Services } from '../services.ts';
import { corsHeaders } from './headers.ts';
import type { MediaHeaders } from './range.ts';
import type { MediaRequest } from './service.ts';

type MediaRouteServices = Pick<Services, 'media'>;

/**
 * `GET /tasks/:id/resolve?fileuri=<base64url>` and `/projects/:id/resolve` (also called `presign`): the object
 * that a URI names, by redirect to the provider or through us. `GET /data/local-files/?d=<path>`: a local file.
 */
export function mediaRoutes(
  services: MediaRouteServices,
  { origins }: { origins: readonly string[] },
): Route[] {
  return places.flatMap(({ pattern, handle }): Route[] => [
    {
      method: 'GET',
      head: true,
      who: 'anyone',
      pattern,
      async handle(request) {
        allow(request, origins);
        await handle(services, request);
      },
    },
    {
      method: 'OPTIONS',
      who: 'anyone',
      pattern,
      handle(request) {
        allow(request, origins);
        request.response.writeHead(204).end();
      },
    },
  ]);
}

const places: {
  pattern: RegExp;
  handle(services: MediaRouteServices, request: RouteRequest): Promise<void>;
}[] = [
  {
    pattern: /^\/(?<owner>tasks|projects)\/(?<id>[^/]{1,64})\/(?:resolve|presign)\/?$/,
    handle: resolve,
  },
  { pattern: /^\/data\/local-files\/?$/, handle: localFile },
];

function allow({ incoming, response }: RouteRequest, origins: readonly string[]): void {
  response.setHeaders(new Map(Object.entries(corsHeaders(incoming.headers.origin, origins))));
}

async function resolve({ media }: MediaRouteServices, request: RouteRequest): Promise<void> {
  const { params, query, response, signal } = request;
  const id = recordId(params.owner === 'tasks' ? 'Task' : 'Project', params.id ?? '');
  const signature = query.get('signature');
  const asked: MediaRequest = {
    taskId: params.owner === 'tasks' ? id : null,
    projectId: params.owner === 'projects' ? id : null,
    uri: uriOf(query.get('fileuri'), media.starts),
  };
  const { grant, places } =
    signature === null
      ? await media.locate(await request.authenticate(), asked)
      : await media.authenticate(signature, asked);
  const url = await media.presigned(grant, places[0]!, signal);
  if (url === undefined) return media.proxy(grant, places, proxyRequest(request), response);
  response.writeHead(303, {
    location: url,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': '0',
  });
  response.end();
}

async function localFile({ media }: MediaRouteServices, request: RouteRequest): Promise<void> {
  const viewer = await request.authenticate();
  const { grant, places } = await media.covering(viewer, 'LOCAL_FILES', request.incoming.url ?? '');
  await media.proxy(grant, places, proxyRequest(request), request.response);
}

const proxyRequest = ({ incoming, signal }: RouteRequest) => ({
  method: incoming.method,
  headers: incoming.headers as MediaHeaders,
  signal,
});

/** The number of a record, or its opaque id as GraphQL gives it. @throws NotFoundError */
function recordId(type: 'Task' | 'Project', text: string): number {
  const id = decodeURIComponentOr(text);
  const opaque = new RegExp(`^${type}:([1-9]\\d{0,15})$`).exec(Buffer.from(id, 'base64').toString());
  const number = /^[1-9]\d{0,15}$/.test(id) ? id : opaque?.[1];
  if (number === undefined) throw new NotFoundError(type.toLowerCase(), id);
  return Number(number);
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The URI in `fileuri`: base64url with or without padding, or the URI itself. @throws ValidationError */
function uriOf(fileuri: string | null, starts: RegExp): string {
  const wrong = (message: string) => new ValidationError([{ path: 'fileuri', message }]);
  if (!fileuri) throw wrong('Expected the URI as base64url.');
  // A plus sign of ordinary base64 comes as a space.
  const encoded = fileuri.replaceAll(' ', '+');
  if (/^[\w+/-]+={0,2}$/.test(encoded)) {
    const bytes = Buffer.from(encoded, 'base64');
    const uri = bytes.toString('utf8');
    if (bytes.equals(Buffer.from(uri)) && /^[^\0]*[:/]/.test(uri)) return uri;
  } else if (new RegExp(starts.source).test(fileuri)) return fileuri;
  throw wrong('Expected the URI as base64url, got something else.');
}
