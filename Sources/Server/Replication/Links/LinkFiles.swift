internal import ColumnStore

/// The files by which two members of a cluster prove who they are. They are read again for each connection, so that new ones count without a start.
struct LinkFiles: Sendable {
    let certificate: String
    let key: String
    let authority: String

    private static let byteCountMax = 1 << 20

    /// For calls of a witness.
    var proof: OutgoingRequest.Proof { .init(certificate: certificate, key: key, authority: authority) }

    init(certificate: String, key: String, authority: String) { (self.certificate, self.key, self.authority) = (certificate, key, authority) }

    /// - Returns: nil where the link is in the clear.
    init?(_ settings: Settings.Pair) {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey, let authority = settings.tlsAuthority else { return nil }
        (self.certificate, self.key, self.authority) = (certificate, key, authority)
    }

    /// - Throws: `SettingError` naming the key whose file is wrong.
    func credentials() throws -> LinkCredentials {
        let (chain, key) = (try bytes(certificate, "cluster.tls.cert"), try bytes(self.key, "cluster.tls.key"))
        do {
            return try LinkCredentials(chain: chain, key: key, authority: try authorityBytes())
        } catch let error as ServerCertificate.Failure {
            let (name, path) =
                switch error.part {
                case .chain: ("cert", certificate)
                case .key: ("key", self.key)
                case .authority: ("ca", authority)
                }
            throw SettingError(key: "cluster.tls.\(name)", message: "\(path): \(error)")
        }
    }

    func authorityBytes() throws -> [UInt8] { try bytes(authority, "cluster.tls.ca") }

    private func bytes(_ path: String, _ key: String) throws -> [UInt8] {
        do { return try FileBytes.read(path, byteCountMax: Self.byteCountMax) } catch { throw SettingError(key: key, message: "\(error)") }
    }
}
