internal import CGnuTLS
import Glibc

/// The server's side of TLS over a socket that does not block.
final class TLSServerSession {
    enum Outcome: Equatable {
        case done(Int)
        /// The socket must first be ready for that.
        case wantsRead, wantsWrite
        case closed
    }

    private let session: gnutls_session_t
    /// Held as long as the session shows it.
    let identity: TLSIdentity
    private static let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

    init?(_ identity: TLSIdentity, socket: Int32) {
        var made: gnutls_session_t?
        guard gnutls_init(&made, UInt32(GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL)) == 0, let made else { return nil }
        session = made
        self.identity = identity
        guard gnutls_priority_set_direct(made, Self.priorities, nil) == 0,
            gnutls_credentials_set(made, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(identity.credentials)) == 0
        else { return nil }
        gnutls_certificate_server_set_request(made, GNUTLS_CERT_IGNORE)
        // A client that begins with TLS wants to know that this is no HTTP server.
        var name = Array("postgresql".utf8)
        name.withUnsafeMutableBufferPointer { name in
            // Safe: the library copies the name.
            var datum = gnutls_datum_t(data: name.baseAddress, size: UInt32(name.count))
            _ = gnutls_alpn_set_protocols(made, &datum, 1, 0)
        }
        gnutls_transport_set_int2(made, socket, socket)
    }

    deinit { gnutls_deinit(session) }

    func handshake() -> Outcome {
        let code = gnutls_handshake(session)
        if code == 0 { return .done(0) }
        return gnutls_error_is_fatal(code) == 0 ? awaited : .closed
    }

    private var awaited: Outcome { gnutls_record_get_direction(session) == 0 ? .wantsRead : .wantsWrite }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        let count = gnutls_record_recv(session, buffer.baseAddress, buffer.count)
        if count > 0 { return .done(count) }
        if count == Int(GNUTLS_E_AGAIN) || count == Int(GNUTLS_E_INTERRUPTED) { return awaited }
        return .closed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        let count = gnutls_record_send(session, bytes.baseAddress, bytes.count)
        if count > 0 { return .done(count) }
        if count == Int(GNUTLS_E_AGAIN) || count == Int(GNUTLS_E_INTERRUPTED) { return awaited }
        return .closed
    }

    func sayGoodbye() { _ = gnutls_bye(session, GNUTLS_SHUT_WR) }
}
