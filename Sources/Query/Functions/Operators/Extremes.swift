import ColumnStore

/// GREATEST and LEAST of several values: NULLs are left out unless all are NULL.
/// PostgreSQL 15's documentation, section 9.18.4.
extension SQLFunction {
    static let greatest = extreme("greatest", summary: "the greatest of values, NULLs left out", .greatest)
    static let least = extreme("least", summary: "the least of values, NULLs left out", .least)

    private static func extreme(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.string], [.int32, .int64, .decimal38(scale: 2)]]) { (call, typing) throws(QueryError) in
            guard !call.arguments.isEmpty else { throw .badSQL("\(call.name) takes at least one argument", at: call.position) }
            let values = try typing.unified(call.arguments, call.name.uppercased())
            guard TypeRules.isComparable(values[0].type) else {
                throw .badSQL("\(call.name) cannot compare \(values[0].type.sqlName)", at: call.position).because(.undefinedFunction)
            }
            if values.count == 1 { return values[0] }
            // An order of a language compares keys; the text is taken out of the one that wins.
            let keys = try typing.collationKeys(values, at: call.position)
            let found = call.make(function, keys, keys[0].type)
            return found.type == values[0].type ? found : call.make(.collatedText, [found], .string)
        }
    }
}

extension ScalarFunction {
    static let greatest = ScalarFunction(
        "greatest", nulls: .taken, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in ChoiceKernels.extreme(call.columns, isGreatest: true, type: call.type) })
    static let least = ScalarFunction(
        "least", nulls: .taken, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in ChoiceKernels.extreme(call.columns, isGreatest: false, type: call.type) })
}
