import './rate-limit.ts';
import '../../graphql/scalars.ts';
import '../../annotations/graphql.ts';
import '../../webhooks/graphql.ts';
import '../../organizations/members/graphql.ts';
import '../../organizations/invitations/graphql.ts';
import '../../access/graphql.ts';
import '../../syncs/graphql/history.ts';
import '../../syncs/graphql/mutations.ts';
import '../../syncs/graphql/progress.ts';
import '../../objects/graphql.ts';
import '../../exports/graphql.ts';
import '../../snapshots/graphql.ts';
import '../../storages/graphql/changes.ts';
import '../../storages/graphql/deletion.ts';
import '../../storages/graphql/notifications.ts';
import '../../media/graphql.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from '../../graphql/builder.ts';
import type { ProviderGraphql } from '../../graphql/provider.ts';
import { providerFolders } from '../../providers/registry.ts';
import { defineStorages } from '../../storages/graphql/schema.ts';
import { definePreview } from '../../syncs/preview/graphql.ts';

const providers = await Promise.all(
  Object.keys(providerFolders).map(async (folder) => {
    const { graphql } = await import(`../../providers/${folder}/graphql.ts`);
    return graphql as ProviderGraphql;
  }),
);
definePreview(defineStorages(providers));

/** The whole schema. All imports above add to the builder; this is the last to use it. */
export const schema: GraphQLSchema = builder.toSchema();
