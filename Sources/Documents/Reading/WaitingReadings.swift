/// Documents read one after another, of whose rules those that can wait are evaluated for many at once.
///
/// Each result is what reading the document by itself gives, and so is what is left of the body's work: a document of which a rule does not hold, or may not,
/// gives back what it took and is read again, and so is one whose work was cut short.
struct WaitingReadings<Place, Result> {
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
    private(set) var results: [Result] = []
    private var waiting: [Waiting] = []

    init(_ context: ExtractionContext) {
        self.context = context
        context.ruleBatch.clear()
    }

    /// A result for which nothing need be read.
    mutating func append(_ result: Result) { results.append(result) }

    /// Reads the document at a place.
    ///
    /// - Parameters:
    ///   - allowance: what the document draws on.
    ///   - read: reads one document, from its beginning; perhaps twice.
    mutating func add(_ place: Place, _ allowance: WorkAllowance, _ read: (Place) -> Result) {
        context.work.settle()
        let (mark, first, cutShortCount) = (allowance.mark, batch.rowCount, context.work.cutShortCount)
        batch.gather()
        let result = read(place)
        batch.stop()
        context.work.settle()
        if context.work.cutShortCount != cutShortCount {
            // Its rules would have been charged for in another order than what comes after them.
            allowance.goBack(to: mark)
            finish(read)
            results.append(read(place))
            context.work.settle()
            return
        }
        let rows = first..<batch.rowCount
        if !rows.isEmpty { waiting.append(Waiting(index: results.count, place: place, rows: rows, allowance: allowance, spent: mark.left - allowance.left)) }
        results.append(result)
        if batch.isFull { finish(read) }
    }

    /// Sees to all that waits.
    mutating func finish(_ read: (Place) -> Result) {
        if !waiting.isEmpty { batch.evaluate(in: context) }
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
