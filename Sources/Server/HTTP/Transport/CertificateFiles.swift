internal import Ingest
import Synchronization

/// The files of `tls.cert` and `tls.key`: taken at the start, and again whenever they change.
package final class CertificateFiles: Sendable {
    private struct State {
        var stamps: [FileStamp?] = []
        var certificate: ServerCertificate?
    }

    private static let byteCountMax = 1 << 20

    private let chainPath: String
    private let keyPath: String
    private let log: Log
    private let state = Mutex(State())

    package init(chain: String, key: String, log: Log) {
        (chainPath, keyPath, self.log) = (chain, key, log)
    }

    /// - Throws: `SettingError` naming the key.
    package func start() throws {
        try take(stamps: stamps())
    }

    /// Seconds since 1970 at which the certificate in use ends.
    package var validTo: Int64? { state.withLock { $0.certificate?.validTo } }

    /// Takes the files again if they changed, or `isForced`. Bad ones are logged, and what was in use stays.
    package func checkNow(isForced: Bool = false) {
        let stamps = stamps()
        let isNew = state.withLock { state -> Bool in
            guard isForced || state.stamps != stamps else { return false }
            state.stamps = stamps
            return true
        }
        guard isNew else { return }
        do {
            try take(stamps: stamps)
        } catch {
            log.warning("certificate not taken, the earlier one stays", ["reason": "\(error)"])
        }
    }

    private func stamps() -> [FileStamp?] { [FileStamp(path: chainPath), FileStamp(path: keyPath)] }

    private func take(stamps: [FileStamp?]) throws {
        let certificate = try Self.load(chain: chainPath, key: keyPath)
        certificate.install()
        state.withLock { state in
            state.certificate = certificate
            state.stamps = stamps
        }
        let validTo = CalendarText.text(instant: certificate.validTo.multipliedReportingOverflow(by: 1_000_000).partialValue)
        log.info("certificate taken", ["file": .text(chainPath), "valid_to": .text(validTo)])
        let now = CalendarText.now / 1_000_000
        if now < certificate.validFrom || now >= certificate.validTo {
            log.warning("the certificate is not valid now", ["file": .text(chainPath), "valid_to": .text(validTo)])
        }
    }

    /// - Throws: `SettingError` naming the key whose file is wrong.
    package static func load(chain: String, key: String) throws -> ServerCertificate {
        let chainBytes = try bytes(chain, "tls.cert")
        let keyBytes = try bytes(key, "tls.key")
        do {
            return try ServerCertificate(chain: chainBytes, key: keyBytes)
        } catch {
            let isOfKey = error.description.hasPrefix("the key")
            throw SettingError(key: isOfKey ? "tls.key" : "tls.cert", message: "\(isOfKey ? key : chain): \(error)")
        }
    }

    private static func bytes(_ path: String, _ key: String) throws -> [UInt8] {
        do {
            return try FileBytes.read(path, byteCountMax: byteCountMax)
        } catch {
            throw SettingError(key: key, message: "\(error)")
        }
    }
}
