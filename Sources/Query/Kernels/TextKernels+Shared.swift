import ColumnStore

/// What kernels of texts share. Lengths and places are in characters: Unicode scalars.
enum TextKernels {
    /// The longest text that a function here may make: past it a query asks for nonsense. Others go by `WorkMeter.textByteCountMax`.
    static let byteCountMax = 64 << 20

    /// Writes a text for each valid row.
    /// NULL rows have an empty text beneath.
    @inline(__always)
    static func build(
        count: Int, validity: Bitmap?, type: ColumnType = .string, _ meter: WorkMeter,
        _ append: (Int, inout TextBuilder) throws(KernelError) -> Void
    ) throws(KernelError) -> Column {
        var builder = TextBuilder(count: count, meter)
        for row in 0..<count {
            if validity?[row] ?? true { try append(row, &builder) }
            builder.endText()
        }
        return builder.finish(type: type, validity: validity)
    }

    /// Rows in which no column is NULL; nil for all.
    static func validity(_ columns: [Column]) -> Bitmap? {
        columns.reduce(nil) { Bitmap.both($0, $1.rowValidity) }
    }

    /// Characters of a text: all bytes but those that go on with one (10xxxxxx). UTF-8: RFC 3629, section 3.
    static func scalarCount(_ text: ArraySlice<UInt8>) -> Int {
        text.withUnsafeBufferPointer { text in
            var count = 0
            for byte in text { count &+= byte & 0xC0 != 0x80 ? 1 : 0 }
            return count
        }
    }

    /// How many bytes the first `scalars` characters take.
    static func byteCount(_ text: ArraySlice<UInt8>, scalars: Int) -> Int {
        guard scalars > 0 else { return 0 }
        var seen = 0
        for index in text.indices where text[index] & 0xC0 != 0x80 {
            if seen == scalars { return index - text.startIndex }
            seen += 1
        }
        return text.count
    }
}
