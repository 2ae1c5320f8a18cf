import ColumnStore

/// `+ - * / %`: numbers of one type, or decimals of any scales (the result's type says which scale comes out); dates, timestamps and intervals in
/// the combinations that PostgreSQL knows, the zone last where it matters.
extension ScalarFunction {
    package static let add = arithmetic("+", .add, cost: .arithmetic, failure: .overflow)
    /// Two moments of which one is infinite have no difference.
    package static let subtract = arithmetic("-", .subtract, cost: .arithmetic, failure: .possibleOf { arguments in isOfMoments(arguments) })
    package static let multiply = arithmetic("*", .multiply, cost: .arithmetic, failure: .overflow)
    package static let divide = arithmetic("/", .divide, cost: .heavy, failure: .possibleOf { arguments in mayDivideByZero(arguments) })
    static let modulo = arithmetic("%", .modulo, cost: .heavy, failure: .possibleOf { arguments in mayDivideByZero(arguments) })

    private static func isOfMoments(_ arguments: [Expression]) -> Bool {
        arguments.prefix(2).allSatisfy { $0.type == .date || TypeRules.isTimestamp($0.type) }
    }

    /// Not by a constant that is another number.
    private static func mayDivideByZero(_ arguments: [Expression]) -> Bool {
        guard arguments.count > 1, let divisor = arguments[1].literalValue else { return true }
        return switch divisor {
        case .integer(let number): number == 0
        case .decimal(let digits): digits == 0
        case .double(let number): number == 0
        default: true
        }
    }

    private static func arithmetic(_ symbol: String, _ operation: ArithmeticKernels.Operation, cost: Cost, failure: Failure) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: cost, failure: failure,
            kernel: .plain { (call) throws(KernelError) in try combine(operation, call) })
    }

    /// By the result's type: numbers, but for the difference of two dates, go to `ArithmeticKernels`, times to `TimeArithmeticKernels`.
    private static func combine(_ operation: ArithmeticKernels.Operation, _ call: KernelCall) throws(KernelError) -> Column {
        let (left, right) = (call[0], call[1])
        switch call.type {
        case .int32, .int64, .double, .decimal:
            // The difference of two dates is a number too.
            if left.type != .date { return try ArithmeticKernels.combine(operation, left, right, type: call.type) }
        default: break
        }
        return try TimeArithmeticKernels.combine(operation, left, right, type: call.type, zone: try call.zone(at: 2))
    }
}

extension SQLFunction {
    /// As the operator %.
    static let modulo = SQLFunction(
        "mod", summary: "the rest of a division, as `%`",
        forms: [[.int32, .int32], [.decimal38(scale: 2), .decimal38(scale: 1)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        return try typing.binary(.remainder, call.arguments[0], call.arguments[1], at: call.position)
    }
}
