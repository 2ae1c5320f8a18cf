import ColumnStore
import Documents

/// What the writer holds and does: the open file, the counters, one group after the other. One thread at a time works with it.
///
/// 1. `open` is the only file that takes rows.
/// 2. `nextSequence` is beyond every sequence that is durable anywhere in the store, and is set back when a transaction is rolled back: commits
///    leave no hole.
/// 3. Nothing of a transaction is published before its commit has returned; everything of it is before anybody is answered. Nothing between the two can fail.
/// 4. Once `failure` is set nothing is written any more.
final class HotWriterCore {
    /// What the core needs of the store around it.
    struct Store: Sendable {
        let directory: String
        let clock: Clock
        let boundary: TierBoundary
        let minFreeBytes: Int64
        /// What a document meets under its identity in any place but the open file, in the snapshot given.
        let findEarlier: @Sendable (ReceiptIdentity, _ sha256: [UInt8], TierBoundary.Snapshot, _ open: HotFile?) throws -> StoredReceipt?
        /// Where else a row's document may lie.
        let typeTables: TypeTables
        let versions: VersionIndex
        let nextFile: NextHotFile
        /// The file is there now and may take rows.
        let registerFile: @Sendable (HotFile) throws -> Void
        /// Rows were committed: flush, wake waiting readers.
        let committed: @Sendable (_ file: HotFile, _ sequence: Int64) -> Void
        /// Something else was committed to a file: its log is not at rest.
        let written: @Sendable (HotFile) -> Void
        let rules: ProcessRules
        /// Steps and events that are durable now and wait to be done.
        let queued: @Sendable ([QueuedWork]) -> Void
    }

    let store: Store
    private var open: HotFileWriter?
    /// Sealed files that were worked on last, the latest at the end: processes go on in the files of several days side by side, and opening one
    /// costs more than a change in it.
    ///
    /// At most `sealedCountMax`; each has a connection and a small cache.
    private var sealed: [HotFileWriter] = []
    var nextSequence: Int64
    let tickets: ULIDGenerator
    let versions: VersionNumbering
    /// Set for good by a failed fsync, and by a commit that may be there though it failed (`SQLiteError.leavesDoubt`): its sequences would be in two files.
    private(set) var failure: Fault?
    /// What `checkFree` found last, and when, by the steady clock.
    private var isFull = false
    private var freeCheckedAt: UInt64 = 0

    private static let freeCheckNanoseconds: UInt64 = 500_000_000
    private static let sealedCountMax = 4

    /// `sequence` may be of a row in cold, or of a number that was given out and not used.
    ///
    /// - Parameters:
    ///   - open: the file to go on with.
    ///   - sequence: the last one given out.
    init(store: Store, open: HotFileWriter?, sequence: Int64, tickets: ULIDGenerator) {
        self.store = store
        self.open = open
        nextSequence = sequence + 1
        self.tickets = tickets
        versions = VersionNumbering(index: store.versions, boundary: store.boundary)
    }

    /// Closes its files; their logs stay for the maintenance thread or the next start.
    func close() {
        open = nil
        sealed = []
    }

    // MARK: Groups

    /// The rows that a commit has added, and what they take until they are laid into columns.
    struct Stored {
        var rowCount = 0
        var byteCount = 0

        init(_ rows: [TailRow] = []) { (rowCount, byteCount) = (rows.count, rows.reduce(0) { $0.addingSaturating($1.byteCount) }) }
    }

    /// A group in the making.
    private struct Group {
        var answers: [Submission.Answer] = []
        var rows: [TailRow] = []

        /// Before any of it is durable: an answer for each submission, one who would else wait forever, and a row for each sequence, one that would else
        /// be a hole that every reader of changes takes for the end. Some comparisons a commit, so release builds have them, too.
        func check(_ submissions: [Submission], _ sequences: Range<Int64>) {
            precondition(answers.count == submissions.count, "\(answers.count) answers to \(submissions.count) submissions")
            precondition(rows.count == sequences.count, "\(rows.count) rows for \(sequences.count) sequences")
            assert(zip(rows, sequences).allSatisfy { $0.sequence == $1 }, "rows in another order than their sequences")
            assert(zip(submissions, answers).allSatisfy { $0.takes($1) }, "a submission has other than one outcome for each of its rows")
        }
    }

    /// Stores a group with one fsync, and with it the changes of processes in the open file; those of other files in a transaction for
    /// each file. Answers each submission and change.
    ///
    /// The instant of a transaction is one: `received_at` of its rows, `at` of its events. Each has its own, so that what ends after a walk began ends later.
    ///
    /// - Parameter counting: told of rows that hold, before they are shown and anybody else hears of their commit.
    func commit(_ submissions: [Submission], _ changes: [ProcessChange], counting: (Stored) -> Void) {
        let now = store.clock.now()
        var own: [ProcessChange] = []
        var others: [(file: HotFile, changes: [ProcessChange])] = []
        for change in changes {
            if let open, open.file === change.file {
                own.append(change)
            } else if let place = others.firstIndex(where: { $0.file === change.file }) {
                others[place].changes.append(change)
            } else {
                others.append((change.file, [change]))
            }
        }
        if !submissions.isEmpty || !own.isEmpty { commitOpen(submissions, own, now, counting) }
        for (file, changes) in others { commitOther(file, changes, store.clock.now()) }
    }

    /// The group and the changes of the open file as one transaction. A refusal for the whole group is the answer to each of its submissions.
    ///
    /// - Parameter isApart: of a group that failed as a whole.
    private func commitOpen(_ submissions: [Submission], _ changes: [ProcessChange], _ now: Int64, isApart: Bool = false, _ counting: (Stored) -> Void) {
        var submissions = submissions
        if let refusal = failure ?? (submissions.isEmpty ? nil : checkFree()) {
            for submission in submissions { submission.completion(.refused(refusal)) }
            // A process may go on where nothing new is taken: what it writes is little, and lets files leave.
            if failure != nil || changes.isEmpty {
                for change in changes { change.completion(.failure(refusal)) }
                return
            }
            submissions = []
        }
        do {
            // Before a new file is begun: the changes are of the present one.
            if !changes.isEmpty, let open, !takesRows(open, of: Clock.day(ofMicroseconds: now)) {
                commitOther(open.file, changes, now)
                if !submissions.isEmpty { commitOpen(submissions, [], now, counting) }
                return
            }
            let writer = try openFile(day: Clock.day(ofMicroseconds: now))
            var group = Group()
            let results = try transaction(writer, changes, now) { process in
                let first = nextSequence
                for submission in submissions { group.answers.append(try store(submission, writer, process, now, &group.rows)) }
                group.check(submissions, first..<nextSequence)
            } published: {
                counting(Stored(group.rows))
                publish(group.rows, writer)
            }
            for (submission, answer) in zip(submissions, group.answers) { submission.completion(answer) }
            for (change, result) in zip(changes, results) { change.completion(.success(result)) }
        } catch let error where failure == nil && !isApart && Self.isOfSome(error) {
            commitApart(submissions, changes, counting)
        } catch {
            let refusal = failure ?? Self.refusal(error)
            for submission in submissions { submission.completion(.refused(refusal)) }
            for change in changes { change.completion(.failure(refusal)) }
        }
    }

    /// Whether what cannot be read need not be the matter of all who are in a group. A full disk is.
    private static func isOfSome(_ error: any Error) -> Bool {
        if let unreadable = error as? UnreadableVersions { return unreadable.cause.kind != .full }
        return (error as? SQLiteError)?.kind == .corrupt
    }

    /// Each submission and change by itself: one of them needs a page of the open file, or of the index of versions, that has lost its sum, and the others do not. What a
    /// row meets there is looked up as readers do, who see the rows of such a page, and hold documents against their hashes. Each is a transaction with an instant
    /// of its own.
    private func commitApart(_ submissions: [Submission], _ changes: [ProcessChange], _ counting: (Stored) -> Void) {
        for submission in submissions {
            do {
                let earlier = try submission.rows.indices.map { place -> StoredReceipt? in
                    let row = submission.rows[place]
                    guard submission.earlier[place] == nil, let open else { return submission.earlier[place] }
                    return try open.file.findFailed(row.identity, document: Array(row.sha256)) ?? open.file.find(row.identity)
                }
                let apart = Submission(
                    rows: submission.rows, earlier: earlier, generation: submission.generation, isAtomic: submission.isAtomic,
                    completion: submission.completion)
                commitOpen([apart], [], store.clock.now(), isApart: true, counting)
            } catch {
                submission.completion(.refused(Self.refusal(error)))
            }
        }
        for change in changes { commitOpen([], [change], store.clock.now(), isApart: true, counting) }
    }

    /// Changes in a file that is not the open one: a transaction and an fsync of its own.
    private func commitOther(_ file: HotFile, _ changes: [ProcessChange], _ now: Int64) {
        do {
            if let failure { throw failure }
            let results = try transaction(try writer(of: file), changes, now, { _ in }, published: {})
            for (change, result) in zip(changes, results) { change.completion(.success(result)) }
        } catch let error where failure == nil && changes.count > 1 && Self.isOfSome(error) {
            for change in changes { commitOther(file, [change], store.clock.now()) }
        } catch {
            for change in changes { change.completion(.failure(failure ?? Self.refusal(error))) }
        }
    }

    /// One durable transaction of rows and changes; then all of it is visible and queued.
    ///
    /// - Parameters:
    ///   - body: stores rows, and raises `nextSequence` by one for each; changes take their numbers behind them.
    ///   - published: shows the rows, after the commit.
    /// - Throws: what failed, after the rollback. What leaves doubt of the commit sets `failure`.
    private func transaction(
        _ writer: HotFileWriter, _ changes: [ProcessChange], _ now: Int64, _ body: (ProcessTransaction) throws -> Void,
        published: () -> Void
    ) throws -> [ProcessResult] {
        let sequenceBefore = nextSequence
        let process = writer.process(now: now, sequence: sequenceBefore, rules: store.rules)
        var results: [ProcessResult] = []
        try writer.begin()
        do {
            try body(process)
            process.nextSequence = nextSequence
            for change in changes { results.append(try isTaken(change.claim, writer) ? .contradicting : process.apply(change.action)) }
            // Whoever hands a change in waits for its result, and each change of a row has the next sequence.
            precondition(results.count == changes.count && process.changes.count == Int(process.nextSequence - nextSequence), "a change without its result or sequence")
            assert(process.changes.indices.allSatisfy { process.changes[$0].sequence == nextSequence + Int64($0) })
            try settleVersions(process.changes, in: writer.file)
            store.boundary.announce(process.changes.compactMap(\.before), of: writer.file.name)
            try writer.commit()
            nextSequence = process.nextSequence
        } catch {
            // No reader has seen these numbers: they are given out again.
            nextSequence = sequenceBefore
            versions.forget()
            noteFailure(error)
            // Where nobody knows what holds nothing more is tried.
            if failure == nil { store.boundary.forgetAnnounced() }
            writer.rollback()
            throw error
        }
        let superseded = versions.publish(through: nextSequence - 1)
        published()
        publish(process.changes, writer.file)
        if nextSequence > sequenceBefore {
            // In one step: whoever sees a version sees which one it supersedes, and states of that moment.
            store.boundary.publish(sequence: nextSequence - 1, at: now, superseded: superseded)
            store.committed(writer.file, nextSequence - 1)
        }
        if !process.work.isEmpty { store.queued(process.work) }
        return results
    }

    /// Whether another receipt has an identity by now, be it one of the present transaction.
    private func isTaken(_ claim: ProcessChange.Claim?, _ writer: HotFileWriter) throws -> Bool {
        guard let claim else { return false }
        func isOther(_ holder: StoredReceipt?) -> Bool { holder.map { $0.summary.ticketID != claim.ticketID } ?? false }
        if isOther(try writer.find(claim.identity)) { return true }
        if let open, open !== writer, isOther(try open.find(claim.identity)) { return true }
        let (snapshot, changes) = store.boundary.changes(since: claim.generation)
        // Nearly always nothing came, or what is of others: cold is not asked then, for which everybody would wait.
        let isOfOthers = changes?.allSatisfy { change in
            if case .holders(let identities) = change { return !identities.contains(claim.identity.ofTableKind) }
            return false
        }
        if isOfOthers ?? false { return false }
        // Where it cannot be looked up it is not taken up: the caller gets the reason when it looks itself.
        do { return isOther(try store.findEarlier(claim.identity, [], snapshot, open?.file)) } catch { return true }
    }

    /// What of the transaction supersedes earlier versions, the changed states of its rows among it. Before the commit: where that cannot be found, nothing is committed.
    ///
    /// Rows whose states change are of earlier transactions: the file's readers have them.
    private func settleVersions(_ changes: [ProcessTransaction.RowChange], in file: HotFile) throws {
        for change in changes where file.allTails.contains(where: { TableName.kind(of: $0.table).numbersVersions }) {
            guard let receipt = try file.receipt(row: change.row), TableName.kind(of: receipt.table).numbersVersions else { continue }
            try versions.change(receipt.versionKey, sequence: receipt.summary.sequence, to: change.change.state)
        }
        try versions.settle()
    }

    /// States that changed are there for every query that begins once the boundary names their sequences.
    private func publish(_ changes: [ProcessTransaction.RowChange], _ file: HotFile) {
        guard let last = changes.last else { return }
        if changes.contains(where: { $0.change.state == .failed }) { file.noteFailed() }
        file.publish { info in
            for change in changes { info.overlay.set(change.row, change.change, sequence: change.sequence) }
            info.lastSequence = max(info.lastSequence, last.sequence)
        }
        // Who looked for the holder of an identity in that file may have seen one that holds it no more.
        let others = changes.filter { $0.change.state != .complete }
        if !others.isEmpty {
            let holders = try? Set(others.map { try file.identity(ofRow: $0.row) })
            store.boundary.note(holders.map { .holders($0) } ?? .any)
        }
    }

    // MARK: Files

    /// Whether the open file is the one for receipts of that day.
    ///
    /// One that was made before versions existed takes none. One of a later day is gone on with where that is the next: a clock is led back around midnight. One of any other
    /// was begun by a clock that was ahead, and would take all that comes until its day is over.
    private func takesRows(_ writer: HotFileWriter, of day: Int32) -> Bool { writer.takesVersions && (0...1).contains(writer.file.day.subtractingSaturating(day)) }

    /// The file for receipts of that day: where the clock has gone back to an earlier one, a new part of that.
    ///
    /// `registerFile` is durable before the file takes a row, so that no restart takes it for one that was never used.
    private func openFile(day: Int32) throws -> HotFileWriter {
        if let open, takesRows(open, of: day) { return open }
        try sealOpenFile()
        let writer = try store.nextFile.take(day: day)
        do { try store.registerFile(writer.file) } catch {
            store.nextFile.giveBack(writer)
            throw error
        }
        store.boundary.add(writer.file)
        open = writer
        return writer
    }

    /// In a transaction of its own: from its commit on the file takes no rows, in this process or another.
    private func sealOpenFile() throws {
        guard let open else { return }
        try open.begin()
        do {
            try open.perform { try $0.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('sealed', 1)") }
            try open.commit()
        } catch {
            noteFailure(error)
            open.rollback()
            throw error
        }
        open.file.publish { $0.isSealed = true }
        store.written(open.file)
        store.boundary.note(.sealed(file: open.file.name))
        // Its last columns are laid down next.
        keep(open)
        self.open = nil
    }

    /// Called between two groups. A failure is reported to the caller that waits for the job, and to nobody else; one that leaves doubt of a commit is reported to all.
    func perform(_ job: HotWriter.Job) {
        let result = Result { try run(job) }
        if case .failure(let error) = result { noteFailure(error) }
        job.completion(result)
    }

    private func run(_ job: HotWriter.Job) throws {
        if let failure { throw failure }
        switch job.target {
        case .forget(let file): sealed.removeAll { $0.file === file }
        case .checkpoint(let file, let cuts): if let open, open.file === file, !file.isPinned { try open.checkpoint(cuts: cuts) }
        case .hold(let body): try body()
        case .number(let body):
            let next = try body(nextSequence, tickets)
            precondition(next >= nextSequence, "sequences that were given out are given out again")
            nextSequence = next
        case .seal(let day): if let open, open.rowCount > 0, open.file.day < day { try sealOpenFile() }
        case .file(let file):
            let writer = try writer(of: file)
            try writer.begin()
            do {
                try job.body(writer)
                try writer.commit()
            } catch {
                writer.rollback()
                throw error
            }
            // One that is leaving goes with its log, and nobody holds it for that.
            if !file.state.isLeaving { store.written(file) }
        }
    }

    /// Opened where none is: a file of an earlier day whose processes go on.
    private func writer(of file: HotFile) throws -> HotFileWriter {
        if let open, open.file === file { return open }
        let known = sealed.first { $0.file === file }
        let writer = try known ?? HotFileWriter(file: file)
        keep(writer)
        return writer
    }

    /// Last used, last to be closed. A writer whose file is pushed out is closed by its `deinit`.
    private func keep(_ writer: HotFileWriter) {
        sealed.removeAll { $0 === writer }
        if sealed.count == Self.sealedCountMax { sealed.removeFirst() }
        sealed.append(writer)
        writer.rest()
    }

    // MARK: Failures

    private func noteFailure(_ error: any Error) {
        guard let error = error as? SQLiteError else { return }
        if error.leavesDoubt {
            failure = Fault(
                .diskFull, "the disk did not confirm a write: nothing is taken until the server is restarted and has checked its files")
        }
    }

    /// An error as a fault for the sender of the row. What SQLite says of the disk is reported as such; damage by its own words.
    static func refusal(_ error: any Error) -> Fault {
        if let problem = error as? Fault { return problem }
        if let damaged = error as? any DamageReport { return damaged.fault }
        guard let error = error as? SQLiteError else { return Fault(.internalError, "the receipt could not be stored", cause: "\(error)") }
        switch error.kind {
        case .full: return Fault(.diskFull, "the disk is full: send it again when there is space")
        case .io: return Fault(.diskFull, "the disk cannot be written: send it again later")
        case .busy: return Fault(.overloaded, "the store is busy: send it again")
        default: return Fault(.internalError, "the receipt could not be stored: \(error.message)", cause: "\(error)")
        }
    }

    /// Looks at most twice a second.
    ///
    /// `limits.min_free`: a full disk would fail in the middle of a commit, and leaves no room to move rows to cold.
    private func checkFree() -> Fault? {
        let now = SteadyClock.nanoseconds()
        if now &- freeCheckedAt > Self.freeCheckNanoseconds {
            freeCheckedAt = now
            isFull = DataDirectory.freeBytes(store.directory).map { $0 < store.minFreeBytes } ?? false
        }
        return isFull ? Fault(.diskFull, "less than limits.min_free is free on the disk: send it again when there is space") : nil
    }
}
