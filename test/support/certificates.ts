import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './server-process.ts'

export interface IssuedCertificate {
  /** Paths of PEM files. */
  readonly file: string
  readonly keyFile: string
  readonly pem: string
  readonly key: string
}

/** A certificate authority of one test, created with `openssl`. */
export interface CertificateAuthority {
  /** The path of its own certificate in PEM. */
  readonly file: string
  /** @param names the names of the subject, as openssl writes them: `DNS:localhost`, `IP:127.0.0.1` */
  issue(commonName: string, names?: readonly string[]): IssuedCertificate
  /** Revokes `certificate` and returns the path of the revocation list. */
  revoke(certificate: IssuedCertificate): string
}

export function createAuthority(commonName: string): CertificateAuthority {
  const folder = temporaryFolder()
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2'],
    ...['-subj', `/CN=${commonName}`],
  )
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(
    join(folder, 'ca.cnf'),
    '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2\n',
  )
  let issued = 0
  return {
    file: join(folder, 'ca.crt'),
    issue(name, names = []) {
      const stem = `issued-${++issued}`
      const extensions = names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`
      writeFileSync(join(folder, `${stem}.ext`), `${extensions}basicConstraints=CA:FALSE\n`)
      openssl(
        'req',
        ...newKey,
        '-keyout',
        `${stem}.key`,
        '-out',
        `${stem}.csr`,
        '-subj',
        `/CN=${name}`,
      )
      openssl(
        ...[
          'x509',
          '-req',
          '-in',
          `${stem}.csr`,
          '-CA',
          'ca.crt',
          '-CAkey',
          'ca.key',
          '-days',
          '2',
        ],
        ...['-CAcreateserial', '-extfile', `${stem}.ext`, '-out', `${stem}.crt`],
      )
      const file = join(folder, `${stem}.crt`)
      const keyFile = join(folder, `${stem}.key`)
      return { file, keyFile, pem: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') }
    },
    revoke({ file }) {
      const ca = ['ca', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.crt']
      openssl(...ca, '-revoke', file)
      openssl(...ca, '-gencrl', '-out', 'revoked.pem')
      return join(folder, 'revoked.pem')
    },
  }
}
