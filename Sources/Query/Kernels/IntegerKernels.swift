import ColumnStore

/// Loops over 64-bit integers and decimals that lie as such. Each tells whether any row overflowed; the caller then decides what that means,
/// because a row may be NULL or fit in 128 bits.
/// Overflow is gathered over all rows: no loop ends early, and what stands under a NULL may overflow as well.
enum IntegerKernels {
    /// Whole numbers of every row, or the same one on all.
    /// Decimals are their digits: who adds two scales brings them to one first.
    enum Operand {
        case each([Int64])
        case same(Int64, count: Int)

        /// Nil for decimals that do not fit in 64 bits.
        init?(_ column: Column) {
            switch column.constantValue {
            case nil:
                guard let values = column.integers() else { return nil }
                self = .each(values)
            case .integer(let value)?: self = .same(value, count: column.count)
            case .decimal(let value)?:
                guard let narrow = Int64(exactly: value) else { return nil }
                self = .same(narrow, count: column.count)
            // NULL on all rows: any number will do.
            default: self = .same(0, count: column.count)
            }
        }
    }

    /// - Returns: sums, wrapped where they overflowed.
    static func add(_ left: Operand, _ right: Operand) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.addingReportingOverflow($1) }
    }

    /// - Returns: differences, wrapped where they overflowed.
    static func subtract(_ left: Operand, _ right: Operand) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.subtractingReportingOverflow($1) }
    }

    /// - Returns: products, wrapped where they overflowed.
    static func multiply(_ left: Operand, _ right: Operand) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.multipliedReportingOverflow(by: $1) }
    }

    /// An operand of a higher scale.
    /// To bring both sides of a sum of decimals to one scale.
    /// - Parameter factor: a power of ten, as `DecimalMath.narrowPowers` has them.
    static func multiply(_ operand: Operand, by factor: Int64) -> (operand: Operand, overflowed: Bool) {
        switch operand {
        case .each(let values):
            let scaled = multiply(values, by: factor)
            return (.each(scaled.values), scaled.overflowed)
        case .same(let value, let count):
            let (scaled, overflow) = value.multipliedReportingOverflow(by: factor)
            return (.same(scaled, count: count), overflow)
        }
    }

    /// - Complexity: O(rows); O(1) for the factor 1, whose answer is the very array.
    static func multiply(_ left: [Int64], by factor: Int64) -> (values: [Int64], overflowed: Bool) {
        if factor == 1 { return (left, false) }
        var overflowed = false
        let values = [Int64](unsafeUninitializedCapacity: left.count) { target, count in
            left.withUnsafeBufferPointer { left in
                for row in left.indices {
                    let (value, overflow) = left[row].multipliedReportingOverflow(by: factor)
                    target[row] = value
                    overflowed = overflowed || overflow
                }
            }
            count = left.count
        }
        return (values, overflowed)
    }

    /// Four loops for the four ways in which operands lie, so that one that is the same on all rows stays in a register.
    /// Inlined into its callers, so that the operation is part of the loop and no call.
    @inline(__always)
    private static func combine(
        _ left: Operand, _ right: Operand, _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> (values: [Int64], overflowed: Bool) {
        switch (left, right) {
        case (.each(let one), .each(let other)):
            precondition(one.count == other.count)
            return one.withUnsafeBufferPointer { one in
                other.withUnsafeBufferPointer { other in computed(one.count) { operation(one[$0], other[$0]) } }
            }
        case (.each(let one), .same(let other, _)): return one.withUnsafeBufferPointer { one in computed(one.count) { operation(one[$0], other) } }
        case (.same(let one, _), .each(let other)):
            return other.withUnsafeBufferPointer { other in computed(other.count) { operation(one, other[$0]) } }
        case (.same(let one, let count), .same(let other, _)): return computed(count) { _ in operation(one, other) }
        }
    }

    /// One pass, into memory that was not set to 0 before.
    @inline(__always)
    private static func computed(
        _ count: Int, _ value: (Int) -> (partialValue: Int64, overflow: Bool)
    ) -> (values: [Int64], overflowed: Bool) {
        var overflowed = false
        let values = [Int64](unsafeUninitializedCapacity: count) { target, filled in
            for row in 0..<count {
                let (result, overflow) = value(row)
                target[row] = result
                overflowed = overflowed || overflow
            }
            filled = count
        }
        return (values, overflowed)
    }

    /// Row by row with a function that may refuse; refusals under NULLs are passed over.
    /// For division and the like, which must not be asked of what stands under a NULL.
    @inline(__always)
    static func checked(
        _ left: [Int64], _ right: [Int64], validity: Bitmap?, _ operation: (Int64, Int64) throws(KernelError) -> Int64
    ) throws(KernelError) -> [Int64] {
        precondition(left.count == right.count)
        var values = [Int64](repeating: 0, count: left.count)
        for row in left.indices where validity?[row] ?? true { values[row] = try operation(left[row], right[row]) }
        return values
    }

    /// As `checked`, in 128 bits.
    @inline(__always)
    static func checkedWide(
        _ left: [Int128], _ right: [Int128], validity: Bitmap?, _ operation: (Int128, Int128) throws(KernelError) -> Int128
    ) throws(KernelError) -> [Int128] {
        precondition(left.count == right.count)
        var values = [Int128](repeating: 0, count: left.count)
        for row in left.indices where validity?[row] ?? true { values[row] = try operation(left[row], right[row]) }
        return values
    }

    /// Row by row with a function of one value that may refuse.
    @inline(__always)
    static func mapped(
        _ values: [Int64], validity: Bitmap?, _ operation: (Int64) throws(KernelError) -> Int64
    ) throws(KernelError) -> [Int64] {
        var result = [Int64](repeating: 0, count: values.count)
        for row in values.indices where validity?[row] ?? true { result[row] = try operation(values[row]) }
        return result
    }

    /// As `mapped`, in 128 bits.
    @inline(__always)
    static func mappedWide(
        _ values: [Int128], validity: Bitmap?, _ operation: (Int128) throws(KernelError) -> Int128
    ) throws(KernelError) -> [Int128] {
        var result = [Int128](repeating: 0, count: values.count)
        for row in values.indices where validity?[row] ?? true { result[row] = try operation(values[row]) }
        return result
    }
}
