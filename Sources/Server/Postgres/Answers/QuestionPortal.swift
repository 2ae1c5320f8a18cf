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

/// What the plans take that a connection keeps, in bytes: those of its statements, and of portals whose statement is gone. Used by one thread at a time, as its questions are.
final class KeptPlans {
    /// Of a connection. Most plans are some dozens of kilobytes.
    static let byteCountMax = 8 << 20

    fileprivate(set) var byteCount = 0

    func hasRoom(for more: Int) -> Bool { byteCount.addingSaturating(more) <= Self.byteCountMax }
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
    private var planByteCount = 0
    var planState = 0
    var planReading = SessionSettings.Reading()
    var planSettings: SessionSettings?
    /// The one row of a question of constants.
    var fixedRows: [ColumnBatch]?

    init(text: String, start: Int, _ plans: KeptPlans = KeptPlans()) {
        self.text = text
        self.start = start
        self.plans = plans
    }

    deinit { plans.byteCount -= planByteCount }

    func keep(_ made: PreparedQuery) {
        forgetPlan()
        (plan, planByteCount) = (made, made.planByteCount)
        plans.byteCount += planByteCount
    }

    /// Whether its plan was made in another state of the store than this one, and of no other is it good.
    func isWorn(in state: Int) -> Bool { plan.map { !$0.isFixed && planState != state } ?? false }

    /// It is made anew when it is asked for.
    func forgetPlan() {
        plans.byteCount -= planByteCount
        (plan, fixedRows, planByteCount) = (nil, nil, 0)
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
    var isBegun = false
    /// It does not even give the row again that it stands on.
    var isForwardOnly = false
    /// What the connection's memory was asked for, for its window.
    var chargedByteCount = 0

    init(_ question: PreparedQuestion, _ parameters: [QueryParameter], _ state: SeenState?, _ reading: SessionSettings.Reading, _ keeping: RowWindow.Keeping) {
        (self.question, self.parameters, self.state, self.reading) = (question, parameters, state, reading)
        window = RowWindow(keeping)
    }
}
