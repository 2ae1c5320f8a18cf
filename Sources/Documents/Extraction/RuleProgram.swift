internal import ColumnStore
internal import Query

/// One compiled rule or computed column.
///
/// Two ways to one value: `tree`, which takes nanoseconds and knows what `RuleCompiler` does, and the engine's evaluator over columns of one row,
/// which knows everything. The tree is asked first where there is one; what it gives up is done over by the evaluator, so that results and
/// messages are the engine's.
final class RuleProgram: Sendable {
    /// Bound: columns by number, types resolved.
    private let expression: Expression
    private let tree: RuleNode?
    /// What a DOUBLE is made of at the end: INTEGER or BIGINT; nil where the expression has its column's type.
    private let whole: ColumnType?
    /// Parts of the expression.
    ///
    /// Its steps, charged before each evaluation.
    private let stepCount: Int
    /// Of its patterns that are written out.
    private let patterns: [PatternCost]
    /// The columns that it reads: their number in the expression, what they are, their type.
    let used: [(id: Int, input: RuleCompiler.Input, type: ColumnType)]
    /// Whether many documents can have it evaluated at once.
    ///
    /// A rule with a tree costs tens of nanoseconds by itself; one that reads a list has no column of one value for a row, and of one that makes much of little each document is charged for its own.
    let canWait: Bool

    /// Steps of the evaluator that are not charged, for each part of the expression: a text that is made begins with half of them.
    private static let freeStepCountOfPart = 1 << 13
    /// More parts than these go over the texts at the document's cost.
    private static let freeReadCountMax = 16
    /// Of a rule that can wait: as many as documents may take together, so that each is charged alike by itself and among others.
    static let freeStepCountOfWaiting = 1 << 20

    init(_ compiled: ExpressionCompiler.Compiled, inputs: [(input: RuleCompiler.Input, type: ColumnType)], memberNames: [[String]], whole: ColumnType? = nil) {
        expression = compiled.expression
        self.whole = whole
        stepCount = Self.count(compiled.expression)
        patterns = Self.patterns(compiled.expression)
        // Only these are made into columns for the evaluator.
        let used = compiled.usedInputs.map { (id: $0, input: inputs[$0].input, type: inputs[$0].type) }
        self.used = used
        let tree = RuleCompiler(inputs: inputs.map(\.input), memberNames: memberNames).node(compiled.expression)
        self.tree = tree
        canWait =
            tree == nil && !Self.isExpanding(compiled.expression)
            && used.allSatisfy { column in if case .scalar = column.input { Self.isOfOneValue(column.type) } else { false } }
    }

    /// Whether the tree does it alone in the ordinary case; for tests.
    var isPlain: Bool { tree != nil }

    private static func isExpanding(_ expression: Expression) -> Bool {
        if case .call(let function, _, _, _) = expression, function.isExpanding { return true }
        return expression.children.contains(where: isExpanding)
    }

    private static func isOfOneValue(_ type: ColumnType) -> Bool {
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .string, .binary, .uuid, .date, .time, .timestamp: true
        default: false
        }
    }

    /// Takes what `value` takes where there is no tree. False when there is not so much left.
    ///
    /// For a rule whose outcome a batch has told: the document is charged as if it had been evaluated by itself.
    func charge(_ environment: RuleEnvironment, _ context: ExtractionContext) -> Bool {
        context.work.charge(stepCount, .rules) && context.work.charge(stepsOfEvaluator(environment).all, .rules)
    }

    /// - Returns: NULL also when the work ends: the document is refused for that.
    /// - Throws: why it has no value: a division by zero, a number of too many digits, a failed cast.
    func value(_ environment: RuleEnvironment, _ context: ExtractionContext) throws(QueryError) -> Cell {
        let cell = try wholeNumber(try computed(environment, context))
        // Files of tables have no infinite dates and times.
        let isFinite = switch expression.type {
        case .date: !Calendar.isInfinite(day: Int64(truncatingIfNeeded: cell.number))
        case .timestamp: !Calendar.isInfinite(moment: Int64(truncatingIfNeeded: cell.number))
        default: true
        }
        guard cell.isNull || isFinite else { throw QueryError(.dataError, "a column holds no infinite date or time").because(.timeOutOfRange) }
        return cell
    }

    /// Half away from zero, as everything that is cast to a column's type; a question's own cast takes the even one, as PostgreSQL's does.
    ///
    /// - Throws: for a number that its column's type does not hold, NaN and the infinite ones.
    private func wholeNumber(_ cell: Cell) throws(QueryError) -> Cell {
        guard let whole, !cell.isNull, let range = RuleNumbers.range(of: whole) else { return cell }
        let number = Double(bitPattern: UInt64(truncatingIfNeeded: cell.number)).rounded(.toNearestOrAwayFromZero)
        guard let exact = Int128(exactly: number), range.contains(exact) else { throw QueryError(.numericOverflow, "a number that does not fit \(ColumnTypeName.text(whole))") }
        return .number(exact)
    }

    /// The tree first, else the evaluator.
    private func computed(_ environment: RuleEnvironment, _ context: ExtractionContext) throws(QueryError) -> Cell {
        guard context.work.charge(stepCount, .rules) else { return .null }
        if let tree {
            do throws(RuleEscape) {
                return try tree.evaluate(environment)
            } catch {
                // The tree gave up on these values: the evaluator below decides.
            }
        }
        return try evaluated(environment, context)
    }

    private func evaluated(_ environment: RuleEnvironment, _ context: ExtractionContext) throws(QueryError) -> Cell {
        let reckoned = stepsOfEvaluator(environment)
        guard context.work.charge(reckoned.all, .rules) else { return .null }
        let evaluator = try context.evaluator(of: self)
        // A batch of one row: each column a constant; those of lists as plain values.
        let columns = used.map { Column.constant(value(of: $0.input, $0.type, environment), type: $0.type, count: 1) }
        let flat = columns.map { column in column.type.isNested ? column.flattened() : column }
        // What is made of texts may be far more than they are. It is ended by what the document has left, before it is laid down: a byte is a step.
        let free = freeStepCount(reckoned)
        let (result, taken) = evaluator.evaluate(ColumnBatch(rowCount: 1, columns: flat), stepCountMax: context.work.left.addingSaturating(free))
        guard taken <= free || context.work.charge(taken.subtractingSaturating(free), .rules) else { return .null }
        return cell(try result.get().value(at: 0), context)
    }

    /// What an evaluation may take beside what was charged for it: each part begins its text, and goes over what is read once or twice.
    private func freeStepCount(_ reckoned: (all: Int, byteCount: Int)) -> Int {
        let ofParts = stepCount.multipliedSaturating(by: Self.freeStepCountOfPart)
        let ofTexts = reckoned.byteCount.multipliedSaturating(by: min(stepCount, Self.freeReadCountMax).multipliedSaturating(by: 2))
        return max(reckoned.all.addingSaturating(ofParts).addingSaturating(ofTexts), canWait ? Self.freeStepCountOfWaiting : 0)
    }

    /// Which members of a list column's elements are read; nil where all may be.
    ///
    /// For `SensitivePaths`' sake: an expression that reads only open members of a list may stand in an open column.
    func members(of id: Int) -> Set<String>? {
        var names: Set<String> = []
        func isList(_ expression: Expression) -> Bool { if case .column(let column, _) = expression { column.rawValue == id } else { false } }
        /// False where the list is taken as a whole.
        func visit(_ expression: Expression) -> Bool {
            switch expression {
            case .member(let inner, let name, _) where isList(inner):
                names.insert(name)
                return true
            // How many there are is no value of any.
            case .call(.listCount, let arguments, _, _) where arguments.count == 1 && isList(arguments[0]): return true
            case .column: return !isList(expression)
            default: return expression.children.allSatisfy(visit)
            }
        }
        return visit(expression) ? names : nil
    }

    /// The evaluator works on columns of one row: some tens of nanoseconds for each part, and it goes over every text and list that it reads.
    ///
    /// - Returns: with the bytes of the texts. Saturates for a pattern that is too costly for the text.
    private func stepsOfEvaluator(_ environment: RuleEnvironment) -> (all: Int, byteCount: Int) {
        var steps = 32 * stepCount
        // All texts together, for each pattern: it is not told which of them a pattern is held against.
        var byteCount = 0
        for column in used {
            switch column.input {
            case .scalar(let index): byteCount += Self.byteCount(environment.cells[index], column.type)
            case .member(let index): byteCount += environment.element.map { Self.byteCount($0[index], column.type) } ?? 0
            case .list(let index): steps += environment.lists.map { 8 * $0[index].rowCount * max($0[index].width, 1) } ?? 0
            }
        }
        return (patterns.reduce(steps.addingSaturating(byteCount)) { $0.addingSaturating($1.steps(forByteCount: byteCount)) }, byteCount)
    }

    /// Of patterns that are written out as constants.
    private static func patterns(_ expression: Expression) -> [PatternCost] {
        let own: PatternCost? =
            if case .call(let function, let arguments, _, _) = expression, function.symbol.hasPrefix("~") || function.symbol.hasPrefix("regexp"), arguments.count > 1,
                case .literal(.bytes(let pattern), _) = arguments[1], let compiled = try? RegularExpression(pattern)
            {
                PatternCost(pattern, compiled, isOfSQL: true)
            } else { nil }
        return expression.children.reduce(own.map { [$0] } ?? []) { $0 + patterns($1) }
    }

    private static func byteCount(_ cell: Cell, _ type: ColumnType) -> Int {
        switch type {
        case .string, .binary: cell.isNull ? 0 : Int(cell.byteCount)
        default: 1
        }
    }

    private static func count(_ expression: Expression) -> Int { expression.children.reduce(1) { $0 + count($1) } }

    /// One for a thread: it is kept by `ExtractionContext`.
    ///
    /// - Throws: what the engine has against the expression.
    func makeEvaluator() throws(QueryError) -> Evaluator {
        var layout: [ColumnID: Int] = [:]
        for (place, column) in used.enumerated() { layout[ColumnID(column.id)] = place }
        return try Evaluator(expression, layout: layout, context: EvaluationContext())
    }

    /// A column's value as the engine has it: a list as structures of its members, in the order of its cells.
    private func value(of input: RuleCompiler.Input, _ type: ColumnType, _ environment: RuleEnvironment) -> Value {
        switch input {
        case .scalar(let index): return environment.cells[index].value(of: type)
        case .member(let index): return environment.element?[index].value(of: type) ?? .null
        case .list(let index):
            guard let rows = environment.lists?[index], case .list(let element) = type, case .structure(let members) = element.type else { return .list([]) }
            return .list(
                (0..<rows.rowCount).map { row in
                    .structure(members.indices.map { rows.cells?[row * rows.width + $0].value(of: members[$0].type) ?? .null })
                })
        }
    }

    /// The way back: the value of one row as a cell.
    private func cell(_ value: Value, _ context: ExtractionContext) -> Cell {
        switch value {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .number(Int128(value))
        case .decimal(let value): return .number(value)
        case .double(let value): return .number(Int128(value.bitPattern))
        case .bytes(let bytes):
            // A text that an expression makes is kept until the document is done with.
            guard context.work.charge(bytes.count, .rules) else { return .null }
            return .bytes(bytes.withUnsafeBufferPointer { context.arena.copy($0) }, bytes.count)
        default: return .null
        }
    }
}
