internal import ColumnStore
internal import Query

/// What values take in memory as parameters of a question. Those of a Bind message are told by their bytes before one is read: an element of a list is a value of its own, however short
/// its text, and a document becomes a tree on its way.
enum ValueFootprint {
    /// Of an element, in bytes: as the wire has it and as a question has it, a place in an array each, which doubles as it grows, and an allocation for its own bytes.
    static let elementByteCount = 160
    /// Of a list: an array of its own, and a place in the one around it.
    static let listByteCount = 112
    /// Digits that a number of a document may gain where its exponent is written out.
    private static let digitCountMax = 1_000

    /// - Parameters:
    ///   - value: as it came, in `format`.
    ///   - type: its number; of one that goes not over this wire it counts as text.
    /// - Returns: bytes, no fewer than it takes.
    static func byteCount(of value: [UInt8], type: UInt32, _ format: WireFormat) -> Int {
        switch PostgresColumnType(type) {
        case .array(let element)?:
            let (elements, lists) = format == .binary ? binaryCounts(value) : textCounts(value)
            // As they came, and as its elements.
            let bytes = value.count.multipliedSaturating(by: element.form == .bits ? 9 : 2)
            return bytes.addingSaturating(elements.multipliedSaturating(by: elementByteCount)).addingSaturating(lists.multipliedSaturating(by: listByteCount))
                .addingSaturating(isDocument(element) ? documentsByteCount(value) : 0)
        case .plain(let plain)?:
            // A packed bit becomes a byte, and a hexadecimal digit four.
            if plain.form == .bits { return value.count.multipliedSaturating(by: 9) }
            return value.count.addingSaturating(isDocument(plain) ? JSONDocument.readingByteCount(value[...]) : 0)
        case nil: return value.count
        }
    }

    /// - Returns: bytes, no fewer than a parameter takes that is there.
    static func byteCount(of parameter: QueryParameter) -> Int {
        switch parameter {
        case .null, .boolean: 0
        case .number(let text), .string(let text), .text(let text, _): text.utf8.count
        case .typed(let value, _): byteCount(of: value)
        }
    }

    private static func byteCount(of value: Value) -> Int {
        switch value {
        case .bytes(let bytes): listByteCount.addingSaturating(bytes.count)
        case .list(let values), .structure(let values): values.reduce(listByteCount) { $0.addingSaturating(MemoryLayout<Value>.stride).addingSaturating(byteCount(of: $1)) }
        default: 0
        }
    }

    private static func isDocument(_ type: PostgresType) -> Bool { type == .json || type == .jsonb }

    /// Within a list documents stand in quotes, where their own cannot be told: each letter that may begin an exponent counts.
    private static func documentsByteCount(_ list: [UInt8]) -> Int {
        var sum = JSONDocument.readingByteCount(list[...]), isBehindE = false
        for byte in list {
            if isBehindE, (0x30...0x39).contains(byte) { sum = sum.addingSaturating(digitCountMax) }
            // A sign may stand between.
            isBehindE = byte | 0x20 == UInt8(ascii: "e") || isBehindE && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
        }
        return sum
    }

    /// Elements, and lists that they stand in: by commas and braces out of quotes, no fewer than `PostgresText` reads before it finds a fault.
    private static func textCounts(_ text: [UInt8]) -> (elements: Int, lists: Int) {
        var elements = 1, lists = 0, isQuoted = false, isEscaped = false
        for byte in text {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if isQuoted {
                isEscaped = byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: ",") {
                elements += 1
            } else if byte == UInt8(ascii: "{") {
                lists += 1
            }
        }
        return (elements, lists)
    }

    /// As its head says; none of a head that its own bytes cannot bear out, which is refused before anything is taken.
    private static func binaryCounts(_ bytes: [UInt8]) -> (elements: Int, lists: Int) {
        var reader = WireReader(bytes), elements = 1, lists = 0
        do throws(PostgresFault) {
            let dimensionCount = Int(clamping: try reader.integer(Int32.self))
            // Whether there are NULLs, and what the elements are.
            _ = try reader.take(8)
            guard (1...PostgresArray.dimensionsMax).contains(dimensionCount) else { return (0, 0) }
            for _ in 0..<dimensionCount {
                lists = lists.addingSaturating(elements)
                elements = elements.multipliedSaturating(by: max(0, Int(clamping: try reader.integer(Int32.self))))
                _ = try reader.integer(Int32.self)
            }
        } catch {
            return (0, 0)
        }
        guard elements > 0, elements.multipliedSaturating(by: 4) <= reader.count else { return (0, 0) }
        return (elements, lists)
    }
}
