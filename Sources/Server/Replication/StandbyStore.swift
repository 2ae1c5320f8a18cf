internal import Cluster
internal import ColumnStore
internal import Ingest

/// Keeps DATA as the committed records say, until the node leads. One thread at a time.
final class StandbyStore {
    private let host: NodeHost
    private let file: RecordFile
    private let store: ReplicaStore
    private let warehouse: String?
    /// What reads are answered from.
    private let copies: StandbyCopies
    private var settledAt = SteadyClock.seconds()

    private static let batchCount = 64
    /// So often the files are made to tell all, that a restart need not fold again.
    private static let settleSeconds = 2.0

    /// The leader's cold tables lie elsewhere than this node would look for them.
    struct OtherWarehouse: Error, CustomStringConvertible {
        let leader: String
        let own: String?

        var description: String {
            "the leader has its cold tables in \(leader), and storage.url of this node is \(own ?? "not set"): it could not take over; both members of a pair want the same storage.url"
        }
    }

    /// - Parameters:
    ///   - directory: of the store, absolute.
    ///   - warehouse: where this node would look for cold tables; nil: nowhere.
    /// - Throws: where the files cannot be read.
    init(_ host: NodeHost, _ file: RecordFile, directory: String, warehouse: String?, copies: StandbyCopies, log: Log) throws {
        (self.host, self.file, self.warehouse, self.copies) = (host, file, warehouse, copies)
        store = try ReplicaStore(directory: directory)
        guard try !isKnown() else { return }
        // What was folded was committed, and what is committed is synced: records that end before it have lost their end.
        if let least = store.leastSequence, least > file.tail.sequence {
            throw RecordFile.CommandFault(
                "the files of \(directory) tell records up to \(least), and \(directory)/\(ReplicaStore.folder)/records ends at \(file.tail.sequence): where the other machine has all, put DATA aside and begin with an empty one")
        }
        if file.tail.sequence > 0 { log.info("the store is made anew of the cluster's records", ["records": .number(file.tail.sequence)]) }
        try store.clear()
    }

    /// Whether the files end with a record of this node's log.
    private func isKnown() throws -> Bool {
        guard let position = store.position else { return false }
        guard position.sequence > 0 else { return true }
        guard position.sequence <= file.tail.sequence else { return false }
        return try file.read(from: Int(position.sequence), count: 1).first.map { ReplicaStore.Position($0.mark) == position } ?? false
    }

    /// Folds what is committed, as it comes.
    ///
    /// - Returns: why the process is to end; nil: this node leads, and the store tells all that is committed.
    func follow(isStopping: @Sendable () -> Bool) throws -> String? {
        // While nobody waits for it.
        WorkerThread(name: "types", isDetached: true) { CompiledTypes.prepare() }
        copies.begin()
        // Before anything is committed past the record of a copy that is being made.
        defer { copies.end() }
        while true {
            let at = Int(store.foldedSequence)
            let seen = host.standing.wait(seconds: 0.1) { standing -> NodeHost.Standing? in
                standing.committed.sequence > at || standing.isServing || standing.ending != nil ? standing : nil
            }
            if isStopping() {
                copies.end()
                store.release(read: [])
                try store.settle()
                return "stopped"
            }
            if let ending = seen?.ending { return ending }
            if let seen, seen.committed.sequence > at { try fold(through: seen.committed.sequence) }
            if let seen, seen.isServing, Int(store.foldedSequence) >= seen.committed.sequence { return nil }
            try copies.look(store, heardAt: host.standing.withLock { $0.configuration?.leader }.flatMap { host.heardAt(of: $0) })
            if SteadyClock.seconds() - settledAt > Self.settleSeconds {
                try store.settle()
                try checkWarehouse()
                settledAt = SteadyClock.seconds()
            }
        }
    }

    /// - Throws: `OtherWarehouse`.
    private func checkWarehouse() throws {
        if let leader = try store.warehouse(), leader != warehouse { throw OtherWarehouse(leader: leader, own: warehouse) }
    }

    private func fold(through last: Int) throws {
        for record in try file.read(from: Int(store.foldedSequence) + 1, count: Self.batchCount, through: last) {
            try store.apply(ReplicaStore.Position(record.mark), record.kind == .rows || record.kind == .catalog ? record.body : [])
        }
    }

    /// From here on a server may open the store.
    func promote() throws { try store.promote() }
}

extension ReplicaStore.Position {
    init(_ mark: Mark) { self.init(sequence: Int64(mark.sequence), epoch: Int64(mark.epoch), high: mark.hash.high, low: mark.hash.low) }
}
