import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ParameterReader } from './parameters.ts'
import { type SslMode, sslModes, type TlsTarget, tlsVersions } from './target.ts'

/** The parameters about TLS (PostgreSQL documentation, §32.1.2 and §32.19). */
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
  // Anyone can get a certificate from one of those, for a host of their own.
  if (rootCertificates === 'system' && mode !== 'verify-full') {
    parameters.fault('sslmode', 'must be verify-full with sslrootcert=system')
  }
  return mode
}

/** The spelling of JDBC, which libpq takes too, and of this server's driver. */
function readSsl(parameters: ParameterReader): SslMode | null {
  const ssl = parameters.oneOf('ssl', ['true', 'false', ...sslModes])
  if (ssl === 'true') return 'require'
  return ssl === 'false' ? 'disable' : ssl
}

function readCertificate(parameters: ParameterReader): TlsTarget['certificate'] {
  const use = parameters.oneOf('sslcertmode', ['disable', 'allow', 'require'])
  if (use === 'require')
    parameters.fault('sslcertmode', 'must not be require: it cannot be checked')
  const file = parameters.text('sslcert')
  if (file === null || use === 'disable') return null
  return {
    file,
    keyFile: parameters.text('sslkey') ?? join(homedir(), '.postgresql/postgresql.key'),
  }
}
