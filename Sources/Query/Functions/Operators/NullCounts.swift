import ColumnStore

/// num_nulls and num_nonnulls: how many of the values given are NULL, and how many are not.
/// PostgreSQL 15's documentation, section 9.2.
extension SQLFunction {
    static let nullCount = counting("num_nulls", summary: "how many of the values are NULL", .nullCount)
    static let valueCount = counting("num_nonnulls", summary: "how many of the values are not NULL", .valueCount)

    private static func counting(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.int32], [.int32, .string]]) { (call, _) throws(QueryError) in
            guard !call.arguments.isEmpty else { throw .badSQL("\(name) takes one value or more", at: call.position).because(.undefinedFunction) }
            return call.make(function, call.arguments.map(\.expression), .int32)
        }
    }
}

extension ScalarFunction {
    static let nullCount = counting("num_nulls") { $0 ? 0 : 1 }
    static let valueCount = counting("num_nonnulls") { $0 ? 1 : 0 }

    static let nullCountOfList = countingElements("num_nulls of a list") { $0 ? 0 : 1 }
    static let valueCountOfList = countingElements("num_nonnulls of a list") { $0 ? 1 : 0 }

    /// For VARIADIC: elements of each row's list; NULL of a list that is NULL.
    private static func countingElements(_ symbol: String, _ counted: @escaping @Sendable (_ isValue: Bool) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let (offsets, element) = call[0].lists()
                let validity = element.isConstantNull ? Bitmap(repeating: false, count: element.count) : element.rowValidity
                let counts = (0..<call.count).map { row in
                    (Int(offsets[row])..<Int(offsets[row + 1])).reduce(Int64(0)) { $0 + counted(validity?[$1] ?? true) }
                }
                return .whole(counts, type: .int32, validity: call.strictValidity)
            })
    }

    /// - Parameter counted: what a value counts, or a NULL.
    private static func counting(_ symbol: String, _ counted: @escaping @Sendable (_ isValue: Bool) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .taken, cost: .light, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                var counts = [Int64](repeating: 0, count: call.count)
                for column in call.columns {
                    let validity = column.isConstantNull ? Bitmap(repeating: false, count: call.count) : column.rowValidity
                    for row in counts.indices { counts[row] += counted(validity?[row] ?? true) }
                }
                return .whole(counts, type: .int32, validity: nil)
            })
    }
}
