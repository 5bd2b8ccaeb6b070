import { parentPort } from 'node:worker_threads';

interface Letter {
  url: string;
  token: string | null;
  bodies: Uint8Array<ArrayBuffer>[];
}

parentPort!.on('message', async ({ url, token, bodies }: Letter) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const statuses = bodies.map((body) =>
    fetch(url, { method: 'POST', headers, body }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    ),
  );
  parentPort!.postMessage(await Promise.all(statuses));
});
