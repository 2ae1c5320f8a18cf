internal import ColumnStore

/// One statement as a session sees it: what it does itself, and what it hands on.
package enum PostgresCommand: Equatable, Sendable {
    case empty
    /// SELECT, VALUES, WITH, TABLE, EXPLAIN, DESCRIBE: a question. The tag's first word.
    case question(tag: String)
    /// BEGIN, START TRANSACTION.
    /// A transaction's level is what SHOW says of it.
    case begin(tag: String, level: String? = nil)
    /// COMMIT, END; `isChained` begins the next at once.
    case commit(isChained: Bool)
    case rollback(isChained: Bool)
    case savepoint(String)
    case release(String)
    case rollbackTo(String)
    /// nil: to its default.
    case set(name: String, value: String?, isLocal: Bool)
    /// SET TRANSACTION and SET SESSION CHARACTERISTICS: all levels are this server's one way, and each is shown as it was set.
    case setTransaction(isOfSession: Bool, level: String? = nil)
    /// nil: all.
    case reset(String?)
    /// nil: all.
    case show(String?)
    case discard(String)
    /// nil: all.
    case deallocate(String?)
    /// Types of parameters and arguments as they are written.
    case prepare(name: String, types: [Piece], query: Piece)
    case execute(name: String, arguments: [Piece])
    /// EXPLAIN EXECUTE; `options` is the text from EXPLAIN up to EXECUTE.
    case explain(options: String, name: String, arguments: [Piece])
    case declare(Cursor)
    case fetch(FetchDirection, cursor: String, isMove: Bool)
    /// nil: all.
    case close(String?)
    /// LOCK … IN ACCESS SHARE MODE.
    case lock
    /// SET CONSTRAINTS ALL …, of which there are none that wait.
    case constraints
    /// LISTEN and UNLISTEN, of which nothing comes.
    case listen(tag: String)
    case copyOut(query: Piece, CopyOptions)
    /// INSERT, CREATE, COPY … FROM: what this server never does. The tag, for the error.
    case write(tag: String)

    /// A part of a statement's text, and where it begins in it, in scalars.
    package struct Piece: Equatable, Sendable {
        package var text: String
        package var start: Int

        package init(_ text: String, start: Int = 0) { (self.text, self.start) = (text, start) }
    }

    package struct Cursor: Equatable, Sendable {
        package var name: String
        package var isBinary = false
        package var isScrollable = false
        /// NO SCROLL was said: it does not give the row again that it stands on, either.
        package var isForwardOnly = false
        package var isHeld = false
        package var query: Piece

        /// Nobody said which way it goes.
        var isOpen: Bool { !isScrollable && !isForwardOnly }
    }

    /// Of whose rows an Execute may take some, and the next one others.
    var goesInParts: Bool {
        switch self {
        case .show, .fetch(_, cursor: _, isMove: false): true
        default: false
        }
    }

    /// Whether its rows are those of what was prepared.
    var runsPrepared: Bool {
        switch self {
        case .execute, .explain: true
        default: false
        }
    }

    /// Whether PostgreSQL gives it the transaction's state, though it asks for nothing: whatever is no transaction's own word, no setting and no FETCH.
    var looks: Bool {
        switch self {
        case .close, .deallocate, .discard, .prepare, .execute, .explain, .declare, .copyOut: true
        default: false
        }
    }

    /// What a failed transaction still hears.
    package var endsTransaction: Bool {
        switch self {
        case .commit, .rollback, .rollbackTo: true
        default: false
        }
    }
}

/// Where a cursor goes, by SQL's words; a count below 0 is the other way.
package enum FetchDirection: Equatable, Sendable {
    /// nil: all.
    case forward(Int?)
    case backward(Int?)
    /// From the start, or the end where below 0.
    case absolute(Int)
    case relative(Int)

    /// So much of it as gives at most so many rows.
    func part(_ rowsMax: Int) -> FetchDirection {
        switch self {
        case .forward(let count): .forward(Self.part(count, rowsMax))
        case .backward(let count): .backward(Self.part(count, rowsMax))
        case .absolute, .relative: self
        }
    }

    private static func part(_ count: Int?, _ rowsMax: Int) -> Int { count.map { min(max($0, 0 - rowsMax), rowsMax) } ?? rowsMax }

    /// What is left of it once so many rows are given; nil for nothing.
    func less(_ rowCount: Int) -> FetchDirection? {
        func less(_ count: Int) -> Int? {
            let left = count < 0 ? min(0, count + rowCount) : max(0, count - rowCount)
            // Of 0 rows FETCH gives the one that it stands on, which this one has given.
            return left == 0 ? nil : left
        }
        switch self {
        case .forward(nil), .backward(nil): return self
        case .forward(let count?): return less(count).map { .forward($0) }
        case .backward(let count?): return less(count).map { .backward($0) }
        case .absolute, .relative: return nil
        }
    }

    /// Of 0 rows the one that it stands on is given again.
    package var repeats: Bool {
        switch self {
        case .forward(let count), .backward(let count): count == 0
        case .relative(let count): count == 0
        case .absolute: false
        }
    }

    package var goesBack: Bool {
        switch self {
        case .forward(let count): (count ?? 1) < 0
        case .backward(let count): (count ?? 1) > 0
        // Of a place that is counted from the start it is known once it stands there (`RowWindow`); the end is found by going past it.
        case .absolute(let count): count < 0
        case .relative(let count): count < 0
        }
    }
}

extension PostgresCommand {
    /// What it keeps beside its statement's own text, in bytes: a piece of two letters takes twenty times as many.
    var heldByteCount: Int {
        switch self {
        case .execute(_, let arguments), .explain(_, _, let arguments): Self.heldByteCount(arguments)
        case .prepare(_, let types, let query): Self.heldByteCount(types).addingSaturating(query.text.utf8.count)
        case .declare(let cursor): cursor.query.text.utf8.count
        case .set(_, let value, _): value?.utf8.count ?? 0
        case .copyOut(let query, let options):
            if case .columns(let names) = options.quoted { Self.heldByteCount(names.map { Piece($0) }).addingSaturating(query.text.utf8.count) } else { query.text.utf8.count }
        default: 0
        }
    }

    /// Places of an array that has doubled as it grew, and texts that are longer than a place holds.
    private static func heldByteCount(_ pieces: [Piece]) -> Int {
        pieces.reduce(0) { sum, piece in
            let count = piece.text.utf8.count
            return sum.addingSaturating(2 * MemoryLayout<Piece>.stride).addingSaturating(count > 15 ? count.addingSaturating(32) : 0)
        }
    }
}

/// COPY … TO STDOUT WITH (…).
package struct CopyOptions: Equatable, Sendable {
    package enum Form: String, Sendable { case text, csv, binary }

    package var form = Form.text
    package var hasHeader = false
    package var delimiter: UInt8?
    package var null: String?
    package var quote: UInt8 = UInt8(ascii: "\"")
    package var escape: UInt8?
    /// Values of which columns stand in quotes whatever they are, in CSV.
    package var quoted = Quoted.none

    package enum Quoted: Equatable, Sendable {
        case none, all
        case columns([String])
    }

    package init() {}

    package var wireFormat: WireFormat { form == .binary ? .binary : .text }
    package var delimiterByte: UInt8 { delimiter ?? UInt8(ascii: form == .csv ? "," : "\t") }
    package var nullText: String { null ?? (form == .csv ? "" : "\\N") }
}
