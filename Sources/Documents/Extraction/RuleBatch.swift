internal import ColumnStore
internal import Query

/// Of a type's rules those that can wait for other documents: only the engine's evaluator does them, and they read no lists.
///
/// Shared by all threads; the rows are in a `RuleBatch`. See `docs/decisions/0052-rules-of-many-documents.md`.
final class WaitingRules: Sendable {
    /// The cells that they read, by the plan's order, and their types.
    ///
    /// Each cell once, however many rules read it: a column of the batch for each.
    let inputs: [(cell: Int, type: ColumnType)]
    /// Each rule, and which of `inputs` its own columns are.
    let rules: [(program: RuleProgram, columns: [Int])]

    /// - Parameter programs: in the order in which they are tested; a rule's place among them is its `waitingNumber`.
    /// - Precondition: each program can wait.
    init(_ programs: [RuleProgram]) {
        var inputs: [(cell: Int, type: ColumnType)] = []
        var places: [Int: Int] = [:]
        rules = programs.map { program in
            let columns = program.used.map { column in
                guard case .scalar(let cell) = column.input else { preconditionFailure("a rule waits that reads a list") }
                if let known = places[cell] { return known }
                places[cell] = inputs.count
                inputs.append((cell, column.type))
                return inputs.count - 1
            }
            return (program, columns)
        }
        self.inputs = inputs
    }
}

/// Rules over many documents at once: a column of each cell that the rules read, with a row for each receipt. For one receipt at a time the evaluator's
/// way to its kernels costs many times what they do.
///
/// While it *gathers*, a rule that waits counts as one that holds, and what it would read is kept. `evaluate` then finds for each row which rules hold. A
/// receipt of which one does not, or of which that is not known, is read once more: the batch then *answers* in place of the evaluator.
///
/// Invariants:
/// 1. All rows are of one type: receipts of another are none of its business.
/// 2. Receipts of one document have rows one after another, in the order in which their rules are come to.
///
/// An outcome is never a fault: faults are made by reading the document again, one way for all.
///
/// One of a thread's `ExtractionContext`; `WaitingReadings` decides when it gathers, evaluates and answers.
final class RuleBatch {
    /// Off, rules are evaluated by themselves.
    enum Mode { case off, gathering, answering }
    /// Unknown where the evaluation of the row failed, or was not tried.
    enum Outcome { case unknown, holds, fails }

    /// As many as an upload's chunk has. More would leave the nearest cache and gain nothing.
    static let rowCountMax = 1_000
    /// Of texts: about a chunk's, too.
    static let byteCountMax = 2 << 20
    /// Tries to find which rows an evaluation fails for, for each rule: what they do not find is evaluated row by row.
    private static let failureCountMax = 24

    private(set) var mode = Mode.off
    /// Off in tests that ask for each document by itself.
    var isUsed = true
    /// Of the type whose rows are gathered; the first receipt that has such rules sets it.
    private var rules: WaitingRules?
    /// By the place among `WaitingRules.inputs`.
    private var builders: [ColumnBuilder] = []
    private(set) var rowCount = 0
    /// Of texts gathered.
    private var byteCount = 0
    /// Rows that must be read again, whatever their waiting rules say: another rule does not hold.
    private var inDoubt: [Bool] = []
    /// Of each rule its rows' outcomes.
    private var outcomes: [[Outcome]] = []
    /// The row that answers.
    private var row = 0

    /// Looked at behind each document: one may go past it by what it has itself.
    var isFull: Bool { rowCount >= Self.rowCountMax || byteCount >= Self.byteCountMax }

    // MARK: Gathering

    /// Rows of receipts that are read from now on are added.
    func gather() { mode = isUsed ? .gathering : .off }

    /// Answers from now on, with this row first.
    ///
    /// Of a document that is read again: its receipts come in the same order as when they were gathered.
    func answer(from row: Int) { (mode, self.row) = (.answering, row) }

    func stop() { mode = .off }

    /// Forgets all rows, and keeps none of a type's columns.
    func clear() {
        (rules, builders, rowCount, byteCount, inDoubt, outcomes, row) = (nil, [], 0, 0, [], [], 0)
        mode = .off
    }

    /// Whether it stands for the evaluator where a receipt of these rules is read.
    ///
    /// - Parameter wanted: a type's, compared by identity: a version's rules are its own.
    func serves(_ wanted: WaitingRules) -> Bool {
        if mode == .off { return false }
        if rules == nil, mode == .gathering {
            rules = wanted
            builders = wanted.inputs.map { ColumnBuilder(type: $0.type) }
        }
        return rules === wanted
    }

    /// Adds a receipt's row.
    ///
    /// Values are copied: the cells are the next document's soon.
    ///
    /// - Parameter isInDoubt: the receipt is refused in any case, and its waiting rules may have more to say.
    /// - Precondition: it gathers, and serves the receipt's rules.
    func add(_ cells: UnsafePointer<Cell>, isInDoubt: Bool) {
        guard let rules else { preconditionFailure("a row of no rules") }
        for (place, input) in rules.inputs.enumerated() { append(cells[input.cell], input.type, to: place) }
        inDoubt.append(isInDoubt)
        rowCount += 1
    }

    private func append(_ cell: Cell, _ type: ColumnType, to place: Int) {
        if cell.isNull { return builders[place].appendNull() }
        switch type {
        case .string, .binary, .uuid:
            builders[place].append(bytes: UnsafeRawBufferPointer(start: cell.bytes, count: Int(cell.byteCount)))
            byteCount += Int(cell.byteCount)
        default: builders[place].append(cell.value(of: type))
        }
    }

    // MARK: Outcomes

    /// Evaluates each rule over all rows.
    ///
    /// Bounded by `rowCountMax`; the columns are shared by all rules.
    func evaluate(in context: ExtractionContext) {
        guard let rules else { return }
        let columns = builders.indices.map { builders[$0].finish() }
        outcomes = rules.rules.map { rule in outcomes(of: rule.program, rule.columns.map { columns[$0] }, context) }
    }

    /// What fails for one row fails for all that are evaluated with it: halves of them are tried, and theirs, a few times.
    ///
    /// - Returns: of each row its outcome; unknown for those that no evaluation came to an end with.
    private func outcomes(of program: RuleProgram, _ columns: [Column], _ context: ExtractionContext) -> [Outcome] {
        var outcomes = [Outcome](repeating: .unknown, count: rowCount)
        var ranges = [0..<rowCount]
        var failureCount = 0
        // A range that fails is split; its first half is tried next, as it was put last. Splits for the steps end where rows come out alone, which then fail.
        while failureCount < Self.failureCountMax, let range = ranges.popLast() {
            let middle = range.lowerBound + range.count / 2
            let halves = range.count > 1 ? [middle..<range.upperBound, range.lowerBound..<middle] : []
            do throws(QueryError) {
                let batch = ColumnBatch(rowCount: range.count, columns: columns.map { $0.slice(range) })
                let (result, stepCount) = try context.evaluator(of: program).evaluate(batch, stepCountMax: RuleProgram.freeStepCountOfWaiting)
                if stepCount > RuleProgram.freeStepCountOfWaiting {
                    // A document among them may be charged for more than was reckoned: by itself it tells.
                    if halves.isEmpty { throw QueryError(.unsupportedSQL, "a row that takes more steps than are free") }
                    // Many wide rows are no failure.
                    ranges += halves
                    continue
                }
                Self.note(try result.get(), range, &outcomes)
            } catch {
                failureCount += 1
                ranges += halves
            }
        }
        return outcomes
    }

    /// NULL is no violation.
    ///
    /// As of a CHECK constraint in SQL.
    private static func note(_ result: Column, _ range: Range<Int>, _ outcomes: inout [Outcome]) {
        for row in 0..<range.count {
            if case .boolean(false) = result.value(at: row) { outcomes[range.lowerBound + row] = .fails } else { outcomes[range.lowerBound + row] = .holds }
        }
    }

    /// Whether a document with these rows must be read again.
    func isInDoubt(_ rows: Range<Int>) -> Bool { rows.contains { row in inDoubt[row] || outcomes.contains { $0[row] != .holds } } }

    /// What is known of a rule of the receipt at hand, by its number among those that wait.
    ///
    /// - Returns: while it gathers, that it holds.
    func outcome(_ rule: Int) -> Outcome {
        if mode == .gathering { return .holds }
        return outcomes.indices.contains(rule) && outcomes[rule].indices.contains(row) ? outcomes[rule][row] : .unknown
    }

    /// The receipt at hand is done with.
    func next() { row += 1 }
}
