import ColumnStore

/// An operator or function: arguments first, then its kernel. What it must know of the function stands in its definition.
///
/// 1. Arguments are evaluated on the view's rows.
/// 2. A strict function of a NULL constant is NULL, and one of constants alone is computed on one row, unless it is volatile.
/// 3. Arguments are admitted, since kernels lay them flat, and the kernel runs.
///
/// An error of the kernel gets the call's position.
final class CallNode: EvaluationNode {
    private let function: ScalarFunction
    /// One for this place: it may remember constants.
    private let kernel: (KernelCall) throws(KernelError) -> Column
    private let arguments: [EvaluationNode]
    private let position: Int?
    private let context: EvaluationContext
    private let meter: WorkMeter
    /// Of a function that takes a pattern or a path: that is its second argument, or its only one.
    ///
    /// Texts behind it are written, too: flags and a replacement may make another program of it for each row. Numbers and documents do not.
    private let isPatternWritten: Bool
    override var prefersFewRows: Bool { !function.isCheapAndSafe || arguments.contains { $0.prefersFewRows } }

    init(_ function: ScalarFunction, _ arguments: [EvaluationNode], type: ColumnType, position: Int?, context: EvaluationContext, _ meter: WorkMeter) {
        self.meter = meter
        self.function = function
        self.arguments = arguments
        self.position = position
        self.context = context
        func isWritten(_ argument: EvaluationNode) -> Bool { argument is LiteralNode || argument is FoldedNode }
        isPatternWritten = (arguments.prefix(2).last.map(isWritten) ?? false) && arguments.dropFirst(2).allSatisfy { isWritten($0) || $0.type != .string }
        switch function.kernel {
        case .plain(let kernel): self.kernel = kernel
        case .remembering(let make): kernel = make()
        }
        super.init(type: type)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let mark = meter.mark
        var columns: [Column] = []
        for argument in arguments { columns.append(try argument.evaluate(view)) }
        let result = try result(of: columns, view)
        meter.settle(result, since: mark)
        return result
    }

    private func result(of columns: [Column], _ view: RowView) throws(QueryError) -> Column {
        // What is the same on every row is computed on one.
        if view.count > 1, !function.traits.isVolatile, !columns.isEmpty, columns.allSatisfy({ $0.constantValue != nil }) {
            let single = columns.map { Column.constant($0.constantValue ?? .null, type: $0.type, count: 1) }
            let result = try run(single, count: 1)
            try located(position) { () throws(KernelError) in try meter.charge(valueOf: result) }
            return .constant(result.value(at: 0), type: type, count: view.count)
        }
        return try run(columns, count: view.count)
    }

    /// - Throws: what the kernel refuses, with the position; with `fittingRowCount` for columns that are too large
    ///   together.
    private func run(_ columns: [Column], count: Int) throws(QueryError) -> Column {
        if count == 0 { return .constant(.null, type: type, count: 0) }
        if case .strict = function.nulls, columns.contains(where: { $0.isConstantNull }) { return .constant(.null, type: type, count: count) }
        return try located(position) { () throws(KernelError) in
            // A kernel that reads a constant as one value does not spread it out.
            for column in columns where !(function.readsConstantsOnce && column.constantValue != nil) { try meter.admit(column) }
            meter.isPatternWritten = isPatternWritten
            return try kernel(KernelCall(columns: columns, count: count, type: type, context: context, meter: meter))
        }
    }
}
