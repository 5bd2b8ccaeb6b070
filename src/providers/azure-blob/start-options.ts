import { type StartOptions, textParam } from '../start-options.ts';

export const startOptions: StartOptions = {
  params: {
    endpoint: textParam.optional(),
    account_name: textParam.optional(),
    account_key: textParam.optional(),
  },
  names: { accountName: 'account_name', accountKey: 'account_key' },
  path: 'container',
  connect: (container, params) => ({
    settings: {
      container,
      prefix: params.prefix,
      endpoint: params.endpoint,
      accountName: params.account_name,
      credentials: params.account_key === undefined ? 'ENVIRONMENT' : 'ACCOUNT_KEY',
    },
    secrets: { accountKey: params.account_key },
  }),
};
