internal import CGnuTLS
import Synchronization

/// The chain and key that this process shows to clients. Handshakes take the newest; connections that stand keep what they began with.
package final class ServerCertificate: @unchecked Sendable {
    // Proof of Sendable: complete after `init`; the library only reads chain and key.

    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// Whose file it is that is wrong.
        package enum Part: Sendable { case chain, key, authority }

        package let part: Part
        package let description: String

        init(_ part: Part, _ description: String) { (self.part, self.description) = (part, description) }
    }

    /// Seconds since 1970.
    /// Of the server's own certificate; 0 and the largest number where it cannot be read.
    package let validFrom: Int64
    package let validTo: Int64
    /// The hash of the first certificate by its signature's hash function, SHA-256 at least: what passwords are bound to (RFC 5929, 4.1).
    package let endPointBinding: [UInt8]
    /// Allocated for sixteen, the first `chainCount` filled by the library; of one that was installed never freed: a handshake may be using it.
    private let chain: UnsafeMutablePointer<gnutls_pcert_st>
    private let chainCount: UInt32
    private let key: gnutls_privkey_t

    private static let chainCountMax: UInt32 = 16
    /// Of the process: the library's callback is given nothing by which it could tell listeners apart.
    private static let current = Mutex<ServerCertificate?>(nil)

    /// - Parameters: PEM; the server's own certificate first.
    /// - Throws: what is wrong with them, or that they do not belong together.
    package init(chain chainText: [UInt8], key keyText: [UInt8]) throws(Failure) {
        let chain = UnsafeMutablePointer<gnutls_pcert_st>.allocate(capacity: Int(Self.chainCountMax))
        chain.initialize(repeating: gnutls_pcert_st(), count: Int(Self.chainCountMax))
        var count = Self.chainCountMax
        let code = Self.withDatum(chainText) { gnutls_pcert_list_import_x509_raw(chain, &count, $0, GNUTLS_X509_FMT_PEM, 0) }
        guard code == 0, count > 0 else {
            chain.deallocate()
            throw Failure(.chain, "the certificate cannot be read: \(Self.text(code))")
        }
        let key: gnutls_privkey_t
        do throws(Failure) { key = try Self.key(keyText, of: chain) } catch {
            Self.free(chain, count)
            throw error
        }
        (self.chain, chainCount, self.key) = (chain, count, key)
        (validFrom, validTo) = Self.validity(chain)
        endPointBinding = Self.binding(chain)
    }

    /// Of one that was only looked at, as for each connection of a cluster's members: one that was installed never goes.
    deinit {
        Self.free(chain, chainCount)
        gnutls_privkey_deinit(key)
    }

    private static func free(_ chain: UnsafeMutablePointer<gnutls_pcert_st>, _ count: UInt32) {
        for place in 0..<Int(count) { gnutls_pcert_deinit(chain + place) }
        chain.deallocate()
    }

    /// - Returns: the caller's to free.
    private static func key(_ text: [UInt8], of chain: UnsafeMutablePointer<gnutls_pcert_st>) throws(Failure) -> gnutls_privkey_t {
        var made: gnutls_privkey_t?
        guard gnutls_privkey_init(&made) == 0, let key = made else { throw Failure(.chain, "out of memory") }
        let code = withDatum(text) { gnutls_privkey_import_x509_raw(key, $0, GNUTLS_X509_FMT_PEM, nil, 0) }
        var fault = code == 0 ? nil : Failure(.key, "the key cannot be read: \(Self.text(code))")
        if fault == nil, keyID(chain[0].pubkey) == nil || keyID(chain[0].pubkey) != publicKeyID(of: key) { fault = Failure(.key, "the key is not that of the certificate") }
        guard let fault else { return key }
        gnutls_privkey_deinit(key)
        throw fault
    }

    /// From now on new handshakes show this one. It and those before it are never freed: a handshake may be using them.
    package func install() {
        _ = Unmanaged.passRetained(self)
        Self.current.withLock { $0 = self }
    }

    /// For `MHD_OPTION_HTTPS_CERT_CALLBACK`.
    package static var callback: UnsafeMutableRawPointer {
        let function: @convention(c) (
            gnutls_session_t?, UnsafePointer<gnutls_datum_t>?, Int32, UnsafePointer<gnutls_pk_algorithm_t>?, Int32,
            UnsafeMutablePointer<UnsafeMutablePointer<gnutls_pcert_st>?>?, UnsafeMutablePointer<UInt32>?,
            UnsafeMutablePointer<gnutls_privkey_t?>?
        ) -> Int32 = { _, _, _, _, _, chain, count, key in
            guard let certificate = ServerCertificate.current.withLock({ $0 }) else { return -1 }
            chain?.pointee = certificate.chain
            count?.pointee = certificate.chainCount
            key?.pointee = certificate.key
            return 0
        }
        return unsafeBitCast(function, to: UnsafeMutableRawPointer.self)
    }

    // MARK: The library

    private static func validity(_ chain: UnsafeMutablePointer<gnutls_pcert_st>) -> (from: Int64, to: Int64) {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_pcert_export_x509(chain, &certificate) == 0, let certificate else { return (0, .max) }
        defer { gnutls_x509_crt_deinit(certificate) }
        return (Int64(gnutls_x509_crt_get_activation_time(certificate)), Int64(gnutls_x509_crt_get_expiration_time(certificate)))
    }

    private static func binding(_ chain: UnsafeMutablePointer<gnutls_pcert_st>) -> [UInt8] {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_pcert_export_x509(chain, &certificate) == 0, let certificate else { return [] }
        defer { gnutls_x509_crt_deinit(certificate) }
        let signature = gnutls_sign_algorithm_t(UInt32(max(0, gnutls_x509_crt_get_signature_algorithm(certificate))))
        var function = gnutls_sign_get_hash_algorithm(signature)
        if [GNUTLS_DIG_UNKNOWN, GNUTLS_DIG_NULL, GNUTLS_DIG_MD5, GNUTLS_DIG_SHA1].contains(function) { function = GNUTLS_DIG_SHA256 }
        // Safe: the certificate's own bytes, which live as long as the chain.
        let bytes = UnsafeBufferPointer(start: chain[0].cert.data, count: Int(chain[0].cert.size))
        var hash = [UInt8](repeating: 0, count: Int(gnutls_hash_get_len(function)))
        guard gnutls_hash_fast(function, bytes.baseAddress, bytes.count, &hash) == 0 else { return [] }
        return hash
    }

    private static func publicKeyID(of key: gnutls_privkey_t) -> [UInt8]? {
        var raw: gnutls_pubkey_t?
        guard gnutls_pubkey_init(&raw) == 0, let raw else { return nil }
        defer { gnutls_pubkey_deinit(raw) }
        return gnutls_pubkey_import_privkey(raw, key, 0, 0) == 0 ? keyID(raw) : nil
    }

    private static func keyID(_ key: gnutls_pubkey_t?) -> [UInt8]? {
        guard let key else { return nil }
        var id = [UInt8](repeating: 0, count: 64)
        var count = id.count
        guard gnutls_pubkey_get_key_id(key, UInt32(GNUTLS_KEYID_USE_SHA256.rawValue), &id, &count) == 0 else { return nil }
        return Array(id[..<count])
    }

    private static func text(_ code: Int32) -> String { String(cString: gnutls_strerror(code)) }

    private static func withDatum(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
        var bytes = bytes
        return bytes.withUnsafeMutableBufferPointer { buffer in
            // Safe: the library copies what it needs before it returns.
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
            return withUnsafePointer(to: &datum, body)
        }
    }
}
