import ColumnStore

/// Functions over a list column: one result a row, NULL elements left out.
///
/// A list column is offsets, one more than there are rows, into a column of all elements: row r has the elements offsets[r]..<offsets[r + 1].
enum ListKernels {
    /// Elements of each list, NULLs among them.
    static func count(_ column: Column, type: ColumnType) -> Column {
        let (offsets, _) = column.lists()
        return .whole((0..<column.count).map { Int64(offsets[$0 + 1] - offsets[$0]) }, type: type, validity: column.rowValidity)
    }

    enum Extreme { case least, greatest }

    /// list_sum: the exact sum at the element's scale; NULL when no element is there.
    static func sum(_ column: Column, type: ColumnType) throws(KernelError) -> Column {
        let (offsets, element) = column.lists()
        if type == .double { return sumReals(offsets, element, type: type, dividing: false) }
        let (sums, counts) = try wholeSums(offsets, element)
        return try finish(sums, counts, type: type, from: element.type) { (sum, _) throws(KernelError) in sum }
    }

    /// list_avg: the exact sum divided, rounded to the type's scale.
    ///
    /// - Throws: `.numericOverflow` where an average does not fit.
    static func average(_ column: Column, type: ColumnType) throws(KernelError) -> Column {
        let (offsets, element) = column.lists()
        if type == .double { return sumReals(offsets, element, type: type, dividing: true) }
        let (sums, counts) = try wholeSums(offsets, element)
        let (from, to) = (element.type.scale, type.scale)
        var builder = ColumnBuilder(type: type)
        for row in counts.indices {
            if counts[row] == 0 {
                builder.appendNull()
                continue
            }
            guard let value = DecimalMath.divide(sums[row], scale: from, by: Int128(counts[row]), scale: 0, toScale: to) else {
                throw .numericOverflow
            }
            builder.append(decimal: value)
        }
        return builder.finish()
    }

    /// Sums at the element's scale, and how many elements are no NULL, by list.
    ///
    /// - Throws: `.numericOverflow` where a sum is past 128 bits, which has more than 38 digits.
    private static func wholeSums(_ offsets: [Int32], _ element: Column) throws(KernelError) -> (sums: [Int128], counts: [Int]) {
        let validity = element.rowValidity
        var sums = [Int128](repeating: 0, count: offsets.count - 1)
        var counts = [Int](repeating: 0, count: offsets.count - 1)
        if element.count == 0 { return (sums, counts) }
        if let narrow = element.integers() {
            for row in sums.indices {
                var sum: Int128 = 0
                var count = 0
                for index in Int(offsets[row])..<Int(offsets[row + 1]) where validity?[index] ?? true {
                    // Never wraps: fewer than 2^31 numbers of 64 bits stay within 2^94.
                    sum &+= Int128(narrow[index])
                    count += 1
                }
                (sums[row], counts[row]) = (sum, count)
            }
        } else {
            let wide = element.wideIntegers()
            for row in sums.indices {
                // As `ExactSumAggregator` has it: how many times 2^128 are to be added to the sum, since what went past them may come back.
                var carry = 0
                for index in Int(offsets[row])..<Int(offsets[row + 1]) where validity?[index] ?? true {
                    let (sum, overflow) = sums[row].addingReportingOverflow(wide[index])
                    sums[row] = sum
                    if overflow { carry += wide[index] < 0 ? -1 : 1 }
                    counts[row] += 1
                }
                if carry != 0 { throw .numericOverflow }
            }
        }
        return (sums, counts)
    }

    /// Sums brought to the result's type; NULL of no elements.
    ///
    /// - Throws: `.numericOverflow` where one does not fit.
    private static func finish(
        _ sums: [Int128], _ counts: [Int], type: ColumnType, from: ColumnType, _ value: (Int128, Int) throws(KernelError) -> Int128
    ) throws(KernelError) -> Column {
        var builder = ColumnBuilder(type: type)
        for row in sums.indices {
            if counts[row] == 0 {
                builder.appendNull()
                continue
            }
            guard let scaled = DecimalMath.rescale(try value(sums[row], counts[row]), from: from.scale, to: type.scale),
                DecimalMath.fits(scaled)
            else { throw .numericOverflow }
            if type.isDecimal {
                builder.append(decimal: scaled)
            } else {
                guard let narrow = Int64(exactly: scaled), type == .int64 || Int32(exactly: narrow) != nil else { throw .numericOverflow }
                builder.append(integer: narrow)
            }
        }
        return builder.finish()
    }

    /// In the order of the elements, so that the same list gives the same sum.
    private static func sumReals(_ offsets: [Int32], _ element: Column, type: ColumnType, dividing: Bool) -> Column {
        let validity = element.rowValidity
        let values = element.count == 0 ? [] : element.doubles()
        var builder = ColumnBuilder(type: type)
        for row in 0..<(offsets.count - 1) {
            var sum = 0.0
            var count = 0
            for index in Int(offsets[row])..<Int(offsets[row + 1]) where validity?[index] ?? true {
                sum += values[index]
                count += 1
            }
            if count == 0 { builder.appendNull() } else { builder.append(double: dividing ? sum / Double(count) : sum) }
        }
        return builder.finish()
    }

    /// list_min and list_max: each list's least or greatest value; NULL where it has none.
    static func extreme(_ column: Column, _ extreme: Extreme, type: ColumnType, _ meter: WorkMeter) throws(KernelError) -> Column {
        let (offsets, element) = column.lists()
        let flat = element.flattened()
        var builder = ColumnBuilder(type: type)
        for row in 0..<column.count {
            var best = Value.null
            for index in Int(offsets[row])..<Int(offsets[row + 1]) {
                try meter.step(16)
                let value = flat.value(at: index)
                if value.isNull { continue }
                if best.isNull {
                    best = value
                    continue
                }
                let order = CompareKernels.order(value, best, flat.type)
                if extreme == .least ? order < 0 : order > 0 { best = value }
            }
            builder.append(best)
        }
        return builder.finish()
    }

    /// list[place], from 1: NULL out of bounds, and where the list or the place is NULL.
    static func element(_ column: Column, _ places: Column, type: ColumnType) -> Column {
        let (offsets, element) = column.lists()
        let numbers = places.integers() ?? []
        let validity = Bitmap.both(column.rowValidity, places.rowValidity)
        // -1 gathers NULL.
        let rows = (0..<column.count).map { row -> Int32 in
            guard validity?[row] ?? true, numbers[row] >= 1, numbers[row] <= Int64(offsets[row + 1] - offsets[row]) else { return -1 }
            return offsets[row] + Int32(numbers[row]) - 1
        }
        return element.gatheringOrNull(rows).retyped(type)
    }

    /// ARRAY[…]: one list a row of the arguments' values.
    ///
    /// - Precondition: `type` is a list; every column has `count` rows.
    static func make(_ elements: [Column], type: ColumnType, count: Int, _ meter: WorkMeter) throws(KernelError) -> Column {
        guard case .list(let field) = type else { preconditionFailure("not a list type") }
        let width = elements.count
        // Each value passes through one of its own, and arrays grow by doubling.
        let byteCount = elements.reduce(0) { $0 + $1.flatByteCountBound }
        try meter.checkColumn(byteCount, row: 0, of: 1)
        try meter.charge(2 * byteCount)
        var builder = ColumnBuilder(type: field.type)
        for row in 0..<count {
            try meter.step(width * 8)
            for element in elements { builder.append(element.value(at: row)) }
        }
        let offsets = (0...count).map { Int32($0 * width) }
        return Column(type: type, count: count, values: .list(offsets: offsets, element: builder.finish()))
    }
}
