/// What a file to import is made of.
package enum ImportFormat: Sendable {
    /// JSON values end to end, or the elements of one array.
    case json
    case lines
    /// One document.
    case xml
    case csv

    /// By the name without .gz and .zst, else by the first bytes.
    package static func of(path: String, first: [UInt8]) -> ImportFormat {
        var name = path.lowercased()
        for ending in [".gz", ".zst"] where name.hasSuffix(ending) { name = String(name.dropLast(ending.count)) }
        if name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") { return .lines }
        if name.hasSuffix(".json") { return .json }
        if name.hasSuffix(".xml") { return .xml }
        if name.hasSuffix(".csv") { return .csv }
        if first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF]) { return .xml }
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first.dropFirst(3) : first[...]
        switch text.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) {
        case UInt8(ascii: "<"): return .xml
        case UInt8(ascii: "["): return .json
        // A value that ends with its line is a line of many: then a broken one cannot swallow its neighbours.
        case UInt8(ascii: "{"): return endsWithLine(text) ? .lines : .json
        default: return .csv
        }
    }

    private static func endsWithLine(_ text: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in text {
            if isEscaped { isEscaped = false; continue }
            switch byte {
            case UInt8(ascii: "\\") where isInString: isEscaped = true
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString: depth -= 1
            case 0x0A where depth > 0: return false
            default: break
            }
            if depth == 0, byte == UInt8(ascii: "}") { return true }
        }
        return false
    }
}

/// Cuts a stream of bytes into records. Nothing is checked here: a broken record is cut where it seems to end, and refused by the store.
package struct RecordSplitter {
    /// Bytes of one record: as many as a body may have by default. A longer one is no document, and all of it would be held in memory.
    package static let recordByteCountMax = 64 << 20

    /// A record does not end.
    package struct TooLong: Error, CustomStringConvertible {
        package let number: Int?
        package let byteCountMax: Int

        package init(number: Int?, byteCountMax: Int) { (self.number, self.byteCountMax) = (number, byteCountMax) }

        package var description: String {
            "\(number.map { "record \($0)" } ?? "a record") has more than \(byteCountMax) bytes, and none may have: what came before it is taken; "
                + "take it out of the file, and import the file again"
        }
    }

    private let format: ImportFormat
    private let recordByteCountMax: Int
    private var count = 0
    private var pending: [UInt8] = []
    /// The first byte of `pending` not yet cut off.
    private var start = 0
    /// How far `pending` has been looked at.
    private var scanned = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isInArray = false
    private var hasBegun = false
    private var isPastMark = false
    /// The first row of a CSV file, which says what the others hold.
    package private(set) var csvHeader: [UInt8]?

    package init(_ format: ImportFormat, recordByteCountMax: Int = recordByteCountMax) {
        self.format = format
        self.recordByteCountMax = recordByteCountMax
    }

    /// Calls `take` with every record that is whole by now.
    package mutating func add(_ bytes: [UInt8], isLast: Bool, take takeRecord: ([UInt8]) throws -> Void) throws {
        pending.append(contentsOf: bytes)
        let before = count
        var found = 0
        let recordByteCountMax = recordByteCountMax
        func take(_ record: [UInt8]) throws {
            found += 1
            guard record.count <= recordByteCountMax else { throw TooLong(number: before + found, byteCountMax: recordByteCountMax) }
            try takeRecord(record)
        }
        switch format {
        case .lines: try lines(isLast, take)
        case .json: try values(isLast, take)
        case .csv: try rows(isLast, take)
        case .xml: if isLast, !pending.isEmpty { try take(pending) }
        }
        count += found
        if start > 0 {
            pending.removeFirst(start)
            scanned -= start
            start = 0
        }
        if format == .json || format == .lines { dropBlanks() }
        guard pending.count <= recordByteCountMax else { throw TooLong(number: count + 1, byteCountMax: recordByteCountMax) }
    }

    /// Blanks between records, however many, are nothing to keep.
    private mutating func dropBlanks() {
        guard depth == 0, !isInString, scanned == pending.count, pending.count > 1 << 20, pending.allSatisfy(Self.isBlank) else { return }
        pending.removeAll()
        scanned = 0
    }

    private mutating func lines(_ isLast: Bool, _ take: ([UInt8]) throws -> Void) throws {
        while let end = pending[scanned...].firstIndex(of: 0x0A) {
            try takeLine(upTo: end, take)
            start = end + 1
            scanned = start
        }
        scanned = pending.count
        if isLast {
            try takeLine(upTo: pending.count, take)
            start = pending.count
        }
    }

    private func takeLine(upTo end: Int, _ take: ([UInt8]) throws -> Void) throws {
        var line = pending[start..<end]
        if line.last == 0x0D { line = line.dropLast() }
        if line.contains(where: { !Self.isBlank($0) }) { try take(Array(line)) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private mutating func values(_ isLast: Bool, _ take: ([UInt8]) throws -> Void) throws {
        if !hasBegun {
            // A byte order mark may come in pieces.
            if !isLast, pending.count < 3 { return }
            beginValues()
        }
        while scanned < pending.count {
            let byte = pending[scanned]
            scanned += 1
            if isInString {
                if isEscaped { isEscaped = false } else if byte == UInt8(ascii: "\\") { isEscaped = true } else if byte == UInt8(ascii: "\"") { isInString = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if isInArray, depth == 0 {
                    // The end of the array around all records; what follows is one more value.
                    try cut(upTo: scanned - 1, take)
                    start = scanned
                    isInArray = false
                    continue
                }
                depth -= 1
                if depth <= 0 {
                    depth = 0
                    try cut(upTo: scanned, take)
                }
            case UInt8(ascii: ",") where isInArray && depth == 0:
                try cut(upTo: scanned - 1, take)
                start = scanned
            default: break
            }
        }
        if isLast {
            try cut(upTo: pending.count, take)
        }
    }

    /// Passes over a byte order mark, blanks, and the bracket of an array around all records.
    private mutating func beginValues() {
        // Once: a second mark after it belongs to the first record, in whatever pieces both come.
        if !isPastMark, pending.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
        isPastMark = true
        guard let first = pending[start...].firstIndex(where: { !Self.isBlank($0) }) else { return }
        hasBegun = true
        if pending[first] == UInt8(ascii: "[") {
            isInArray = true
            start = first + 1
        }
        scanned = max(scanned, start)
    }

    private mutating func cut(upTo end: Int, _ take: ([UInt8]) throws -> Void) throws {
        var record = pending[start..<end]
        while let first = record.first, Self.isBlank(first) { record = record.dropFirst() }
        while let last = record.last, Self.isBlank(last) { record = record.dropLast() }
        start = end
        if !record.isEmpty { try take(Array(record)) }
    }

    /// Rows without their line ends; the first is the header.
    private mutating func rows(_ isLast: Bool, _ take: ([UInt8]) throws -> Void) throws {
        while scanned < pending.count {
            let byte = pending[scanned]
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if byte == 0x0A, !isInString {
                try takeRow(upTo: scanned, take)
                start = scanned + 1
            }
            scanned += 1
        }
        if isLast {
            try takeRow(upTo: pending.count, take)
            start = pending.count
        }
    }

    private mutating func takeRow(upTo end: Int, _ take: ([UInt8]) throws -> Void) throws {
        var row = pending[start..<end]
        if row.last == 0x0D { row = row.dropLast() }
        guard !row.isEmpty else { return }
        guard csvHeader != nil else {
            csvHeader = Array(row)
            return
        }
        try take(Array(row))
    }
}
