import ColumnStore
import Documents

/// What a group does with each row: whether it is new, what it gets, and when readers see it. All of it but the last within the group's transaction.
extension HotWriterCore {
    /// A submission's rows, each by `storeOne`; an atomic one with several as a part that is undone when one of them conflicts.
    ///
    /// - Returns: its answer, to be given after the commit.
    func store(
        _ submission: Submission, _ writer: HotFileWriter, _ process: ProcessTransaction, _ now: Int64, _ rows: inout [TailRow]
    ) throws -> Submission.Answer {
        let (earlier, refused) = lookAgain(submission, except: writer.file)
        // One look-up for all of its documents instead of one for each.
        if submission.rows.count > 1 { try versions.meet(submission.rows.compactMap(\.versionKey)) }
        if !submission.isAtomic {
            var outcomes: [Submission.Outcome] = []
            for (index, row) in submission.rows.enumerated() {
                if let refusal = refused[index] {
                    outcomes.append(.refused(refusal))
                    continue
                }
                switch try storeOne(row, earlier[index], writer, process, now, &rows) {
                case .done(let outcome): outcomes += outcome
                case .conflicts(let conflicts): outcomes.append(.conflict(ticketID: conflicts[0].ticketID))
                case .refused(let problem): outcomes.append(.refused(problem))
                }
            }
            return .done(outcomes)
        }
        if let refusal = refused.min(by: { $0.key < $1.key })?.value { return .refused(refusal) }
        if submission.rows.count == 1 { return try storeOne(submission.rows[0], earlier[0], writer, process, now, &rows) }
        // All that a row leaves behind: undone together, or an undone row would be shown or counted.
        let rowsBefore = rows.count
        let countBefore = writer.rowCount
        let sequenceBefore = nextSequence
        let workBefore = process.work.count
        let versionsBefore = versions.count
        try writer.beginPart()
        var outcomes: [Submission.Outcome] = []
        var conflicts: [Submission.Conflict] = []
        for index in submission.rows.indices {
            switch try storeOne(submission.rows[index], earlier[index], writer, process, now, &rows) {
            case .done(let outcome): outcomes += outcome
            case .conflicts(let own): conflicts.append(.init(place: index, ticketID: own[0].ticketID))
            case .refused: preconditionFailure("a row alone is never refused")
            }
        }
        if conflicts.isEmpty {
            try writer.endPart()
            return .done(outcomes)
        }
        try writer.undoPart(rowCount: countBefore)
        rows.removeLast(rows.count - rowsBefore)
        process.undo(workCount: workBefore)
        versions.undo(count: versionsBefore)
        nextSequence = sequenceBefore
        return .conflicts(conflicts)
    }

    /// What the rows meet outside the open file, as of now: looked up again for those whose own identity may have another answer since the
    /// submitter looked. One that cannot be looked up, since a file is damaged that it may be in, is refused by itself.
    ///
    /// The submitter looked on its own thread, so that the writer need not: usually nothing has changed since, and this is a comparison of two
    /// numbers.
    private func lookAgain(_ submission: Submission, except open: HotFile) -> (earlier: [StoredReceipt?], refused: [Int: Fault]) {
        var earlier = submission.earlier
        var refused: [Int: Fault] = [:]
        let (snapshot, changes) = store.boundary.changes(since: submission.generation)
        if let changes, changes.isEmpty { return (earlier, refused) }
        for index in earlier.indices {
            let row = submission.rows[index]
            // What a version meets the index tells (`storeVersion`).
            if row.version != nil { continue }
            // The same document, wherever it is now: it is stored. In a table of its type's earlier version, too.
            if let found = earlier[index], found.table != row.kind.table || (found.isOf(row.sha256) && found.summary.state == .complete) { continue }
            func everywhere(_ identity: ReceiptIdentity) throws -> StoredReceipt? { try store.findEarlier(identity, Array(row.sha256), snapshot, open) }
            do {
                var found = try Self.find(row.identity, of: row, earlier[index], changes, snapshot, everywhere: everywhere)
                // Another document there has nothing to do with this one.
                for identity in store.typeTables.otherIdentities(of: row) where !(found?.isOf(row.sha256) ?? false) {
                    if let other = try Self.find(identity, of: row, nil, changes, snapshot, everywhere: everywhere), other.isOf(row.sha256) { found = other }
                }
                earlier[index] = found
            } catch {
                refused[index] = Self.refusal(error)
            }
        }
        return (earlier, refused)
    }

    /// By what has changed: a sealed file is asked by itself; only where that cannot tell, everything is.
    ///
    /// - Parameter identity: the row's own, or that in another table of its type.
    private static func find(
        _ identity: ReceiptIdentity, of row: HotRow, _ earlier: StoredReceipt?, _ changes: [IdentityChange]?, _ snapshot: TierBoundary.Snapshot,
        everywhere: (ReceiptIdentity) throws -> StoredReceipt?
    ) throws -> StoredReceipt? {
        guard let changes else { return try everywhere(identity) }
        var found = [earlier].compactMap { $0 }
        for change in changes {
            switch change {
            case .any: return try everywhere(identity)
            case .holders(let identities): if identities.contains(identity) { return try everywhere(identity) }
            case .sealed(let name):
                // Its rows have gone to cold meanwhile.
                guard let file = snapshot.files.first(where: { $0.name == name }) else { return try everywhere(identity) }
                if let failed = try file.findFailed(identity, document: Array(row.sha256)) { found.append(failed) }
                if let holder = try file.find(identity) { found.append(holder) }
            }
        }
        return StoredReceipt.choose(found, for: row.sha256)
    }

    /// Stores a row, or says what it meets, in this order: the same document anywhere, FAILED or not, is a repeat; an identity that another
    /// document holds is a conflict; else it is new.
    private func storeOne(
        _ row: HotRow, _ earlier: StoredReceipt?, _ writer: HotFileWriter, _ process: ProcessTransaction, _ now: Int64,
        _ rows: inout [TailRow]
    ) throws -> Submission.Answer {
        if let version = row.version { return try storeVersion(row, version, writer, process, now, &rows) }
        if let earlier, earlier.isOf(row.sha256) { return .done([.repeated(earlier)]) }
        if writer.file.hasFailed, let failed = try writer.findFailed(row.identity, document: Array(row.sha256)) { return .done([.repeated(failed)]) }
        if let other = try findMoved(row, writer) { return .done([.repeated(other)]) }
        if let earlier { return .conflicts([.init(place: 0, ticketID: earlier.summary.ticketID)]) }
        let ticket = tickets.next(milliseconds: now / 1_000)
        // Whether the open file has the identity is asked by the insertion itself.
        guard try writer.insert(row, sequence: nextSequence, ticket: ticket, receivedAt: now) else {
            guard let existing = try writer.find(row.identity) else {
                throw SQLiteError(code: 11, message: "a conflict without a conflicting row", path: writer.file.path)
            }
            return existing.isOf(row.sha256) ? .done([.repeated(existing)]) : .conflicts([.init(place: 0, ticketID: existing.summary.ticketID)])
        }
        return .done([.stored(try taken(row, ticket, writer, process, now, &rows))])
    }

    /// The same document in another table of its type, where only the writer can look: in the open file, whose last rows nobody else sees, and in the index of
    /// versions.
    private func findMoved(_ row: HotRow, _ writer: HotFileWriter) throws -> StoredReceipt? {
        for table in store.typeTables.others(of: row.kind.type, than: row.kind.table) {
            switch TableName.kind(of: table).holder {
            case .rows:
                var identity = row.identity
                identity.table = table
                if writer.file.hasFailed, let failed = try writer.findFailed(identity, document: Array(row.sha256)) { return failed }
                if let holder = try writer.find(identity), holder.isOf(row.sha256) { return holder }
            // Of a type that has not always kept to one kind of table.
            case .index:
                let key = VersionKey(table: table, client: Array(row.client), receipt: Array(row.receipt))
                if let newest = try versions.newest(key), newest.isSame(Array(row.sha256)) { return StoredReceipt(newest, of: key) }
            }
        }
        return nil
    }

    /// The next version of a document, unless it says nothing new.
    ///
    /// Order of the questions: does the version follow the one that was asked for; is there something to remove; is it the same as the newest.
    private func storeVersion(
        _ row: HotRow, _ version: RowVersion, _ writer: HotFileWriter, _ process: ProcessTransaction, _ now: Int64, _ rows: inout [TailRow]
    ) throws -> Submission.Answer {
        guard let key = row.versionKey else { preconditionFailure("a version of no document") }
        let newest = try versions.newest(key)
        // What FAILED has changed nothing: there is what was there before it, to be removed or followed.
        let present = newest?.state == .failed ? try versions.present(key) : newest
        if let wanted = version.follows, present?.sequence != wanted { return .refused(Fault(.differentDocument, "a newer version has come meanwhile")) }
        if version.isRemoval {
            guard let present else { return .refused(Fault(.notFound, "there is nothing to remove")) }
            if present.isRemoval { return .done([.repeated(StoredReceipt(present, of: key))]) }
        } else if let newest, newest.isSame(version.content) {
            return .done([.repeated(StoredReceipt(newest, of: key))])
        }
        var row = row
        let number = (newest?.version ?? 0).addingSaturating(1)
        row.set(version: number)
        let ticket = tickets.next(milliseconds: now / 1_000)
        guard try writer.insert(row, sequence: nextSequence, ticket: ticket, receivedAt: now) else {
            throw SQLiteError(code: 11, message: "a version without an identity of its own conflicts with a row", path: writer.file.path)
        }
        let entry = VersionEntry(
            version: number, sequence: nextSequence, ticket: ticket, receivedAt: now, businessDay: row.businessDay, state: row.state,
            isRemoval: version.isRemoval, content: version.content, type: row.kind.type, typeVersion: row.kind.version)
        try versions.add(entry, of: key)
        var stored = try taken(row, ticket, writer, process, now, &rows)
        stored.summary.version = number
        stored.precedingSequence = newest?.sequence
        return .done([.stored(stored)])
    }

    /// What follows from a row that was just inserted: its process, its columns, its answer.
    ///
    /// Takes the next sequence.
    private func taken(
        _ row: HotRow, _ ticket: ULID, _ writer: HotFileWriter, _ process: ProcessTransaction, _ now: Int64, _ rows: inout [TailRow]
    ) throws -> StoredReceipt {
        if let plan = row.process {
            try process.begin(row: writer.rowCount, plan, client: String(decoding: row.client, as: UTF8.self), callbackURL: row.callbackURL)
        }
        let completedAt: Int64? = row.state == .processing ? nil : now
        rows.append(
            TailRow(
                row: writer.rowCount, sequence: nextSequence, ticket: ticket, receivedAt: now, state: row.state, completedAt: completedAt,
                kind: row.kind, businessDay: row.businessDay, issuedAt: row.issuedAt, columns: row.columns,
                clientByteCount: row.clientByteCount, receiptByteCount: row.receiptByteCount))
        let summary = ReceiptSummary(
            ticketID: ticket.description, clientID: String(decoding: row.client, as: UTF8.self),
            receiptID: String(decoding: row.receipt, as: UTF8.self), type: row.kind.type, businessDay: row.businessDay, state: row.state,
            sequence: nextSequence)
        nextSequence += 1
        return StoredReceipt(summary: summary, table: row.kind.table, sha256: Array(row.sha256), receivedAt: now, completedAt: completedAt)
    }

    /// Before the boundary names their sequences, by which readers go: the rows are there for every query that begins from then on.
    ///
    /// The tail first, then the file's figures.
    func publish(_ rows: [TailRow], _ writer: HotFileWriter) {
        guard let first = rows.first, let last = rows.last else { return }
        let file = writer.file
        if rows.allSatisfy({ $0.kind.table == first.kind.table }) {
            file.makeTail(of: first.kind.table).append(rows)
        } else {
            for (table, own) in Dictionary(grouping: rows, by: { $0.kind.table }) { file.makeTail(of: table).append(own) }
        }
        file.publish { info in
            info.rowCount = last.row
            info.lastSequence = last.sequence
            info.lastTicket = last.ticket
            if info.firstTicket == nil { (info.firstTicket, info.firstSequence) = (first.ticket, first.sequence) }
            if info.days.count != writer.businessDays.count { info.days = writer.businessDays }
        }
    }
}
