/** Bytes regrouped into parts of just this length; the last one may be shorter. There is one at least. */
export async function* inParts(body: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let given = false;
  for await (const chunk of body) {
    let rest = chunk;
    while (held + rest.length >= length) {
      const end = length - held;
      yield Buffer.concat([...chunks, rest.subarray(0, end)]);
      given = true;
      [chunks, held, rest] = [[], 0, rest.subarray(end)];
    }
    if (rest.length === 0) continue;
    chunks.push(rest);
    held += rest.length;
  }
  if (held > 0 || !given) yield Buffer.concat(chunks);
}
