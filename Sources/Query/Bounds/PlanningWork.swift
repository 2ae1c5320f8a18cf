internal import ColumnStore

/// How much looking at expressions and plans one statement may cost before it runs, and whether anybody still wants it.
///
/// Passes are near linear in the statement, but what they put together can be much larger than what was written: a condition is copied to
/// each branch of a union, a common table is walked at each mention. So every walk over expressions and plans adds what it visited, and a
/// statement that asks for too much is refused by name. Passes look at `isOver` at each node of a plan and return as they are; whoever
/// runs them asks `check()` after each.
package final class PlanningWork: @unchecked Sendable {
    // Safe to share: only the thread that plans the statement touches it.

    /// The work of the statement that this thread plans; nil where none is counted.
    @TaskLocal package static var current: PlanningWork?

    package private(set) var stepCount = 0
    private let stepCountMax: Int
    private let cancellation: Cancellation
    private var nextLook = PlanningWork.stepsBetweenLooks
    private var isStopped = false

    /// Well below a millisecond.
    private static let stepsBetweenLooks = 1 << 14

    package init(stepCountMax: Int = SyntaxLimits.planningStepCountMax, cancellation: Cancellation = Cancellation()) {
        self.stepCountMax = stepCountMax
        self.cancellation = cancellation
    }

    /// Counts nodes that a walk has visited or is about to visit.
    static func charge(_ count: Int) { current?.charge(count) }

    /// Whether going on is pointless: the statement will be refused.
    static var isOver: Bool { current?.isStopped ?? false }

    /// What ends the statement that this thread plans: for what it computes of constants, a kernel's work at a time.
    static var cancellation: Cancellation? { current?.cancellation }

    /// Plans a statement; what fails once its time is over, or nobody wants it, failed for that: a constant that was left may be missed somewhere else.
    static func plan<Planned>(_ cancellation: Cancellation, _ body: () throws -> Planned) throws -> Planned {
        do { return try $current.withValue(PlanningWork(cancellation: cancellation), operation: body) } catch { throw cancellation.reason ?? error }
    }

    /// Binds what is kept and no statement: a view, or one of a type's expressions.
    ///
    /// - Parameters:
    ///   - cancellation: of its own time, which several may share: the next one is not begun past it. Nil: it is a part of what this thread plans, if it plans anything.
    ///   - stepCountMax: of this one.
    static func bind<Bound>(
        _ cancellation: Cancellation?, stepCountMax: Int = SyntaxLimits.planningStepCountMax, _ body: () throws(QueryError) -> Bound
    ) throws(QueryError) -> Bound {
        guard let cancellation else { return try body() }
        try cancellation.check()
        let result = $current.withValue(PlanningWork(stepCountMax: stepCountMax, cancellation: cancellation)) { Result { () throws(QueryError) in try body() } }
        do throws(QueryError) { return try result.get() } catch { throw cancellation.reason ?? error }
    }

    /// - Throws: unsupported-sql past the limit; cancelled and query-timeout.
    static func check() throws(QueryError) { try current?.check() }

    /// Counts nodes, and ends the walk where it can be ended.
    func spend(_ count: Int) throws(QueryError) {
        charge(count)
        if isStopped { try check() }
    }

    private func charge(_ count: Int) {
        stepCount += count
        guard stepCount >= nextLook else { return }
        nextLook = stepCount + Self.stepsBetweenLooks
        if stepCount > stepCountMax { isStopped = true }
        do { try cancellation.check() } catch { isStopped = true }
    }

    package func check() throws(QueryError) {
        try cancellation.check()
        guard stepCount <= stepCountMax else {
            throw .unsupported(
                "planning the query takes more than \(stepCountMax) steps: it is too long, or its parts repeat each other too often", at: nil)
        }
    }
}
