import ColumnStore

/// Holds what is stored of a document that came again against its hash, before the sender is told that it is stored: what is damaged in a hot
/// file is written anew from what was brought. On a thread of its own, since reading documents would hold up the writer's.
///
/// Only the very bytes that were stored once are a repeat, so whatever is written is what was there. Other bytes are another document, 409.
final class RepeatCheck: Sendable {
    /// A row that came again, and the receipt that is stored.
    struct Repeat: Sendable {
        let row: HotRow
        let stored: StoredReceipt
    }

    private struct Job: Sendable {
        let repeats: [Repeat]
        let done: @Sendable () -> Void
    }

    private struct State {
        var jobs: [Job] = []
        var isStopping = false
    }

    private let tier: HotTier
    private let state = Monitor(State())
    private let thread: Monitor<WorkerThread?> = Monitor(nil)

    init(tier: HotTier) { self.tier = tier }

    func start() { thread.withLock { $0 = WorkerThread(name: "repeat-check") { [self] in run() } } }

    /// What waits is answered without having been looked at; so is what comes later.
    func stop() {
        state.broadcast { $0.isStopping = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    /// - Parameter done: called once the stored documents are right, or cannot be made so; on any thread.
    func submit(_ repeats: [Repeat], done: @escaping @Sendable () -> Void) {
        let isTaken = state.signal { state in
            if state.isStopping { return false }
            state.jobs.append(Job(repeats: repeats, done: done))
            return true
        }
        if !isTaken { done() }
    }

    private func run() {
        while true {
            let (jobs, isStopping) = state.wait { state -> ([Job], Bool)? in
                if state.jobs.isEmpty && !state.isStopping { return nil }
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping)
            }
            for job in jobs {
                if !isStopping { check(job.repeats) }
                job.done()
            }
            if isStopping { return }
        }
    }

    private func check(_ repeats: [Repeat]) {
        var repairs: [(file: HotFile, rows: [RowRepair])] = []
        let files = tier.boundary.snapshot().files
        for known in repeats {
            do {
                guard let (file, repair) = try repair(known, files) else { continue }
                if let place = repairs.firstIndex(where: { $0.file === file }) {
                    repairs[place].rows.append(repair)
                } else {
                    repairs.append((file, [repair]))
                }
            } catch {
                note(known.stored, error)
            }
        }
        for (file, rows) in repairs {
            do { try file.repair(rows, by: tier.writer) } catch {
                StoreLog.note("could not write damaged receipts anew", path: file.path, reason: "\(error)", level: .warning)
            }
        }
    }

    private func note(_ receipt: StoredReceipt, _ error: any Error) {
        StoreLog.note(
            "could not hold a receipt that was sent again against what is stored", path: receipt.table,
            reason: "ticket \(receipt.summary.ticketID): \(error)", level: .warning)
    }

    /// - Returns: nil when the stored document is as it was, or is in no hot file.
    private func repair(_ known: Repeat, _ files: [HotFile]) throws -> (HotFile, RowRepair)? {
        for file in files.reversed() {
            guard let found = try file.soundness(of: known.stored, under: known.row.identity) else { continue }
            guard let fault = found.fault else { return nil }
            let document = try known.row.document[32...].withUnsafeBytes {
                try file.dictionaries.inflate($0, coding: known.row.coding, byteCount: known.row.documentByteCount)
            }
            guard let encoded = try values(known.row, document, found, file) else {
                note(known.stored, fault)
                return nil
            }
            return (file, RowRepair(row: found.row, document: document, encoded: encoded))
        }
        return nil
    }

    /// The columns as the version of the type that took the document reads them; nil where that cannot be had.
    private func values(_ row: HotRow, _ document: [UInt8], _ found: HotFile.Soundness, _ file: HotFile) throws -> [UInt8]? {
        if row.kind.type == found.kind.type, row.kind.version == found.kind.version, row.kind.fields == found.kind.fields { return Array(row.values) }
        guard try file.values.canRead(found.kind) else { return nil }
        return try file.values.encoded(document, found.kind, receivedAt: found.receivedAt)
    }
}

extension Intake {
    /// An answer that waits until what is stored of repeats was looked at.
    func checked(_ rows: [HotRow], _ completion: @escaping @Sendable (Submission.Answer) -> Void) -> @Sendable (Submission.Answer) -> Void {
        { [repeats = parts.repeats] answer in
            guard case .done(let outcomes) = answer else { return completion(answer) }
            var known: [RepeatCheck.Repeat] = []
            for (row, outcome) in zip(rows, outcomes) {
                if case .repeated(let stored) = outcome { known.append(.init(row: row, stored: stored)) }
            }
            if known.isEmpty { return completion(answer) }
            repeats.submit(known) { completion(answer) }
        }
    }
}
