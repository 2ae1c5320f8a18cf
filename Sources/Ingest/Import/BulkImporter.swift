import ColumnStore
package import Documents

/// Takes many JSON documents into cold files at once, past the hot tier: for a process that has the store to itself.
///
/// Two threads read pieces of the input; in the input's order they are gathered into a batch, whose records go, sorted in runs, to a
/// temporary file. A full batch is merged into files of the cold tables and published in one transaction (`ImportPublication`).
/// Records that register or notify somebody, and batches too small for files of their own, go the way of a POST.
///
/// Invariants:
/// 1. Pieces are gathered in the input's order, by one thread at a time: of documents under one identity the first in the file is the row, whichever thread
///    read it.
/// 2. Sorting and writing a run aside needs no order, and goes on beside the next piece; `settle` waits for it.
/// 3. What is not published is nowhere but in memory and in the nameless file: an end of the process leaves the store as the last batch left it, but for
///    what was passed on or refused by then.
///
/// `add`, `finish` and `stop` are one caller's, on one thread. How and why it is so: `docs/decisions/0012`.
package final class BulkImporter: @unchecked Sendable {
    // Proof: `parsers`, by worker; `batch` and what counts belong to whoever absorbs, one at a time (`State.isAbsorbing`), or to the
    // caller while no piece is under way.

    package struct Options: Sendable {
        package var client: String?
        package var type: String?
        /// Threads that parse, and later those that write files: 1 at least.
        package var workerCount = 2
        /// A last batch of fewer rows goes through the hot tier: files of a few thousand rows cost every later query an open each.
        package var rowCountMin = 20_000
        /// Rows of a batch, or documents that came twice in it. Of each row 48 bytes stay in memory.
        package var rowCountMax = 2_000_000
        /// Of records in the temporary file.
        package var byteCountMax = 6 << 30
        /// Of records that are sorted and written aside together; so much lies in memory, and once more while the one before is written.
        package var runByteCount = 40 << 20
        /// Refused documents that wait in memory.
        package var heldByteCountMax = 32 << 20
        /// Other documents under identities that the batch has: they wait in memory until it is published, which they bring about.
        package var duplicateByteCountMax = 128 << 20
        package init() {}
    }

    /// Who hears what becomes of records; called from any thread, one call at a time.
    package struct Outlet: Sendable {
        /// A record that must go the way of a POST. May block for as long as that does.
        ///
        /// - Parameters:
        ///   - number: of the record in the whole input, from 1.
        ///   - isOfSeveral: whether it is an array or an envelope.
        package var passOn: @Sendable (_ number: Int, _ bytes: [UInt8], _ isOfSeveral: Bool) throws -> Void
        /// Returns once all that was passed on has its answer.
        package var settle: @Sendable () throws -> Void
        /// - Parameter document: empty for a record whose beginning and end could not be found.
        package var refuse: @Sendable (_ number: Int, _ document: [UInt8], _ problem: Fault) throws -> Void
        package init(
            passOn: @escaping @Sendable (_ number: Int, _ bytes: [UInt8], _ isOfSeveral: Bool) throws -> Void, settle: @escaping @Sendable () throws -> Void,
            refuse: @escaping @Sendable (_ number: Int, _ document: [UInt8], _ problem: Fault) throws -> Void
        ) {
            self.passOn = passOn
            self.settle = settle
            self.refuse = refuse
        }
    }

    /// What became of records that were not passed on; those that were, whoever took them counts.
    package struct Counts: Sendable {
        package var imported = 0
        package var repeated = 0
        package var rejected = 0
    }

    private struct State {
        /// Not parsed yet, in the input's order.
        var chunks: [(number: Int, chunk: ImportChunk)] = []
        /// The number that the next piece of input gets.
        var nextChunk = 0
        /// Read, and not yet absorbed since an earlier one is under way.
        var pieces: [Int: ImportPiece] = [:]
        /// The number of the piece whose turn it is to be gathered.
        var nextPiece = 0
        var isAbsorbing = false
        /// Runs that are being sorted and written aside.
        var writingCount = 0
        /// Ends the threads.
        var isFinished = false
        /// The batch is to be published before more is added.
        var isFull = false
        var seenCount = 0
        /// The first one: it ends the threads, and every later call throws it.
        var failure: (any Error)?
    }

    /// Pieces that wait for a parser: enough that none is idle.
    private static let waitingMax = 3
    /// Pieces that are read, for each thread: while whoever gathers waits for the outlet the others read no further.
    private static let piecesPerWorker = 4
    private let engine: Engine
    private let intake: Intake
    private let options: Options
    private let outlet: Outlet
    private let state = Monitor(State())
    private var threads: [WorkerThread] = []
    private var batch: ImportBatch
    private var recordCount = 0
    private var counts = Counts()
    private var publishedCount = 0

    package init(engine: Engine, options: Options, outlet: Outlet) {
        self.engine = engine
        self.options = options
        self.outlet = outlet
        intake = Intake(
            parts: engine.intakeParts,
            request: IntakeRequest(
                form: .ndjson, body: [], contentType: "application/x-ndjson", principal: .admin, type: options.type, client: options.client))
        batch = ImportBatch(directory: engine.directory.path)
        threads = (0..<options.workerCount).map { _ in WorkerThread(name: "import-parser") { [self] in work() } }
    }

    /// Records that were read so far.
    package var seenCount: Int { state.withLock { $0.seenCount } }

    /// Takes the next piece of the input; waits while enough is under way, and while a batch is published.
    ///
    /// - Throws: what failed on another thread; `disk-full`; what the outlet throws.
    package func add(_ chunk: ImportChunk) throws {
        let isFull = try state.wait { state -> Bool? in
            if let failure = state.failure { throw failure }
            if state.isFull { return true }
            guard state.chunks.count < Self.waitingMax else { return nil }
            return false
        }
        if isFull { try publish() }
        state.broadcast { state in
            state.chunks.append((state.nextChunk, chunk))
            state.nextChunk += 1
        }
    }

    /// Publishes the rest and ends the threads.
    ///
    /// Files of one year that several batches made are merged before it returns.
    package func finish() throws -> Counts {
        defer { stop() }
        try publish()
        if publishedCount > 1 { try engine.compactor.mergeAll() }
        return counts
    }

    /// Ends the threads: what is not published is forgotten.
    package func stop() {
        state.broadcast { $0.isFinished = true }
        for thread in threads { thread.join() }
        threads = []
    }

    // MARK: Reading

    private func work() {
        let parser = ImportParser(intake)
        while true {
            let next = state.wait { state -> (number: Int, chunk: ImportChunk)?? in
                if state.isFinished || state.failure != nil { return .some(nil) }
                // The piece whose turn it is was taken first: it is among those that are read, or is being read.
                guard !state.chunks.isEmpty, state.pieces.count < Self.piecesPerWorker * options.workerCount else { return nil }
                return .some(state.chunks.removeFirst())
            }
            guard let next = next ?? nil else { return }
            state.broadcast { _ in }
            let piece = parser.parse(next.chunk)
            state.broadcast { $0.pieces[next.number] = piece }
            do { try absorb() } catch { state.broadcast { $0.failure = $0.failure ?? error } }
        }
    }

    /// Gathers the pieces whose turn it is, unless another thread does.
    private func absorb() throws {
        // Which thread gathers is whoever comes first: the one that finds another at it goes back to parsing, and the other takes its piece in turn.
        while true {
            let turn = state.withLock { state -> ImportPiece? in
                guard !state.isAbsorbing, state.failure == nil, let piece = state.pieces.removeValue(forKey: state.nextPiece) else { return nil }
                state.isAbsorbing = true
                return piece
            }
            guard let piece = turn else { return }
            guard let run = try gather(piece) else { continue }
            // Others read on, and gather, meanwhile.
            defer { state.broadcast { $0.writingCount -= 1 } }
            let written = try run.write()
            state.withLock { _ in batch.runs.append(written) }
        }
    }

    /// - Returns: the records of a run, once there are enough of them, for the caller to write aside.
    private func gather(_ piece: ImportPiece) throws -> ImportBatch.PendingRun? {
        var run: ImportBatch.PendingRun?
        let result = Result {
            for (number, bytes, isOfSeveral) in piece.passedOn { try outlet.passOn(recordCount + number + 1, bytes, isOfSeveral) }
            batch.add(piece, firstNumber: recordCount + 1)
            recordCount += piece.recordCount
            if batch.run.byteCount >= options.runByteCount {
                try checkFree()
                run = try batch.takeRun()
            }
            // Before they fill the memory; what the end of the batch finds out about others comes after them.
            if batch.heldByteCount >= options.heldByteCountMax { try refuse(batch.takeRefused()) }
        }
        let isFull =
            max(batch.rows.count, batch.duplicates.count) >= options.rowCountMax || batch.byteCount >= options.byteCountMax
            || batch.duplicateByteCount >= options.duplicateByteCountMax
            // A piece adds some thousands at most.
            || batch.tables.count >= ImportOrder.tableCountMax / 2
        state.broadcast { state in
            state.isAbsorbing = false
            state.nextPiece += 1
            state.seenCount = recordCount
            if isFull { state.isFull = true }
            if run != nil { state.writingCount += 1 }
        }
        try result.get()
        return run
    }

    /// Asked once for each run: room that other writers of the machine take meanwhile is not held for the import.
    private func checkFree() throws {
        guard let free = DataDirectory.freeBytes(engine.directory.path), free < engine.options.hot.writer.minFreeBytes else { return }
        throw Fault(.diskFull, "less than limits.min_free is free on the disk: what is imported so far stays; import the file again when there is space")
    }

    /// Waits until all that was added is gathered and written aside.
    private func settle() throws {
        try state.wait { state -> Void? in
            if let failure = state.failure { throw failure }
            return state.nextPiece == state.nextChunk && state.writingCount == 0 && !state.isAbsorbing ? () : nil
        }
    }

    // MARK: Publishing

    private func publish() throws {
        try settle()
        let full = batch
        batch = ImportBatch(directory: engine.directory.path)
        state.withLock { $0.isFull = false }
        if full.isEmpty { return }
        // The last one, or one that is full of what came twice.
        if full.runs.isEmpty, full.rows.count < options.rowCountMin {
            try handOver(full)
            return
        }
        if let run = try full.takeRun() { full.runs.append(try run.write()) }
        let result = try ImportPublication(batch: full, compactor: engine.compactor, workerCount: options.workerCount).run()
        if result.imported > 0 { publishedCount += 1 }
        counts.imported += result.imported
        counts.repeated += result.repeated
        try report(full, result.conflicts)
    }

    /// A few records go through the hot tier, which finds their repeats and conflicts: also what each is that came twice, since nobody here knows what became of the first.
    private func handOver(_ batch: ImportBatch) throws {
        for record in batch.run.records { try outlet.passOn(record.number, Array(record.document), false) }
        if !batch.duplicates.isEmpty {
            // Several are under way at a time, and the first in the file is to be the row.
            try outlet.settle()
            let firsts = Dictionary(batch.run.records.map { ($0.ordinal, $0) }) { first, _ in first }
            for duplicate in batch.duplicates {
                try outlet.passOn(duplicate.number, duplicate.document ?? firsts[duplicate.ordinal].map { Array($0.document) } ?? [], false)
            }
        }
        try refuse(batch.takeRefused())
    }

    /// Tells what was refused, in the order of the input, and counts what came twice.
    private func report(_ batch: ImportBatch, _ conflicts: [Int: ImportMark]) throws {
        var refused = batch.takeRefused()
        var documents: [Int: [UInt8]] = [:]
        if !conflicts.isEmpty {
            try batch.forEachRecord(ofDays: Set(conflicts.keys.map { batch.rows[$0].dayKey })) { record in
                guard conflicts[record.ordinal] != nil else { return }
                let document = Array(record.document)
                documents[record.ordinal] = document
                refused.append(.init(number: record.number, document: document, problem: Intake.differentDocument, type: nil))
            }
        }
        for duplicate in batch.duplicates {
            // What the store holds under the identity by now: its earlier document, or the batch's first.
            let held = conflicts[duplicate.ordinal] ?? batch.rows[duplicate.ordinal].document
            if duplicate.mark == held {
                counts.repeated += 1
            } else {
                let document = duplicate.document ?? documents[duplicate.ordinal] ?? []
                refused.append(.init(number: duplicate.number, document: document, problem: Intake.differentDocument, type: nil))
            }
        }
        try refuse(refused.sorted { $0.number < $1.number })
    }

    /// Keeps in quarantine what belongs there, and tells the caller.
    private func refuse(_ refused: [ImportPiece.Refused]) throws {
        var refused = refused
        let kept = refused.indices.compactMap { index in
            intake.refused(refused[index].problem, type: refused[index].type, document: refused[index].document).map { (index, $0) }
        }
        for ((index, _), ticket) in zip(kept, try engine.quarantine.add(kept.map(\.1))) { refused[index].problem.note(ticketID: ticket) }
        counts.rejected += refused.count
        for refused in refused { try outlet.refuse(refused.number, refused.document, refused.problem) }
    }
}
