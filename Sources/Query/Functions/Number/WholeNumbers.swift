import ColumnStore

/// gcd and lcm, factorial, div, and the bucket that a number falls into.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let gcd = whole("gcd", summary: "the greatest common divisor of whole numbers or DECIMALs", .gcd)
    static let lcm = whole("lcm", summary: "the least common multiple of whole numbers or DECIMALs", .lcm)
    static let factorial = SQLFunction("factorial", summary: "the product of the whole numbers from 1 on", takes: [.int64], gives: .decimal38(scale: 0), runs: .factorial)
    /// The quotient towards zero, as a NUMERIC.
    static let div = SQLFunction(
        "div", summary: "the quotient without its rest, a DECIMAL",
        forms: [[.decimal38(scale: 2), .decimal38(scale: 1)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        var arguments: [Expression] = []
        for value in call.arguments {
            let number = try typing.number(value, of: call)
            // Of a DOUBLE six digits behind the mark.
            let isDouble = number.type == .double
            arguments.append(
                TypeRules.isDecimal(number.type) ? number : try typing.cast(TypedExpression(number, at: value.position), to: .decimal38(scale: isDouble ? 6 : 0), isExplicit: isDouble))
        }
        return call.make(.div, arguments, .decimal38(scale: 0))
    }

    private static func whole(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.int32, .int32], [.int64, .int64], [.decimal38(scale: 2), .decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            let values = try typing.unified(call.arguments, name)
            if case .decimal(_, let scale) = values[0].type { return call.make(function, values, .decimal38(scale: scale)) }
            guard TypeRules.isInteger(values[0].type) else {
                throw .unsupported("\(name) takes integers, not \(values[0].type.sqlName)", at: call.position).because(.undefinedFunction)
            }
            return call.make(function, values, values[0].type)
        }
    }
}

extension ScalarFunction {
    static let gcd = whole("gcd", { divisor($0, $1) }, { divisor($0, $1) })
    static let lcm = whole("lcm", { multiple($0, $1) }, { multiple($0, $1) })

    /// Euclid's algorithm over magnitudes; nil where the divisor is the magnitude of the least number.
    private static func divisor<Number: FixedWidthInteger & SignedInteger>(_ left: Number, _ right: Number) -> Number? {
        var (a, b) = (left.magnitude, right.magnitude)
        while b != 0 { (a, b) = (b, a % b) }
        return Number(exactly: a)
    }

    /// Divided first, so that the product does not overflow where the multiple fits.
    private static func multiple<Number: FixedWidthInteger & SignedInteger>(_ left: Number, _ right: Number) -> Number? {
        if left == 0 || right == 0 { return 0 }
        guard let common = divisor(left, right) else { return nil }
        let (product, overflow) = (left / common).multipliedReportingOverflow(by: right)
        return overflow ? nil : Number(exactly: product.magnitude)
    }

    /// Of one scale, which the answer has too.
    private static func decimals(_ call: KernelCall, _ compute: (Int128, Int128) -> Int128?) throws(KernelError) -> Column {
        let validity = call.strictValidity
        let values = try IntegerKernels.checkedWide(call[0].wideIntegers(), call[1].wideIntegers(), validity: validity) { (left, right) throws(KernelError) in
            guard let value = compute(left, right), DecimalMath.fits(value) else { throw .numericOverflow }
            return value
        }
        return .decimals(values, type: call.type, validity: validity)
    }

    /// - Parameter compute: nil past the range.
    private static func whole(
        _ symbol: String, _ compute: @escaping @Sendable (Int64, Int64) -> Int64?, _ exact: @escaping @Sendable (Int128, Int128) -> Int128?
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                if TypeRules.isDecimal(call.type) { return try decimals(call, exact) }
                let left = call[0].integers() ?? [], right = call[1].integers() ?? []
                let column = try call.numbers { (row) throws(KernelError) in
                    guard let value = compute(left[row], right[row]), call.type == .int64 || Int32(exactly: value) != nil else { throw .numericOverflow }
                    return value
                }
                return column
            })
    }

    static let factorial = ScalarFunction(
        "factorial", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let numbers = call[0].integers() ?? [], validity = call[0].rowValidity
            let values = try IntegerKernels.mappedWide(numbers.map { Int128($0) }, validity: validity) { (number) throws(KernelError) in
                guard number >= 0 else { throw .numericOverflow }
                // 34! has more than 38 digits.
                guard number <= 33 else { throw .numericOverflow }
                return (0..<Int(number)).reduce(Int128(1)) { $0 * Int128($1 + 1) }
            }
            return .decimals(values, type: call.type, validity: validity)
        })

    static let div = ScalarFunction(
        "div", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let left = call[0].wideIntegers(), right = call[1].wideIntegers(), validity = call.strictValidity
            let (from, by) = (call[0].type.scale, call[1].type.scale)
            var values = [Int128](repeating: 0, count: left.count)
            for row in left.indices where validity?[row] ?? true {
                guard right[row] != 0 else { throw .divisionByZero }
                guard let quotient = DecimalMath.wholeQuotient(left[row], scale: from, by: right[row], scale: by) else { throw .numericOverflow }
                values[row] = quotient
            }
            return .decimals(values, type: call.type, validity: validity)
        })
}
