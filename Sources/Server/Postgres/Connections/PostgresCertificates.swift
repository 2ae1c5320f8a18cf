internal import ColumnStore
import Synchronization

/// The files of `postgres.tls.cert` and `postgres.tls.key`: taken at the start, and again whenever they change. Connections that stand keep what they began with.
package final class PostgresCertificates: Sendable {
    private struct State {
        var stamps: [FileStamp?] = []
        var identity: TLSIdentity?
    }

    private static let byteCountMax = 1 << 20
    private let chainPath: String
    private let keyPath: String
    private let log: Log
    private let state = Mutex(State())

    package init(chain: String, key: String, log: Log) { (chainPath, keyPath, self.log) = (chain, key, log) }

    var current: TLSIdentity? { state.withLock { $0.identity } }

    /// - Throws: `SettingError` naming the key.
    package func start() throws { try take(stamps: stamps()) }

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
            log.warning("certificate of the PostgreSQL door not taken, the earlier one stays", ["reason": "\(error)"])
        }
    }

    private func stamps() -> [FileStamp?] { [FileStamp(path: chainPath), FileStamp(path: keyPath)] }

    private func take(stamps: [FileStamp?]) throws {
        let identity = try Self.load(chain: chainPath, key: keyPath)
        state.withLock { state in
            state.identity = identity
            state.stamps = stamps
        }
        log.info("certificate of the PostgreSQL door taken", ["file": .text(chainPath)])
    }

    /// - Throws: `SettingError` naming the key whose file is wrong.
    package static func check(chain: String, key: String) throws { _ = try load(chain: chain, key: key) }

    private static func load(chain: String, key: String) throws -> TLSIdentity {
        let chainBytes = try bytes(chain, "postgres.tls.cert")
        let keyBytes = try bytes(key, "postgres.tls.key")
        do {
            return try TLSIdentity(chain: chainBytes, key: keyBytes)
        } catch {
            let isOfKey = error.description.hasPrefix("the key")
            throw SettingError(key: isOfKey ? "postgres.tls.key" : "postgres.tls.cert", message: "\(isOfKey ? key : chain): \(error)")
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
