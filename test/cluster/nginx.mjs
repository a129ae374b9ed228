/** Starts nginx in front of the nodes, with a usual configuration. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../bench/measure.mjs'

export async function startNginx(folder, nodePorts) {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port, nodePorts))
  const child = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'nginx.log')], {
    stdio: 'inherit',
  })
  const ended = once(child, 'exit')
  child.once('error', (error) => {
    throw new Error(`nginx cannot be started (Debian: apt-get install nginx): ${error.message}`)
  })
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error('nginx has ended')
    await new Promise((done) => setTimeout(done, 20))
  }
  return {
    port,
    async stop() {
      child.kill('SIGQUIT')
      await ended
    },
  }
}

/*
 * `proxy_next_upstream` has nginx's default value, and is written out for what it means: a request that
 * could not be sent goes to the next node; a request that was sent does so only if its method is idempotent.
 * POST is not idempotent, so no mutation is ever sent twice, and a query in flight on a node that is killed
 * is answered 502. The client decides whether to repeat it. `non_idempotent` would change that.
 */
function configuration(folder, port, nodePorts) {
  const servers = nodePorts.map((node) => `server 127.0.0.1:${node} max_fails=1 fail_timeout=1s;`)
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'nginx.log')} warn;
events { worker_connections 1024; }
http {
    access_log off;
    ${folders.join('\n    ')}
    upstream latchkey {
        ${servers.join('\n        ')}
        keepalive 32;
    }
    server {
        listen 127.0.0.1:${port};
        location / {
            proxy_pass http://latchkey;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_connect_timeout 1s;
            proxy_read_timeout 12s;
            proxy_next_upstream error timeout;
        }
    }
}
`
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
