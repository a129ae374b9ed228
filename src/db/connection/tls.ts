import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { withoutOther } from '../connection-string/tls.ts'
import type { ClientCertificate, HostTarget, SslMode, TlsTarget } from '../connection-string.ts'
import { TlsFileError } from './errors.ts'

/** How to speak TLS to a host, but for the socket. */
export type TlsOptionsFor = (host: HostTarget) => ConnectionOptions

/**
 * Reads the files that `tls` names, anew for each connection: certificates are renewed while a server
 * runs.
 *
 * @returns `null` where no TLS is to be spoken
 * @throws TlsFileError
 */
export async function loadTls(tls: TlsTarget): Promise<TlsOptionsFor | null> {
  if (tls.mode === 'disable') return null
  const ca = await readRoots(tls)
  const verifyChain = tls.mode === 'verify-full' || ca !== null
  const secureContext = createContext({
    ...(ca !== null && { ca }),
    ...(tls.revocationList !== null && { crl: await read('sslcrl', tls.revocationList) }),
    ...(tls.certificate !== null && {
      cert: await readOfClient('sslcert', tls.certificate.file, tls.certificate),
      key: await readOfClient('sslkey', tls.certificate.keyFile, tls.certificate),
      ...(tls.keyPassword !== null && { passphrase: tls.keyPassword }),
    }),
    ...(tls.minVersion !== null && { minVersion: tls.minVersion }),
    ...(tls.maxVersion !== null && { maxVersion: tls.maxVersion }),
  })
  return ({ host }) => ({
    secureContext,
    // What the certificate must name; Node takes `localhost` where neither this nor `servername` is given.
    host,
    // An IP address is no server name (RFC 6066, §3).
    ...(tls.sendServerName && isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: verifyChain,
    ...(tls.mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(tls.negotiation === 'direct' && { ALPNProtocols: [applicationProtocol] }),
  })
}

/** PostgreSQL's name for its protocol in TLS (ALPN). */
export const applicationProtocol = 'postgresql'

/**
 * `null`: those that Node trusts; they count for `verify-full` alone. A file makes every mode verify
 * the chain, as with libpq.
 */
async function readRoots({ mode, rootCertificates }: TlsTarget): Promise<Buffer | null> {
  if (rootCertificates === 'system') return null
  if (rootCertificates !== null) return await read('sslrootcert', rootCertificates)
  const usual = await readFile(usualRootCertificates()).catch(() => null)
  if (usual === null && mode === 'verify-ca') {
    throw new TlsFileError(
      'sslrootcert',
      `must name a file of trusted certificates for sslmode=verify-ca: there is no ${usualRootCertificates()}`,
    )
  }
  return usual
}

function usualRootCertificates(): string {
  return join(homedir(), '.postgresql/root.crt')
}

async function read(parameter: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TlsFileError(parameter, `names a file that cannot be read (${code})`, { cause })
  }
}

/** libpq ignores a key without a certificate: the server then refuses the login without a word of why. */
async function readOfClient(
  parameter: 'sslcert' | 'sslkey',
  file: string,
  { leftOut }: ClientCertificate,
): Promise<Buffer> {
  if (parameter !== leftOut) return await read(parameter, file)
  return await readFile(file).catch((cause: unknown) => {
    const other = parameter === 'sslcert' ? 'sslkey' : 'sslcert'
    throw new TlsFileError(other, withoutOther(leftOut, file), { cause })
  })
}

function createContext(options: Parameters<typeof createSecureContext>[0]) {
  try {
    return createSecureContext(options)
  } catch (cause) {
    throw new TlsFileError(
      'sslrootcert, sslcert, sslkey or sslcrl',
      'names a file that is no certificate or key, or does not fit the others',
      { cause },
    )
  }
}

/** How one address is spoken to; the next where the one before is refused. */
export type Wire = 'plain' | 'tls' | 'tls if offered'

/** What `sslmode` allows, in its order (PostgreSQL documentation, §32.19.3). */
export function wiresFor(mode: SslMode, isUnixSocket: boolean): readonly Wire[] {
  if (isUnixSocket || mode === 'disable') return ['plain']
  if (mode === 'allow') return ['plain', 'tls']
  if (mode === 'prefer') return ['tls if offered', 'plain']
  return ['tls']
}
