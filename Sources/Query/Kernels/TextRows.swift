import ColumnStore

/// The texts of a column by row. A constant is there once.
/// A row is read by `[row]` whichever it is; the branch is the same on all rows.
struct TextRows {
    private let arrays: ByteArrays
    let isConstant: Bool

    init(_ column: Column) {
        isConstant = column.constantValue != nil
        arrays = column.oneRow().byteArrays()
    }

    @inline(__always)
    subscript(row: Int) -> ArraySlice<UInt8> { arrays[isConstant ? 0 : row] }

    @inline(__always)
    func range(at row: Int) -> Range<Int> { arrays.range(at: isConstant ? 0 : row) }
}

/// What is looked for in each row: made ready once where it is the same in all.
struct RowSearches {
    private let texts: TextRows
    private let only: TextSearch?

    init(_ texts: TextRows) {
        self.texts = texts
        only = texts.isConstant ? TextSearch(texts[0]) : nil
    }

    /// Nil for an empty text.
    func search(_ row: Int) -> TextSearch? { texts.isConstant ? only : TextSearch(texts[row]) }
}

/// Finds a text in others.
struct TextSearch {
    private let search: ByteSearch
    let byteCount: Int

    /// Nil for an empty text.
    init?(_ wanted: ArraySlice<UInt8>) {
        if wanted.isEmpty { return nil }
        search = ByteSearch(Array(wanted))
        byteCount = wanted.count
    }

    /// The index in `text` at which it first stands.
    func find(in text: ArraySlice<UInt8>) -> Int? {
        text.withUnsafeBufferPointer { search.find(in: $0, from: 0, to: $0.count) }.map { $0 + text.startIndex }
    }
}

/// Characters that are trimmed.
/// Made once for each text of characters. A test of an ASCII character is a shift; others take a look into a set.
struct CharacterSet {
    /// Of ASCII, a bit each.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// All others, as their bytes in one number.
    private var others: Set<UInt32> = []

    /// - Parameter text: its characters.
    /// - Throws: `.tooLarge`; `.interrupted`.
    init(_ text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) {
        var place = text.startIndex
        while place < text.endIndex {
            let byte = text[place]
            if byte < 64 {
                low |= 1 << UInt64(byte)
                place += 1
            } else if byte < 128 {
                high |= 1 << UInt64(byte - 64)
                place += 1
            } else {
                var end = place + 1
                // The bytes that go on with a character; of UTF-8 at most three.
                while end < text.endIndex, text[end] & 0xC0 == 0x80, end - place < 4 { end += 1 }
                if others.insert(Self.number(text[place..<end])).inserted { try meter.charge(16) }
                place = end
            }
            try meter.step(1)
        }
    }

    /// Four bytes at most, as one number.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    private func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> UInt64(byte) & 1 != 0 : high >> UInt64(byte - 64) & 1 != 0
    }

    /// How many bytes at its beginning are characters of the set.
    func beginning(of text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Int {
        var place = text.startIndex
        while place < text.endIndex {
            try meter.step(1)
            if text[place] < 128 {
                guard contains(text[place]) else { break }
                place += 1
                continue
            }
            var end = place + 1
            while end < text.endIndex, text[end] & 0xC0 == 0x80, end - place < 4 { end += 1 }
            guard others.contains(Self.number(text[place..<end])) else { break }
            place = end
        }
        return place - text.startIndex
    }

    /// How many bytes at its end are.
    func end(of text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Int {
        var end = text.endIndex
        while end > text.startIndex {
            try meter.step(1)
            if text[end - 1] < 128 {
                guard contains(text[end - 1]) else { break }
                end -= 1
                continue
            }
            var start = end - 1
            // Back to the byte that the character begins with.
            while start > text.startIndex, text[start] & 0xC0 == 0x80, end - start < 4 { start -= 1 }
            guard others.contains(Self.number(text[start..<end])) else { break }
            end = start
        }
        return text.endIndex - end
    }
}
