import { posix } from 'node:path';
import type { GuideRequest, SetupStep } from '../guide.ts';
import { quote } from '../shell.ts';

/** What to run on the machine of the service: the folder with its rights, the service's settings, a container's volume. */
export function localFilesGuide({ path }: { path: string }, request: GuideRequest): SetupStep[] {
  return [folder(path, request), settings(path, request), volume(path, request)];
}

function folder(path: string, { direction }: GuideRequest): SetupStep {
  const source = direction === 'SOURCE';
  return {
    title: 'Folder',
    format: 'SHELL',
    content: [
      `mkdir -p ${quote(path)}`,
      `chmod -R ${source ? 'u+rX' : 'u+rwX'} ${quote(path)}`,
      `ls -ld ${quote(path)}`,
    ].join('\n'),
    explanation: source
      ? 'Run it as the user that the service runs as, on the same machine. The service reads the folder and those below it, and changes nothing. Symbolic links are followed only to what lies below the document root.'
      : 'Run it as the user that the service runs as, on the same machine. The service writes new files there and replaces its own; use a folder that holds nothing else.',
  };
}

function settings(path: string, { direction }: GuideRequest): SetupStep {
  const lines = [`export LOCAL_FILES_DOCUMENT_ROOT=${quote(posix.dirname(path))}`];
  if (direction === 'SOURCE') lines.push('export LOCAL_FILES_SERVING_ENABLED=true');
  return {
    title: 'Settings of this service',
    format: 'SHELL',
    content: lines.join('\n'),
    explanation:
      'For the operator of this service, before its start, unless its document root is a folder above this one already. Whoever may connect storages can connect every folder below the document root: choose one that holds nothing else. Without serving, browsers see none of the files.',
  };
}

function volume(path: string, { direction }: GuideRequest): SetupStep {
  const root = posix.dirname(path);
  const mode = direction === 'SOURCE' ? ':ro' : '';
  return {
    title: 'Volume, if the service runs in a container',
    format: 'TEXT',
    content: `--volume ${quote(`${root}:${root}${mode}`)}`,
    explanation:
      'An option of "docker run": the folder has the same path inside and outside, so that the path of the storage holds for both. The same document root belongs to the settings of the container.',
  };
}
