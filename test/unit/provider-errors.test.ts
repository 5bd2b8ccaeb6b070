import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ProviderError, providerErrorCodes } from '../../src/errors.ts';
import { providerCauses, providerError, toProviderError } from '../../src/providers/errors.ts';
import { classifyNetworkError } from '../../src/providers/network-errors.ts';

/** Runs `use` with the port of a server on this machine. */
async function withServer<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

const tcp = (onConnection: (socket: Socket) => void) =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });

async function failureOfFetch(url: string, init: RequestInit = {}): Promise<string | undefined> {
  const error = await fetch(url, init).then(
    (response) =>
      response.text().then(
        () => expect.fail('It succeeded, and should have failed.'),
        (reason: unknown) => reason,
      ),
    (reason: unknown) => reason,
  );
  return classifyNetworkError(error)?.code;
}

describe('classifyNetworkError, on errors of real connections', () => {
  test('nobody listens', async () => {
    const port = await withServer(
      tcp(() => {}),
      async (free) => free,
    );
    expect(await failureOfFetch(`http://127.0.0.1:${port}/`)).toBe('CONNECTION_REFUSED');
  });

  test('no such name', async () => {
    // RFC 6761 section 6.4: names below .invalid never resolve.
    expect(await failureOfFetch('http://longshore.invalid/')).toBe('DNS_FAILURE');
  });

  test('no TLS at the other end', async () => {
    const server = tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await withServer(server, (port) => failureOfFetch(`https://127.0.0.1:${port}/`))).toBe(
      'TLS_FAILURE',
    );
  });

  test('no HTTP at the other end', async () => {
    const server = tcp((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    expect(await withServer(server, (port) => failureOfFetch(`http://127.0.0.1:${port}/`))).toBe(
      'UNEXPECTED_RESPONSE',
    );
  });

  test('closed before the answer', async () => {
    const server = tcp((socket) => socket.once('data', () => socket.destroy()));
    expect(await withServer(server, (port) => failureOfFetch(`http://127.0.0.1:${port}/`))).toBe(
      'CONNECTION_LOST',
    );
  });

  test('reset in the middle of the body', async () => {
    const server = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('begin', () => response.socket?.resetAndDestroy());
    });
    expect(await withServer(server, (port) => failureOfFetch(`http://127.0.0.1:${port}/`))).toBe(
      'CONNECTION_LOST',
    );
  });

  test('no answer within the time limit', async () => {
    const sockets: Socket[] = [];
    const server = tcp((socket) => sockets.push(socket));
    const code = await withServer(server, async (port) => {
      const found = await failureOfFetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(50) });
      for (const socket of sockets) socket.destroy();
      return found;
    });
    expect(code).toBe('TIMEOUT');
  });
});

describe('classifyNetworkError, by code', () => {
  const withCode = (code: string) => Object.assign(new Error('canary'), { code });
  test.each([
    ['EAI_AGAIN', 'DNS_FAILURE'],
    ['CERT_HAS_EXPIRED', 'TLS_FAILURE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_FAILURE'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_FAILURE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_FAILURE'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILURE'],
    ['EPIPE', 'CONNECTION_LOST'],
    ['ETIMEDOUT', 'TIMEOUT'],
    ['UND_ERR_CONNECT_TIMEOUT', 'TIMEOUT'],
    ['EHOSTUNREACH', 'CONNECTION_REFUSED'],
    ['HPE_INVALID_CONSTANT', 'UNEXPECTED_RESPONSE'],
  ])('%s is %s', (code, expected) => {
    expect(classifyNetworkError(withCode(code))?.code).toBe(expected);
    expect(classifyNetworkError(new TypeError('fetch failed', { cause: withCode(code) }))?.code).toBe(
      expected,
    );
    expect(classifyNetworkError(new AggregateError([new Error('first'), withCode(code)]))?.code).toBe(
      expected,
    );
  });

  test('what it does not know, it leaves', () => {
    const circle = new Error('circle');
    circle.cause = circle;
    for (const error of [
      undefined,
      null,
      'ECONNRESET',
      7,
      {},
      new Error('ECONNRESET'),
      withCode('toString'),
      circle,
    ]) {
      expect(classifyNetworkError(error)).toBeUndefined();
    }
  });
});

describe('toProviderError', () => {
  test('finds a ProviderError in what an SDK wrapped around it', () => {
    const made = providerError({ code: 'ADDRESS_NOT_ALLOWED', message: 'Not this address.' });
    const wrapped = new Error('request failed', { cause: new TypeError('fetch failed', { cause: made }) });
    const error = toProviderError(wrapped, { classify: () => ({ code: 'UNAVAILABLE' }), capability: 'LIST' });
    expect(error).toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
      message: 'Not this address.',
      capability: 'LIST',
    });
    expect(toProviderError(error, { capability: 'READ' })).toBe(error);
  });

  test('asks the driver first, then looks at the network', () => {
    const reset = Object.assign(new Error('canary'), { code: 'ECONNRESET' });
    const classify = () =>
      ({ code: 'WRONG_REGION', message: 'The bucket is in eu-west-1.', retryAfterMs: 7 }) as const;
    expect(toProviderError(reset, { classify })).toMatchObject({
      code: 'WRONG_REGION',
      message: 'The bucket is in eu-west-1.',
      hint: providerCauses.WRONG_REGION.hint,
      retryAfterMs: 7,
      cause: reset,
    });
    expect(toProviderError(reset, { classify: () => undefined })).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
    });
    expect(toProviderError('?', {})).toMatchObject({ code: 'UNEXPECTED_RESPONSE', cause: '?' });
  });

  test('has words for every code, and a retry only for what may pass', () => {
    for (const code of providerErrorCodes) {
      const error = providerError({ code });
      expect(error).toBeInstanceOf(ProviderError);
      expect(error.message).toMatch(/^[A-Z].+\.$/);
      expect(error.hint).toMatch(/^[A-Z].+\.$/);
    }
    expect(providerErrorCodes.filter((code) => providerCauses[code].retryable)).toEqual([
      'DNS_FAILURE',
      'CONNECTION_REFUSED',
      'CONNECTION_LOST',
      'TIMEOUT',
      'RATE_LIMITED',
      'UNAVAILABLE',
    ]);
  });
});
