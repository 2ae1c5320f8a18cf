internal import ColumnStore

/// The elements of a JSON document that a path leads to, each in a document of its own.
///
/// What stands around them is kept as `skeleton`, without blanks; of an array that the path goes through by `/*` nothing is kept but its
/// bracket, so that the skeleton does not grow with the records. Records are not checked, only where they end; the rest is: what is let go as it is, the skeleton at the end.
///
/// A file is of the type where the path leads to records, to the array that would have them, or to an array on the way that is empty.
///
/// ```
/// path /orders/*      file {"shop": 7, "orders": [{"id": 1}, {"id": 2}], "sum": 3}
/// records             {"shop":7,"orders":[{"id": 1}]}   {"shop":7,"orders":[{"id": 2}]}
/// with surroundings   {"shop":7,"orders":[{"id": 1}],"sum":3} …
/// ```
///
/// Invariants:
/// 1. `skeleton` is JSON up to its end, with the brackets of `levels` open; of a swept array it has no element that has ended.
/// 2. A record is open in the states `record`, `recordString` and `recordScalar` alone, and of it nothing is in `skeleton`.
struct JSONEnvelopeScanner: RecordScanner {
    /// An open object or array around the records.
    private struct Level {
        let isObject: Bool
        /// How many tokens of the path lead here; nil beside the path.
        let matched: Int?
        /// The array's elements leave nothing behind.
        let isSwept: Bool
        /// The array is what the whole path leads to: its elements are the records.
        let holdsRecords: Bool
        /// Of the next element of an array.
        var index = 0
        /// Length of the skeleton with the opening bracket.
        let skeletonCount: Int
    }

    private enum State {
        case value
        /// A member's name, or the end of the object.
        case name
        case nameText(isEscaped: Bool)
        case colon
        case behind
        /// A string or other scalar around the records.
        case string(isEscaped: Bool)
        case scalar
        /// Within a record.
        case record
        case recordString(isEscaped: Bool)
        case recordScalar
        case end
    }

    private let tokens: [JSONPath.Token]
    private let recordByteCountMax: Int
    /// From the outermost on.
    private var levels: [Level] = []
    private var state = State.value
    private var skeleton: [UInt8] = []
    /// Of the member whose value comes next, unescaped.
    private var name: [UInt8] = []
    /// Open brackets within the record; 0 for a scalar.
    private var recordDepth = 0
    private var gatherer: RecordGatherer
    /// Whether the path has led to records, or to where they would be.
    private var hasReached = false
    private let reader = JSONReader()
    private(set) var surroundings: SurroundingsUse
    /// Of the skeleton: behind it stands what is behind all records.
    private var recordsPlace = 0

    init(_ path: JSONPath, recordByteCountMax: Int, _ surroundings: SurroundingsUse = .none) {
        self.surroundings = surroundings
        tokens = path.tokens
        self.recordByteCountMax = recordByteCountMax
        gatherer = RecordGatherer(byteCountMax: recordByteCountMax)
    }

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        var start = isWithinRecord ? 0 : piece.count
        var place = 0
        while place < piece.count {
            let byte = piece[place]
            switch state {
            case .record:
                switch byte {
                case UInt8(ascii: "\""): state = .recordString(isEscaped: false)
                case UInt8(ascii: "{"), UInt8(ascii: "["): recordDepth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    recordDepth -= 1
                    if recordDepth == 0 { try endRecord(piece.part(start..<place + 1), at: offset + place + 1, sink) }
                default: break
                }
            case .recordString(let isEscaped):
                let isEnd = byte == UInt8(ascii: "\"") && !isEscaped
                state = isEnd ? .record : .recordString(isEscaped: byte == UInt8(ascii: "\\") && !isEscaped)
                if isEnd, recordDepth == 0 { try endRecord(piece.part(start..<place + 1), at: offset + place + 1, sink) }
            case .recordScalar:
                if !Self.endsScalar(byte) { break }
                try endRecord(piece.part(start..<place), at: offset + place, sink)
                continue
            case .value where !JSONGrammar.isBlank(byte) && isRecordNext && !(byte == UInt8(ascii: "]") && levels.last?.index == 0):
                start = place
                try beginRecord(byte, at: offset + place)
            default:
                if case .scalar = state, Self.endsScalar(byte) { try endValue(at: offset + place) }
                try step(byte, at: offset + place)
            }
            place += 1
        }
        if isWithinRecord, start < piece.count { gatherer.carry(piece.part(start..<piece.count)) }
    }

    /// Nothing else ends a number or literal: a reader sees what is wrong with it.
    private static func endsScalar(_ byte: UInt8) -> Bool {
        JSONGrammar.isBlank(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    private var isWithinRecord: Bool {
        switch state {
        case .record, .recordString, .recordScalar: true
        default: false
        }
    }

    // MARK: The path

    /// Tokens of the path that lead to the value that comes next; nil beside the path.
    private var matchedNext: Int? {
        guard let level = levels.last else { return 0 }
        guard let matched = level.matched, matched < tokens.count else { return nil }
        let token = tokens[matched]
        if level.isObject { return !token.isStar && token.name == name ? matched + 1 : nil }
        return token.isStar || token.index == level.index ? matched + 1 : nil
    }

    private var isRecordNext: Bool { levels.last?.holdsRecords == true || matchedNext == tokens.count }

    // MARK: Records

    /// The value that begins here is a record, or the array of the records.
    private mutating func beginRecord(_ byte: UInt8, at offset: Int) throws {
        let isElement = levels.last?.holdsRecords == true
        // The path may name the array itself.
        if byte == UInt8(ascii: "["), !isElement {
            hasReached = true
            return open(isObject: false, holdsRecords: true)
        }
        hasReached = true
        guard byte != UInt8(ascii: ",") && byte != UInt8(ascii: "]") && byte != UInt8(ascii: "}") else { throw Self.missing(at: offset) }
        recordDepth = 0
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): (recordDepth, state) = (1, .record)
        case UInt8(ascii: "\""): state = .recordString(isEscaped: false)
        default: state = .recordScalar
        }
    }

    /// Gives the record out, between what stands before it and what closes it.
    private mutating func endRecord(_ last: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        let (before, after) = (skeleton, ending)
        let roomLeft = recordByteCountMax
        var isWanted = true
        if case .collected = surroundings { isWanted = false }
        try gatherer.finish(last) { bytes, byteCount in
            guard isWanted, let bytes, byteCount <= roomLeft else { return try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            var document = before
            document.reserveCapacity(before.count + byteCount + after.count)
            document.append(contentsOf: bytes)
            document.append(contentsOf: after)
            try document.withUnsafeBytes { try sink(RawRecord($0, $0.count, endOffset, nil)) }
        }
        // What the skeleton has in its place.
        if levels.last?.isSwept != true { skeleton.append(contentsOf: "null".utf8) }
        if !levels.contains(where: \.isSwept) { recordsPlace = skeleton.count }
        try endValue(at: endOffset)
    }

    /// What a record's document has behind it.
    private var ending: [UInt8] {
        func closing(_ levels: some BidirectionalCollection<Level>) -> [UInt8] { levels.reversed().map { UInt8(ascii: $0.isObject ? "}" : "]") } }
        guard case .known(let known) = surroundings else { return closing(levels) }
        return (levels.firstIndex(where: \.isSwept).map { closing(levels[($0 + 1)...]) } ?? []) + known[0]
    }

    // MARK: What stands around them

    var surroundingByteCount: Int {
        guard case .known(let known) = surroundings else { return skeleton.count + levels.count }
        return skeleton.count + levels.count + known[0].count
    }

    /// An object or array around the records begins.
    private mutating func open(isObject: Bool, holdsRecords: Bool = false) {
        let matched = holdsRecords ? nil : matchedNext
        let isSwept = holdsRecords || !isObject && (matched.map { $0 < tokens.count && tokens[$0].isStar } ?? false)
        if isSwept, matched.map({ $0 + 1 == tokens.count }) ?? true { hasReached = true }
        skeleton.append(UInt8(ascii: isObject ? "{" : "["))
        if isSwept, !levels.contains(where: \.isSwept) { recordsPlace = skeleton.count }
        levels.append(Level(isObject: isObject, matched: matched, isSwept: isSwept, holdsRecords: holdsRecords, skeletonCount: skeleton.count))
        state = isObject ? .name : .value
    }

    private mutating func close(_ byte: UInt8, at offset: Int) throws {
        guard let level = levels.popLast(), byte == UInt8(ascii: level.isObject ? "}" : "]") else {
            throw RecordFileError(.badJSON, "a bracket that closes nothing", offset: offset)
        }
        // Nothing is in it that is not what the path says.
        if level.isSwept, level.index == 0 { hasReached = true }
        skeleton.append(byte)
        try endValue(at: offset)
    }

    /// A value is whole: what an array on the path says of its elements is let go.
    private mutating func endValue(at offset: Int) throws {
        guard var level = levels.popLast() else {
            state = .end
            return
        }
        level.index += 1
        if level.isSwept, skeleton.count > level.skeletonCount {
            try check(level.skeletonCount..<skeleton.count, at: offset)
            skeleton.removeLast(skeleton.count - level.skeletonCount)
        }
        levels.append(level)
        state = .behind
    }

    private static func missing(at offset: Int) -> RecordFileError { RecordFileError(.badJSON, "a value is missing", offset: offset) }

    /// Takes one byte outside records: what is no blank goes into the skeleton.
    private mutating func step(_ byte: UInt8, at offset: Int) throws {
        switch state {
        case .string(let isEscaped):
            try keep(byte, at: offset)
            if byte == UInt8(ascii: "\""), !isEscaped { try endValue(at: offset) } else { state = .string(isEscaped: byte == UInt8(ascii: "\\") && !isEscaped) }
        case .nameText(let isEscaped):
            try keep(byte, at: offset)
            guard byte == UInt8(ascii: "\""), !isEscaped else {
                name.append(byte)
                state = .nameText(isEscaped: byte == UInt8(ascii: "\\") && !isEscaped)
                return
            }
            if name.contains(UInt8(ascii: "\\")) { name = Self.unescaped(name) }
            state = .colon
        case .scalar: try keep(byte, at: offset)
        case _ where JSONGrammar.isBlank(byte): break
        case .value: try value(byte, at: offset)
        case .name:
            if byte == UInt8(ascii: "}") { return try close(byte, at: offset) }
            guard byte == UInt8(ascii: "\"") else { throw RecordFileError(.badJSON, "a member's name is wanted", offset: offset) }
            name.removeAll(keepingCapacity: true)
            try keep(byte, at: offset)
            state = .nameText(isEscaped: false)
        case .colon:
            guard byte == UInt8(ascii: ":") else { throw RecordFileError(.badJSON, "a colon is wanted behind a member's name", offset: offset) }
            try keep(byte, at: offset)
            state = .value
        case .behind: try behind(byte, at: offset)
        default: throw RecordFileError(.badJSON, "something follows the document", offset: offset)
        }
    }

    private mutating func value(_ byte: UInt8, at offset: Int) throws {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): open(isObject: byte == UInt8(ascii: "{"))
        case UInt8(ascii: "]") where levels.last.map({ !$0.isObject && $0.index == 0 }) ?? false: try close(byte, at: offset)
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"): throw Self.missing(at: offset)
        default:
            try keep(byte, at: offset)
            state = byte == UInt8(ascii: "\"") ? .string(isEscaped: false) : .scalar
        }
        if levels.count > JSONReader.depthMax { throw RecordFileError(.badJSON, "nested deeper than \(JSONReader.depthMax)", offset: offset) }
    }

    /// A comma or a bracket behind a value.
    private mutating func behind(_ byte: UInt8, at offset: Int) throws {
        guard let level = levels.last else { throw RecordFileError(.badJSON, "something follows the document", offset: offset) }
        if byte == UInt8(ascii: ",") {
            if !level.isSwept { try keep(byte, at: offset) }
            state = level.isObject ? .name : .value
        } else {
            try close(byte, at: offset)
        }
    }

    /// - Throws: `RecordFileError` where what stands around the records grows past a record's limit.
    private mutating func keep(_ byte: UInt8, at offset: Int) throws {
        guard skeleton.count < recordByteCountMax else {
            throw RecordFileError(.tooLarge, "what stands around the records has more than \(recordByteCountMax) bytes", offset: offset)
        }
        skeleton.append(byte)
    }

    /// A name whose escapes cannot be read stays as it is: no token is equal to it, and the check of the skeleton finds it.
    private static func unescaped(_ name: [UInt8]) -> [UInt8] {
        guard let text = (try? JSONParser.parse([UInt8(ascii: "\"")] + name + [UInt8(ascii: "\"")]))?.text else { return name }
        return Array(text.utf8)
    }

    /// - Parameter offset: behind what is looked at.
    private func check(_ part: Range<Int>, at offset: Int) throws {
        do {
            try skeleton.withUnsafeBytes { _ = try reader.tape(of: $0.part(part)) }
        } catch let error as DocumentError {
            throw RecordFileError(.badJSON, "what stands around the records is no JSON: \(error.reason)", offset: offset)
        }
    }

    // MARK: The end

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        guard case .end = state else { throw RecordFileError(.badJSON, "the document does not end: the file is cut short", offset: offset) }
        try check(0..<skeleton.count, at: offset)
        guard hasReached else {
            throw RecordFileError(
                Fault(.invalidDocument, "no record in this file: nothing in it is what the type takes one from", errors: [.init(pointer: "", code: "no-receipts", message: "no element here is a receipt")]))
        }
        guard case .collected(var found) = surroundings else { return }
        guard found.add(skeleton[recordsPlace...], behind: 0) else { throw EnvelopeSurroundings.tooMuch(at: offset) }
        surroundings = .collected(found)
    }
}
