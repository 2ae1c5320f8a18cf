import ColumnStore

/// PostgreSQL's order of JSONB as bytes: of two documents the one that comes first has the smaller key, and those that are equal (`1` and `1.0`) have one key.
///
/// PostgreSQL's rule is at <https://www.postgresql.org/docs/15/datatype-json.html#JSON-INDEXING>: Object > Array > Boolean
/// > Number > String > Null, arrays and objects by how many they hold, then value by value.
///
/// `[1.5]` is 08 00000001 05 81 31 35 00: an array of one value, a number above 0 with one digit before the mark, the
/// digits 1 and 5.
///
///     document = 00 for an empty array that is the whole document, which comes before all others; else value
///     value    = null 01, string 02 text, number below zero 03 digits with all bits turned, zero 04, number above 05 digits, false 06, true 07,
///                array 08 count value…, object 09 count (text value)…
///     text     = its bytes, which hold no 00, then 00
///     digits   = place of the mark, digits without zeros at either side, 00
///     place    = one byte around 80, or 01 or FF and four bytes
///     count    = four bytes, the highest first
///
/// No key is the beginning of another, so that values may stand behind each other. Members come as JSONB keeps them: by the length of their names.
struct DocumentOrder {
    private enum Tag {
        static let null: UInt8 = 1, string: UInt8 = 2, negative: UInt8 = 3, zero: UInt8 = 4, positive: UInt8 = 5, isFalse: UInt8 = 6, isTrue: UInt8 = 7
        static let array: UInt8 = 8, object: UInt8 = 9
    }

    /// Bytes that the key of a text takes at most: `[5,5]` has four for each `5,`.
    static func byteCountBound(_ textByteCount: Int) -> Int { textByteCount.addingSaturating(textByteCount).addingSaturating(8) }

    private let text: ArraySlice<UInt8>
    /// The next byte of `text` to read.
    private var place: Int
    private var key: [UInt8]
    /// Containers that are open: where the count of each stands, and how many values it has so far.
    private var open: [(place: Int, count: UInt32, isObject: Bool)] = []
    /// The string to come is a member's name.
    private var isName = false

    /// Appends the key of a document.
    ///
    /// - Parameter text: JSONB's canonical text.
    static func append(_ text: ArraySlice<UInt8>, to key: inout [UInt8]) {
        let start = key.count
        var order = DocumentOrder(text, key)
        key = []
        order.read()
        key = order.key
        // An empty array comes before everything only where it is the whole document.
        if key[start...].elementsEqual([Tag.array, 0, 0, 0, 0]) { key.replaceSubrange(start..., with: [0]) }
    }

    private init(_ text: ArraySlice<UInt8>, _ key: [UInt8]) { (self.text, place, self.key) = (text, text.startIndex, key) }

    /// One pass over the text, without recursion: depth costs an entry of `open`.
    private mutating func read() {
        while place < text.endIndex {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): begin(isObject: byte == UInt8(ascii: "{"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): end()
            case UInt8(ascii: "\""): string()
            case UInt8(ascii: "n"): word(Tag.null, 4)
            case UInt8(ascii: "t"): word(Tag.isTrue, 4)
            case UInt8(ascii: "f"): word(Tag.isFalse, 5)
            case UInt8(ascii: "-"), 0x30...0x39: number()
            case UInt8(ascii: ","):
                isName = open.last?.isObject ?? false
                place += 1
            case UInt8(ascii: ":"):
                isName = false
                place += 1
            default: place += 1
            }
        }
    }

    /// A value of the innermost container; names are counted with their values.
    private mutating func count() {
        if !open.isEmpty { open[open.count - 1].count &+= 1 }
    }

    /// The count is not known yet: four bytes are kept free for it.
    private mutating func begin(isObject: Bool) {
        count()
        key.append(isObject ? Tag.object : Tag.array)
        open.append((key.count, 0, isObject))
        key.append(contentsOf: [0, 0, 0, 0])
        isName = isObject
        place += 1
    }

    private mutating func end() {
        if let last = open.popLast() {
            for index in 0..<4 { key[last.place + index] = UInt8(truncatingIfNeeded: last.count >> UInt32(24 - 8 * index)) }
        }
        place += 1
    }

    private mutating func word(_ tag: UInt8, _ length: Int) {
        count()
        key.append(tag)
        place += length
    }

    /// Most strings have no backslash: their bytes are the text's.
    private mutating func string() {
        if !isName {
            count()
            key.append(Tag.string)
        }
        let start = place
        place += 1
        var isPlain = true
        while place < text.endIndex, text[place] != UInt8(ascii: "\"") {
            if text[place] == UInt8(ascii: "\\") {
                isPlain = false
                place += 1
            }
            place += 1
        }
        place = min(place + 1, text.endIndex)
        let inner = text[start..<place].dropFirst().dropLast()
        if isPlain { key.append(contentsOf: inner) } else { JSONString.appendUnescaped(inner, to: &key) }
        key.append(0)
    }

    /// 120 and 1.2e2 have one key: the digits 1 2 and the place 3. 0.05 has the digit 5 and the place -1.
    private mutating func number() {
        count()
        let isNegative = text[place] == UInt8(ascii: "-")
        if isNegative { place += 1 }
        // Of the digits from the first to the last that is no zero, and how many of all stand before the mark; the byte before them is for that.
        let start = key.count
        key.append(isNegative ? Tag.negative : Tag.positive)
        key.append(0)
        let first = key.count
        var wholeCount = 0, isWhole = true, exponent = 0
        reading: while place < text.endIndex {
            let byte = text[place]
            switch byte {
            case 0x30...0x39:
                if key.count == first, byte == 0x30 {
                    if !isWhole { wholeCount -= 1 }
                } else {
                    key.append(byte)
                    if isWhole { wholeCount += 1 }
                }
            case UInt8(ascii: "."): isWhole = false
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                exponent = exponentBehind()
                break reading
            default: break reading
            }
            place += 1
        }
        // Zeros at the end say nothing once the place of the mark is known.
        while key.count > first, key[key.count - 1] == 0x30 { key.removeLast() }
        guard key.count > first else {
            key.removeLast()
            key[start] = Tag.zero
            return
        }
        setPlace(wholeCount.addingSaturating(exponent), before: first)
        key.append(0)
        // Turned bits turn the order round: -2 is before -1, and -1.5 before -1.
        if isNegative { for index in (start + 1)..<key.count { key[index] = ~key[index] } }
    }

    /// JSONB's text has none; a text of another form may.
    private mutating func exponentBehind() -> Int {
        place += 1
        let start = place
        while place < text.endIndex, (0x30...0x39).contains(text[place]) || text[place] == UInt8(ascii: "+") || text[place] == UInt8(ascii: "-") { place += 1 }
        return Int(String(decoding: text[start..<place], as: UTF8.self)) ?? 0
    }

    /// Larger places come later in the same bytes: 01 and FF stand outside of what one byte can be, and their four bytes
    /// are in order.
    private mutating func setPlace(_ wholeCount: Int, before first: Int) {
        if (-62...62).contains(wholeCount) { return key[first - 1] = UInt8(0x80 + wholeCount) }
        key[first - 1] = wholeCount < 0 ? 0x01 : 0xFF
        let wide = UInt32(bitPattern: Int32(clamping: wholeCount)) ^ 0x8000_0000
        key.insert(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: wide >> UInt32(24 - 8 * $0)) }, at: first)
    }
}

extension DocumentOrder {
    static func key(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(text.count + text.count / 2 + 8)
        append(text, to: &key)
        return key
    }

    /// The keys of a column's documents; a constant stays one. Those of NULL rows mean nothing.
    /// - Precondition: a column of JSONB; together the keys stay within 32-bit offsets.
    static func keys(_ column: Column) -> Column {
        if let value = column.constantValue {
            guard case .bytes(let text) = value else { return .constant(.null, type: .binary, count: column.count) }
            return .constant(.bytes(key(text[...])), type: .binary, count: column.count)
        }
        let documents = column.byteArrays()
        var keys: [UInt8] = []
        keys.reserveCapacity(documents.bytes.count)
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(documents.count + 1)
        for row in 0..<documents.count {
            append(documents[row], to: &keys)
            offsets.append(Int32(keys.count))
        }
        return .text(ByteArrays(offsets: offsets, bytes: keys), type: .binary, validity: column.rowValidity)
    }
}

/// Keys of columns that come batch after batch. A constant among them is read once: one of megabytes may be held against each of many rows.
/// One comparison's own. Invariant: what `last` takes is kept in the meter for as long as it is there.
final class DocumentKeys {
    private var last: (text: [UInt8], key: [UInt8])?

    /// - Parameter column: a constant, or documents whose keys are charged and counted as work.
    func keys(_ column: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        guard let value = column.constantValue else {
            let byteCount = column.flatByteCountBound
            try meter.step(byteCount)
            try meter.charge(DocumentOrder.byteCountBound(byteCount), of: column.count)
            return DocumentOrder.keys(column)
        }
        guard case .bytes(let text) = value else { return DocumentOrder.keys(column) }
        return .constant(.bytes(try key(text, meter)), type: .binary, count: column.count)
    }

    private func key(_ text: [UInt8], _ meter: WorkMeter) throws(KernelError) -> [UInt8] {
        if let last, last.text == text { return last.key }
        if let last { meter.forget(last.text.count + last.key.count) }
        last = nil
        try meter.step(text.count)
        let mark = meter.mark
        try meter.charge(DocumentOrder.byteCountBound(text.count))
        let key = DocumentOrder.key(text[...])
        meter.settle(since: mark)
        try meter.keep(text.count + key.count)
        last = (text, key)
        return key
    }
}
