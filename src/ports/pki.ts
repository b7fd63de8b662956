/** A certificate (chain) and its private key, both PEM; the key as PKCS#8. */
export type CertifiedKey = { readonly certificate: string; readonly key: string }

export type IssueRequest = {
  readonly commonName: string
  readonly organizationalUnit: string
  /** DNS names and IP addresses that the certificate speaks for. */
  readonly hosts: readonly string[]
  readonly days?: number // 398 unless said
}

/** A certificate authority of our own: one for each cluster, so that no cluster's certificate opens another's ports. */
export interface CertificateAuthority {
  /** EC P-256, self-signed, valid for ten years. */
  createAuthority(commonName: string): Promise<CertifiedKey>
  /** A leaf for servers and clients alike. Throws MQOPS_TLS when the authority's PEM can't be read. */
  issue(authority: CertifiedKey, request: IssueRequest): Promise<CertifiedKey>
  /** End of the first certificate's life, in ms since the epoch. Throws MQOPS_TLS when it is no certificate. */
  notAfter(certificate: string): number
}
