/// How many bytes rows take once dictionary codes and constants are replaced by what they stand for: what anything that copies rows, hashes,
/// sorts, spills or writes them has to expect. Kept far below what an `Int` holds, so that sums of them need no check.
extension Column {
    /// 4 TiB.
    private static let countMax = 1 << 42

    /// No fewer than the rows take; told without looking at them.
    ///
    /// Batches are cut and memory is asked for by it. Of a dictionary's rows each counts as its largest entry.
    ///
    /// - Complexity: O(columns within).
    public var flatByteCountBound: Int {
        switch values {
        case .bits: count
        case .int32: count * 4
        case .int64, .double: count * 8
        case .int128, .interval: count * 16
        case .bytes(let arrays): arrays.bytes.count + count * 4
        case .dictionary(_, let dictionary): min(Self.countMax, count * (dictionary.flatByteCountMax + 4))
        case .list(_, let element): min(Self.countMax, count * 4 + element.flatByteCountBound)
        case .structure(let members): min(Self.countMax, members.reduce(0) { $0 + $1.flatByteCountBound })
        case .constant(let value): min(Self.countMax, count.multipliedSaturating(by: value.flatByteCount(as: type)))
        }
    }

    /// This column and those within it, in all depths: what a copy of it makes anew, however few rows there are.
    ///
    /// - Complexity: O(columns within).
    public var columnCount: Int {
        switch values {
        case .list(_, let element): element.columnCount.addingSaturating(1)
        case .structure(let members): members.reduce(1) { $0.addingSaturating($1.columnCount) }
        // Laid out it has all that its type has, of a NULL too.
        case .constant: Self.columnCount(of: type)
        default: 1
        }
    }

    private static func columnCount(of type: ColumnType) -> Int {
        switch type {
        case .list(let element): columnCount(of: element.type).addingSaturating(1)
        case .structure(let fields): fields.reduce(1) { $0.addingSaturating(columnCount(of: $1.type)) }
        default: 1
        }
    }

    /// Adds what each row takes.
    /// - Precondition: `widths` has a place for each row.
    /// - Complexity: O(rows, and elements of lists).
    public func addWidths(to widths: inout [Int]) {
        func add(_ width: Int) { for row in widths.indices { widths[row] += width } }
        switch values {
        case .bits: add(1)
        case .int32: add(4)
        case .int64, .double: add(8)
        case .int128, .interval: add(16)
        case .bytes(let arrays): for row in widths.indices { widths[row] += Int(arrays.offsets[row + 1] - arrays.offsets[row]) + 4 }
        case .dictionary(let codes, let dictionary):
            if case .bytes(let entries) = dictionary.values.values {
                for row in widths.indices { widths[row] += entries.range(at: Int(codes[row])).count + 4 }
            } else {
                add(dictionary.flatByteCountMax + 4)
            }
        case .list(let offsets, let element):
            // The widths of all elements, from which each list takes its own.
            var elements = [Int](repeating: 0, count: element.count)
            element.addWidths(to: &elements)
            for row in widths.indices {
                var width = 4
                for place in Int(offsets[row])..<Int(offsets[row + 1]) { width += elements[place] }
                widths[row] += width
            }
        case .structure(let members): for member in members { member.addWidths(to: &widths) }
        case .constant(let value): add(min(Self.countMax, value.flatByteCount(as: type)))
        }
    }

    /// Whether gathering rows copies more than a few bytes for each: lists are copied whole, texts are shared where that is shorter.
    public var isCopiedWhole: Bool {
        switch values {
        case .list: true
        case .structure(let members): members.contains { $0.type.isNested || $0.isText }
        default: false
        }
    }

    private var isText: Bool {
        if case .bytes = values { true } else { false }
    }
}

extension Value {
    /// What one row of it takes.
    public var flatByteCount: Int {
        switch self {
        case .null, .boolean, .integer, .double: 8
        case .decimal, .interval: 16
        case .bytes(let bytes): bytes.count + 4
        case .list(let values), .structure(let values): values.reduce(4) { $0 + $1.flatByteCount }
        }
    }

    /// The same in a column of a type: a NULL row has a place in each of its members.
    ///
    /// - Complexity: O(values within, and members of the type).
    func flatByteCount(as type: ColumnType) -> Int {
        switch (self, type) {
        case (.null, .structure(let fields)): fields.reduce(4) { $0.addingSaturating(Value.null.flatByteCount(as: $1.type)) }
        case (.structure(let values), .structure(let fields)): zip(values, fields).reduce(4) { $0.addingSaturating($1.0.flatByteCount(as: $1.1.type)) }
        case (.list(let values), .list(let element)) where element.type.isNested: values.reduce(4) { $0.addingSaturating($1.flatByteCount(as: element.type)) }
        default: flatByteCount
        }
    }
}

extension ColumnBatch {
    /// What a batch may take where its rows are not one alone. Enough for the usual rows many times over.
    public static let targetByteCount = 16 << 20

    public var flatByteCountBound: Int { columns.reduce(0) { $0 + $1.flatByteCountBound } }

    /// What each row takes.
    public func rowWidths() -> [Int] {
        var widths = [Int](repeating: 0, count: rowCount)
        for column in columns { column.addWidths(to: &widths) }
        return widths
    }

    /// What all rows take together.
    public var rowsByteCount: Int { rowWidths().reduce(0) { $0.addingSaturating($1) } }
}

/// Ends batches at a byte count: each has at least one row, and no more than fit.
///
/// Operators whose output may be far larger than their input (joins, unnesting) ask it where to stop.
public struct BatchBuilder {
    /// Of each row; nil where nothing need be cut.
    private let widths: [Int]?
    public let byteCountMax: Int

    /// For rows of `batch` that come one after another: each once.
    public init(slicing batch: ColumnBatch, byteCountMax: Int = ColumnBatch.targetByteCount) {
        widths = batch.rowCount <= 1 || batch.flatByteCountBound <= byteCountMax ? nil : batch.rowWidths()
        self.byteCountMax = byteCountMax
    }

    /// For rows of `columns` that are gathered, in any order and any number of times. Only what gathering copies whole counts.
    public init(gathering columns: [Column], byteCountMax: Int = ColumnBatch.targetByteCount) {
        self.byteCountMax = byteCountMax
        let copied = columns.filter(\.isCopiedWhole)
        guard let first = copied.first else {
            widths = nil
            return
        }
        var all = [Int](repeating: 0, count: first.count)
        for column in copied { column.addWidths(to: &all) }
        widths = all
    }

    /// Where nothing need be cut.
    public var isWhole: Bool { widths == nil }

    /// Where the batch that begins at row `start` ends.
    ///
    /// - Returns: above `start`, unless that is `limit`.
    /// - Complexity: O(rows of the batch).
    public func end(from start: Int, to limit: Int) -> Int {
        guard let widths else { return limit }
        var (end, byteCount) = (start, 0)
        while end < limit {
            byteCount += widths[end]
            if byteCount > byteCountMax, end > start { break }
            end += 1
        }
        return end
    }

    /// Of the rows numbered in `rows` from place `start` on, where the batch ends. A number below zero stands for no row.
    public func end(of rows: [Int32], from start: Int, to limit: Int) -> Int {
        guard let widths else { return limit }
        var (end, byteCount) = (start, 0)
        while end < limit {
            if rows[end] >= 0 { byteCount += widths[Int(rows[end])] }
            if byteCount > byteCountMax, end > start { break }
            end += 1
        }
        return end
    }

    /// The ranges of all batches.
    public func ranges(_ rowCount: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < rowCount {
            let end = end(from: start, to: rowCount)
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}
