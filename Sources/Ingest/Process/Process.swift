package import ColumnStore
package import Documents
package import Processes

/// What must happen to a row after it was stored, and who is notified: fixed when it arrives.
///
/// Nothing here knows what a step is about: a name says which endpoint does it.
package struct ProcessPlan: Sendable, Hashable {
    /// One after another, each a set of steps in parallel, by name. Empty: the row is final at once.
    package var stages: [[String]]
    /// Who hears of its changes of state.
    package var targets: [StepNotice.Target]
    /// The trace that the row came with, as `Trace` has it.
    package var trace: String?

    package init(stages: [[String]] = [], targets: [StepNotice.Target] = [], trace: String? = nil) {
        self.stages = stages
        self.targets = targets
        self.trace = trace
    }
}

/// How steps, events and history entries of a row are numbered in its file: the row above, what tells them apart below.
///
///     step     row << 12 | place in the plan
///     event    row << 16 | version << 2 | target
///     history  row << 16 | n-th entry
///
/// Ids of one row lie together, and need no index of rows.
package enum ProcessKey {
    /// Steps of one row: their order in the plan.
    static let stepBits: Int64 = 12
    /// Events of one row: version above (`StepNotice.versionMax`), target below.
    static let eventBits: Int64 = 16
    static let targetBits: Int64 = 2
    /// History entries of one row, in order. Past it nothing more is written down: an endpoint that refuses for weeks has said enough.
    static let historyBits: Int64 = 16

    package static let stepCountMax = 1 << Int(stepBits)

    static func step(row: Int64, ordinal: Int) -> Int64 { row << stepBits | Int64(ordinal) }
    static func row(ofStep id: Int64) -> Int64 { id >> stepBits }
    static func ordinal(ofStep id: Int64) -> Int { Int(id & (1 << stepBits - 1)) }
    static func event(row: Int64, version: Int64, target: StepNotice.Target) -> Int64 { row << eventBits | version << targetBits | target.rawValue }
    static func event(row: Int64, _ notice: StepNotice) -> Int64 { event(row: row, version: notice.version, target: notice.target) }
    static func row(ofEvent id: Int64) -> Int64 { id >> eventBits }
    static func version(ofEvent id: Int64) -> Int64 { id >> targetBits & StepNotice.versionMax }
    static func target(ofEvent id: Int64) -> StepNotice.Target? { StepNotice.Target(rawValue: id & (1 << targetBits - 1)) }

    /// All ids of a row.
    static func range(_ row: Int64, _ bits: Int64) -> (first: Int64, last: Int64) { (row << bits, row << bits | (1 << bits - 1)) }
}

/// What the writer needs to know of endpoints when a step begins.
package struct ProcessRules: Sendable {
    /// Microseconds that a step of a name may take from its beginning.
    package let expiry: @Sendable (String) -> Int64

    package init(expiry: @escaping @Sendable (String) -> Int64 = { _ in 14 * 86_400_000_000 }) { self.expiry = expiry }
}

/// What an endpoint decided.
package struct StepOutcome: Sendable {
    package var isAccepted: Bool
    package var reference: String?
    package var errors: [Fault.Violation]
    package init(isAccepted: Bool, reference: String?, errors: [Fault.Violation]) {
        self.isAccepted = isAccepted
        self.reference = reference
        self.errors = errors
    }
}

package enum ProcessResult: Sendable, Equatable {
    case applied
    /// It was so already.
    case repeated
    /// It was decided otherwise.
    case contradicting
    /// There is no such step or event, or it is not in a state for this.
    case unknown

    init(_ disposition: StepDisposition) {
        switch disposition {
        case .applied: self = .applied
        case .repeated: self = .repeated
        case .contradicting: self = .contradicting
        case .unknown: self = .unknown
        }
    }
}

/// An entry of a row's history: its event, and a JSON object of further members.
package struct HistoryNote: Sendable {
    package var event: String
    package var details: String
    package init(_ event: String, _ details: (inout JSONWriter) -> Void = { _ in }) {
        self.event = event
        var json = JSONWriter()
        json.object(details)
        self.details = json.text
    }
}
