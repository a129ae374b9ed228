import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ParameterReader } from './parameters.ts'
import { type SslMode, sslModes, type TlsTarget, tlsVersions } from './target.ts'

/** Reads the parameters about TLS (PostgreSQL documentation, §32.1.2 and §32.19). */
export function readTls(parameters: ParameterReader): TlsTarget {
  const rootCertificates = parameters.text('sslrootcert')
  const mode = readMode(parameters, rootCertificates)
  const negotiation = parameters.oneOf('sslnegotiation', ['postgres', 'direct']) ?? 'postgres'
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(mode)) {
    parameters.fault('sslnegotiation', 'must not be direct unless sslmode is require or stricter')
  }
  const minVersion = parameters.oneOf('ssl_min_protocol_version', tlsVersions)
  const maxVersion = parameters.oneOf('ssl_max_protocol_version', tlsVersions)
  if (minVersion !== null && maxVersion !== null && minVersion > maxVersion) {
    parameters.fault('ssl_max_protocol_version', 'must not be below ssl_min_protocol_version')
  }
  return {
    mode,
    rootCertificates,
    certificate: readCertificate(parameters),
    keyPassword: parameters.text('sslpassword'),
    revocationList: parameters.text('sslcrl'),
    negotiation,
    sendServerName: parameters.oneOf('sslsni', ['0', '1']) !== '0',
    minVersion,
    maxVersion,
  }
}

function readMode(parameters: ParameterReader, rootCertificates: string | null): SslMode {
  const usual = rootCertificates === 'system' ? 'verify-full' : 'prefer'
  const mode = parameters.oneOf('sslmode', sslModes) ?? readSsl(parameters) ?? usual
  // Anyone can get a certificate for their own host from an authority that the system trusts.
  if (rootCertificates === 'system' && mode !== 'verify-full') {
    parameters.fault('sslmode', 'must be verify-full with sslrootcert=system')
  }
  return mode
}

/** Reads `ssl`, the parameter of JDBC, which libpq and the driver of this server accept too. */
function readSsl(parameters: ParameterReader): SslMode | null {
  const ssl = parameters.oneOf('ssl', ['true', 'false', ...sslModes])
  if (ssl === 'true') return 'require'
  return ssl === 'false' ? 'disable' : ssl
}

/**
 * Reads the client certificate. If only the certificate or only the key is given, libpq's default file
 * serves as the other (PostgreSQL documentation, §32.19.2).
 */
function readCertificate(parameters: ParameterReader): TlsTarget['certificate'] {
  const use = parameters.oneOf('sslcertmode', ['disable', 'allow', 'require'])
  if (use === 'require')
    parameters.fault('sslcertmode', 'must not be require: it cannot be checked')
  const file = parameters.text('sslcert')
  const keyFile = parameters.text('sslkey')
  if (use === 'disable' || (file === null && keyFile === null)) return null
  const leftOut = file === null ? 'sslcert' : keyFile === null ? 'sslkey' : null
  return {
    file: file ?? join(homedir(), '.postgresql/postgresql.crt'),
    keyFile: keyFile ?? join(homedir(), '.postgresql/postgresql.key'),
    leftOut,
  }
}

/**
 * Returns the fault for a certificate without a key, or a key without a certificate, where `file`,
 * libpq's default file of the other, is missing. It completes a sentence about the one that is given.
 */
export function missingCounterpart(leftOut: 'sslcert' | 'sslkey', file: string): string {
  return `needs ${leftOut} too: ${file} does not exist or cannot be read`
}
