import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Environment, loadConfig, migrationTarget } from '../../src/config.ts'
import { createRoot } from '../../src/http/root.ts'
import { newIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import { hasProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { root } from './documents.ts'

const examples = `${root}docs/examples/platforms`
const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true }))

// biome-ignore lint/suspicious/noExplicitAny: each manifest has its own shape
type Manifest = any

/** Python parses the files, because Node has no parser for YAML and TOML. */
const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import yaml, tomllib']).status === 0,
)
const canParse = hasProgram(python ?? 'python3-yaml', 'python3-yaml')

function parse(program: string, name: string): Manifest {
  const input = readFileSync(join(examples, name))
  return JSON.parse(execFileSync(python ?? '', ['-c', program], { input, encoding: 'utf8' }))
}
const parseYaml = (name: string): readonly Manifest[] =>
  parse('import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)', name)
const parseToml = (name: string): Manifest =>
  parse('import json, sys, tomllib; json.dump(tomllib.load(sys.stdin.buffer), sys.stdout)', name)

const read = (name: string) => readFileSync(join(examples, name), 'utf8')
/** Returns all values of a setting of a systemd unit. */
const settingsOf = (unit: string, setting: string): readonly string[] =>
  [...read(unit).matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value)

/** What the secrets of the examples contain. */
const secrets: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://latchkey_server:secret@db.example.com/latchkey',
  KEY_PEPPER: 'p'.repeat(32),
  IDENTITY_KEYS: writeIdentityKeys(newIdentityKeys('EdDSA')),
}

/** Returns the environment of a server, with files for the secrets that are named by one. */
function withFiles(environment: Readonly<Record<string, string | undefined>>): Environment {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const secret = secrets[name.replace(/_FILE$/, '')]
      if (secret === undefined || !name.endsWith('_FILE')) return [name, value ?? secret]
      const file = join(folder, `${name}-${Math.random()}`)
      writeFileSync(file, secret, { mode: 0o600 })
      return [name, file]
    }),
  )
}

const environmentOf = ({ env }: Manifest): Environment =>
  withFiles(Object.fromEntries(env.map(({ name, value }: Manifest) => [name, value])))

const unitEnvironment = (unit: string) =>
  withFiles(
    Object.fromEntries(
      settingsOf(unit, 'Environment').map((pair) => pair.split(/=(.*)/s) as [string, string]),
    ),
  )

const serverFiles = ['kubernetes.yaml', 'cloud-run.yaml', 'fly.toml', 'latchkey.service'] as const
type Server = (typeof serverFiles)[number]

function readFiles() {
  const [deployment, service] = parseYaml('kubernetes.yaml')
  const pod = deployment.spec.template.spec
  const job = parseYaml('kubernetes-migrate.yaml')[0].spec.template.spec
  const cloudRun = parseYaml('cloud-run.yaml')[0].spec.template.spec.containers[0]
  const fly = parseToml('fly.toml')
  const servers: Record<Server, Environment> = {
    'kubernetes.yaml': environmentOf(pod.containers[0]),
    'cloud-run.yaml': {
      ...environmentOf(cloudRun),
      // Cloud Run sets it to the port of the container.
      PORT: String(cloudRun.ports[0].containerPort),
      DATABASE_URL:
        'postgres://latchkey_server:secret@/latchkey?host=/cloudsql/my-project:europe-west1:latchkey',
    },
    'fly.toml': withFiles({ DATABASE_URL: undefined, KEY_PEPPER: undefined, ...fly.env }),
    'latchkey.service': unitEnvironment('latchkey.service'),
  }
  const migrations = {
    'kubernetes-migrate.yaml': environmentOf(job.containers[0]),
    'latchkey-migrate.service': unitEnvironment('latchkey-migrate.service'),
  }
  return { deployment, service, pod, job, cloudRun, fly, servers, migrations }
}

describe.skipIf(!canParse)('the files for platforms', () => {
  let files: ReturnType<typeof readFiles>
  beforeAll(() => {
    files = readFiles()
  })

  it('are all checked here, and named on the page', () => {
    const page = readFileSync(`${root}docs/platforms.md`, 'utf8')
    const names = readdirSync(examples)
    for (const name of names) expect(page).toContain(`(examples/platforms/${name})`)
    expect(names).toEqual([
      'Dockerfile',
      'cloud-run.yaml',
      'fly.toml',
      'kubernetes-migrate.yaml',
      'kubernetes.yaml',
      'latchkey-migrate.service',
      'latchkey.service',
    ])
  })

  it.each(serverFiles)('%s configures a server in production', (file) => {
    const config = loadConfig(files.servers[file])
    expect(config.mode).toBe('production')
    expect(config.warnings).toEqual([])
  })

  it.each(['kubernetes-migrate.yaml', 'latchkey-migrate.service'] as const)(
    '%s names the database of a migration',
    (file) => expect(migrationTarget(files.migrations[file])).toBeDefined(),
  )

  it('name paths for probes that the server has', async () => {
    const { paths } = await createRoot('/keys')(new Request('http://latchkey.test/')).json()
    const { pod, cloudRun, fly } = files
    const { startupProbe, livenessProbe, readinessProbe } = pod.containers[0]
    for (const probe of [startupProbe, livenessProbe]) expect(probe.httpGet.path).toBe(paths.alive)
    expect(readinessProbe.httpGet.path).toBe(paths.ready)
    for (const probe of [cloudRun.startupProbe, cloudRun.livenessProbe]) {
      expect(probe.httpGet.path).toBe(paths.alive)
    }
    for (const check of fly.http_service.checks) expect(check.path).toBe(paths.ready)
  })

  it('lead to the port on which the server listens', () => {
    const { deployment, service, pod, cloudRun, fly, servers } = files
    const [container] = pod.containers
    expect(container.ports[0].containerPort).toBe(loadConfig(servers['kubernetes.yaml']).port)
    expect(service.spec.ports[0].targetPort).toBe(container.ports[0].name)
    expect(service.spec.selector).toEqual(deployment.spec.template.metadata.labels)
    expect(cloudRun.startupProbe.httpGet.port).toBe(cloudRun.ports[0].containerPort)
    expect(fly.http_service.internal_port).toBe(Number(fly.env.PORT))
    for (const file of ['kubernetes.yaml', 'cloud-run.yaml', 'fly.toml'] as const) {
      expect(loadConfig(servers[file]).host).toBe('0.0.0.0')
    }
  })

  it('leave a server the time to stop: 10 seconds after the delay', () => {
    const { pod, fly, servers } = files
    const stopping = (file: Server) => Number(servers[file].SHUTDOWN_DELAY_SECONDS ?? 0) + 10
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(stopping('kubernetes.yaml'))
    expect(stopping('cloud-run.yaml')).toBe(10)
    expect(fly.kill_timeout).toBeGreaterThan(stopping('fly.toml'))
    const [seconds] = settingsOf('latchkey.service', 'TimeoutStopSec')
    expect(Number(seconds)).toBeGreaterThan(stopping('latchkey.service'))
  })

  it('name commands that exist', () => {
    const commands = [
      JSON.parse(/^CMD (.*)$/m.exec(read('Dockerfile'))?.[1] ?? '[]').join(' '),
      files.job.containers[0].command.join(' '),
      files.fly.deploy.release_command,
      ...['latchkey.service', 'latchkey-migrate.service'].map((unit) =>
        settingsOf(unit, 'ExecStart')[0]?.replace(/^\S+node \S+\/dist\/cli\/main\.js/, 'latchkey'),
      ),
    ]
    expect(commands).toEqual([
      'latchkey serve',
      'latchkey migrate --grant latchkey_server',
      'latchkey migrate',
      'latchkey serve',
      'latchkey migrate --grant latchkey_server',
    ])
  })

  it('mount the secrets where the variables name them', () => {
    for (const { containers, volumes } of [files.pod, files.job]) {
      const [{ env, volumeMounts }] = containers
      const [{ mountPath, name }] = volumeMounts
      expect(volumes[0].name).toBe(name)
      // 0440: the group of the pod may read identity keys, and no other account.
      expect(volumes[0].secret.defaultMode).toBe(0o440)
      for (const { name, value } of env) {
        if (name.endsWith('_FILE')) expect(value).toMatch(new RegExp(`^${mountPath}/[\\w.-]+$`))
      }
    }
  })
})

describe.skipIf(!hasProgram('systemd-analyze', 'systemd'))('the units for systemd', () => {
  it('are accepted by systemd-analyze verify', () => {
    const units = readdirSync(examples).filter((name) => name.endsWith('.service'))
    for (const unit of units) {
      writeFileSync(join(folder, unit), read(unit).replace('/usr/bin/node', process.execPath))
    }
    const out = execFileSync('systemd-analyze', ['verify', ...units.map((unit) => `./${unit}`)], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    })
    expect(out).toBe('')
  })

  it('read only credentials that they load', () => {
    for (const unit of ['latchkey.service', 'latchkey-migrate.service']) {
      const loaded = settingsOf(unit, 'LoadCredential').map((setting) => setting.split(':')[0])
      const used = settingsOf(unit, 'Environment').flatMap(
        (pair) => /=%d\/(.+)$/.exec(pair)?.[1] ?? [],
      )
      expect(used).toEqual(loaded)
    }
  })
})
