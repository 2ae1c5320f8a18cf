import ColumnStore
import Documents
import Query

/// The `where` of a subscription: an expression of SQL over `type`, `source`, `subject`, `time` and `data`, bound once and evaluated by SQL's own
/// evaluator for each event.
///
/// `data` is the text of the event's data; `data->>'a'` is the text of its member, `data->'a'->>'b'` and `data->0->>'b'` that of a member of a member.
/// Each is made a column of its own, which is filled with what stands at its path: what PostgreSQL's operators of JSONB find there, without reading all of the data as one.
///
///     data->>'store' = 'Bonn' AND data->'lines'->0->>'sku' IS NOT NULL        as it is put
///     "data member 0" = 'Bonn' AND "data member 1" IS NOT NULL                 as it is bound
///
/// Not for two threads at once: `TopicCore` has it, on the writer's thread.
final class EventCondition {
    private struct Extract: Hashable {
        var path: [DataStep]
        /// `->` gives JSON, `->>` text.
        var isText: Bool
    }

    private let evaluator: Evaluator
    /// Places among the inputs, five of their own and then `extracts`, of those that the expression names: no other is read of an event.
    private let used: [Int]
    private let extracts: [Extract]

    /// For one event: the writer of all topics waits meanwhile. A tenth of a second or two.
    private static let stepCountMax = 1 << 26
    /// So many conditions may take all of that, of one event; then those that look at its data are not true of it: a topic has a hundred.
    private static let spentCountMax = 2
    /// Longer ones are a program.
    static let byteCountMax = 10_000
    private static let extractCountMax = 100
    private static let inputs: [ExpressionCompiler.Input] = [
        .init("type", .string), .init("source", .string), .init("subject", .string), .init("time", .timestamp(isUTC: true)), .init("data", .string),
    ]

    /// - Parameter seconds: for its binding; nil for one that was put before.
    /// - Throws: `QueryError` with what is wrong.
    init(_ text: String, within seconds: Double? = nil) throws(QueryError) {
        guard text.utf8.count <= Self.byteCountMax else { throw QueryError(.badSQL, "a condition has at most \(Self.byteCountMax) bytes") }
        var scanner = ConditionScanner(text)
        let rewritten = try scanner.rewritten()
        guard scanner.paths.count <= Self.extractCountMax else { throw QueryError(.badSQL, "a condition asks for at most \(Self.extractCountMax) members of data") }
        extracts = scanner.paths.map { Extract(path: $0.path, isText: $0.isText) }
        let columns = extracts.indices.map { ExpressionCompiler.Input(ConditionScanner.column($0), .string) }
        let cancellation = seconds.map { Cancellation(timeLimitSeconds: $0, ending: "binding the condition") }
        let compiled = try ExpressionCompiler.compile(rewritten, outer: Self.inputs + columns, as: .boolean, isCondition: true, cancellation: cancellation)
        used = compiled.usedInputs
        var layout: [ColumnID: Int] = [:]
        // The batch has the used columns alone, in this order.
        for (place, input) in used.enumerated() { layout[ColumnID(input)] = place }
        evaluator = try Evaluator(compiled.expression, layout: layout, context: EvaluationContext(stepCountMax: Self.stepCountMax))
    }

    /// The fault of a condition that cannot be bound.
    static func fault(_ error: any Error) -> Fault {
        let detail = (error as? QueryError).map { "\($0.detail)" } ?? "\(error)"
        let isLate = (error as? QueryError)?.slug == .queryTimeout
        return Fault(.invalidQueue, "where: \(detail)", errors: [.init(pointer: "/where", code: isLate ? QueryError.Slug.queryTimeout.rawValue : "bad-sql", message: detail)])
    }

    private var looksAtData: Bool { used.contains { $0 >= Self.inputs.count - 1 } }

    /// Whether it names members of the data: then `takes` wants them read.
    private var looksInside: Bool { used.contains { $0 >= Self.inputs.count } }

    /// Those of `all` that an event is meant for: those without a condition, and those whose condition takes it. What cannot be computed of an event is not true of it.
    ///
    /// The data are read once, however many conditions there are and whatever they name: this is the one thread of all queues and topics, and a call brings up to a hundred events.
    static func those<Item>(of all: [Item], for event: EventDraft, by condition: (Item) -> EventCondition?) -> [Item] {
        func taking(_ data: JSONTape?) -> [Item] {
            var spentCount = 0
            return all.filter { item in
                guard let condition = condition(item) else { return true }
                if spentCount == spentCountMax, condition.looksAtData { return false }
                do { return try condition.takes(event, data) } catch {
                    if (error as? QueryError)?.slug == .unsupportedSQL { spentCount += 1 }
                    return false
                }
            }
        }
        guard all.contains(where: { condition($0)?.looksInside ?? false }) else { return taking(nil) }
        do { return try BoundedJSON.read(event.data) { taking($0) } } catch { return taking(nil) }
    }

    /// Whether the event is meant: not where the condition is NULL.
    ///
    /// Evaluated over a batch of one row.
    ///
    /// - Parameter data: the event's, read; nil where they cannot be, or no condition names a member of them.
    /// - Throws: `QueryError` where it cannot be computed of this event, or takes too long.
    func takes(_ event: EventDraft, _ data: JSONTape?) throws -> Bool {
        let columns = try used.map { try column($0, event, data) }
        let result = try evaluator.evaluate(ColumnBatch(rowCount: 1, columns: columns))
        if case .boolean(let isTrue) = result.value(at: 0) { return isTrue }
        return false
    }

    /// A column of one row; NULL for a subject that is not there, and for a path that leads nowhere.
    private func column(_ input: Int, _ event: EventDraft, _ data: JSONTape?) throws -> Column {
        let text: [UInt8]?
        switch input {
        case 0: text = Array(event.type.utf8)
        case 1: text = Array(event.source.utf8)
        case 2: text = event.subject.map { Array($0.utf8) }
        case 3: return .constant(.integer(event.time), type: .timestamp(isUTC: true), count: 1)
        case 4: text = event.data
        default:
            guard let data else { throw QueryError(.dataError, "the data of the event cannot be read") }
            text = Self.value(of: extracts[input - Self.inputs.count], in: data)
        }
        return .constant(text.map { .bytes($0) } ?? .null, type: .string, count: 1)
    }

    /// Nil where nothing stands there, or null for its text.
    private static func value(of extract: Extract, in tape: JSONTape) -> [UInt8]? {
        var node = 0
        for step in extract.path {
            guard let next = step.followed(in: tape, from: node) else { return nil }
            node = next
        }
        // `->>` gives a string without its quotes, and NULL for null; all else as it is written.
        if extract.isText {
            if tape[node].kind == .null { return nil }
            if tape[node].kind == .string { return tape.text(of: node) }
        }
        let range = tape.range(of: node)
        return Array(UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count))
    }
}

/// One arrow: a name leads to a member of an object only, a number to an element of an array only, from its end if it is below 0.
private enum DataStep: Hashable {
    case member(String)
    case element(Int)

    /// By bytes: names that are canonically equivalent are those of two members.
    static func == (left: DataStep, right: DataStep) -> Bool {
        switch (left, right) {
        case (.member(let one), .member(let other)): one.hasBytes(of: other)
        case (.element(let one), .element(let other)): one == other
        case (.member, _), (.element, _): false
        }
    }

    func followed(in tape: borrowing JSONTape, from node: Int) -> Int? {
        switch (self, tape[node].kind) {
        case (.member(let name), .object): return tape.member(name, of: node)
        case (.member, _), (.element, .object): return nil
        case (.element(let place), .array):
            // By its place, from 0; -1 is the last. A tape has no places: the array is walked.
            let children = Array(tape.children(of: node))
            let index = place < 0 ? children.count + place : place
            return children.indices.contains(index) ? children[index] : nil
        // To PostgreSQL a value by itself is an array of one.
        case (.element(let place), _): return place == 0 || place == -1 ? node : nil
        }
    }
}

/// Finds `data->'a'->>'b'` in an expression, and puts the name of a column in its place.
///
/// A scanner of its own, since a path is no expression to the parser: it looks at one member, and not at the data as a whole. It must tell where `data` is no name: it ends strings,
/// quoted names and comments where the lexer of SQL does (`Lexer`), and passes over them as they are; `metadata` is another word.
///
///     path := 'data' ( '->' step )* [ '->>' step ]      step := "'" text "'" | [ '-' ] digits
private struct ConditionScanner {
    private let bytes: [UInt8]
    private var place = 0
    /// Paths in the order of their first use; one that is used twice is one column.
    private(set) var paths: [(path: [DataStep], isText: Bool)] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    static func column(_ index: Int) -> String { "data member \(index)" }

    private func at(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    /// With 0x20 set a capital letter is its small one.
    private static func startsWord(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte >= 0x80 || (0x61...0x7A).contains(byte | 0x20) }
    private static func continuesWord(_ byte: UInt8) -> Bool { startsWord(byte) || isDigit(byte) || byte == UInt8(ascii: "$") }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// - Throws: bad-sql for what is not closed, and for a path without its end.
    mutating func rewritten() throws(QueryError) -> String {
        // A name of a member is no token of the lexer, which would refuse it.
        guard !bytes.contains(0) else { throw QueryError(.badSQL, "the condition holds a NUL character") }
        var result: [UInt8] = []
        while place < bytes.count {
            let start = place
            let byte = bytes[place]
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                try skipQuoted(byte)
            } else if byte | 0x20 == UInt8(ascii: "e"), at(1) == UInt8(ascii: "'") {
                place += 1
                try skipEscaped()
            } else if byte == UInt8(ascii: "$") {
                try skipDollar()
            } else if byte == UInt8(ascii: "-"), at(1) == byte {
                skipLineComment()
            } else if byte == UInt8(ascii: "/"), at(1) == UInt8(ascii: "*") {
                try skipBlockComment()
            } else if Self.isDigit(byte) {
                // With letters behind it, which the parser refuses: `1data` is no name.
                while Self.isDigit(at(0)) || Self.startsWord(at(0)) { place += 1 }
            } else if Self.startsWord(byte) {
                while Self.continuesWord(at(0)) { place += 1 }
                let word = bytes[start..<place]
                if word.count == 4, String(decoding: word, as: UTF8.self).lowercased() == "data", let path = try path() {
                    // The column's name has blanks, so that no name of a caller's is it by chance.
                    let index = paths.firstIndex { $0.path == path.path && $0.isText == path.isText } ?? paths.count
                    if index == paths.count { paths.append(path) }
                    result += "\"\(Self.column(index))\"".utf8
                    continue
                }
            } else {
                place += 1
            }
            result += bytes[start..<place]
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A string or a name, within which two quotes are one.
    private mutating func skipQuoted(_ quote: UInt8) throws(QueryError) {
        place += 1
        while place < bytes.count {
            if bytes[place] == quote {
                guard at(1) == quote else {
                    place += 1
                    return
                }
                place += 1
            }
            place += 1
        }
        throw Self.isOpen
    }

    /// `E'…'`: what follows a backslash ends nothing. It goes on behind a line break, as other strings do, whose parts are the same by themselves.
    private mutating func skipEscaped() throws(QueryError) {
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            // The second of two quotes, and whatever has a backslash before it.
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "'") && at(1) == byte {
                place += 2
            } else {
                place += 1
                if byte == UInt8(ascii: "'"), !goesOn() { return }
            }
        }
        throw Self.isOpen
    }

    /// Passes blanks with a line break among them, comments to the end of a line, and the quote behind; false where no quote is there, and nothing is passed.
    private mutating func goesOn() -> Bool {
        let end = place
        var sawLineBreak = false
        while true {
            if at(0) == UInt8(ascii: "-"), at(1) == UInt8(ascii: "-") {
                skipLineComment()
            } else if Self.isBlank(at(0)) {
                if at(0) == 0x0A || at(0) == 0x0D { sawLineBreak = true }
                place += 1
            } else {
                break
            }
        }
        if sawLineBreak, at(0) == UInt8(ascii: "'") {
            place += 1
            return true
        }
        place = end
        return false
    }

    /// `$tag$ … $tag$`; of `$1`, and of what the parser refuses, the `$` alone.
    private mutating func skipDollar() throws(QueryError) {
        var end = place + 1
        if !Self.isDigit(at(1)) { while end < bytes.count, Self.continuesWord(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 } }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
            place += 1
            return
        }
        let mark = bytes[place...end]
        place = end + 1
        while place < bytes.count {
            if bytes[place...].starts(with: mark) {
                place += mark.count
                return
            }
            place += 1
        }
        throw Self.isOpen
    }

    private mutating func skipLineComment() { while place < bytes.count, bytes[place] != 0x0A, bytes[place] != 0x0D { place += 1 } }

    /// They nest.
    private mutating func skipBlockComment() throws(QueryError) {
        var depth = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "/"), at(1) == UInt8(ascii: "*") {
                depth += 1
                place += 2
            } else if bytes[place] == UInt8(ascii: "*"), at(1) == UInt8(ascii: "/") {
                depth -= 1
                place += 2
                if depth == 0 { return }
            } else {
                place += 1
            }
        }
        throw Self.isOpen
    }

    private static let isOpen = QueryError(.badSQL, "a string, a quoted name or a comment is not closed")

    private mutating func skipBlanks() { while Self.isBlank(at(0)) { place += 1 } }

    /// What stands between two quotes, where each one is doubled. By bytes: a mark behind a quote belongs to it as a character.
    private func text(between start: Int, and end: Int) -> String {
        var text: [UInt8] = []
        var place = start
        while place < end {
            text.append(bytes[place])
            place += bytes[place] == UInt8(ascii: "'") ? 2 : 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What follows `data`, if arrows do.
    private mutating func path() throws(QueryError) -> (path: [DataStep], isText: Bool)? {
        var steps: [DataStep] = []
        var isText = false
        while true {
            let before = place
            skipBlanks()
            // `->>` gives text, behind which no arrow makes sense: it is the last step.
            guard at(0) == UInt8(ascii: "-"), at(1) == UInt8(ascii: ">"), !isText else {
                place = before
                return steps.isEmpty ? nil : (steps, isText)
            }
            place += 2
            if at(0) == UInt8(ascii: ">") {
                isText = true
                place += 1
            }
            skipBlanks()
            let start = place
            if at(0) == UInt8(ascii: "'") {
                try skipQuoted(UInt8(ascii: "'"))
                steps.append(.member(text(between: start + 1, and: place - 1)))
            } else {
                if at(0) == UInt8(ascii: "-") { place += 1 }
                while Self.isDigit(at(0)) { place += 1 }
                guard let element = Int32(String(decoding: bytes[start..<place], as: UTF8.self)) else {
                    throw QueryError(.badSQL, "after -> and ->> the name of a member in quotes is wanted, or the place of an element")
                }
                steps.append(.element(Int(element)))
            }
        }
    }
}
