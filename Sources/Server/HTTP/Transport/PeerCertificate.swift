internal import CGnuTLS
internal import ColumnStore
import Glibc

/// The certificate that the other end of a TLS session has shown.
enum PeerCertificate {
    /// What is wrong with it; nil: nothing.
    ///
    /// - Parameter name: that it must have; nil: any will do.
    static func fault(_ session: gnutls_session_t, name: String?) -> String? {
        var status: UInt32 = 0
        let code = name.map { gnutls_certificate_verify_peers3(session, $0, &status) } ?? gnutls_certificate_verify_peers2(session, &status)
        guard code == 0 else { return code == GNUTLS_E_NO_CERTIFICATE_FOUND ? "it shows no certificate" : String(cString: gnutls_strerror(code)) }
        guard status != 0 else { return nil }
        var text = gnutls_datum_t()
        guard gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0, let bytes = text.data else { return "its certificate is refused" }
        // What `gnutls_free` is, unless a program changes it.
        defer { free(bytes) }
        return String(cString: bytes).trimmingBlanks + (name.map { " (the name wanted is \($0))" } ?? "")
    }
}
