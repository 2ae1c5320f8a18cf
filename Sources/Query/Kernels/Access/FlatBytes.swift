import ColumnStore

extension Column {
    /// What the rows take once dictionary codes and constants are replaced by what they stand for: what copies of them take, on disk too.
    var flatByteCount: Int {
        if isPlain { return flatByteCountBound }
        var widths = [Int](repeating: 0, count: count)
        addWidths(to: &widths)
        return widths.reduce(0, +)
    }

    /// Whether the bytes of the rows are all that the column takes.
    var isPlain: Bool {
        switch values {
        case .dictionary: false
        case .constant(let value): value.flatByteCount <= 16
        case .list(_, let element): element.isPlain
        case .structure(let members): members.allSatisfy(\.isPlain)
        default: true
        }
    }
}

extension Column {
    /// What the column holds in memory with the room that its arrays have left, dictionaries apart.
    private var residentByteCount: Int {
        switch values {
        case .bits, .constant: 0
        case .int32(let values): values.capacity * 4
        case .int64(let values): values.capacity * 8
        case .int128(let values): values.capacity * 16
        case .double(let values): values.capacity * 8
        case .interval(let values): values.capacity * 16
        case .bytes(let arrays): arrays.bytes.capacity + arrays.offsets.capacity * 4
        case .dictionary(let codes, _): codes.capacity * 4
        case .list(let offsets, let element): offsets.capacity * 4 + element.residentByteCount
        case .structure(let members): members.reduce(0) { $0 + $1.residentByteCount }
        }
    }

    /// What keeping the rows takes, now and when they are copied.
    /// The greater of the two: texts may have been built with room, and codes may stand for long texts.
    var keptByteCount: Int { max(flatByteCount, residentByteCount) }

    /// The same rows without the room that texts were built with, where that is much.
    func compacted() -> Column {
        // From 64 KiB on, and where more than a quarter is room.
        guard case .bytes(let arrays) = values, arrays.bytes.capacity > 1 << 16, arrays.bytes.capacity / 4 > arrays.bytes.count / 3 else { return self }
        var exact: [UInt8] = []
        exact.reserveCapacity(arrays.bytes.count)
        exact.append(contentsOf: arrays.bytes)
        return Column(type: type, count: count, validity: validity, values: .bytes(ByteArrays(offsets: arrays.offsets, bytes: exact)))
    }
}

extension ColumnBatch {
    var flatByteCount: Int { columns.reduce(0) { $0 + $1.flatByteCount } }
    var keptByteCount: Int { columns.reduce(0) { $0 + $1.keptByteCount } }
    func compacted() -> ColumnBatch { ColumnBatch(rowCount: rowCount, columns: columns.map { $0.compacted() }) }

    /// What says that rows do not fit, whatever the budget: put end to end, texts must be within reach of 32-bit offsets.
    static let unreachableByteCount = 1 << 50
    /// Up to here they are, with their other parts.
    static let reachableByteCount = 1 << 30
    /// Values held as they came, joined, and in the order of groups: what they take with both copies.
    static func copied(_ byteCount: Int) -> Int { byteCount < reachableByteCount ? 3 * byteCount : unreachableByteCount }

    /// Ranges of rows of about `byteCountMax` bytes, with at least one row each, and at most `rowCountMax`.
    /// A row of more bytes is a range by itself. Of a batch without rows there is none.
    func pieces(byteCountMax: Int, rowCountMax: Int = ColumnBatch.targetRowCount) -> [Range<Int>] {
        let builder = BatchBuilder(slicing: self, byteCountMax: byteCountMax)
        var pieces: [Range<Int>] = []
        var start = 0
        while start < rowCount {
            let end = builder.end(from: start, to: min(start + rowCountMax, rowCount))
            pieces.append(start..<end)
            start = end
        }
        return pieces
    }
}
