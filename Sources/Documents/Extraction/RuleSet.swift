internal import ColumnStore
internal import Query

/// A type's computed columns and rules, in the order in which they depend on each other.
///
/// Compiled in four steps: each expression is bound to the columns' names (`Inputs`), sensitive inputs are refused, computed columns are put into
/// an order in which each follows those that it reads, and rules come last. Rules may read every column; a computed column of the receipt may read
/// lists, one of a list reads its own element beside what the receipt has.
struct RuleSet: Sendable {
    /// A computed column: a scalar's cell, or a member of a list.
    private enum Target: Sendable, Hashable {
        case scalar(Int)
        case member(list: Int, member: Int)
    }

    /// A computed column.
    private struct Step: Sendable {
        let target: Target
        let name: String
        let isRequired: Bool
        let isSensitive: Bool
        let program: RuleProgram
        /// The one column of the document that it is made of, by its number among the scalars; nil for none, or for more.
        var place: Int?
    }

    private var steps: [Step] = []
    /// `message` is the author's, and the only text of a fault but for what fails in evaluation.
    private struct Rule: Sendable {
        let name: String
        let message: String
        let isSensitive: Bool
        let program: RuleProgram
        /// The columns that it is about; nil where it is about lists too, or about what is computed.
        ///
        /// For rules that are tested although the receipt has faults.
        let scalars: [Int]?
        /// The one column of the document that it is about, itself or by what is computed of it: faults point there.
        let place: Int?
        /// Its number among those that can wait for other documents.
        var waitingNumber: Int?
    }

    private var rules: [Rule] = []
    private var waiting: WaitingRules?
    var isEmpty: Bool { steps.isEmpty && rules.isEmpty }
    /// Whether all of it runs without the engine's evaluator in the ordinary case; for tests.
    var isPlain: Bool { steps.allSatisfy(\.program.isPlain) && rules.allSatisfy(\.program.isPlain) }

    init(of file: TypeFile, _ compiler: inout PlanCompiler) {
        let inputs = Inputs(file)
        var drafts: [Target: Step] = [:]
        var order: [Target] = []
        // All are compiled before any is ordered: a fault in one must not hide those of others.
        for (target, column, list) in inputs.computed {
            guard let text = column.expression else { continue }
            guard let program = inputs.program(text, list: list, as: column.type ?? .string, pointer: column.pointer + "/expression", &compiler) else { continue }
            let isSensitive = inputs.isSensitive(target)
            if !isSensitive, let read = inputs.sensitiveInput(of: program, list: list) {
                compiler.fail(
                    column.pointer + "/expression", "\(column.name) reads the sensitive column \(read), and is not sensitive itself",
                    code: SensitivePaths.code)
            }
            drafts[target] = Step(target: target, name: column.name, isRequired: column.isRequired, isSensitive: isSensitive, program: program)
            order.append(target)
        }
        for case .scalar(let number) in order {
            let place = drafts[.scalar(number)].flatMap { Self.place(of: $0.program, drafts) }
            drafts[.scalar(number)]?.place = place
        }
        // Of a column that is being ordered false, of one that is in its place true.
        var states: [Target: Bool] = [:]
        for target in order {
            if !add(target, drafts, inputs, &states) {
                compiler.fail(inputs.pointer(of: target) + "/expression", "the value depends on itself", code: "circular-expression")
            }
        }
        // Those that can wait, numbered as they come.
        var programs: [RuleProgram] = []
        for rule in file.rules {
            guard let program = inputs.program(rule.check, list: nil, as: .boolean, isCondition: true, pointer: rule.pointer + "/check", &compiler) else { continue }
            rules.append(
                Rule(
                    name: rule.name, message: rule.message, isSensitive: inputs.sensitiveInput(of: program, list: nil) != nil, program: program,
                    scalars: inputs.scalars(of: program), place: Self.place(of: program, drafts), waitingNumber: program.canWait ? programs.count : nil))
            if program.canWait { programs.append(program) }
        }
        waiting = programs.isEmpty ? nil : WaitingRules(programs)
    }

    /// The one column of the document that an expression of the receipt is made of, through what is computed; nil for none, for more, and where lists are.
    ///
    /// What is computed is gone through to what it is computed of.
    private static func place(of program: RuleProgram, _ drafts: [Target: Step]) -> Int? {
        var found: Set<Int> = []
        var seen: Set<Target> = []
        var open = [program]
        while let program = open.popLast() {
            for column in program.used {
                guard case .scalar(let number) = column.input else { return nil }
                let target = Target.scalar(number)
                if let draft = drafts[target] {
                    if seen.insert(target).inserted { open.append(draft.program) }
                } else {
                    found.insert(number)
                }
            }
        }
        return found.count == 1 ? found.first : nil
    }

    /// Adds a step after those that it needs. False when it needs itself.
    ///
    /// - Parameter states: false for a column that is being added, true for one that was.
    /// - Complexity: depth-first, each column once; as deep as columns depend on each other.
    private mutating func add(_ target: Target, _ drafts: [Target: Step], _ inputs: Inputs, _ states: inout [Target: Bool]) -> Bool {
        if let isDone = states[target] { return isDone }
        guard let step = drafts[target] else { return true }
        states[target] = false
        var list: Int?
        if case .member(let number, _) = target { list = number }
        for column in step.program.used {
            for needed in inputs.targets(of: column.input, list: list) where !add(needed, drafts, inputs, &states) { return false }
        }
        states[target] = true
        steps.append(step)
        return true
    }

    /// Computes the columns, then tests the rules. What fails goes to `report`: pointer, code, message.
    ///
    /// Where a batch serves the receipt's rules, those that can wait take their outcome from it, or are taken to hold while it gathers; the row is
    /// added when all others were tested.
    ///
    /// - Parameter pointer: where a column's value stands, by its number among the scalars; of nil, where the receipt does.
    func evaluate(_ plan: ExtractionPlan, in context: ExtractionContext, at pointer: (Int?) -> String) {
        if isEmpty || context.work.isExhausted { return }
        prepareLists(context)
        for step in steps {
            switch step.target {
            case .scalar(let index): compute(step, context, environment(context, element: nil), pointer, into: index)
            case .member(let list, let member):
                let view = context.buffers.pointee.lists.base[list]
                // A member is computed for each element.
                for row in 0..<view.rowCount {
                    if context.work.isExhausted { return }
                    let start = view.start + row * view.width
                    compute(step, context, environment(context, element: start), pointer, into: start + member)
                }
            }
        }
        // A computed column has failed: rules over what it should have been say nothing.
        guard context.violationCount == 0 else { return testReadable(in: context, at: pointer) }
        let batch = waiting.flatMap { context.ruleBatch.serves($0) ? context.ruleBatch : nil }
        for rule in rules { test(rule, batch, context, pointer) }
        guard let batch else { return }
        // Its row has answered; the next receipt has the next one.
        if batch.mode == .answering { return batch.next() }
        if !context.work.isExhausted { batch.add(UnsafePointer(context.buffers.pointee.cells.base), isInDoubt: context.violationCount > 0) }
    }

    /// Of a receipt that has faults: tests the rules that are about columns which could be read all the same, so that whoever is to correct it hears of
    /// all that is wrong at once.
    func testReadable(in context: ExtractionContext, at pointer: (Int?) -> String) {
        if rules.isEmpty || context.work.isExhausted { return }
        for rule in rules {
            guard let scalars = rule.scalars, !scalars.contains(where: context.unreadable.contains) else { continue }
            test(rule, nil, context, pointer)
        }
    }

    /// NULL holds, as in a CHECK constraint.
    private func test(_ rule: Rule, _ batch: RuleBatch?, _ context: ExtractionContext, _ pointer: (Int?) -> String) {
        do throws(QueryError) {
            if try isBroken(rule, batch, context) { context.report(pointer(rule.place), rule.name, rule.message) }
        } catch {
            context.report(pointer(rule.place), rule.name, "the rule \(rule.name) cannot be evaluated\(rule.isSensitive ? "" : ": \(error.detail)")")
        }
    }

    /// - Returns: whether the rule is false of the receipt.
    private func isBroken(_ rule: Rule, _ batch: RuleBatch?, _ context: ExtractionContext) throws(QueryError) -> Bool {
        let environment = environment(context, element: nil)
        guard let batch, let number = rule.waitingNumber else { return try rule.program.value(environment, context).isFalse }
        let outcome = batch.outcome(number)
        if outcome == .unknown { return try rule.program.value(environment, context).isFalse }
        // Charged as it would have been, also where the batch knows.
        return rule.program.charge(environment, context) && outcome == .fails
    }

    /// - Parameter place: of the cell that is set.
    private func compute(
        _ step: Step, _ context: ExtractionContext, _ environment: RuleEnvironment, _ pointer: (Int?) -> String, into place: Int
    ) {
        do throws(QueryError) {
            let cell = try step.program.value(environment, context)
            context.buffers.pointee.cells.base[place] = cell
            if cell.isNull, step.isRequired { context.report(pointer(step.place), "required", "\(step.name) is required, and its expression is NULL") }
        } catch {
            // What failed may be quoted.
            context.report(pointer(step.place), "expression-failed", "\(step.name) cannot be computed\(step.isSensitive ? "" : ": \(error.detail)")")
        }
    }

    /// - Parameter element: the place of a list element's first cell.
    private func environment(_ context: ExtractionContext, element: Int?) -> RuleEnvironment {
        let cells = UnsafePointer(context.buffers.pointee.cells.base)
        return RuleEnvironment(
            cells: cells, lists: UnsafePointer(context.buffers.pointee.ruleLists.base), element: element.map { cells + $0 }, work: context.work)
    }

    /// Points the rules' lists at their cells, which stay where they are while rules run.
    ///
    /// Computed members are set in the same cells, so that rules see them.
    private func prepareLists(_ context: ExtractionContext) {
        let buffers = context.buffers
        buffers.pointee.ruleLists.count = 0
        for index in 0..<buffers.pointee.lists.count {
            let view = buffers.pointee.lists.base[index]
            let cells = UnsafePointer(buffers.pointee.cells.base + view.start)
            buffers.pointee.ruleLists.append(RuleEnvironment.ListCells(cells: cells, width: view.width, rowCount: view.rowCount))
        }
    }

    // MARK: Names

    /// The columns that expressions may mention, numbered as the binder sees them.
    ///
    /// `outer` are the receipt's scalars and lists, in the type file's order; for an expression of a list's member the list's members are numbered
    /// behind them.
    private struct Inputs {
        var outer: [(name: String, type: ColumnType, input: RuleCompiler.Input)] = []
        var lists: [[(name: String, type: ColumnType)]] = []
        /// Of each list the numbers of its members that are computed.
        var computedMembers: [[Int]] = []
        var computed: [(target: Target, column: TypeFile.ColumnSpecification, list: Int?)] = []
        private var sensitive: [Target: String] = [:]
        /// Lists of which nothing may be shown, not even their length.
        private var sensitiveLists: [Int: String] = [:]

        init(_ file: TypeFile) {
            var scalarCount = 0
            for column in file.columns {
                guard column.isList else {
                    if column.isSensitive { sensitive[.scalar(scalarCount)] = column.name }
                    outer.append((column.name, column.type ?? .string, .scalar(scalarCount)))
                    if column.expression != nil { computed.append((.scalar(scalarCount), column, nil)) }
                    scalarCount += 1
                    continue
                }
                let number = lists.count
                if column.isSensitive { sensitiveLists[number] = column.name }
                let members = column.members.map { (name: $0.name, type: $0.type ?? .string) }
                lists.append(members)
                // To the binder a list is a list of structures.
                let type = ColumnType.list(element: Field("element", .structure(members.map { Field($0.name, $0.type) })))
                outer.append((column.name, type, .list(number)))
                var numbers: [Int] = []
                for (index, member) in column.members.enumerated() where column.isSensitive || member.isSensitive {
                    sensitive[.member(list: number, member: index)] = "\(column.name).\(member.name)"
                }
                for (index, member) in column.members.enumerated() where member.expression != nil {
                    computed.append((.member(list: number, member: index), member, number))
                    numbers.append(index)
                }
                computedMembers.append(numbers)
            }
        }

        /// - Parameters:
        ///   - list: of whose elements it is a member; nil for the receipt.
        ///   - type: of the column that it gives a value.
        ///   - isCondition: a rule's check.
        ///   - pointer: of the expression in the type file.
        /// - Returns: nil with a reason noted.
        func program(
            _ text: String, list: Int?, as type: ColumnType, isCondition: Bool = false, pointer: String, _ compiler: inout PlanCompiler
        ) -> RuleProgram? {
            var inputs: [(input: RuleCompiler.Input, type: ColumnType)] = outer.map { ($0.input, $0.type) }
            var element: [ExpressionCompiler.Input] = []
            if let list {
                for (index, member) in lists[list].enumerated() {
                    inputs.append((.member(index), member.type))
                    element.append(ExpressionCompiler.Input(member.name, member.type))
                }
            }
            // All that come after it would say the same.
            if compiler.isLate { return nil }
            do throws(QueryError) {
                func compiled(as type: ColumnType?) throws(QueryError) -> ExpressionCompiler.Compiled {
                    try ExpressionCompiler.compile(
                        text, outer: outer.map { ExpressionCompiler.Input($0.name, $0.type) }, element: element, as: type, isCondition: isCondition,
                        cancellation: compiler.cancellation)
                }
                let names = lists.map { $0.map(\.name) }
                // A DOUBLE is rounded to a whole number half away from zero, not by the engine's cast.
                if type == .int32 || type == .int64, case let plain = try compiled(as: nil), plain.expression.type == .double {
                    return RuleProgram(plain, inputs: inputs, memberNames: names, whole: type)
                }
                return RuleProgram(try compiled(as: type), inputs: inputs, memberNames: names)
            } catch {
                compiler.isLate = compiler.cancellation?.isOver ?? false
                if compiler.isLate {
                    compiler.fail(pointer, error.detail, code: error.slug.rawValue)
                    return nil
                }
                if compiler.areColumnsInDoubt, Self.isParsed(text) { return nil }
                let place = error.position.map { " (character \($0))" } ?? ""
                compiler.fail(pointer, error.detail + place, code: "invalid-expression")
                return nil
            }
        }

        /// Whether it is an expression, whatever its names mean.
        private static func isParsed(_ text: String) -> Bool {
            do throws(QueryError) {
                _ = try Parser.parseExpression(text)
                return true
            } catch { return false }
        }

        func isSensitive(_ target: Target) -> Bool { sensitive[target] != nil }

        /// The name of a sensitive column that an expression reads.
        ///
        /// Nil where it reads none.
        ///
        /// - Parameter list: that of whose elements it is a member.
        func sensitiveInput(of program: RuleProgram, list: Int?) -> String? {
            for column in program.used {
                switch column.input {
                case .scalar(let index): if let name = sensitive[.scalar(index)] { return name }
                case .member(let index): if let name = list.flatMap({ sensitive[.member(list: $0, member: index)] }) { return name }
                case .list(let number):
                    if let name = sensitiveLists[number] { return name }
                    let read = program.members(of: column.id)
                    for (index, member) in lists[number].enumerated() where read?.contains(member.name) ?? true {
                        if let name = sensitive[.member(list: number, member: index)] { return name }
                    }
                }
            }
            return nil
        }

        /// The columns of the receipt that a rule is about; nil where there are others among them.
        ///
        /// Rules over lists and computed columns are about more than can be read by itself.
        func scalars(of program: RuleProgram) -> [Int]? {
            var scalars: [Int] = []
            for column in program.used {
                guard case .scalar(let index) = column.input, !computed.contains(where: { $0.target == .scalar(index) }) else { return nil }
                scalars.append(index)
            }
            return scalars
        }

        /// The computed columns behind an input.
        ///
        /// What must be computed before it can be read.
        func targets(of input: RuleCompiler.Input, list: Int?) -> [Target] {
            switch input {
            case .scalar(let index): [.scalar(index)]
            case .list(let number): computedMembers[number].map { .member(list: number, member: $0) }
            case .member(let index): list.map { [.member(list: $0, member: index)] } ?? []
            }
        }

        func pointer(of target: Target) -> String { computed.first { $0.target == target }?.column.pointer ?? "" }
    }
}
