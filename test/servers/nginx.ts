import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './ports.ts';

export interface Nginx {
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

/** nginx (Debian package nginx-light) with these files: the judge of how HTTP serves a file. */
export async function startNginx(files: Record<string, Uint8Array>): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-nginx-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const [port] = await freePorts(1);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors;
    events {}
    http {
      access_log off; ${temporary}
      # Several ranges at once may be ignored; a date is a limit, as the RFC has it.
      max_ranges 1; if_modified_since before;
      server { listen 127.0.0.1:${port}; root ${folder}; }
    }`,
  );
  const child: ChildProcess = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error('nginx did not start.');
    const up = await fetch(url).then(
      (response) => response.text(),
      () => undefined,
    );
    if (up !== undefined) break;
    await sleep(20);
  }
  return {
    url,
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
