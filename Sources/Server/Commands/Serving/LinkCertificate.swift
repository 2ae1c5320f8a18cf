/// The certificate by which a member of a cluster proves who it is, looked after for its time alone: connections read the files themselves, each anew.
final class LinkCertificate: Sendable {
    private let source: CertificateSource<CertificateTimes>
    private let chainPath: String
    private let log: Log

    /// - Returns: nil where the link is in the clear, or there is none.
    init?(_ pair: Settings.Pair, _ log: Log) {
        guard let chain = pair.tlsCertificate, let key = pair.tlsKey else { return nil }
        source = CertificateSource(CertificateSource<CertificateTimes>.Place(section: "cluster.tls", chain: chain, key: key)) { (chain, key) throws(ServerCertificate.Failure) in
            try CertificateTimes(ServerCertificate(chain: chain, key: key))
        }
        (chainPath, self.log) = (chain, log)
    }

    /// Looks again where the files changed, or `isForced`. Bad ones are logged.
    func checkNow(isForced: Bool = false) {
        do {
            if let times = try source.takeIfChanged(isForced: isForced) { times.noteTaken("certificate of the cluster's link", file: chainPath, log) }
        } catch {
            log.warning("the certificate of the cluster's link cannot be used", ["reason": "\(error)"])
        }
    }
}

extension LinkCertificate: DoorCertificate {
    var door: String { "cluster" }
    var validTo: Int64? { source.current?.validTo }
}
