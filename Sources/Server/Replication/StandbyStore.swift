internal import Cluster
internal import ColumnStore
internal import Ingest

/// Keeps DATA as the committed records say, until the node leads. One thread at a time.
///
/// 1. The files tell records of this node's log, or are made anew before the first is folded.
/// 2. Records are folded in their order, each once, and only those that are committed.
/// 3. `promote` comes after the last of them: a server never opens files that tell less than was acknowledged.
/// 4. What this program cannot read ends neither it nor a start: the node keeps records, folds none, and does not come to lead (`outgrow`).
final class StandbyStore {
    private let host: NodeHost
    private let file: RecordFile
    private let checkpoint: StoreCheckpoint
    private let store: ReplicaStore
    private let warehouse: String?
    /// What reads are answered from.
    private let copies: StandbyCopies
    private let days: StandbyDays
    private let room: DiskRoom
    private var roomWatch = RoomWatch()
    /// Days are held against the leader's once the files tell all up to this record; nil: they were.
    private var daysFrom: Int64? = 0
    /// The files were made anew since the start: they are not again.
    private var isAnew = false
    /// A record that this version cannot read, of those that come or of those that its checkpoint is to be brought through: nothing is folded from then on, whatever the files tell by then.
    private var unread: LaterFormat?
    private var isOutgrown = false
    private let log: Log
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
    init(_ host: NodeHost, _ checkpoint: StoreCheckpoint, directory: String, warehouse: String?, copies: StandbyCopies, days: StandbyDays, room: DiskRoom, log: Log) throws {
        (self.host, self.checkpoint, self.warehouse, self.copies, self.days, self.log) = (host, checkpoint, warehouse, copies, days, log)
        self.room = room
        file = checkpoint.file
        store = try ReplicaStore(directory: directory)
        if try isKnown() { try store.begin() } else { try makeAnew(directory) }
        // Before this node can come to lead.
        try store.findLater()
        if let later = unread ?? store.later { host.outgrow("\(later)") }
    }

    private func makeAnew(_ directory: String) throws {
        // What was folded was committed, and what is committed is synced: records that end before it have lost their end.
        if let least = store.leastSequence, least > file.tail.sequence {
            throw RecordFile.CommandFault(
                "the files of \(directory) tell records up to \(least), and \(directory)/\(ReplicaStore.folder)/records ends at \(file.tail.sequence): where the other machine has all, put DATA aside and begin with an empty one")
        }
        if file.tail.sequence > 0 {
            log.info("the store is made anew of the cluster's records", ["records": .number(file.tail.sequence), "checkpoint": .number(checkpoint.report.record)])
        }
        try clearFiles()
    }

    private func clearFiles() throws {
        // A checkpoint that ended in the middle must be brought further before it is of use, and a later version's record stands in the way: that version goes on with it.
        do { try checkpoint.clear(store) } catch let later as LaterFormat { unread = later }
    }

    /// Whether the files end with a record of this node's log.
    private func isKnown() throws -> Bool {
        guard let position = store.position else { return false }
        // Records up to the base are gone: only their last one is known, by the mark that the checkpoint left.
        let base = file.base
        guard position.sequence > base.sequence else { return position == ReplicaStore.Position(base) }
        guard position.sequence <= file.tail.sequence else { return false }
        // Some files tell more, and were synced with it: records that end before it have lost their end, by a founding that a process did not live to hear of.
        guard store.pending ?? 0 <= file.tail.sequence else { return false }
        return try file.read(from: Int(position.sequence), count: 1).first.map { ReplicaStore.Position($0.mark) == position } ?? false
    }

    /// Folds what is committed, as it comes.
    ///
    /// - Returns: why the process is to end; nil: this node leads, and the store tells all that is committed.
    func follow(isStopping: @Sendable () -> Bool) throws -> String? {
        // While nobody waits for it. Without a thread they are made as they are first asked for.
        _ = WorkerThread.start(name: "types") { CompiledTypes.prepare() }
        copies.begin()
        // Before anything is committed past the record of a copy that is being made.
        defer {
            copies.end()
            days.end()
        }
        while true {
            try outgrow()
            // Woken as records are committed; ten times a second at least, for copies, settling and the stop.
            let (at, mayServe) = (unread == nil ? Int(store.foldedSequence) : Int.max, !isOutgrown)
            let seen = host.standing.wait(seconds: 0.1) { standing -> NodeHost.Standing? in
                standing.committed.sequence > at || standing.isServing && mayServe || standing.ending != nil ? standing : nil
            }
            // Asked after it was heard what is committed: what was cut before that is known here. Before a stop, too: nobody remembers it behind that.
            if let cut = file.takeCut(), cut < Int(max(store.foldedSequence, store.pending ?? 0)) { try beginAfterCut(to: cut) }
            // In order, so that the next start goes on from here and folds nothing twice.
            if isStopping() {
                copies.end()
                store.release(read: [])
                try store.settle()
                if !isOutgrown { try noteIdentity() }
                return "stopped"
            }
            if let ending = seen?.ending { return ending }
            if let seen, seen.committed.sequence > at { try foldOrMend(through: seen.committed.sequence) }
            try outgrow()
            // Folded up to what was committed as the node began to serve: nothing is committed after that but by the server that opens now.
            if let seen, seen.isServing, !isOutgrown, Int(store.foldedSequence) >= seen.committed.sequence { return nil }
            if !isOutgrown { try copies.look(store, heardAt: host.standing.withLock { $0.configuration?.leader }.flatMap { host.heardAt(of: $0) }) }
            if SteadyClock.seconds() - settledAt > Self.settleSeconds {
                try store.settle()
                settledAt = SteadyClock.seconds()
                // A disk of this machine's own, of which the one that leads knows nothing.
                roomWatch.look(room.metrics, log)
                // What the catalog and days are to a later version this one does not know.
                if isOutgrown { continue }
                try noteIdentity()
                try checkWarehouse()
                try checkDays()
            }
        }
    }

    /// A later version leads, or has led, and what it has made this one does not know: it goes on keeping records, and folds what it can. It does not come to lead, and answers no reads.
    private func outgrow() throws {
        guard !isOutgrown, let later = unread ?? store.later else { return }
        isOutgrown = true
        copies.end()
        days.end()
        // The next start sees it in the files, before it can come to lead.
        store.release(read: [])
        try store.settle()
        log.error("a later version has led: this node keeps what is acknowledged, and neither leads nor answers reads until it has that version too", ["reason": .text("\(later)")])
        host.outgrow("\(later)")
    }

    /// What is folded counts, and so does the store that it makes.
    private func noteIdentity() throws {
        if host.store == nil, let found = try store.identity() { host.identify(found) }
    }

    /// - Throws: `OtherWarehouse`.
    private func checkWarehouse() throws {
        if let leader = try store.warehouse(), leader != warehouse { throw OtherWarehouse(leader: leader, own: warehouse) }
    }

    /// Once, as this node begins to follow: files that are not what the leader has noted are made anew of the records, which are proven by their hashes.
    private func checkDays() throws {
        // Without a thread it is tried again as this is asked next. Not while the catalog may tell of rows that a killed process has brought to no day's file.
        if let from = daysFrom, store.foldedSequence >= from, store.pending == nil, days.begin(try store.dayDigests()) { daysFrom = nil }
        guard let found = days.takeFound() else { return }
        let differing = days.report.differing
        if !differing.isEmpty { log.error("days of this node are not the leader's, though they were made anew of the records: verify both stores", ["days": .text(differing.joined(separator: " "))]) }
        guard !found.isEmpty else { return }
        // Those that come after it are folded as they come.
        daysFrom = store.foldedSequence
        log.error("days of this node are not the leader's: its files are made anew of the cluster's records", ["days": .text(found.joined(separator: " ")), "records": .number(Int(store.foldedSequence))])
        try beginAnew()
    }

    private func beginAnew() throws {
        isAnew = true
        try clear()
    }

    private func clear() throws {
        copies.end()
        days.end()
        store.release(read: [])
        try clearFiles()
        if !isOutgrown, unread == nil { copies.begin() }
    }

    /// The cluster goes on from before what the files tell, which no protocol does: a person has had a machine found it that had less (`till cluster found`).
    private func beginAfterCut(to sequence: Int) throws {
        log.warning("the cluster goes on from a record that is before what the files of this node tell: they are made anew", ["record": .number(sequence), "folded": .number(Int(store.foldedSequence))])
        try clear()
    }

    /// A checkpoint has taken the place of what this node had, or of records that were not folded yet.
    private func beginWithCheckpoint() throws {
        log.info("the store is made anew of a checkpoint", ["record": .number(checkpoint.report.record)])
        daysFrom = store.foldedSequence
        try clear()
    }

    /// A file whose bytes or rows contradict a record is made anew with all others, once. A disk that fails, is full or busy says nothing of the files: it ends this node, which begins again.
    private func foldOrMend(through last: Int) throws {
        if file.base.sequence > Int(store.foldedSequence) { try beginWithCheckpoint() }
        // Of the files, too, that were to be made anew and are not.
        guard unread == nil else { return }
        do { try fold(through: last) } catch let later as LaterFormat {
            unread = later
        } catch let error as SQLiteError where !isAnew && !error.isPassing && error.kind != .full && error.kind != .io {
            log.error("a file of this node is damaged: all are made anew of the cluster's records", ["reason": .error(error)])
            try beginAnew()
        } catch let error as ColumnStoreError where !isAnew && error.code == .corruptFile {
            log.error("a file of this node does not take the cluster's records: all are made anew of them", ["reason": .error(error)])
            try beginAnew()
        }
    }

    private func fold(through last: Int) throws {
        for record in try file.read(from: Int(store.foldedSequence) + 1, count: Self.batchCount, through: last) {
            try store.apply(record)
        }
    }

    /// From here on a server may open the store.
    func promote() throws { try store.promote() }
}
