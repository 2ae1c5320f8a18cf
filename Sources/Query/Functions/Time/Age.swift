import ColumnStore

/// age(later, earlier) in years, months and days; of one time, from today.
/// PostgreSQL 15's documentation, section 9.9.
extension SQLFunction {
    static let age = SQLFunction("age", summary: "the interval between two times, or from one until today", forms: [[.timestampTZ], [.timestampTZ, .timestampTZ]]) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        var values = call.arguments
        if values.count == 1 {
            // PostgreSQL has an age of transactions' numbers, too.
            try TimeField.checkType(of: values[0], in: call)
            // From the midnight that the day began with.
            let today = try currentDate.bound(FunctionCall(name: "current_date", arguments: [], position: call.position), typing)
            values.insert(TypedExpression(today, at: call.position), at: 0)
        }
        // Local times where one is local and none is an instant.
        let isLocal = values.contains { $0.type == .timestamp(isUTC: false) } && !values.contains { $0.type == .timestampTZ }
        let type: ColumnType = isLocal ? .timestamp(isUTC: false) : .timestampTZ
        var arguments: [Expression] = []
        for value in values { arguments.append(try typing.implicit(value, to: type, call.name)) }
        return call.make(.age, typing.zoned(arguments, type), .interval)
    }
}

extension ScalarFunction {
    static let age = ScalarFunction(
        "age", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try TimeArithmeticKernels.age(call[0], call[1], zone: try call.zone(at: 2)) })
}
