internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Who is connected, and who is still saying who they are.
///
/// A connection has a thread. Those that have shown no credential are few, and each address has a bounded share of both: one that floods the door closes its own
/// oldest beginnings, and takes no place of others. Where several flood it, whoever comes closes a beginning of the network that has most of them: the door stays
/// shut to nobody, and who has few of them keeps theirs, unless nobody has many.
///
/// One that was asked to close does not count against the limits, up to half as many as may be starting.
final class ConnectionPlaces: Sendable {
    struct Limits: Sendable {
        var all = 1_000
        var ofAddress = 800
        var starting = 256
        var startingOfAddress = 64
        /// A network with no more beginnings floods nothing by itself: where none has more, the oldest of all makes room. So many networks as anybody has of IPv6 hold
        /// the door shut only with all places anew in the time in which a client says who it is.
        var startingOfNetworkMin = 4

        var closing: Int { max(1, starting / 2) }
        /// Of those who have said who they are: one contract leaves places to others, as it does at HTTP's door.
        var ofContract: Int { max(1, all / 2) }

        /// Takes what settings allow where that is less. Of few places half are left for those who have said who they are.
        mutating func bound(all: Int, ofAddress: Int) {
            self.all = min(self.all, all)
            self.ofAddress = min(self.ofAddress, ofAddress)
            starting = min(starting, max(1, self.all / 2))
        }
    }

    enum Refusal: Error { case full }

    private struct Entry {
        let address: PeerAddress?
        let socket: Int32
        let interruption: Interruption
        var isStarting = true
        /// Who has said so.
        var contract: ClientID?
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

    /// Those that were not asked to close, as one look at all of them counts them.
    private struct Tally {
        struct Beginnings {
            var count = 0
            /// The lowest of their numbers.
            var oldest = Int.max
        }

        var count = 0
        /// Of the network that somebody comes from.
        var ownCount = 0
        var startingCount = 0
        var closingCount = 0
        private var beginnings: [PeerAddress?: Beginnings] = [:]

        init(_ entries: [Int: Entry], of network: PeerAddress?) {
            for (number, entry) in entries {
                guard !entry.isClosing else {
                    closingCount += 1
                    continue
                }
                let its = entry.address?.network
                count += 1
                if its == network { ownCount += 1 }
                guard entry.isStarting else { continue }
                startingCount += 1
                var known = beginnings[its] ?? Beginnings()
                known.count += 1
                known.oldest = min(known.oldest, number)
                beginnings[its] = known
            }
        }

        func startingCount(of network: PeerAddress?) -> Int { beginnings[network]?.count ?? 0 }

        /// The beginning that makes room for another; nil where room is not what is wanting, or none can be spared.
        func leaver(for network: PeerAddress?, _ limits: Limits) -> Int? {
            if let own = beginnings[network], own.count >= limits.startingOfAddress { return own.oldest }
            let areBeginningsTaken = startingCount >= limits.starting
            guard areBeginningsTaken || count >= limits.all else { return nil }
            // Of networks that have as many the one with the oldest.
            guard let most = beginnings.values.max(by: { ($0.count, $1.oldest) < ($1.count, $0.oldest) }) else { return nil }
            if most.count > limits.startingOfNetworkMin { return most.oldest }
            // Where those who have said who they are take the places, the few who are about to keep theirs.
            return areBeginningsTaken ? beginnings.values.map(\.oldest).min() : nil
        }
    }

    /// - Returns: the connection's number, by which it leaves; nil where there is no place.
    func enter(_ socket: Int32, _ address: PeerAddress?, _ interruption: Interruption) -> Int? {
        state.withLock { state in
            let network = address?.network
            let tally = Tally(state.entries, of: network)
            let leaver = tally.closingCount < limits.closing ? tally.leaver(for: network, limits) : nil
            let isOwn = leaver.flatMap { state.entries[$0] }.map { $0.address?.network == network } ?? false
            // It counts no more.
            let (left, ownLeft) = (leaver == nil ? 0 : 1, isOwn ? 1 : 0)
            let isFull = state.isStopping || tally.count - left >= limits.all || tally.ownCount - ownLeft >= limits.ofAddress
                || tally.startingCount - left >= limits.starting || tally.startingCount(of: network) - ownLeft >= limits.startingOfAddress
            if isFull {
                state.refusedCount += 1
                return nil
            }
            if let leaver, let entry = state.entries[leaver] {
                state.entries[leaver]?.isClosing = true
                shutdown(entry.socket, HangupWatcher.both)
            }
            state.number += 1
            state.entries[state.number] = Entry(address: address, socket: socket, interruption: interruption)
            return state.number
        }
    }

    /// It has shown who it is.
    ///
    /// - Returns: false where its contract has as many connections as it may; the administrator has all that are left.
    func admitted(_ number: Int, _ identity: Identity) -> Bool {
        state.withLock { state in
            if let contract = identity.client {
                guard state.entries.values.count(where: { $0.contract == contract && !$0.isClosing }) < limits.ofContract else {
                    state.refusedCount += 1
                    return false
                }
                state.entries[number]?.contract = contract
            }
            state.entries[number]?.isStarting = false
            return true
        }
    }

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
