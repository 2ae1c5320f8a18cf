internal import ColumnStore
internal import Ingest
internal import Query

/// One state of the store, which a transaction sees from its first question to its end.
struct SeenState: @unchecked Sendable {
    // Proof of Sendable: never changed; a catalog is Sendable itself.
    let catalog: any QueryCatalog
    /// Whose catalog it is: with the rights of that moment.
    let principal: Principal
    let sequence: Int64
    /// now(), in microseconds since 1970.
    let now: Int64
    /// Tells it from those before.
    let number: Int
}

/// What the plans take that a connection keeps, in bytes: those of its statements, and of portals whose statement is gone, and rows of constants that were computed. Used by one
/// thread at a time, as its questions are.
final class KeptPlans {
    /// Of a connection. Most plans are some dozens of kilobytes.
    static let byteCountMax = 8 << 20

    private(set) var byteCount = 0
    private let hold: (Int) -> Bool

    /// - Parameter hold: asked for the memory of so many bytes in all, before they are kept; false where there is none. Less is never refused.
    init(hold: @escaping (Int) -> Bool = { _ in true }) { self.hold = hold }

    func hasRoom(for more: Int) -> Bool { byteCount.addingSaturating(more) <= Self.byteCountMax }

    /// - Returns: whether they may be kept.
    fileprivate func take(_ more: Int) -> Bool {
        guard hasRoom(for: more), hold(byteCount + more) else { return false }
        byteCount += more
        return true
    }

    fileprivate func give(_ less: Int) {
        guard less > 0 else { return }
        byteCount -= less
        let isHeld = hold(byteCount)
        assert(isHeld, "less memory was refused")
    }
}

/// A question that is understood: its text, and what its parameters and columns are.
final class PreparedQuestion {
    let text: String
    /// Scalars before it in what the client sent.
    let start: Int
    var parameterTypes: [UInt32] = []
    var columns: [WireField] = []
    /// Its plan, where it has no parameters: good for the state that it was made in, or forever where texts and times mean what they did then.
    private(set) var plan: PreparedQuery?
    private let plans: KeptPlans
    private var keptByteCount = 0
    var planState = 0
    var planReading = SessionSettings.Reading()
    var planSettings: SessionSettings?
    /// The one row of a question of constants, where there was room for it.
    private(set) var fixedRows: [ColumnBatch]?

    init(text: String, start: Int, _ plans: KeptPlans = KeptPlans()) {
        self.text = text
        self.start = start
        self.plans = plans
    }

    deinit { plans.give(keptByteCount) }

    /// - Parameter byteCount: what it takes, with the tables that catalogs made for it; nil: it has none of those.
    /// - Returns: whether there is room for it; else it has none.
    @discardableResult
    func keep(_ made: PreparedQuery, _ byteCount: Int? = nil) -> Bool {
        forgetPlan()
        let byteCount = byteCount ?? made.planByteCount
        guard plans.take(byteCount) else { return false }
        (plan, keptByteCount) = (made, byteCount)
        return true
    }

    /// What its plan gives, whenever it is asked. Where there is no room it is computed again each time.
    func keep(fixedRows rows: [ColumnBatch]) {
        let byteCount = rows.reduce(0) { $0.addingSaturating($1.flatByteCountBound) }
        guard fixedRows == nil, plans.take(byteCount) else { return }
        fixedRows = rows
        keptByteCount += byteCount
    }

    /// Whether its plan was made in another state of the store than this one, and of no other is it good.
    func isWorn(in state: Int) -> Bool { plan.map { !$0.isFixed && planState != state } ?? false }

    /// It is made anew when it is asked for.
    func forgetPlan() {
        (plan, fixedRows) = (nil, nil)
        plans.give(keptByteCount)
        keptByteCount = 0
    }

    /// By its bytes: Characters are compared by their combining marks, of which a constant may have any number.
    var mayHaveParameters: Bool { text.utf8.contains(UInt8(ascii: "$")) }

    /// The plan, if it still holds.
    func plan(in state: SeenState?, _ reading: SessionSettings.Reading, _ settings: SessionSettings) -> PreparedQuery? {
        guard let plan, planReading == reading else { return nil }
        guard plan.isFixed || planState == state?.number && planSettings?.isSame(as: settings) == true else { return nil }
        return plan
    }

    /// Whether its answer is the same in whichever state of the store.
    func isOfConstants(_ reading: SessionSettings.Reading) -> Bool { plan.map { $0.isFixed && $0.isConstant && planReading == reading } ?? false }
}

/// A question that is being answered: nothing runs between two looks at it, and it holds no place among the queries then.
final class QuestionPortal {
    let question: PreparedQuestion
    let parameters: [QueryParameter]
    /// Nil for a question of constants.
    let state: SeenState?
    let reading: SessionSettings.Reading
    var window: RowWindow
    var stream: ResultStream?
    var running: RunningQuery?
    /// Of `stream`, while that is open.
    var place: QueryPlaces.Place?
    var isBegun = false
    /// It does not even give the row again that it stands on.
    var isForwardOnly = false
    /// What the connection's memory was asked for, for its window.
    var chargedByteCount = 0
    /// The same, for values that EXECUTE computed: a short text may mean megabytes, and they are there as long as it is. What was bound the session holds.
    var computedByteCount = 0

    init(_ question: PreparedQuestion, _ parameters: [QueryParameter], _ state: SeenState?, _ reading: SessionSettings.Reading, _ keeping: RowWindow.Keeping) {
        (self.question, self.parameters, self.state, self.reading) = (question, parameters, state, reading)
        window = RowWindow(keeping)
    }
}
