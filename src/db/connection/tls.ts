import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { missingCounterpart } from '../connection-string/tls.ts'
import type { ClientCertificate, HostTarget, SslMode, TlsTarget } from '../connection-string.ts'
import { TlsFileError } from './errors.ts'

/** Returns the options of TLS to a host, without the socket. */
export type TlsOptionsFor = (host: HostTarget) => ConnectionOptions

/**
 * Reads the files that `tls` names. It is called for each connection, because certificates are renewed
 * while a server runs.
 *
 * @returns `null` if TLS is disabled
 * @throws TlsFileError
 */
export async function loadTls(tls: TlsTarget): Promise<TlsOptionsFor | null> {
  if (tls.mode === 'disable') return null
  if (tls.given !== undefined) return withGiven(tls.given, tls)
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
    // The name that the certificate must contain. Node uses `localhost` if neither this nor
    // `servername` is given.
    host,
    // An IP address is not a server name (RFC 6066, §3).
    ...(tls.sendServerName && isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: verifyChain,
    ...(tls.mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(tls.negotiation === 'direct' && { ALPNProtocols: [applicationProtocol] }),
  })
}

function withGiven(given: ConnectionOptions, { negotiation }: TlsTarget): TlsOptionsFor {
  return ({ host }) => ({
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...given,
    ...(negotiation === 'direct' && { ALPNProtocols: [applicationProtocol] }),
  })
}

/** The name of the PostgreSQL protocol in TLS (ALPN). */
export const applicationProtocol = 'postgresql'

/**
 * Reads the trusted certificates. `null` stands for those that Node trusts, which count for
 * `verify-full` only. A file makes every mode verify the chain, as with libpq.
 */
async function readRoots({ mode, rootCertificates }: TlsTarget): Promise<Buffer | null> {
  if (rootCertificates === 'system') return null
  if (rootCertificates !== null) return await read('sslrootcert', rootCertificates)
  const usual = await readFile(usualRootCertificates()).catch(() => null)
  if (usual === null && mode === 'verify-ca') {
    throw new TlsFileError(
      'sslrootcert',
      `must name a file of trusted certificates for sslmode=verify-ca: ${usualRootCertificates()} does not exist`,
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

/**
 * Reads a file of the client. libpq ignores a key without a certificate; the server then refuses the
 * login without giving the reason.
 */
async function readOfClient(
  parameter: 'sslcert' | 'sslkey',
  file: string,
  { leftOut }: ClientCertificate,
): Promise<Buffer> {
  if (parameter !== leftOut) return await read(parameter, file)
  return await readFile(file).catch((cause: unknown) => {
    const other = parameter === 'sslcert' ? 'sslkey' : 'sslcert'
    throw new TlsFileError(other, missingCounterpart(leftOut, file), { cause })
  })
}

function createContext(options: Parameters<typeof createSecureContext>[0]) {
  try {
    return createSecureContext(options)
  } catch (cause) {
    throw new TlsFileError(
      'sslrootcert, sslcert, sslkey or sslcrl',
      'names a file that is not a certificate or key, or that does not match the other files',
      { cause },
    )
  }
}

/** A way to speak to one address. The next way is tried if the server refuses one. */
export type Wire = 'plain' | 'tls' | 'tls if offered'

/** Returns the ways that `sslmode` allows, in their order (PostgreSQL documentation, §32.19.3). */
export function wiresFor(mode: SslMode, isUnixSocket: boolean): readonly Wire[] {
  if (isUnixSocket || mode === 'disable') return ['plain']
  if (mode === 'allow') return ['plain', 'tls']
  if (mode === 'prefer') return ['tls if offered', 'plain']
  return ['tls']
}
