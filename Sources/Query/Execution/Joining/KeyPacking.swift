import ColumnStore

/// The keys of a row as one number: of a single column its value, of several their places between the least and the greatest value of each.
///
/// For columns a in 10…12 and b in 5…6 of the right side: spans 3 and 2, strides 1 and 3; the row (11, 6) has the key 1 × 1
/// + 1 × 3 = 4, and keys are 0…5. A left row outside of the bounds has no equal row on the right, and gets a key that no
/// right row has.
///
/// Invariant: a key belongs to one row of values, as long as all of them lie within the bounds.
struct KeyPacking: Sendable {
    /// Of one key column, when there are several.
    private struct Part: Sendable {
        let least: Int64
        /// How many numbers there are from the least to the greatest.
        let span: UInt64
        /// What a step in this column adds to the key: the product of the spans before it.
        let stride: Int64
    }

    /// What is known of one key column over all rows of the right side.
    /// - Note: `least` is above `greatest` while no row has come.
    struct Facts: Sendable {
        var least = Int64.max
        var greatest = Int64.min
        var hasNull = false
        /// Whether every value is a number of 64 bits.
        var isNumber: Bool
        let type: ColumnType

        init(_ type: ColumnType) {
            self.type = type
            isNumber = KeyPacking.isNumber(type)
        }

        /// - Complexity: O(rows).
        mutating func note(_ column: Column) {
            if column.nullCount > 0 { hasNull = true }
            guard isNumber, column.count > 0 else { return }
            guard let values = KeyTable.integers(column) else {
                isNumber = false
                return
            }
            // Values under a NULL count as well: they widen the range, no more.
            values.withUnsafeBufferPointer { values in
                var (low, high) = (values[0], values[0])
                for value in values {
                    low = min(low, value)
                    high = max(high, value)
                }
                least = min(least, low)
                greatest = max(greatest, high)
            }
        }

        mutating func note(_ other: Facts) {
            least = min(least, other.least)
            greatest = max(greatest, other.greatest)
            hasNull = hasNull || other.hasNull
            isNumber = isNumber && other.isNumber
        }
    }

    /// Of several columns; empty for one, whose values are the keys as they are.
    private let parts: [Part]
    /// Bounds of all packed keys of the right side.
    let least: Int64
    let greatest: Int64
    /// Whether the keys are whole numbers in their order, not bits of a DOUBLE.
    let isOrdered: Bool

    /// Nil when the keys are no numbers, or too many bits together.
    init?(_ facts: [Facts]) {
        guard !facts.isEmpty, facts.allSatisfy(\.isNumber) else { return nil }
        guard facts.count > 1 else {
            parts = []
            (least, greatest) = facts[0].least <= facts[0].greatest ? (facts[0].least, facts[0].greatest) : (0, 0)
            isOrdered = facts[0].type != .double
            return
        }
        var parts: [Part] = []
        var stride: Int64 = 1
        for fact in facts {
            let (distance, overflow) = fact.least <= fact.greatest ? fact.greatest.subtractingReportingOverflow(fact.least) : (0, false)
            guard !overflow, distance < Int64.max else { return nil }
            parts.append(Part(least: fact.least, span: UInt64(distance) + 1, stride: stride))
            let (next, tooWide) = stride.multipliedReportingOverflow(by: distance + 1)
            guard !tooWide else { return nil }
            stride = next
        }
        self.parts = parts
        (least, greatest) = (0, stride - 1)
        isOrdered = true
    }

    /// Types whose equal values have equal numbers of 64 bits, if they fit.
    static func isNumber(_ type: ColumnType) -> Bool {
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .date, .time, .timestamp, .timestampNanoseconds: true
        default: false
        }
    }

    /// One key a row, and which rows have one: those without NULL. A key below zero is that of no right row when there are several columns.
    /// - Parameter columns: one for each equality, of either side.
    func pack(_ columns: [Column], count: Int) -> (keys: [Int64], present: Bitmap?) {
        guard parts.count > 1 else {
            let (keys, present) = Self.numbers(columns[0])
            return (keys, present)
        }
        var packed = [Int64](repeating: 0, count: count)
        var present: Bitmap?
        for (part, column) in zip(parts, columns) {
            let (values, valid) = Self.numbers(column)
            present = .both(present, valid)
            packed.withUnsafeMutableBufferPointer { packed in
                values.withUnsafeBufferPointer { values in
                    for row in 0..<count {
                        // Values below the least wrap round to large offsets; a key that was -1 stays so.
                        let offset = UInt64(bitPattern: values[row] &- part.least)
                        let isIn = offset < part.span && packed[row] >= 0
                        packed[row] = isIn ? packed[row] &+ Int64(bitPattern: offset) &* part.stride : -1
                    }
                }
            }
        }
        return (packed, present)
    }

    /// The values of column `index` behind packed keys.
    ///
    /// The inverse of `pack`, for filters.
    /// - Precondition: the keys are of right rows.
    func unpack(_ keys: [Int64], column index: Int) -> [Int64] {
        guard parts.count > 1 else { return keys }
        let part = parts[index]
        return keys.map { part.least &+ $0 / part.stride % Int64(bitPattern: part.span) }
    }

    /// A column's values as numbers; those of more than 64 bits count as missing: no right row has them.
    private static func numbers(_ column: Column) -> (values: [Int64], valid: Bitmap?) {
        if let values = KeyTable.integers(column) { return (values, column.rowValidity) }
        let wide = column.wideIntegers()
        let fits = Bitmap.computed(wide) { Int64(exactly: $0) != nil }
        return (wide.map { Int64(truncatingIfNeeded: $0) }, .both(column.rowValidity, fits))
    }
}
