import Synchronization

/// What the states of rows were before commits changed them, from one moment on: a snapshot holds the moment, and reads by it states that changed since as it must see them.
///
/// Which versions are superseded stands in a snapshot; states stand in files, images and what is laid over these, as they are now. Without this a version that has
/// FAILED since would be left out, and the one before it as well, which the snapshot has as superseded. Rows of versioned tables alone: of others no answer depends on two of these.
///
/// A chain from the older to the newer. A moment holds what came after it and nothing before, so that a commit is forgotten with the last snapshot that is older.
///
/// 1. A commit is linked in before anybody can see what it changed: whoever reads a state first, and then looks here, finds here what he must not see. What is linked in and
///    was rolled back after all says what is so anyway.
/// 2. Of several changes of a row the first counts: it says how the row was at the moment.
package final class EarlierStates: Sendable {
    /// A row that is about to change, as it is.
    package struct Row: Sendable {
        /// Its number in its file.
        package let row: Int64
        /// Its own, not that of the change.
        package let sequence: Int64
        package let state: ReceiptState
        /// Microseconds since 1970; nil while it is PROCESSING.
        package let completedAt: Int64?

        package init(row: Int64, sequence: Int64, state: ReceiptState, completedAt: Int64?) {
            (self.row, self.sequence, self.state, self.completedAt) = (row, sequence, state, completedAt)
        }
    }

    /// The name of the hot file that the rows are of.
    private let file: String
    /// What came before this moment, and is nothing to who holds it.
    private let rows: [Row]
    private let later = Mutex<EarlierStates?>(nil)

    /// The first moment: nothing has changed yet.
    package convenience init() { self.init(file: "", rows: []) }

    private init(file: String, rows: [Row]) { (self.file, self.rows) = (file, rows) }

    deinit {
        // One after another: each let go of by the one before it would take a stack as deep as they are many.
        var next = take()
        while isKnownUniquelyReferenced(&next) { next = next?.take() }
    }

    private func take() -> EarlierStates? {
        later.withLock { later in
            defer { later = nil }
            return later
        }
    }

    /// Links a commit in, by the one writer.
    ///
    /// - Precondition: this is the last moment.
    /// - Returns: the moment behind it.
    func adding(_ rows: [Row], of file: String) -> EarlierStates {
        let next = EarlierStates(file: file, rows: rows)
        later.withLock { later in
            precondition(later == nil, "a moment with two that follow it")
            later = next
        }
        return next
    }

    /// As they were at this moment, of the rows of a file that have changed since, by their numbers there.
    ///
    /// - Complexity: O(what has changed since).
    package func rows(of file: String) -> [Int64: Row] {
        var found: [Int64: Row] = [:]
        forEach { link in
            guard link.file == file else { return }
            for row in link.rows where found[row.row] == nil { found[row.row] = row }
        }
        return found
    }

    /// Of all files, by the rows' own sequences.
    package var bySequence: [Int64: Row] {
        var reader = Reader(self)
        reader.goOn()
        return reader.bySequence
    }

    /// For whoever asks again and again: what has come since he asked last is added, and what came before is not gone through anew, nor kept for him.
    struct Reader {
        /// As `EarlierStates.bySequence` was when `goOn` was called last.
        private(set) var bySequence: [Int64: Row] = [:]
        private var last: EarlierStates

        init(_ moment: EarlierStates) { last = moment }

        /// - Complexity: O(what has changed since the last call).
        mutating func goOn() {
            let from = last
            from.forEach { link in
                for row in link.rows where bySequence[row.sequence] == nil { bySequence[row.sequence] = row }
                last = link
            }
        }
    }

    private func forEach(_ body: (EarlierStates) -> Void) {
        var next = later.withLock { $0 }
        while let link = next {
            body(link)
            next = link.later.withLock { $0 }
        }
    }
}
