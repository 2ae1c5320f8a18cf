package import ColumnStore

/// One run of a machine, as a value: all that is needed to go on with it.
///
/// 1. While it runs, every frame that is not finished is ready, awaits something that an effect asked for, or has frames below it that do (`awaited`).
/// 2. A frame's parent has a smaller number.
/// 3. What an event does depends on this value, the machine and the event alone.
package struct Execution: Sendable, Equatable {
    /// On disk: do not renumber.
    package enum Status: UInt8, Sendable, CaseIterable {
        case running = 0, succeeded = 1, failed = 2, timedOut = 3, aborted = 4

        package var text: String {
            switch self {
            case .running: "RUNNING"
            case .succeeded: "SUCCEEDED"
            case .failed: "FAILED"
            case .timedOut: "TIMED_OUT"
            case .aborted: "ABORTED"
            }
        }
    }

    package let identity: Identity
    package let input: JSONValue
    /// Microseconds since 1970, as all instants here.
    package let startedAt: Int64
    /// Of the tokens that its tasks get: 32 bytes.
    let tokenKey: [UInt8]

    package internal(set) var status = Status.running
    package internal(set) var output: JSONValue?
    package internal(set) var error: StateError?
    package internal(set) var endedAt: Int64?
    /// States entered, of all strands.
    package internal(set) var transitionCount = 0
    /// The last number that a timer or token got.
    var serial = 0
    var frameCount = 0
    /// How often each state was entered.
    var visits: [Int]
    /// Of the machine's `TimeoutSeconds`.
    var timeout: TimerMark?
    package internal(set) var frames: [Int: Frame] = [:]
    /// The frames below each, by number: what `frames` says, so that no list of all of them is walked.
    var below: [Int: [Int]] = [:]
    /// Frames that can go on at once, the oldest first.
    var ready = ReadyFrames()
    /// While it runs: iterations of a Map that were given up or stopped and are entered again once there is room, of each the last first. `frames` says so too
    /// (`waitsAgain`).
    var again: [Int: [Int]] = [:]
    /// How often it went on after an end.
    var redriveCount = 0
    /// Of its history, and what an end by that must not be taken for: it only grows, redrives or not.
    package internal(set) var historyByteCount = 0
    /// What the frames hold, as far as it is data.
    var held = HeldBytes()
    /// Bytes of data that all frames hold together, in memory.
    package var heldByteCount: Int { held.total }

    /// What an execution is called by.
    package struct Identity: Sendable, Equatable {
        package let id: String
        package let name: String
        package let machineID: String
        package let machineName: String
        /// Executions above it that started each other.
        package let depth: Int

        package init(id: String, name: String, machineID: String, machineName: String, depth: Int = 0) {
            (self.id, self.name, self.machineID, self.machineName, self.depth) = (id, name, machineID, machineName, depth)
        }
    }

    /// Executions that start each other.
    package static let depthMax = 32
    /// States that one strand (the top level, a branch, an iteration) may enter: more is taken for a loop without an end.
    package static let strandTransitionCountMax = 100_000
    package static let transitionCountMax = 10_000_000
    /// Frames at once: branches and iterations under way, and finished ones whose outputs are awaited.
    package static let frameCountMax = 200_000
    /// Bytes of data that all frames hold together. Whoever has an execution go on has all of it in memory.
    package static let byteCountMax = 128 << 20
    /// Bytes that its history may come to on disk, about, where no `Moment` says otherwise: some 1.7 kB for each of the most states that it may enter.
    package static let historyByteCountMax = 16 << 30
    /// Bytes that failures which are tolerated for certain hold together for a redrive. One past it is let go of, and has ended for good: Maps go on however much fails in them.
    ///
    /// Not so while nobody knows of how many iterations a Map's percentage is: those are all kept, within what an execution may hold.
    package static let failedByteCountMax = byteCountMax / 4
    /// While they hold so many, a Map begins no iteration beside others.
    package static let crowdByteCount = byteCountMax / 2
    /// While so many frames are ready, Maps begin no more iterations but one in each turn: which frames are ready is written at each event.
    static let readyCountMax = 1_024

    /// Whether a frame is an iteration that failed before the last redrive, or was stopped, and has not been entered since.
    func waitsAgain(_ frame: Frame) -> Bool {
        guard status == .running, let parent = frame.parent, case .items? = frames[parent]?.phase else { return false }
        switch frame.phase {
        case .stopped: return true
        case .failed(_, let redrive): return redrive < redriveCount
        case .ready, .task, .waiting, .retrying, .branches, .items, .done: return false
        }
    }

    init(identity: Identity, input: JSONValue, startedAt: Int64, tokenKey: [UInt8], stateCount: Int) {
        (self.identity, self.input, self.startedAt, self.tokenKey) = (identity, input, startedAt, tokenKey)
        visits = Array(repeating: 0, count: stateCount)
    }
}

/// A timer that was asked for.
///
/// `at` is in microseconds since 1970. `serial` is unlike that of any other timer or token of the execution.
package struct TimerMark: Sendable, Equatable {
    package let serial: Int
    package let at: Int64
}
