internal import ColumnStore

/// Where a cursor stands among the rows of its question, and those of them that it holds: what it may go back to, or the row that it stands on.
///
/// Positions are PostgreSQL's: 0 before the first row, then each row from 1, and one more behind the last.
struct RowWindow {
    /// Rows to be given out, in order; backward ones are single.
    struct Piece {
        let batch: ColumnBatch
        let range: Range<Int>
    }

    enum Keeping {
        /// What it stands on alone: it goes forward.
        case last
        /// All so far, while that is little: nobody said which way the cursor goes, and most go forward.
        case some
        /// It goes both ways.
        case all
    }

    /// What a cursor that goes both ways may hold, in bytes, and one of which nobody said so.
    private static let keptByteCountMax = 64 << 20, someByteCountMax = 1 << 20

    private(set) var keeping: Keeping
    private var batches: [(first: Int, batch: ColumnBatch)] = []
    private var pulledCount = 0
    private(set) var position = 0
    private(set) var isAtEnd = false
    private(set) var heldByteCount = 0

    /// Neither before the first row nor behind the last.
    var isOnRow: Bool { position >= 1 && position <= pulledCount }

    init(_ keeping: Keeping) { self.keeping = keeping }

    // MARK: Moves

    /// Gives out the rows that `direction` names.
    ///
    /// - Parameters:
    ///   - pull: the next rows of the question; nil at its end.
    ///   - give: takes them, piece by piece.
    /// - Returns: how many rows they were.
    mutating func move(_ direction: FetchDirection, pull: () throws -> ColumnBatch?, give: (Piece) throws -> Void) throws -> Int {
        defer { letGo() }
        switch direction {
        case .forward(let count):
            guard let count else { return try forward(nil, pull, give) }
            return count < 0 ? try backward(count == .min ? .max : 0 - count, pull, give) : count == 0 ? try row(position, pull, give) : try forward(count, pull, give)
        case .backward(let count):
            guard let count else { return try backward(nil, pull, give) }
            return count < 0 ? try forward(count == .min ? .max : 0 - count, pull, give) : count == 0 ? try row(position, pull, give) : try backward(count, pull, give)
        case .absolute(let count):
            if count >= 0 { return try row(count, pull, give) }
            while !isAtEnd { try fetch(pull) }
            return try row(max(0, pulledCount.addingSaturating(1).addingSaturating(count)), pull, give)
        case .relative(let count): return try row(max(0, position.addingSaturating(count)), pull, give)
        }
    }

    /// Goes to one row and gives it out, if there is one there.
    private mutating func row(_ target: Int, _ pull: () throws -> ColumnBatch?, _ give: (Piece) throws -> Void) throws -> Int {
        guard keeping != .last || target >= position else { throw PostgresFault.goesForward }
        while pulledCount < target, !isAtEnd { try fetch(pull) }
        let place = min(target, pulledCount + 1)
        // It may have let go of the row on the way to the end.
        if place >= 1, place <= pulledCount, piece(at: place) == nil { throw PostgresFault.goesForward }
        position = place
        guard position >= 1, position <= pulledCount, let piece = piece(at: position) else { return 0 }
        try give(piece)
        return 1
    }

    private mutating func forward(_ count: Int?, _ pull: () throws -> ColumnBatch?, _ give: (Piece) throws -> Void) throws -> Int {
        let wanted = count ?? .max
        var given = 0
        while given < wanted {
            if position >= pulledCount {
                guard !isAtEnd else { break }
                try fetch(pull)
                continue
            }
            guard let (first, batch) = batches.last(where: { $0.first <= position + 1 }) else { throw PostgresFault.goesForward }
            let start = position + 1 - first
            let end = min(batch.rowCount, start.addingSaturating(wanted - given))
            try give(Piece(batch: batch, range: start..<end))
            position += end - start
            given += end - start
        }
        if given < wanted { position = pulledCount + 1 }
        return given
    }

    private mutating func backward(_ count: Int?, _ pull: () throws -> ColumnBatch?, _ give: (Piece) throws -> Void) throws -> Int {
        // Before any row is given: what was let go of is not there to be given.
        if position > 1, piece(at: max(1, position.addingSaturating(0 - (count ?? .max)))) == nil { throw PostgresFault.goesForward }
        var given = 0
        while given < count ?? .max, position > 1, let piece = piece(at: position - 1) {
            try give(piece)
            position -= 1
            given += 1
        }
        if given < count ?? .max { position = 0 }
        return given
    }

    private func piece(at row: Int) -> Piece? {
        guard let (first, batch) = batches.last(where: { $0.first <= row }), row - first < batch.rowCount else { return nil }
        return Piece(batch: batch, range: row - first..<row - first + 1)
    }

    // MARK: What is held

    private mutating func fetch(_ pull: () throws -> ColumnBatch?) throws {
        guard let batch = try pull() else {
            isAtEnd = true
            return
        }
        guard batch.rowCount > 0 else { return }
        if keeping == .some, heldByteCount.addingSaturating(batch.flatByteCountBound) > Self.someByteCountMax { keepLast() }
        if keeping == .last { batches = [] }
        batches.append((pulledCount + 1, batch))
        pulledCount += batch.rowCount
        guard keeping != .last else { return }
        heldByteCount = heldByteCount.addingSaturating(batch.flatByteCountBound)
        guard heldByteCount <= Self.keptByteCountMax else {
            throw PostgresFault(
                .programLimitExceeded, "a cursor that goes both ways holds at most \(Self.keptByteCountMax >> 20) MiB",
                hint: "Declare it with NO SCROLL, or ask for fewer rows.")
        }
    }

    /// Once the query has ended, its memory no longer counts the last rows: they are dropped when the position is behind them, and those that stay are counted here.
    private mutating func letGo() {
        guard isAtEnd, keeping == .last else { return }
        if position > pulledCount { batches = [] }
        heldByteCount = batches.reduce(0) { $0.addingSaturating($1.batch.flatByteCountBound) }
    }

    /// From here on it goes forward: of what it has passed nothing is held.
    mutating func keepLast() {
        guard keeping == .some else { return }
        (keeping, heldByteCount) = (.last, 0)
        // It may stand before the last batch, and goes on from there.
        batches = Array(batches.drop { $0.first + $0.batch.rowCount <= max(position, 1) })
        letGo()
    }

    /// Everything at once, for rows that are there already.
    mutating func load(_ rows: [ColumnBatch]) {
        for batch in rows where batch.rowCount > 0 {
            batches.append((pulledCount + 1, batch))
            pulledCount += batch.rowCount
            heldByteCount = heldByteCount.addingSaturating(batch.flatByteCountBound)
        }
        isAtEnd = true
    }

    /// Lets go of what is not needed once the last row is given and nobody goes back.
    mutating func release() {
        batches = []
        heldByteCount = 0
    }
}
