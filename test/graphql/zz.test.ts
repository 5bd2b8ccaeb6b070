import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';
import { graphql } from '../support/generated/gql.ts';

const text = `subscription($syncId: ID) { syncProgress(syncId: $syncId) { status counts { listed } lastIssues(first: 100) { message } } }`;
test('slow', async () => {
  const memory = openMemory();
  const it = await testApp({ registry: memory.registry, worker: 'none' });
  const { owner, sql } = it;
  const project = await owner.project();
  const { id } = await owner.connect(project, memory.input());
  const { id: syncId } = await owner.start(id);
  await sql`UPDATE syncs SET status = 'IN_PROGRESS', lease_until = now() + interval '1 hour', counts = '{"failed": 100}'`;
  await sql`INSERT INTO sync_issues (sync_id, severity, code, message) SELECT 1, 'ERROR', 'X', repeat('x', 8000) FROM generate_series(1, 100)`;
  const bump = async (n: number) => sql`WITH moved AS (UPDATE syncs SET version = version + 1, counts = jsonb_build_object('failed', 100, 'listed', ${n}::int) WHERE id = 1 RETURNING *)
    SELECT pg_notify('longshore_events', json_build_object('topic','sync','syncId',id,'storageId',storage_id,'projectId',project_id,'version',version)::text) FROM moved`;
  // sse
  const got: number[] = [];
  const req = request(it.url + '/graphql', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${owner.token}` } });
  req.end(JSON.stringify({ query: text, variables: { syncId } }));
  const res = await new Promise<import('node:http').IncomingMessage>((r) => req.on('response', r));
  res.pause();
  // ws
  const ws = new WebSocket(it.url.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
  await new Promise((r) => ws.on('open', r));
  const wsGot: number[] = [];
  ws.on('message', (m) => { const j = JSON.parse(String(m)); if (j.type === 'connection_ack') { ws.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: text, variables: { syncId } } })); ws.pause(); } else if (j.type === 'next') wsGot.push(j.payload.data.syncProgress.counts.listed); else console.log('ws', j.type, String(m).slice(0, 200)); });
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${owner.token}` } }));
  await sleep(500);
  const rss = process.memoryUsage().rss;
  for (let i = 1; i <= 300; i++) { await bump(i); await sleep(10); }
  console.log('rss growth MB', (process.memoryUsage().rss - rss) / 2 ** 20);
  await sql`UPDATE syncs SET status = 'COMPLETED', version = version + 1 WHERE id = 1`;
  await bump(301);
  let buffer = '';
  res.on('data', (c) => { buffer += c; });
  res.resume(); ws.resume();
  await sleep(4000);
  for (const block of buffer.split('\n\n')) { const d = block.split('\n').find((l) => l.startsWith('data: {')); if (d) got.push(JSON.parse(d.slice(6)).data.syncProgress.counts.listed); }
  console.log('sse', got.length, got.join(' '), buffer.slice(-60));
  console.log('ws', wsGot.length, wsGot.join(' '));
  ws.terminate();
}, 60000);
