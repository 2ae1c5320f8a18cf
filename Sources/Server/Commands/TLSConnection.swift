internal import CGnuTLS

/// TLS over a TCP connection, with the server's certificate checked against the system's authorities unless the caller knows better.
final class TLSConnection: ByteConnection {
    private let socket: SocketConnection
    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t

    init(over socket: SocketConnection, host: String, checksCertificate: Bool) throws {
        self.socket = socket
        var session: gnutls_session_t?
        var credentials: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else {
            throw CommandError("TLS: out of memory")
        }
        self.credentials = credentials
        gnutls_certificate_set_x509_system_trust(credentials)
        guard gnutls_init(&session, UInt32(GNUTLS_CLIENT)) == 0, let session else {
            gnutls_certificate_free_credentials(credentials)
            throw CommandError("TLS: out of memory")
        }
        self.session = session
        gnutls_set_default_priority(session)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, host.utf8.count)
        if checksCertificate { gnutls_session_set_verify_cert(session, host, 0) }
        gnutls_transport_set_int2(session, socket.descriptor, socket.descriptor)
        var code: Int32
        repeat { code = gnutls_handshake(session) } while code < 0 && gnutls_error_is_fatal(code) == 0
        guard code == 0 else { throw CommandError("TLS with \(host): \(String(cString: gnutls_strerror(code)))") }
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
            if count == Int(GNUTLS_E_INTERRUPTED) || count == Int(GNUTLS_E_AGAIN) { continue }
            if count <= 0 { return }
            written += count
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = gnutls_record_recv(session, buffer.baseAddress, buffer.count)
            if count == Int(GNUTLS_E_INTERRUPTED) || count == Int(GNUTLS_E_AGAIN) { continue }
            if count < 0 { throw CommandError("TLS: \(String(cString: gnutls_strerror(Int32(count))))") }
            return count
        }
    }
}
