import './scalars.ts';
import '../annotations/graphql.ts';
import '../syncs/graphql.ts';
import '../objects/graphql.ts';
import type { GraphQLSchema } from 'graphql';
import { allProviders } from '../providers/registry.ts';
import type { ProviderGraphql } from '../storages/provider-types.ts';
import { defineStorages } from '../storages/schema.ts';
import { definePreview } from '../syncs/preview-graphql.ts';
import { builder } from './builder.ts';

const providers = await Promise.all(allProviders.map(async ({ graphql }) => (await graphql()).graphql));
definePreview(defineStorages(providers as ProviderGraphql[]));

/** The whole schema. All imports above add to the builder; this is the last to use it. */
export const schema: GraphQLSchema = builder.toSchema();
