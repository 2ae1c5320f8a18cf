internal import CGnuTLS
import Glibc

/// TLS over a TCP connection, with the server's certificate checked.
final class TLSConnection: ByteConnection {
    /// Whose word is taken for it that the server is who it says.
    enum Trust: Equatable {
        /// The authorities that the system knows.
        case system
        /// Those of a PEM file, and no others.
        case authorities(file: String)
        /// Nobody's: any certificate will do.
        case anyone
    }

    private let socket: SocketConnection
    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t

    init(over socket: SocketConnection, host: String, trust: Trust) throws {
        self.socket = socket
        var session: gnutls_session_t?
        var credentials: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else {
            throw CommandError("TLS: out of memory")
        }
        self.credentials = credentials
        do {
            try Self.load(trust, into: credentials)
            guard gnutls_init(&session, UInt32(GNUTLS_CLIENT | GNUTLS_NO_SIGNAL)) == 0 else { throw CommandError("TLS: out of memory") }
        } catch {
            gnutls_certificate_free_credentials(credentials)
            throw error
        }
        guard let session else { throw CommandError("TLS: out of memory") }
        self.session = session
        gnutls_set_default_priority(session)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, host.utf8.count)
        // The library keeps the pointer for the handshake.
        let name = strdup(host)
        defer { free(name) }
        if trust != .anyone { gnutls_session_set_verify_cert(session, name, 0) }
        gnutls_transport_set_int2(session, socket.descriptor, socket.descriptor)
        var code: Int32
        repeat { code = gnutls_handshake(session) } while code < 0 && gnutls_error_is_fatal(code) == 0 && !socket.isOver
        guard code == 0 else { throw CommandError("TLS with \(host): \(Self.reason(code, session))") }
    }

    private static func load(_ trust: Trust, into credentials: gnutls_certificate_credentials_t) throws {
        switch trust {
        case .system: gnutls_certificate_set_x509_system_trust(credentials)
        case .authorities(let file):
            let count = gnutls_certificate_set_x509_trust_file(credentials, file, GNUTLS_X509_FMT_PEM)
            if count < 0 { throw CommandError("\(file): \(String(cString: gnutls_strerror(count)))") }
            if count == 0 { throw CommandError("\(file): no certificates in it (PEM)") }
        case .anyone: break
        }
    }

    /// What went wrong; of a certificate, what is wrong with it.
    private static func reason(_ code: Int32, _ session: gnutls_session_t) -> String {
        let status = gnutls_session_get_verify_cert_status(session)
        var text = gnutls_datum_t()
        guard code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR || code == GNUTLS_E_CERTIFICATE_ERROR,
            gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0, let bytes = text.data
        else { return String(cString: gnutls_strerror(code)) }
        // What `gnutls_free` is, unless a program changes it.
        defer { free(bytes) }
        return String(cString: bytes).trimmingBlanks + " (--ca FILE names the authorities to trust)"
    }

    deinit {
        gnutls_bye(session, GNUTLS_SHUT_WR)
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
    }

    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { gnutls_record_send(session, $0.baseAddress, $0.count) }
            if count == Int(GNUTLS_E_INTERRUPTED) || count == Int(GNUTLS_E_AGAIN), !socket.isOver { continue }
            if count <= 0 { return }
            written += count
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = gnutls_record_recv(session, buffer.baseAddress, buffer.count)
            if socket.isOver { throw CommandError("the answer takes too long") }
            if count == Int(GNUTLS_E_INTERRUPTED) || count == Int(GNUTLS_E_AGAIN) { continue }
            if count < 0 { throw CommandError("TLS: \(String(cString: gnutls_strerror(Int32(count))))") }
            return count
        }
    }
}
