internal import ColumnStore
import Glibc
import Synchronization

/// Who is connected, and who is still saying who they are.
///
/// A connection has a thread. Those that have shown no credential are few, and each address has a bounded share of both: one that floods the door closes its own
/// oldest beginnings, and takes no place of others.
final class ConnectionPlaces: Sendable {
    struct Limits: Sendable {
        var all = 1_000
        var ofAddress = 800
        var starting = 256
        var startingOfAddress = 64
    }

    enum Refusal: Error { case full }

    private struct Entry {
        let address: PeerAddress?
        let socket: Int32
        let interruption: Interruption
        var isStarting = true
        /// It was asked to make room, and goes by itself once it sees that nothing more comes.
        var isClosing = false
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var number = 0
        var isStopping = false
        var refusedCount = 0
    }

    let limits: Limits
    private let state: Monitor<State>

    init(_ limits: Limits) { (self.limits, state) = (limits, Monitor(State())) }

    var count: Int { state.withLock { $0.entries.count } }
    var refusedCount: Int { state.withLock { $0.refusedCount } }
    /// Connections at a statement.
    var busyCount: Int { state.withLock { $0.entries.values.count { $0.interruption.isBusy } } }

    /// - Returns: the connection's number, by which it leaves; nil where there is no place.
    func enter(_ socket: Int32, _ address: PeerAddress?, _ interruption: Interruption) -> Int? {
        state.withLock { state in
            let network = address?.network
            let own = state.entries.filter { $0.value.address?.network == network }
            let starting = own.filter { $0.value.isStarting && !$0.value.isClosing }
            if starting.count >= limits.startingOfAddress, let oldest = starting.min(by: { $0.key < $1.key }) {
                state.entries[oldest.key]?.isClosing = true
                shutdown(oldest.value.socket, HangupWatcher.both)
            }
            let isFull = state.isStopping || state.entries.count >= limits.all || own.count >= limits.ofAddress
                || state.entries.values.count(where: \.isStarting) >= limits.starting
            if isFull {
                state.refusedCount += 1
                return nil
            }
            state.number += 1
            state.entries[state.number] = Entry(address: address, socket: socket, interruption: interruption)
            return state.number
        }
    }

    /// It has shown who it is.
    func admitted(_ number: Int) { state.withLock { $0.entries[number]?.isStarting = false } }

    /// - Parameter close: runs before anybody else may touch the socket's number.
    func leave(_ number: Int, _ close: () -> Void) {
        state.broadcast { state in
            state.entries[number] = nil
            close()
        }
    }

    /// As `leave`, of one that was given a place, and cannot be served.
    func refuse(_ number: Int, _ close: () -> Void) {
        state.broadcast { state in
            state.entries[number] = nil
            state.refusedCount += 1
            close()
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// No connection reads any more: those at a statement end after it. `isStopping` is true before the first socket shows it, so that whoever takes the end of
    /// reading for the client's going can tell.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for entry in state.entries.values { shutdown(entry.socket, HangupWatcher.reading) }
        }
    }

    /// Ends every statement.
    func interruptAll() { for entry in state.withLock({ Array($0.entries.values) }) { entry.interruption.interrupt(.stop) } }

    /// - Returns: false when a connection is still there.
    func waitUntilEmpty(seconds: Double) -> Bool { state.wait(seconds: seconds) { $0.entries.isEmpty ? true : nil } ?? false }
}
