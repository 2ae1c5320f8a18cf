import ColumnStore

/// What a cast does to a value beside giving it its type, done to each of a list's values, in however many dimensions.
extension ScalarFunction {
    static let systemNames = overElements(.systemName)
    static let systemLetters = overElements(.systemLetter)
    static let narrowIntegers = overElements(.narrowInteger)
    static let narrowReals = overElements(.narrowReal)
    static let wideReals = overElements(.wideReal)
    static let leftOfEach = overElements(.left)
    static let trimEach = overElements(.trimTrailing)
    static let roundMoments = overElements(.roundMoment)
    static let roundIntervals = overElements(.roundInterval)

    /// A list of REALs as one of their texts.
    static let realTexts = ScalarFunction(
        "each \(realText.symbol)", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            try call.meter.charge(2 * call[0].flatByteCountBound)
            return try mapped(call[0], call) { (values) throws(KernelError) in
                guard case .plain(let kernel) = realText.kernel, !values.isConstantNull else { return .constant(.null, type: typeOfTexts(values.type), count: values.count) }
                return try kernel(KernelCall(columns: [values], count: values.count, type: .string, context: call.context, meter: call.meter))
            }
        })

    /// Of the same dimensions.
    static func typeOfTexts(_ type: ColumnType) -> ColumnType { if case .list(let field) = type { .listOf(typeOfTexts(field.type)) } else { .string } }

    /// - Precondition: the function is a plain one of a value and constants.
    private static func overElements(_ function: ScalarFunction) -> ScalarFunction {
        ScalarFunction(
            "each \(function.symbol)", nulls: .first, cost: .heavy, failure: function.failure,
            kernel: .plain { (call) throws(KernelError) in
                try call.meter.charge(2 * call[0].flatByteCountBound)
                return try mapped(call[0], call) { (values) throws(KernelError) in
                    guard case .plain(let kernel) = function.kernel, !values.isConstantNull, values.count > 0 else { return values }
                    var columns = [values]
                    for other in call.columns.dropFirst() { columns.append(.constant(other.constantValue ?? .null, type: other.type, count: values.count)) }
                    return try kernel(KernelCall(columns: columns, count: values.count, type: values.type, context: call.context, meter: call.meter))
                }
            })
    }

    /// Down through lists to their values; lists are built anew around what `map` gives.
    private static func mapped(_ column: Column, _ call: KernelCall, _ map: (Column) throws(KernelError) -> Column) throws(KernelError) -> Column {
        guard case .list = column.type, !column.isConstantNull else { return try map(column.flattened()) }
        let (offsets, element) = column.lists()
        let values = try mapped(element, call, map)
        let type = values.type == element.type ? column.type : ColumnType.listOf(values.type)
        return Column(type: type, count: column.count, validity: column.rowValidity, values: .list(offsets: offsets, element: values))
    }
}
