/// The files of `postgres.tls.cert` and `postgres.tls.key`. Connections that stand keep what they began with.
package final class PostgresCertificates: Sendable {
    private let source: CertificateSource<TLSIdentity>
    private let chainPath: String
    private let log: Log

    package init(chain: String, key: String, log: Log) {
        source = CertificateSource(Self.place(chain, key)) { (chain, key) throws(ServerCertificate.Failure) in try TLSIdentity(chain: chain, key: key) }
        (chainPath, self.log) = (chain, log)
    }

    var current: TLSIdentity? { source.current }

    /// - Throws: `SettingError` naming the key.
    package func start() throws {
        noteTaken(try source.take())
    }

    /// Takes the files again if they changed, or `isForced`. Bad ones are logged, and what was in use stays.
    package func checkNow(isForced: Bool = false) {
        do {
            if let identity = try source.takeIfChanged(isForced: isForced) { noteTaken(identity) }
        } catch {
            log.warning("certificate of the PostgreSQL door not taken, the earlier one stays", ["reason": "\(error)"])
        }
    }

    private func noteTaken(_ identity: TLSIdentity) { identity.times.noteTaken("certificate of the PostgreSQL door", file: chainPath, log) }

    /// - Throws: `SettingError` naming the key whose file is wrong.
    package static func check(chain: String, key: String) throws {
        _ = try place(chain, key).load { (chain, key) throws(ServerCertificate.Failure) in try TLSIdentity(chain: chain, key: key) }
    }

    private static func place(_ chain: String, _ key: String) -> CertificateSource<TLSIdentity>.Place { .init(section: "postgres.tls", chain: chain, key: key) }
}

extension PostgresCertificates: DoorCertificate {
    package var door: String { "postgres" }
    package var validTo: Int64? { source.current?.times.validTo }
}
