internal import ColumnStore
import Synchronization

/// By which a client may end what another connection of its own is at: a number, and a secret that only that connection was sent.
final class CancelKeys: Sendable {
    private struct Entry {
        let key: [UInt8]
        let interruption: Interruption
    }

    private struct State {
        var entries: [Int32: Entry] = [:]
        var last: Int32 = 0
    }

    /// Of protocol 3.0.
    private static let keyByteCount = 4
    private let state = Mutex(State())

    /// - Throws: when the system has no entropy to give.
    func add(_ interruption: Interruption) throws -> (processID: Int32, key: [UInt8]) {
        let key = try Digest.random(byteCount: Self.keyByteCount)
        let processID = state.withLock { state in
            // Numbers come again after two thousand million connections; one that is in use is passed over.
            repeat { state.last = state.last == .max ? 1 : state.last + 1 } while state.entries[state.last] != nil
            state.entries[state.last] = Entry(key: key, interruption: interruption)
            return state.last
        }
        return (processID, key)
    }

    /// Of connections that there are.
    var count: Int { state.withLock { $0.entries.count } }

    func remove(_ processID: Int32) { state.withLock { $0.entries[processID] = nil } }

    /// The caller does not learn whether there was such a connection.
    func cancel(_ processID: Int32, key: [UInt8]) {
        guard let entry = state.withLock({ $0.entries[processID] }), Digest.areEqual(entry.key, key) else { return }
        entry.interruption.interrupt(.request)
    }
}
