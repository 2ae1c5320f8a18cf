import ColumnStore

/// list_sum and list_avg of a list's numbers, list_min and list_max of its values, NULL elements left out; NULL of no elements.
///
/// Sums are exact and have the type that SUM gives, so that rules about a receipt's lines may compare them with its total.
extension SQLFunction {
    static let listSum = overElements("list_sum", summary: "the sum of a list's elements, NULLs left out", .listSum) { $0 == .interval ? nil : TypeRules.sum($0) }
    static let listAvg = overElements("list_avg", summary: "the average of a list's elements, NULLs left out", .listAvg) { $0 == .interval ? nil : TypeRules.average($0) }
    static let listMin = overElements("list_min", summary: "the least of a list's elements, NULLs left out", .listMin, extreme)
    static let listMax = overElements("list_max", summary: "the greatest of a list's elements, NULLs left out", .listMax, extreme)

    /// Nil of what has no order here: lists, structs and truths.
    @Sendable private static func extreme(_ element: ColumnType) -> ColumnType? {
        element.isNested || element == .boolean ? nil : TypeRules.widened(element)
    }

    /// - Parameter gives: the result's type by the element's; nil where there is none.
    static func overElements(
        _ name: String, summary: String, _ function: ScalarFunction, _ gives: @escaping @Sendable (ColumnType) -> ColumnType?
    ) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.list(element: Field("element", .int32))]]) { (call, _) throws(QueryError) in
            try call.count(1...1)
            let value = call.arguments[0]
            guard case .list(let element) = value.type else {
                throw .badSQL("\(call.name) needs a list, not \(value.type.sqlName)", at: value.position)
            }
            guard let type = gives(element.type) else {
                throw .badSQL(
                    "\(call.name) does not take elements of type \(element.type.sqlName)", at: value.position,
                    hint: element.type.isNested ? "name a member, such as lines.amount" : nil)
            }
            return call.make(function, [value.expression], type)
        }
    }
}

extension ScalarFunction {
    package static let listSum = ScalarFunction(
        "list_sum", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.sum(call[0], type: call.type) })
    package static let listAvg = ScalarFunction(
        "list_avg", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.average(call[0], type: call.type) })
    package static let listMin = ScalarFunction(
        "list_min", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.extreme(call[0], .least, type: call.type, call.meter) })
    package static let listMax = ScalarFunction(
        "list_max", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.extreme(call[0], .greatest, type: call.type, call.meter) })
}
