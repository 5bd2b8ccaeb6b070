import { type StartOptions, textParam } from '../start-options.ts';

export const startOptions: StartOptions = {
  params: {
    endpoint: textParam.optional(),
    google_application_credentials: textParam.optional(),
    google_project_id: textParam.optional(),
  },
  names: { serviceAccountJson: 'google_application_credentials', projectId: 'google_project_id' },
  path: 'bucket',
  connect: (bucket, params) => {
    const json = params.google_application_credentials;
    return {
      settings: {
        bucket,
        prefix: params.prefix,
        endpoint: params.endpoint,
        projectId: params.google_project_id,
        credentials: json === undefined ? 'DEFAULT' : 'SERVICE_ACCOUNT',
      },
      secrets: { serviceAccountJson: json },
    };
  },
};
