internal import Glibc
import ColumnStore

/// Exponentials, logarithms and trigonometry: of DOUBLE, and DOUBLE what comes out.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let exp = real("exp", summary: "e to the power of a number, a DOUBLE", .exp)
    static let ln = real("ln", summary: "the natural logarithm, a DOUBLE", .ln)
    static let log10 = real("log10", summary: "the logarithm to the base 10, a DOUBLE", .log10)
    static let cbrt = real("cbrt", summary: "the cube root, a DOUBLE", .cbrt)
    static let sin = real("sin", summary: "the sine of radians", .sin)
    static let cos = real("cos", summary: "the cosine of radians", .cos)
    static let tan = real("tan", summary: "the tangent of radians", .tan)
    static let cot = real("cot", summary: "the cotangent of radians", .cot)
    static let asin = real("asin", summary: "the arc sine, in radians", .asin)
    static let acos = real("acos", summary: "the arc cosine, in radians", .acos)
    static let atan = real("atan", summary: "the arc tangent, in radians", .atan)
    static let sinh = real("sinh", summary: "the hyperbolic sine", .sinh)
    static let cosh = real("cosh", summary: "the hyperbolic cosine", .cosh)
    static let tanh = real("tanh", summary: "the hyperbolic tangent", .tanh)
    static let asinh = real("asinh", summary: "the inverse hyperbolic sine", .asinh)
    static let acosh = real("acosh", summary: "the inverse hyperbolic cosine", .acosh)
    static let atanh = real("atanh", summary: "the inverse hyperbolic tangent", .atanh)
    static let degrees = real("degrees", summary: "radians as degrees", .degrees)
    static let radians = real("radians", summary: "degrees as radians", .radians)
    static let atan2 = SQLFunction("atan2", summary: "the angle of a point (y, x), in radians", takes: [.double, .double], gives: .double, runs: .atan2)
    static let pi = SQLFunction("pi", summary: "π, a DOUBLE", forms: [[]]) { (call, _) throws(QueryError) in
        try call.count(0...0)
        return .literal(.double(.pi), .double)
    }
    /// Of one number to the base 10; of two the first is the base.
    static let log = SQLFunction(
        "log", summary: "the logarithm to the base 10, or to the base that stands first, a DOUBLE",
        forms: [[.double], [.double, .double]]
    ) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        var values: [Expression] = []
        for value in call.arguments { values.append(try typing.cast(value, to: .double, isExplicit: false)) }
        if values.count == 1 { return call.make(.log10, values, .double) }
        return call.make(.log, values, .double)
    }

    private static func real(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, takes: [.double], gives: .double, runs: function)
    }
}

extension ScalarFunction {
    static let exp = real("exp") { $0.isInfinite ? $0 < 0 ? 0 : $0 : apart(Glibc.exp($0)) }
    static let ln = real("ln") { $0 > 0 || $0.isNaN ? Glibc.log($0) : nil }
    static let log10 = real("log10") { $0 > 0 || $0.isNaN ? Glibc.log10($0) : nil }
    static let cbrt = real("cbrt") { Glibc.cbrt($0) }
    static let sin = real("sin") { $0.isInfinite ? nil : Glibc.sin($0) }
    static let cos = real("cos") { $0.isInfinite ? nil : Glibc.cos($0) }
    static let tan = real("tan") { $0.isInfinite ? nil : Glibc.tan($0) }
    static let cot = real("cot") { $0.isInfinite ? nil : 1 / Glibc.tan($0) }
    static let asin = real("asin") { $0.magnitude > 1 ? nil : Glibc.asin($0) }
    static let acos = real("acos") { $0.magnitude > 1 ? nil : Glibc.acos($0) }
    static let atan = real("atan") { Glibc.atan($0) }
    static let sinh = real("sinh") { Glibc.sinh($0) }
    static let cosh = real("cosh") { Glibc.cosh($0) }
    static let tanh = real("tanh") { Glibc.tanh($0) }
    static let asinh = real("asinh") { Glibc.asinh($0) }
    static let acosh = real("acosh") { $0 < 1 ? nil : Glibc.acosh($0) }
    static let atanh = real("atanh") { $0.magnitude > 1 ? nil : Glibc.atanh($0) }
    static let degrees = real("degrees") { $0.isInfinite ? $0 : finite($0 / (.pi / 180)) }
    static let radians = real("radians") { $0 == 0 || $0.isInfinite ? $0 : apart($0 * (.pi / 180)) }
    static let atan2 = ScalarFunction(
        "atan2", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = zip(call[0].doubles(), call[1].doubles()).map { Glibc.atan2($0, $1) }
            return Column(type: .double, count: call.count, validity: call.strictValidity, values: .double(values))
        })

    /// Of two numbers, of which the base stands first.
    ///
    /// - Throws: `.outside(.badLogarithm)` for a number or a base that is not above 0, `.divisionByZero` for 1 as the base.
    static let log = ScalarFunction(
        "log", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let bases = call[0].doubles(), values = call[1].doubles(), validity = call.strictValidity
            var result = [Double](repeating: 0, count: call.count)
            for row in 0..<call.count where validity?[row] ?? true {
                // A NaN is below nothing.
                if values[row] <= 0 || bases[row] <= 0 { throw .outside(.badLogarithm, "log does not take this number") }
                if bases[row] == 1 { throw .divisionByZero }
                result[row] = logarithm(values[row], base: bases[row])
            }
            return Column(type: .double, count: call.count, validity: validity, values: .double(result))
        })

    /// Exact where a whole number is: the quotient of two rounded logarithms falls short of some of these, which a `floor` would make one less.
    private static func logarithm(_ value: Double, base: Double) -> Double {
        if base == 10 { return Glibc.log10(value) }
        if base == 2 { return Glibc.log2(value) }
        let quotient = Glibc.log(value) / Glibc.log(base)
        let whole = quotient.rounded()
        return Glibc.pow(base, whole) == value ? whole : quotient
    }

    /// Nil where a finite number went past the range of DOUBLE.
    private static func finite(_ value: Double) -> Double? { value.isInfinite ? nil : value }
    /// The same, and nil where it came too near to 0 for any but that.
    private static func apart(_ value: Double) -> Double? { value == 0 ? nil : finite(value) }

    /// They have an error of their own.
    private static let logarithms: Set<String> = ["ln", "log", "log10"]

    /// - Parameter compute: nil of a number outside of what the function takes.
    private static func real(_ symbol: String, _ compute: @escaping @Sendable (Double) -> Double?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let values = call[0].doubles(), validity = call[0].rowValidity
                var result = [Double](repeating: 0, count: values.count)
                for row in values.indices where validity?[row] ?? true {
                    guard let value = compute(values[row]) else {
                        if logarithms.contains(symbol) { throw .outside(.badLogarithm, "\(symbol) does not take this number") }
                        throw .numericOverflow
                    }
                    result[row] = value
                }
                return Column(type: .double, count: values.count, validity: validity, values: .double(result))
            })
    }
}
