package import ColumnStore

/// A strand of states: the top level, a branch, an iteration; where it stands.
package struct Frame: Sendable, Equatable {
    package let id: Int
    /// The frame whose Parallel or Map it is part of.
    package let parent: Int?
    /// Which branch or iteration.
    package let index: Int
    /// Of an iteration whose states look at it.
    var item: JSONValue?
    /// Its place in `Machine.states`.
    package internal(set) var state: Int
    package internal(set) var visit = 0
    var enteredAt: Int64 = 0
    /// States that this strand has entered.
    var transitionCount = 0
    /// Attempts that each retrier of the state has given.
    var retries: [Int64] = []
    /// The state's.
    package internal(set) var input: JSONValue
    package internal(set) var phase = Phase.ready(isRetry: false)

    package enum Phase: Sendable, Equatable {
        /// Enters its state, or tries it again.
        case ready(isRetry: Bool)
        case task(serial: Int, timeout: TimerMark?, heartbeat: TimerMark?, heartbeatSeconds: Int64?)
        case waiting(TimerMark)
        case retrying(TimerMark)
        /// Of so many branches the ends are awaited.
        /// `rest`: what those get that are still to begin; nil once all have begun.
        case branches(left: Int, rest: JSONValue?)
        case items(MapProgress)
        case done(JSONValue)
        /// Nothing caught it. Kept for a redrive, with the beginning of its cause, or by a Map that tolerates it.
        /// `redrive`: how many there had been by then. After a further one it is to be entered again, and nothing of it is written before its turn comes.
        case failed(StateError, redrive: Int)
        /// Ended by what happened elsewhere.
        case stopped
    }

    var retryCount: Int64 { retries.reduce(0, +) }

    /// Its state will not go on by itself.
    var isAtRest: Bool {
        switch phase {
        case .done, .failed, .stopped: true
        case .ready, .task, .waiting, .retrying, .branches, .items: false
        }
    }
}

/// How far a Map is.
package struct MapProgress: Sendable, Equatable {
    /// What its ItemSelector sees as `$`.
    let data: JSONValue
    /// At most so many iterations at once.
    let concurrency: Int
    let toleratedCount: Int64?
    let toleratedPercentage: Double?
    let batchItemCount: Int?
    let batchByteCount: Int?
    let batchInput: JSONValue?
    /// Items at most that are read.
    let itemCountMax: Int?
    /// Items at hand, the first of which is number `itemsStart`.
    var items: [JSONValue]
    var itemsStart = 0
    /// The next item to begin with.
    var next = 0
    /// No more are to be read.
    var isWhole: Bool
    /// The token's number of a reading that is under way.
    var reading: Int?
    /// Where the next page begins, as whoever gave the last one has said; nil before the first, and where nothing was said.
    var place: JSONValue?
    /// Iterations begun.
    var begun = 0
    var running = 0
    var succeeded = 0
    var failed = 0

    /// How many iterations run where nothing else is said.
    static let concurrencyMax = 1_000

    /// Failed iterations are counted, and need not end it.
    var isTolerant: Bool { toleratedCount != nil || toleratedPercentage != nil }

    var itemsEnd: Int { itemsStart + items.count }
}
