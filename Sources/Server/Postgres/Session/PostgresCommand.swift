/// One statement as a session sees it: what it does itself, and what it hands on.
package enum PostgresCommand: Equatable, Sendable {
    case empty
    /// SELECT, VALUES, WITH, TABLE, EXPLAIN, DESCRIBE: a question. The tag's first word.
    case question(tag: String)
    /// BEGIN, START TRANSACTION.
    case begin(tag: String)
    /// COMMIT, END; `isChained` begins the next at once.
    case commit(isChained: Bool)
    case rollback(isChained: Bool)
    case savepoint(String)
    case release(String)
    case rollbackTo(String)
    /// nil: to its default.
    case set(name: String, value: String?, isLocal: Bool)
    /// SET TRANSACTION and SET SESSION CHARACTERISTICS, which change nothing here.
    case setTransaction(isOfSession: Bool)
    /// nil: all.
    case reset(String?)
    /// nil: all.
    case show(String?)
    case discard(String)
    /// nil: all.
    case deallocate(String?)
    case prepare(name: String, query: String, queryStart: Int)
    /// The arguments as they are written.
    case execute(name: String, arguments: [String])
    case declare(Cursor)
    case fetch(FetchDirection, cursor: String, isMove: Bool)
    /// nil: all.
    case close(String?)
    /// LISTEN and UNLISTEN, of which nothing comes.
    case listen(tag: String)
    case copyOut(query: String, queryStart: Int, CopyOptions)
    /// INSERT, CREATE, COPY … FROM: what this server never does. The tag, for the error.
    case write(tag: String)

    package struct Cursor: Equatable, Sendable {
        package var name: String
        package var isBinary = false
        package var isScrollable = false
        package var isHeld = false
        package var query: String
        /// Scalars before the query in its statement's text.
        package var queryStart: Int
    }

    /// What it hands on to be asked, and where that begins in the statement's text, in scalars.
    package func question(in text: String) -> (text: String, start: Int)? {
        switch self {
        case .question: (text, 0)
        case .prepare(_, let query, let start), .copyOut(let query, let start, _): (query, start)
        case .declare(let cursor): (cursor.query, cursor.queryStart)
        default: nil
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

    package var goesBack: Bool {
        switch self {
        case .forward(let count): (count ?? 1) < 0
        case .backward(let count): (count ?? 1) > 0
        // A row that has passed, or the one that it stands on.
        case .absolute: true
        case .relative(let count): count <= 0
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
