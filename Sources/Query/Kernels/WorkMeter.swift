import ColumnStore

/// What one worker's evaluation may take. Bytes are charged to the query's memory before they are laid down, and steps are counted, so that a
/// query is ended within the work of one row too.
///
/// Bytes: `charge` before they are laid down, `settle` when a step is over and only its result is left, `keep` for what
/// stays for batches to come. Steps: `step`.
///
/// Invariants:
/// 1. `used` is what is counted of this batch, `kept` with it; `kept` is at most `used`.
/// 2. Of `used`, what is past `freeByteCount` is reserved in `memory`, in lumps: `reserved` is at least `used` then.
/// 3. `reserved` is given back when the meter goes.
/// 4. `leaving` is a part of `kept`: nobody has it any more but the answers of the batch at hand.
///
/// One worker's own, for all evaluators that are compiled together.
///
/// A column of many rows that grows too large is no fault of the query: the batch is taken in fewer rows then (`BatchPieces`). Only what one row
/// cannot do without is refused.
final class WorkMeter {
    /// Of one column of several rows.
    /// A sixteenth of the query's memory, from 1 to 16 MiB.
    let columnByteCountMax: Int
    /// So much is not worth asking for.
    /// A sixty-fourth of the query's memory, from 1 to 4 MiB.
    private let freeByteCount: Int
    private let memory: MemoryBudget
    let cancellation: Cancellation?
    private let allowance: StepAllowance?
    /// Whether what is evaluated becomes a part of a plan: its cancellation is the planning's then, and ends no query.
    var isOfConstants: Bool { allowance != nil }
    /// Of the batch at hand, where steps are no query's: set before it begins.
    var batchStepCountMax: Int?
    /// Whether the pattern or path of the call at hand is written in its expression, and does not come with the rows. Said by `CallNode`.
    var isPatternWritten = false

    /// Of the batch at hand: fewer may be asked for.
    private(set) var rowCount = 1
    private var viewNumber: UInt64 = 0
    /// Bytes of the batch at hand, and those that are kept.
    private var used = 0
    /// What stays from batch to batch.
    private var kept = 0
    /// Bytes that the query's memory was asked for.
    private var reserved = 0
    /// What of `kept` goes with the batch at hand.
    private var leaving = 0
    /// The query's memory said no: what was kept to save work goes before the next rows come.
    private var isShort = false
    private var caches: [() -> Void] = []
    /// Since the last look.
    private var steps = 0
    /// Of the batch at hand, up to the last look.
    private var batchStepCount = 0

    /// The longest text that is made, as long as a query's memory has room for it.
    static let textByteCountMax = 256 << 20
    /// Memory is asked for in lumps of this.
    private static let lumpByteCount = 1 << 20
    /// Between two looks at the cancellation: about a millisecond's.
    private static let stepCountMax = 1 << 20
    /// Without a query: of a rule, of a constant.
    private static let aloneByteCountMax = 64 << 20

    init(_ context: EvaluationContext) {
        memory = context.memory ?? MemoryBudget(byteCountMax: Self.aloneByteCountMax)
        (cancellation, allowance, batchStepCountMax) = (context.cancellation, context.allowance, context.stepCountMax)
        columnByteCountMax = min(ColumnBatch.targetByteCount, max(1 << 20, memory.byteCountMax / 16))
        freeByteCount = min(4 << 20, max(1 << 20, memory.byteCountMax / 64))
    }

    deinit {
        memory.release(reserved)
        allowance?.take(steps)
    }

    /// Begins with the rows of a batch: what the last one took is given back. Expressions over the same rows count together.
    func begin(_ view: RowView) {
        if viewNumber == view.number { return }
        viewNumber = view.number
        rowCount = view.count
        (steps, batchStepCount) = (batchStepCountMax == nil ? steps : 0, 0)
        if isShort || leaving > 0 { dropCaches() }
        used = kept
        if reserved > 0 { giveBack() }
    }

    private func giveBack() {
        let wanted = used > freeByteCount ? used : 0
        if wanted < reserved {
            memory.release(reserved - wanted)
            reserved = wanted
        }
    }

    // MARK: Bytes

    /// Takes bytes that are about to be laid down.
    ///
    /// - Parameter row: how far a column of `count` rows has come: tells how many would fit.
    /// - Throws: `.tooLarge`.
    @inline(__always)
    func charge(_ byteCount: Int, row: Int = 0, of count: Int = 1) throws(KernelError) {
        used += byteCount
        if used > freeByteCount, used > reserved { try reserve(byteCount, row, count) }
    }

    private func reserve(_ byteCount: Int, _ row: Int, _ count: Int) throws(KernelError) {
        // A whole number of lumps first, so that small charges ask seldom; where that does not fit, just what is needed.
        let wanted = (used - reserved + Self.lumpByteCount - 1) / Self.lumpByteCount * Self.lumpByteCount
        if memory.reserve(wanted) {
            reserved += wanted
            return
        }
        if reserveJustUsed() { return }
        // What was kept to save work must not refuse work. Of several rows it goes before they come again, fewer at a time, since answers that were given
        // of them stand on it; one row does not come again.
        isShort = true
        if rowCount == 1, !caches.isEmpty {
            dropCaches()
            giveBack()
            if used <= freeByteCount || used <= reserved || reserveJustUsed() { return }
        }
        used -= byteCount
        throw tooLarge(row, count)
    }

    private func reserveJustUsed() -> Bool {
        guard memory.reserve(used - reserved) else { return false }
        reserved = used
        return true
    }

    /// Adds what lets go of answers that are kept to save work: it says `forgetLater`, and throws nothing away that the row at hand, if it is one alone,
    /// stands on.
    func addCache(_ drop: @escaping () -> Void) { caches.append(drop) }

    private func dropCaches() {
        if isShort { for drop in caches { drop() } }
        isShort = false
        kept -= leaving
        used = max(0, used - leaving)
        leaving = 0
    }

    /// Where a step of an evaluation begins: for `settle`.
    var mark: Int { used - kept }

    /// What a step held besides its result is free again.
    /// - Parameter mark: `mark` as it was when the step began.
    @inline(__always)
    func settle(_ result: Column, since mark: Int) {
        if used - kept > mark + Self.lumpByteCount { used = min(used, kept + mark + result.byteCount()) }
    }

    /// Counts bytes that the evaluator holds from now on, or no longer.
    /// - Throws: `.tooLarge`.
    func keep(_ byteCount: Int) throws(KernelError) {
        try charge(max(0, byteCount))
        kept += byteCount
    }

    /// Of bytes that `keep` has counted.
    func forget(_ byteCount: Int) {
        kept -= byteCount
        used = max(0, used - byteCount)
    }

    /// As `forget`, once no answer of the rows at hand can stand on them any more.
    func forgetLater(_ byteCount: Int) { leaving += byteCount }

    /// Looks at a column that kernels may flatten: of several rows it must not take too much.
    /// - Throws: `.tooLarge` with how many rows would fit.
    func admit(_ column: Column) throws(KernelError) {
        if column.flatByteCountBound <= columnByteCountMax { return }
        try admitLarge(column)
    }

    /// As `admit`, of a column that is handed on as it is.
    func admit(result column: Column) throws(KernelError) {
        if rowCount > 1 { try admit(column) }
    }

    private func admitLarge(_ column: Column) throws(KernelError) {
        guard rowCount > 1 || column.count > 1 else {
            // Of one row, only what does not lie flat already is copied.
            if case .bytes = column.values { return }
            return try charge(column.flatByteCountBound)
        }
        // The bound says no: what the rows really take is looked at, row by row.
        var widths = [Int](repeating: 0, count: column.count)
        column.addWidths(to: &widths)
        var total = 0
        for row in widths.indices {
            total += widths[row]
            if total > columnByteCountMax, rowCount > 1 { throw tooLarge(row, column.count) }
        }
        // Of one row, a list's elements: whether they fit is the memory's to say.
        if total > columnByteCountMax { try charge(total) }
    }

    /// Refuses a column of several rows that has grown to `byteCount` bytes by row `row` of `count`.
    @inline(__always)
    func checkColumn(_ byteCount: Int, row: Int, of count: Int) throws(KernelError) {
        if byteCount > columnByteCountMax, rowCount > 1 { throw tooLarge(row, count) }
    }

    /// How many rows to try: as many as had come when it was too much, at most half. Nil of one row, which cannot be
    /// divided.
    func tooLarge(_ row: Int, _ count: Int) -> KernelError {
        .tooLarge(fittingRowCount: rowCount > 1 ? max(1, min(rowCount / 2, rowCount * row / max(1, count))) : nil)
    }

    func uncharge(_ byteCount: Int) { used -= byteCount }

    /// Takes what the value of a column's only row holds besides what lies in the column: each element of a list has a place, and a text an array of its own.
    func charge(valueOf column: Column) throws(KernelError) {
        let count = column.elementCount
        if count > 1 { try charge(count.multipliedSaturating(by: Self.elementByteCount)) }
    }

    /// Of such a place and such an array.
    private static let elementByteCount = 96

    /// What was charged since `mark` is free again.
    func settle(since mark: Int) { used = min(used, kept + mark) }

    /// Whether the query has so much left, about: its other threads take of it, too.
    func hasRoom(_ byteCount: Int) -> Bool { memory.byteCountMax - memory.usedByteCount >= byteCount }

    // MARK: Steps

    /// What the batch at hand has taken, where it has a bound.
    var takenStepCount: Int { batchStepCount.addingSaturating(steps) }

    /// Counts work: about a byte looked at is a step.
    /// - Throws: `.interrupted` when the query is over.
    @inline(__always)
    func step(_ count: Int) throws(KernelError) {
        steps &+= count
        if steps >= Self.stepCountMax { try look() }
    }

    /// Waits within a batch; not at all where there is no query to wait for.
    /// - Throws: `.interrupted` when the query was over before the time was, or cannot wait.
    func pause(seconds: Double) throws(KernelError) {
        guard seconds > 0, let cancellation else { return }
        do { try cancellation.wait(seconds: seconds) } catch { throw .interrupted(error) }
        try look()
    }

    /// Asks at once whether the query is over.
    func look() throws(KernelError) {
        let taken = steps
        steps = 0
        batchStepCount = batchStepCount.addingSaturating(taken)
        guard batchStepCount <= batchStepCountMax ?? .max, allowance?.take(taken) ?? true else {
            throw .interrupted(QueryError(.unsupportedSQL, "this takes more steps than are taken where no query's time would end them"))
        }
        do { try cancellation?.check() } catch { throw .interrupted(error) }
    }
}

extension Column {
    /// Of lists and structs, in all depths.
    fileprivate var elementCount: Int {
        switch values {
        case .list(_, let element): element.count.addingSaturating(element.elementCount)
        case .structure(let members): members.reduce(0) { $0.addingSaturating($1.count).addingSaturating($1.elementCount) }
        default: 0
        }
    }
}
