/** Bytes regrouped into parts of this length; the last one is shorter. There is one at least. */
export async function* inParts(body: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let given = false;
  for await (const chunk of body) {
    chunks.push(chunk);
    held += chunk.length;
    if (held < length) continue;
    yield Buffer.concat(chunks);
    given = true;
    [chunks, held] = [[], 0];
  }
  if (held > 0 || !given) yield Buffer.concat(chunks);
}
