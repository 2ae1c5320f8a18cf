import ColumnStore

/// width_bucket: which of equal spans between two bounds a number lies in, or which of bounds in a list a value reaches.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let widthBucket = SQLFunction(
        "width_bucket", summary: "the bucket that a number falls into, of equal ones or by a list of bounds, which may be of any type",
        forms: [
            [.int32, .listOf(.int32)], [.double, .double, .double, .int32], [.decimal38(scale: 2), .decimal38(scale: 2), .decimal38(scale: 2), .int32],
        ]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...4)
        if call.arguments.count == 2 { return try bucketOfList(call, typing) }
        try call.count(4...4)
        // PostgreSQL has one for DOUBLE and one for NUMERIC: whole numbers alone are DOUBLEs, and a DECIMAL beside a DOUBLE is one too.
        let numbers = call.arguments.prefix(3)
        let isExact = numbers.contains { TypeRules.isDecimal($0.type) } && !numbers.contains { $0.type == .double }
        let type = isExact ? try exactType(call, typing) : .double
        var arguments: [Expression] = []
        for value in numbers { arguments.append(try typing.implicit(value, to: type, call.name)) }
        return call.make(isExact ? .widthBucketOfDecimals : .widthBucket, arguments + [try typing.implicit(call.arguments[3], to: .int32, call.name)], .int32)
    }

    /// The DECIMAL that has all digits behind the mark of the number and its bounds.
    private static func exactType(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> ColumnType {
        var scale = 0
        for value in call.arguments.prefix(3) {
            let number = try typing.withOwnDigits(value, beside: .decimal38(scale: 0))
            // What has no type even so is a parameter of which nothing is known: how many digits it will have, nobody says.
            scale = max(scale, number.isUntyped ? TypeRules.divisionScaleMin : TypeRules.scale(number.type))
        }
        return .decimal38(scale: scale)
    }

    /// Of bounds in a list, ascending: how many of them the value reaches.
    private static func bucketOfList(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = call.arguments[0]
        var bounds = call.arguments[1]
        if bounds.isUntyped {
            // The text of a list, of the value's type.
            let type = value.isUntyped || value.type == .null ? ColumnType.string : TypeRules.widened(value.type)
            bounds = TypedExpression(try typing.cast(bounds, to: .listOf(type), isExplicit: false), at: bounds.position)
        }
        guard case .list(let field) = bounds.type, TypeRules.isComparable(field.type), !field.type.isNested else {
            throw .badSQL("width_bucket needs a list of bounds", at: bounds.position).because(.undefinedFunction)
        }
        guard let type = value.isUntyped ? field.type : TypeRules.common(value.type, field.type) else {
            throw .badSQL("width_bucket cannot compare \(value.type.sqlName) with \(field.type.sqlName)", at: value.position).because(.undefinedFunction)
        }
        let wide = TypeRules.widened(type)
        return call.make(
            .widthBucketOfList, [try typing.cast(value, to: wide, isExplicit: false), try typing.cast(bounds, to: .listOf(wide), isExplicit: false)], .int32)
    }
}

extension ScalarFunction {
    static let widthBucket = ScalarFunction(
        "width_bucket", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let (values, lows, highs) = (call[0].doubles(), call[1].doubles(), call[2].doubles())
            let counts = call[3].integers() ?? []
            return try call.numbers { (row) throws(KernelError) in
                try bucket(values[row], lows[row], highs[row], counts[row])
            }
        })

    /// The three numbers have one scale, so that their digits alone count.
    static let widthBucketOfDecimals = ScalarFunction(
        "width_bucket of decimals", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let (values, lows, highs) = (call[0].wideIntegers(), call[1].wideIntegers(), call[2].wideIntegers())
            let counts = call[3].integers() ?? []
            return try call.numbers { (row) throws(KernelError) in
                try bucket(values[row], lows[row], highs[row], counts[row])
            }
        })

    static let widthBucketOfList = ScalarFunction(
        "width_bucket of list", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let value = call[0].flattened(), bounds = ListValues(call[1])
            return try call.numbers { (row) throws(KernelError) in
                let list = bounds.values(row), own = value.value(at: row)
                guard !list.contains(where: \.isNull) else { throw .outside(.nullName, "the bounds of width_bucket must not be NULL") }
                try call.meter.step(16 * list.count)
                // Halved until no bound lies between: `low` is the number of bounds that are not greater than the value.
                var (low, high) = (0, list.count)
                while low < high {
                    let middle = low + (high - low) / 2
                    if CompareKernels.order(own, list[middle], value.type) < 0 { high = middle } else { low = middle + 1 }
                }
                return Int64(low)
            }
        })

    private static let noBuckets = KernelError.outside(.badBuckets, "width_bucket needs a count greater than zero")
    private static let sameBounds = KernelError.outside(.badBuckets, "the bounds of width_bucket are the same")

    /// As of DOUBLEs below, but exact: 0.29 of a hundred buckets up to 1 is at the beginning of the thirtieth, and not next to it.
    private static func bucket(_ value: Int128, _ low: Int128, _ high: Int128, _ count: Int64) throws(KernelError) -> Int64 {
        guard count > 0 else { throw noBuckets }
        guard low != high else { throw sameBounds }
        let isRising = low < high
        if isRising ? value < low : value > low { return 0 }
        if isRising ? value >= high : value <= high {
            guard count < Int64(Int32.max) else { throw .numericOverflow }
            return count + 1
        }
        // Of any two numbers of 128 bits: what wraps is the difference as a number without a sign.
        let distance = UInt128(bitPattern: isRising ? value &- low : low &- value), span = UInt128(bitPattern: isRising ? high &- low : low &- high)
        // The number lies before the last bound, so its distance is less than the span, and the quotient less than the count.
        let product = distance.multipliedFullWidth(by: UInt128(count.magnitude))
        return Int64(truncatingIfNeeded: span.dividingFullWidth((product.high, product.low)).quotient) + 1
    }

    /// 0 below the first, one more than there are above the last.
    ///
    /// Buckets count from the first bound, also where it is the higher one.
    private static func bucket(_ value: Double, _ low: Double, _ high: Double, _ count: Int64) throws(KernelError) -> Int64 {
        guard count > 0 else { throw noBuckets }
        guard !value.isNaN, low.isFinite, high.isFinite else { throw .outside(.badBuckets, "width_bucket needs numbers, and bounds that are finite") }
        guard low != high else { throw sameBounds }
        let isRising = low < high
        if isRising ? value < low : value > low { return 0 }
        if isRising ? value >= high : value <= high {
            guard count < Int64(Int32.max) else { throw .numericOverflow }
            return count + 1
        }
        // Halves first: the difference of two large bounds of unlike signs would be infinite.
        let place = (value / 2 - low / 2) / (high / 2 - low / 2) * Double(count)
        // Not past the last one but where the number is so small beside its bounds that it vanishes beside them, as PostgreSQL has it.
        let bucket = min(Int64(saturating: place), count) + 1
        guard bucket <= Int64(Int32.max) else { throw .numericOverflow }
        return bucket
    }
}
