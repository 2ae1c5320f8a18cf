internal import ColumnStore
import Synchronization

/// A certificate's chain and its key, in two files: taken at the start, and again whenever one of them changes (`FileTries`). Bad ones never take the place of good ones.
final class CertificateSource<Certificate: Sendable>: Sendable {
    /// Where the files lie, and below which setting: `tls` is `tls.cert` and `tls.key`.
    struct Place: Sendable {
        let section: String
        let chain: String
        let key: String
        private static var byteCountMax: Int { 1 << 20 }

        var stamps: [FileStamp?] { [FileStamp(path: chain), FileStamp(path: key)] }

        /// - Throws: `SettingError` naming the key whose file is wrong; `SettingErrors` where neither can be read.
        func load(_ make: (_ chain: [UInt8], _ key: [UInt8]) throws(ServerCertificate.Failure) -> Certificate) throws -> Certificate {
            // Both, whatever the first is: whoever mends the one reads of the other.
            var faults: [SettingError] = []
            func read(_ path: String, _ name: String) -> [UInt8] {
                do throws(SettingError) { return try Self.bytes(path, "\(section).\(name)") } catch {
                    faults.append(error)
                    return []
                }
            }
            let (chainBytes, keyBytes) = (read(chain, "cert"), read(key, "key"))
            if faults.count > 1 { throw SettingErrors(faults) }
            if let fault = faults.first { throw fault }
            do throws(ServerCertificate.Failure) {
                return try make(chainBytes, keyBytes)
            } catch {
                let isOfKey = error.part == .key
                throw SettingError(key: "\(section).\(isOfKey ? "key" : "cert")", message: "\(isOfKey ? key : chain): \(error)")
            }
        }

        private static func bytes(_ path: String, _ key: String) throws(SettingError) -> [UInt8] {
            do {
                return try FileBytes.read(path, byteCountMax: byteCountMax)
            } catch {
                throw SettingError(key: key, message: "\(error)")
            }
        }
    }

    private struct State {
        var tries = FileTries()
        var certificate: Certificate?
    }

    /// Between tries of files that could not be taken, in seconds.
    private static var retrySeconds: Double { 30 }

    private let place: Place
    private let make: @Sendable (_ chain: [UInt8], _ key: [UInt8]) throws(ServerCertificate.Failure) -> Certificate
    private let state = Mutex(State())

    init(_ place: Place, make: @escaping @Sendable (_ chain: [UInt8], _ key: [UInt8]) throws(ServerCertificate.Failure) -> Certificate) {
        (self.place, self.make) = (place, make)
    }

    /// The one in use.
    var current: Certificate? { state.withLock { $0.certificate } }

    /// - Throws: `SettingError` or `SettingErrors`, naming the keys.
    func take() throws -> Certificate { try take(place.stamps) }

    /// - Parameter now: on the steady clock.
    /// - Returns: nil where the files have not changed, and where what was wrong with them before is so still.
    /// - Throws: `SettingError` or `SettingErrors`, once for each change, and once for each other fault: what was in use stays.
    func takeIfChanged(isForced: Bool, now: Double = SteadyClock.seconds()) throws -> Certificate? {
        let stamps = place.stamps
        guard state.withLock({ $0.tries.isDue(stamps, isForced: isForced, pause: Self.retrySeconds, now: now) }) else { return nil }
        do {
            return try take(stamps)
        } catch {
            guard state.withLock({ $0.tries.failed("\(error)") }) else { return nil }
            throw error
        }
    }

    private func take(_ stamps: [FileStamp?]) throws -> Certificate {
        let certificate = try place.load(make)
        state.withLock { state in
            state.certificate = certificate
            state.tries.taken(stamps)
        }
        return certificate
    }
}
