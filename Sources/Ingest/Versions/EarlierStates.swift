import ColumnStore
import Synchronization

/// What the states of rows were before commits changed them, from one moment on: a snapshot holds the moment, and reads by it states that changed since as it must see them.
///
/// Which versions are superseded stands in a snapshot; states stand in files, images and what is laid over these, as they are now. Without this a version that has
/// FAILED since would be left out, and the one before it as well, which the snapshot has as superseded. Rows of versioned tables alone: of others no answer depends on two of these.
///
/// A chain from the older to the newer. A moment holds what came after it and nothing before, so that a commit is forgotten with the last snapshot that is older.
///
/// 1. A commit is linked in before anybody can see what it changed: a reader that reads a state first, and then looks here, finds here what it must not see. What is linked in and
///    was rolled back after all states what is true anyway.
/// 2. Of several changes of a row the first counts: it says how the row was at the moment.
/// 3. What a moment holds is charged before it is there (`StatesRoom`). Where that is more than it may be, the oldest moment lets go of all that came after it, and its readers
///    get `SnapshotTooOld`: nobody is given states of another moment.
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

    /// What a commit was about to change, and the moment behind it.
    private struct Link: Sendable {
        /// The name of the hot file that the rows are of.
        let file: String
        let rows: [Row]
        let next: EarlierStates

        /// A moment with its lock and its link, and the rows' own list.
        static func byteCount(rowCount: Int) -> Int { 160 + rowCount.multipliedSaturating(by: MemoryLayout<Row>.stride) }
    }

    private enum Later: Sendable {
        case nothing
        case commit(Link)
        /// It was too much to hold for one moment.
        case letGo
    }

    let room: StatesRoom
    private let later = Mutex(Later.nothing)

    /// The first moment: nothing has changed yet.
    package convenience init(_ room: StatesRoom = StatesRoom()) {
        self.init(in: room)
        room.begin(at: self)
    }

    private init(in room: StatesRoom) { self.room = room }

    deinit {
        // One after another: each let go of by the one before it would take a stack as deep as they are many.
        var next = take(leaving: .nothing)
        while isKnownUniquelyReferenced(&next) { next = next?.take(leaving: .nothing) }
        if let next { room.begin(at: next) }
    }

    /// Parts with what came after this moment.
    ///
    /// - Returns: the one behind it, which may be nobody else's; nil where there is none.
    private func take(leaving rest: Later) -> EarlierStates? {
        let before = later.withLock { later in
            defer { later = rest }
            return later
        }
        guard case .commit(let link) = before else { return nil }
        room.release(Link.byteCount(rowCount: link.rows.count))
        return link.next
    }

    /// What came after this moment is held for it no more: its readers get `SnapshotTooOld`.
    ///
    /// By `StatesRoom`, of the oldest moment that somebody holds, and never of the last.
    ///
    /// - Returns: whether anything was held.
    func letGo() -> Bool {
        guard let next = take(leaving: .letGo) else { return false }
        // Now the oldest, until it ends as well with the end of this, where nobody else holds it.
        room.begin(at: next)
        return true
    }

    /// Links a commit in, by the one writer.
    ///
    /// - Precondition: this is the last moment.
    /// - Returns: the moment behind it.
    func adding(_ rows: [Row], of file: String) -> EarlierStates {
        room.take(Link.byteCount(rowCount: rows.count), beside: self)
        let next = EarlierStates(in: room)
        later.withLock { later in
            guard case .nothing = later else { preconditionFailure("a moment with two that follow it") }
            later = .commit(Link(file: file, rows: rows, next: next))
        }
        return next
    }

    /// As they were at this moment, of the rows of a file that have changed since, by their numbers there.
    ///
    /// - Complexity: O(what has changed since).
    package func rows(of file: String) throws(SnapshotTooOld) -> [Int64: Row] {
        var found: [Int64: Row] = [:]
        try forEach { link in
            if link.file == file { Self.add(link.rows, &found) }
        }
        return found
    }

    /// The same of all files, by their names.
    ///
    /// - Parameter take: asked for the memory of so many rows, before they are added.
    /// - Throws: `SnapshotTooOld`; what `take` throws.
    func rowsByFile(_ take: (_ rowCount: Int) throws -> Void) throws -> [String: [Int64: Row]] {
        var found: [String: [Int64: Row]] = [:]
        var moment = self
        while let link = try moment.next() {
            try take(link.rows.count)
            Self.add(link.rows, &found[link.file, default: [:]])
            moment = link.next
        }
        return found
    }

    private static func add(_ rows: [Row], _ found: inout [Int64: Row]) {
        for row in rows where found[row.row] == nil { found[row.row] = row }
    }

    /// Of all files, those of the wanted rows that have changed since, by the rows' own sequences.
    package func rows(withSequences wanted: Set<Int64>) throws(SnapshotTooOld) -> [Int64: Row] {
        var found: [Int64: Row] = [:]
        try forEach { link in
            for row in link.rows where wanted.contains(row.sequence) && found[row.sequence] == nil { found[row.sequence] = row }
        }
        return found
    }

    /// Whether nothing has changed since.
    package var isLast: Bool { later.withLock { if case .nothing = $0 { true } else { false } } }

    /// For a caller that looks repeatedly: what has come since its last look is added, and what came before is neither gone through again nor kept for it.
    struct Reader {
        /// Of all rows that had changed by the last `goOn`, by their own sequences.
        private(set) var bySequence: [Int64: Row] = [:]
        private var last: EarlierStates

        init(_ moment: EarlierStates) { last = moment }

        /// - Parameter take: asked for the memory of so many rows, before they are added.
        /// - Throws: `SnapshotTooOld`; what `take` throws.
        /// - Complexity: O(what has changed since the last call).
        mutating func goOn(_ take: (_ rowCount: Int) throws -> Void = { _ in }) throws {
            while let link = try last.next() {
                try take(link.rows.count)
                for row in link.rows where bySequence[row.sequence] == nil { bySequence[row.sequence] = row }
                last = link.next
            }
        }
    }

    /// - Returns: nil where nothing has changed since.
    private func next() throws(SnapshotTooOld) -> Link? {
        switch later.withLock({ $0 }) {
        case .nothing: return nil
        case .letGo: throw SnapshotTooOld()
        case .commit(let link): return link
        }
    }

    private func forEach(_ body: (Link) -> Void) throws(SnapshotTooOld) {
        var moment = self
        while let link = try moment.next() {
            body(link)
            moment = link.next
        }
    }
}
