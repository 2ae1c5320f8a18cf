internal import ColumnStore

/// `States.MathAdd` and `States.MathRandom`, in 64 bits.
enum NumberFunctions {
    /// The nearest integer of a number.
    ///
    /// - Throws: `.intrinsicFailure` for what is no number, and past 64 bits.
    static func integer(_ value: JSONValue, _ function: Intrinsic) throws(StateError) -> Int64 {
        guard case .number(let digits) = value else { throw StateError(.intrinsicFailure, "\(function.rawValue) wants a number, not \(value.kind)") }
        guard let integer = ExactNumber(digits).rounded else { throw StateError(.intrinsicFailure, "\(function.rawValue): \(digits) is past 64 bits") }
        return integer
    }

    /// The language's service keeps to 32 bits; 64 hold what a receipt's sums are.
    static func add(_ left: JSONValue, _ right: JSONValue) throws(StateError) -> JSONValue {
        let (sum, isOver) = try integer(left, .mathAdd).addingReportingOverflow(try integer(right, .mathAdd))
        guard !isOver else { throw StateError(.intrinsicFailure, "States.MathAdd: the sum is past 64 bits") }
        return .integer(sum)
    }

    /// From the first number to below the second; a third makes it the same each time.
    static func random(_ values: [JSONValue], _ chance: inout Chance) throws(StateError) -> JSONValue {
        let start = try integer(values[0], .mathRandom)
        let end = try integer(values[1], .mathRandom)
        guard start <= end else { throw StateError(.intrinsicFailure, "States.MathRandom: \(start) is past \(end)") }
        // The difference of two numbers of 64 bits may take 64 bits itself; it wraps to that, and back.
        let span = UInt64(bitPattern: end &- start)
        guard values.count == 3 else { return .integer(start &+ Int64(bitPattern: chance.below(span))) }
        let seed = try integer(values[2], .mathRandom)
        var seeded = Chance(secret: Array("States.MathRandom \(seed)".utf8))
        return .integer(start &+ Int64(bitPattern: seeded.below(span)))
    }
}
