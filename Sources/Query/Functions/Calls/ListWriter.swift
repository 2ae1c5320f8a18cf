import ColumnStore

/// Lists that are made of one text each, laid down part by part: no part is held twice, and the memory of a list is asked for while it grows. A text of a few
/// megabytes can have as many parts as it has bytes.
///
/// Invariants:
/// 1. no more than `lumpByteCount` bytes and one part are laid down without having been charged;
/// 2. `byteCount` counts each element with `elementByteCount` besides its bytes, so that a list of empty texts is bounded, too.
struct ListWriter {
    private var elements: ColumnBuilder
    private let meter: WorkMeter
    private let rowCount: Int
    /// Which of them is being written.
    var row = 0
    private var byteCount = 0
    /// Laid down since the last charge.
    private var unpaidByteCount = 0

    /// So much is laid down between two looks at the memory.
    private static let lumpByteCount = 1 << 16
    /// Of an element besides its bytes: its offset and its place among the valid ones.
    private static let elementByteCount = 8
    /// Arrays grow by doubling, and the old one stands beside the new one while it is copied.
    private static let growth = 3

    init(_ element: ColumnType, rowCount: Int, _ meter: WorkMeter) {
        (elements, self.rowCount, self.meter) = (ColumnBuilder(type: element), rowCount, meter)
    }

    var count: Int { elements.count }

    /// - Precondition: elements are texts.
    mutating func append(_ text: ArraySlice<UInt8>?) throws(KernelError) {
        try take(text?.count ?? 0)
        Self.append(text, to: &elements)
    }

    /// - Precondition: elements are lists of texts.
    mutating func append(_ texts: [ArraySlice<UInt8>?]) throws(KernelError) {
        try take(texts.reduce(Self.elementByteCount * texts.count) { $0 + ($1?.count ?? 0) })
        elements.appendList { list in for text in texts { Self.append(text, to: &list) } }
    }

    /// - Precondition: the value is one of the elements' type.
    mutating func append(_ value: Value) throws(KernelError) {
        try take(value.flatByteCount)
        elements.append(value)
    }

    private static func append(_ text: ArraySlice<UInt8>?, to column: inout ColumnBuilder) {
        guard let text else { return column.appendNull() }
        text.withUnsafeBytes { column.append(bytes: $0) }
    }

    private mutating func take(_ added: Int) throws(KernelError) {
        let added = added.addingSaturating(Self.elementByteCount)
        byteCount = byteCount.addingSaturating(added)
        unpaidByteCount = unpaidByteCount.addingSaturating(added)
        if unpaidByteCount >= Self.lumpByteCount { try pay() }
    }

    /// Asks for what is not paid yet: at the end of a row, so that a bound is kept to within one.
    mutating func pay() throws(KernelError) {
        guard unpaidByteCount > 0 else { return }
        // Past the longest text that a query's memory has room for, three times over.
        guard byteCount <= WorkMeter.textByteCountMax.multipliedSaturating(by: Self.growth) else { throw .textTooLong }
        try meter.checkColumn(byteCount, row: row, of: rowCount)
        try meter.charge(unpaidByteCount.multipliedSaturating(by: Self.growth), row: row, of: rowCount)
        try meter.step(unpaidByteCount)
        unpaidByteCount = 0
    }

    mutating func finish() -> Column { elements.finish() }
}
