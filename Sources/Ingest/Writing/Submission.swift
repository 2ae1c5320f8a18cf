package import Documents

/// Receipts on their way to the writer: one document, the receipts of an array, or some of many that count each on its own.
///
/// Made by intake, one for each request or for a part of one.
package struct Submission: Sendable {
    /// What became of one row.
    package enum Outcome: Sendable {
        case stored(StoredReceipt)
        /// The same document was here before.
        case repeated(StoredReceipt)
        /// Other bytes are stored under its identity: only where `isAtomic` is false.
        case conflict(ticketID: String)
        /// Whether its identity is taken is unknown, since a file is damaged: only where `isAtomic` is false.
        case refused(Fault)
    }

    /// A row under whose identity other bytes are stored.
    ///
    /// `place` is the row's in the submission, from 0.
    package struct Conflict: Sendable {
        package let place: Int
        /// Of the receipt that is stored.
        package let ticketID: String
    }

    package enum Answer: Sendable {
        /// One for each row, in order.
        case done([Outcome])
        /// Rows under whose identity other bytes are stored; nothing was stored.
        case conflicts([Conflict])
        case refused(Fault)
    }

    package let rows: [HotRow]
    /// For each row: the receipt of its identity that was found outside the open file, while the boundary had `generation`.
    package let earlier: [StoredReceipt?]
    /// The boundary's generation at that look (`TierBoundary.changes(since:)`): the writer looks again at what came since.
    package let generation: UInt64
    /// Whether all rows are stored or none; else each row counts on its own.
    package let isAtomic: Bool
    /// Called once, on the thread that committed, after fsync; must return quickly.
    package let completion: @Sendable (Answer) -> Void

    /// - Precondition: `earlier` has an entry for each row; nil where nothing was found.
    package init(
        rows: [HotRow], earlier: [StoredReceipt?], generation: UInt64, isAtomic: Bool = true,
        completion: @escaping @Sendable (Answer) -> Void
    ) {
        precondition(rows.count == earlier.count)
        self.rows = rows
        self.earlier = earlier
        self.generation = generation
        self.isAtomic = isAtomic
        self.completion = completion
    }

    /// Whether an answer fits these rows: an outcome for each, in order.
    func takes(_ answer: Answer) -> Bool {
        switch answer {
        case .done(let outcomes): outcomes.count == rows.count
        case .conflicts(let conflicts): isAtomic && !conflicts.isEmpty && conflicts.allSatisfy { rows.indices.contains($0.place) }
        case .refused: true
        }
    }

    /// Its size as the queue's bound counts it, in bytes: documents as they are stored, and encoded columns.
    var byteCount: Int { rows.reduce(0) { $0 + $1.document.count + $1.columns.count } }
}
