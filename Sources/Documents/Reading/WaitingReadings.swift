/// Documents read one after another, of whose rules those that can wait are evaluated for many at once.
///
/// Each result is what reading the document by itself gives, and so is what is left of the body's work: a document of which a rule does not hold, or may not,
/// gives back what it took and is read again, and so is one whose work was cut short.
///
/// `docs/decisions/0052-rules-of-many-documents.md`. Used by the readings of CSV and of bodies that came together. Order for a document:
/// 1. It is read while the batch gathers: rules that can wait count as holding.
/// 2. When the batch is full, or at the end, the rules are evaluated over all rows.
/// 3. A document of which one does not hold is read again while the batch answers, and that result takes the place of the first.
///
/// Invariants:
/// 1. `results` are in the order of the documents.
/// 2. When `finish` returns nothing waits, and the allowances stand where they would without any waiting, but for which documents of a body with too many faults are left all
///    of theirs (`Fault.shorten`): those that come first here.
struct WaitingReadings<Place, Result> {
    /// A document whose result may have to be made again.
    private struct Waiting {
        let index: Int
        let place: Place
        let rows: Range<Int>
        let allowance: WorkAllowance
        /// Steps that it took of the allowance.
        let spent: Int
    }

    private let context: ExtractionContext
    private var batch: RuleBatch { context.ruleBatch }
    /// Of documents with waiting rules they are final after `finish` only.
    private(set) var results: [Result] = []
    private var waiting: [Waiting] = []

    /// Begins with an empty batch: one body's rows are never evaluated with another call's.
    init(_ context: ExtractionContext) {
        self.context = context
        context.ruleBatch.clear()
    }

    /// A result for which nothing need be read.
    ///
    /// It takes its place in the order.
    mutating func append(_ result: Result) { results.append(result) }

    /// Reads the document at a place.
    ///
    /// - Parameters:
    ///   - allowance: what the document draws on.
    ///   - read: reads one document, from its beginning; perhaps twice.
    mutating func add(_ place: Place, _ allowance: WorkAllowance, _ read: (Place) -> Result) {
        context.work.settle()
        // What shows below what this document did: steps taken, rows added, work cut short.
        let (mark, first, cutShortCount) = (allowance.mark, batch.rowCount, context.work.cutShortCount)
        batch.gather()
        let result = read(place)
        batch.stop()
        context.work.settle()
        // Read by itself, after all before it are settled: so it has the steps that it would have had.
        if context.work.cutShortCount != cutShortCount {
            // Its rules would have been charged for in another order than what comes after them.
            allowance.goBack(to: mark)
            finish(read)
            results.append(read(place))
            context.work.settle()
            return
        }
        // None where its type has no such rules, or it was refused before they were come to.
        let rows = first..<batch.rowCount
        if !rows.isEmpty { waiting.append(Waiting(index: results.count, place: place, rows: rows, allowance: allowance, spent: mark.left - allowance.left)) }
        results.append(result)
        if batch.isFull { finish(read) }
    }

    /// Sees to all that waits.
    ///
    /// - Parameter read: as in `add`.
    mutating func finish(_ read: (Place) -> Result) {
        if !waiting.isEmpty { batch.evaluate(in: context) }
        // In order: what one gives back, the next may take.
        for document in waiting where batch.isInDoubt(document.rows) {
            document.allowance.giveBack(document.spent)
            batch.answer(from: document.rows.lowerBound)
            results[document.index] = read(document.place)
            context.work.settle()
        }
        waiting.removeAll(keepingCapacity: true)
        batch.clear()
    }
}
