/// The files of `tls.cert` and `tls.key`: what handshakes of HTTP show.
///
/// `start` takes them first; `checkNow` is called again and again, and takes them where they have changed.
package final class CertificateFiles: Sendable {
    private let source: CertificateSource<ServerCertificate>
    private let chainPath: String
    private let log: Log

    package init(chain: String, key: String, log: Log) {
        source = CertificateSource(Self.place(chain, key)) { (chain, key) throws(ServerCertificate.Failure) in try ServerCertificate(chain: chain, key: key) }
        (chainPath, self.log) = (chain, log)
    }

    /// - Throws: `SettingError` naming the key.
    package func start() throws { install(try source.take()) }

    /// Takes the files again if they changed, or `isForced`. Bad ones are logged, and what was in use stays.
    package func checkNow(isForced: Bool = false) {
        do {
            if let certificate = try source.takeIfChanged(isForced: isForced) { install(certificate) }
        } catch {
            log.warning("certificate not taken, the earlier one stays", ["reason": "\(error)"])
        }
    }

    private func install(_ certificate: ServerCertificate) {
        certificate.install()
        CertificateTimes(certificate).noteTaken("certificate", file: chainPath, log)
    }

    /// - Throws: `SettingError` naming the key whose file is wrong.
    package static func check(chain: String, key: String) throws {
        _ = try place(chain, key).load { (chain, key) throws(ServerCertificate.Failure) in try ServerCertificate(chain: chain, key: key) }
    }

    private static func place(_ chain: String, _ key: String) -> CertificateSource<ServerCertificate>.Place { .init(section: "tls", chain: chain, key: key) }
}

extension CertificateFiles: DoorCertificate {
    package var door: String { "http" }
    package var validTo: Int64? { source.current?.validTo }
}
