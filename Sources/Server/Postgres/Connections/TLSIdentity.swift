internal import CGnuTLS

/// A chain and its key as a server of TLS shows them, and what its clients bind their passwords to.
final class TLSIdentity: @unchecked Sendable {
    // Proof of Sendable: complete after `init`; the library only reads credentials.

    let credentials: gnutls_certificate_credentials_t
    let times: CertificateTimes
    /// The hash of the server's own certificate, by its signature's hash function, SHA-256 at least (RFC 5929, 4.1).
    let endPointBinding: [UInt8]

    /// - Parameters: PEM; the server's own certificate first.
    /// - Throws: what is wrong with them, or that they do not belong together.
    init(chain: [UInt8], key: [UInt8]) throws(ServerCertificate.Failure) {
        // It says best what is wrong.
        let certificate = try ServerCertificate(chain: chain, key: key)
        times = CertificateTimes(certificate)
        endPointBinding = certificate.endPointBinding
        var made: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&made) == 0, let made else { throw ServerCertificate.Failure(.chain, "out of memory") }
        credentials = made
        var chain = chain, key = key
        let code = chain.withUnsafeMutableBufferPointer { chain in
            key.withUnsafeMutableBufferPointer { key in
                // Safe: the library copies both before it returns.
                var chainDatum = gnutls_datum_t(data: chain.baseAddress, size: UInt32(clamping: chain.count))
                var keyDatum = gnutls_datum_t(data: key.baseAddress, size: UInt32(clamping: key.count))
                return gnutls_certificate_set_x509_key_mem(made, &chainDatum, &keyDatum, GNUTLS_X509_FMT_PEM)
            }
        }
        guard code >= 0 else { throw ServerCertificate.Failure(.chain, "the certificate cannot be read: \(String(cString: gnutls_strerror(code)))") }
    }

    deinit { gnutls_certificate_free_credentials(credentials) }
}
