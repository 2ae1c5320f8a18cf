internal import CGnuTLS
internal import ColumnStore
import Glibc

/// TLS over a socket whose reads and writes end after a while. One thread at a time.
final class SocketTLS {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let session: gnutls_session_t
    private let credentials: LinkCredentials
    /// Nothing comes or goes any more.
    private(set) var isBroken = false

    /// As the HTTP door has them: TLS 1.2 and 1.3.
    private static let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

    /// Shakes hands, and checks the other's certificate.
    ///
    /// - Parameters:
    ///   - name: that the certificate must have; nil: it is asked later (`isOf`).
    ///   - end: on the steady clock.
    ///   - isAnyone: any certificate will do.
    /// - Throws: `Failure`, which says what is wrong with the certificate.
    init(_ credentials: LinkCredentials, socket: Int32, isServer: Bool, name: String?, until end: Double, isAnyone: Bool = false) throws {
        var made: gnutls_session_t?
        guard gnutls_init(&made, UInt32((isServer ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NO_SIGNAL)) == 0, let made else { throw Failure(description: "out of memory") }
        (session, self.credentials) = (made, credentials)
        guard gnutls_priority_set_direct(made, Self.priorities, nil) == 0,
            gnutls_credentials_set(made, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials.raw)) == 0
        else { throw Failure(description: "TLS cannot be set up") }
        if isServer { gnutls_certificate_server_set_request(made, GNUTLS_CERT_REQUIRE) } else if let name { gnutls_server_name_set(made, GNUTLS_NAME_DNS, name, name.utf8.count) }
        // The library reads and writes the socket by itself; its timeouts come back as `GNUTLS_E_AGAIN`.
        gnutls_transport_set_int2(made, socket, socket)
        var code: Int32
        // Each turn ends with the socket's own timeout at the latest, so `end` is looked at in time.
        repeat { code = gnutls_handshake(made) } while code < 0 && gnutls_error_is_fatal(code) == 0 && SteadyClock.seconds() < end
        guard code == 0 else { throw Failure(description: code == GNUTLS_E_NO_CERTIFICATE_FOUND ? "it shows no certificate" : String(cString: gnutls_strerror(code))) }
        if !isAnyone, let fault = fault(name) { throw Failure(description: fault) }
    }

    deinit { gnutls_deinit(session) }

    /// What is wrong with the other's certificate; nil: nothing.
    ///
    /// - Parameter name: that it must have.
    func fault(_ name: String?) -> String? { PeerCertificate.fault(session, name: name) }

    /// - Parameter waits: asked each time that the other end has taken nothing for as long as a write of the socket waits; true: it is tried on.
    /// - Returns: how many were taken; less than 1: no more are.
    func send(_ bytes: UnsafeRawBufferPointer, waits: () -> Bool = { false }) -> Int {
        while true {
            let count = gnutls_record_send(session, bytes.baseAddress, bytes.count)
            // The same bytes again, as the library wants it: it has some of them under way.
            if count == Int(GNUTLS_E_INTERRUPTED) || count == Int(GNUTLS_E_AGAIN) && waits() { continue }
            if count <= 0 { isBroken = true }
            return count
        }
    }

    /// - Returns: how many came; 0 at the end; less where nothing has come yet, or `isBroken`.
    func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = gnutls_record_recv(session, buffer.baseAddress, buffer.count)
        if count < 0, count != Int(GNUTLS_E_AGAIN), count != Int(GNUTLS_E_INTERRUPTED) { isBroken = true }
        return count
    }

    func sayGoodbye() { if !isBroken { _ = gnutls_bye(session, GNUTLS_SHUT_WR) } }
}

/// What this machine shows to the other, and whose word it takes.
final class LinkCredentials: @unchecked Sendable {
    // Proof of Sendable: complete after `init`; the library only reads credentials.
    let raw: gnutls_certificate_credentials_t

    private init() throws {
        var made: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&made) == 0, let made else { throw ServerCertificate.Failure(.chain, "out of memory") }
        raw = made
    }

    /// For the link of two members: the certificate is shown, and the other's must be of `authority`. All PEM.
    convenience init(chain: [UInt8], key: [UInt8], authority: [UInt8]) throws {
        // It says best what is wrong.
        _ = try ServerCertificate(chain: chain, key: key)
        try self.init()
        let code = Self.withDatum(chain) { chain in Self.withDatum(key) { gnutls_certificate_set_x509_key_mem(raw, chain, $0, GNUTLS_X509_FMT_PEM) } }
        guard code >= 0 else { throw ServerCertificate.Failure(.chain, "the certificate cannot be read: \(String(cString: gnutls_strerror(code)))") }
        try trust(authority)
    }

    private func trust(_ authority: [UInt8]) throws {
        let count = Self.withDatum(authority) { gnutls_certificate_set_x509_trust_mem(raw, $0, GNUTLS_X509_FMT_PEM) }
        guard count > 0 else { throw ServerCertificate.Failure(.authority, "the authority cannot be read: no certificate in it (PEM)") }
    }

    /// - Throws: for what is no certificate in PEM.
    static func check(authority: [UInt8]) throws { try LinkCredentials().trust(authority) }

    /// For a server of HTTP: the authorities that the system knows count, and `authority` where there is one.
    convenience init(trusting authority: [UInt8]?) throws {
        try self.init()
        gnutls_certificate_set_x509_system_trust(raw)
        if let authority { _ = Self.withDatum(authority) { gnutls_certificate_set_x509_trust_mem(raw, $0, GNUTLS_X509_FMT_PEM) } }
    }

    deinit { gnutls_certificate_free_credentials(raw) }

    private static func withDatum(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
        // A copy, since the library's pointer is one that may be written to.
        var bytes = bytes
        return bytes.withUnsafeMutableBufferPointer { buffer in
            // Safe: the library copies what it needs before it returns.
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(clamping: buffer.count))
            return withUnsafePointer(to: &datum, body)
        }
    }
}
