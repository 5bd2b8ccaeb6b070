import { type StartOptions, textParam } from '../start-options.ts';

export const startOptions: StartOptions = {
  params: {
    region: textParam.optional(),
    endpoint: textParam.optional(),
    aws_access_key_id: textParam.optional(),
    aws_secret_access_key: textParam.optional(),
    aws_session_token: textParam.optional(),
  },
  names: {
    accessKeyId: 'aws_access_key_id',
    secretAccessKey: 'aws_secret_access_key',
    sessionToken: 'aws_session_token',
  },
  path: 'bucket',
  connect: (bucket, params) => ({
    settings: {
      bucket,
      prefix: params.prefix,
      region: params.region,
      endpoint: params.endpoint,
      credentials: Object.keys(params).some((name) => name.startsWith('aws_')) ? 'ACCESS_KEY' : 'DEFAULT',
      accessKeyId: params.aws_access_key_id,
    },
    secrets: { secretAccessKey: params.aws_secret_access_key, sessionToken: params.aws_session_token },
  }),
};
