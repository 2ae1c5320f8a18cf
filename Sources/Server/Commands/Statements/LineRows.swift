internal import ColumnStore

/// Rows of an answer as it streams, a JSON object a line, gathered some at a time.
struct LineRows {
    private let columnCount: Int
    private var line: [UInt8] = []
    private(set) var rows: [[JSONValue]] = []

    /// Shown together, under one heading.
    static let rowCountMax = 10_000

    init(columnCount: Int) { self.columnCount = columnCount }

    var isFull: Bool { rows.count >= Self.rowCountMax }

    /// - Parameter body: called whenever enough rows are there; they are forgotten after it.
    mutating func add(_ bytes: ArraySlice<UInt8>, _ body: ([[JSONValue]]) throws -> Void) throws {
        var rest = bytes
        while let end = rest.firstIndex(of: 0x0A) {
            line.append(contentsOf: rest[..<end])
            rest = rest[(end + 1)...]
            try takeLine()
            if isFull { try give(body) }
        }
        line.append(contentsOf: rest)
    }

    /// What is left at the end.
    mutating func finish(_ body: ([[JSONValue]]) throws -> Void) throws {
        if !line.isEmpty { try takeLine() }
        if !rows.isEmpty { try give(body) }
    }

    private mutating func takeLine() throws {
        guard case .object(let members) = try JSONParser.parse(answerOf: line), members.count == columnCount else {
            throw CommandError("the query failed after its first rows: \(String(decoding: line.prefix(1_000), as: UTF8.self))")
        }
        rows.append(members.map(\.value))
        line.removeAll(keepingCapacity: true)
    }

    private mutating func give(_ body: ([[JSONValue]]) throws -> Void) throws {
        try body(rows)
        rows.removeAll(keepingCapacity: true)
    }
}

extension JSONParser {
    /// A query's answer, whose documents may name a member twice, and are as deep within their page as a document may be.
    static func parse(answerOf bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        // A page is an object, with a list of rows, which are lists.
        try parse(bytes, depthMax: depthMax + 3, allowsRepeats: true)
    }
}
