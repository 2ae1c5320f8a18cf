import ColumnStore

/// width_bucket: which of equal spans between two bounds a number lies in, or which of bounds in a list a value reaches.
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let widthBucket = SQLFunction(
        "width_bucket", summary: "the bucket that a number falls into, of equal ones or by a list of bounds, which may be of any type",
        forms: [[.int32, .listOf(.int32)], [.double, .double, .double, .int32]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...4)
        if call.arguments.count == 2 { return try bucketOfList(call, typing) }
        try call.count(4...4)
        var arguments: [Expression] = []
        for value in call.arguments.prefix(3) { arguments.append(try typing.implicit(value, to: .double, call.name)) }
        return call.make(.widthBucket, arguments + [try typing.implicit(call.arguments[3], to: .int32, call.name)], .int32)
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

    /// 0 below the first, one more than there are above the last.
    ///
    /// Buckets count from the first bound, also where it is the higher one.
    private static func bucket(_ value: Double, _ low: Double, _ high: Double, _ count: Int64) throws(KernelError) -> Int64 {
        guard count > 0 else { throw .outside(.badBuckets, "width_bucket needs a count greater than zero") }
        guard !value.isNaN, low.isFinite, high.isFinite else { throw .outside(.badBuckets, "width_bucket needs numbers, and bounds that are finite") }
        guard low != high else { throw .outside(.badBuckets, "the bounds of width_bucket are the same") }
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
