import ColumnStore

/// Loops over 64-bit integers and decimals that lie as such. Each tells whether any row overflowed; the caller then decides what that means,
/// because a row may be NULL or fit in 128 bits.
enum IntegerKernels {
    static func add(_ left: [Int64], _ right: [Int64]) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.addingReportingOverflow($1) }
    }

    static func subtract(_ left: [Int64], _ right: [Int64]) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.subtractingReportingOverflow($1) }
    }

    static func multiply(_ left: [Int64], _ right: [Int64]) -> (values: [Int64], overflowed: Bool) {
        combine(left, right) { $0.multipliedReportingOverflow(by: $1) }
    }

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

    @inline(__always)
    private static func combine(
        _ left: [Int64], _ right: [Int64], _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> (values: [Int64], overflowed: Bool) {
        precondition(left.count == right.count)
        var overflowed = false
        let values = [Int64](unsafeUninitializedCapacity: left.count) { target, count in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for row in left.indices {
                        let (value, overflow) = operation(left[row], right[row])
                        target[row] = value
                        overflowed = overflowed || overflow
                    }
                }
            }
            count = left.count
        }
        return (values, overflowed)
    }

    /// Row by row with a function that may refuse; refusals under NULLs are passed over.
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

    @inline(__always)
    static func mappedWide(
        _ values: [Int128], validity: Bitmap?, _ operation: (Int128) throws(KernelError) -> Int128
    ) throws(KernelError) -> [Int128] {
        var result = [Int128](repeating: 0, count: values.count)
        for row in values.indices where validity?[row] ?? true { result[row] = try operation(values[row]) }
        return result
    }
}
