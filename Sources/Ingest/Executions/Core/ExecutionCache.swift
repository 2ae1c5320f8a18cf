import Processes

/// An execution as the writer's thread has it.
struct LoadedExecution {
    /// What of it no transition looks at.
    struct Surroundings {
        let number: Int64
        let machine: Machine
        /// The token of the task that waits for its end.
        let parentToken: String?
        var historyCount: Int64
        /// Of what never changes of it, its input, in memory.
        let inputByteCount: Int
    }
    var surroundings: Surroundings
    let execution: Execution
    /// What it takes in memory, about.
    let byteCount: Int

    init(surroundings: Surroundings, execution: consuming Execution) {
        let output = execution.output.map(ValueLimits.memoryByteCount) ?? 0
        byteCount = surroundings.inputByteCount + execution.heldByteCount + output + (execution.frames.count + 1) * Self.frameByteCount
        (self.surroundings, self.execution) = (surroundings, execution)
    }

    /// A frame beside its data, and an execution beside its frames.
    private static let frameByteCount = 512

    /// Hands the execution over: nobody else holds its frames then, and a transition changes them where they lie.
    static func execution(of loaded: consuming LoadedExecution) -> Execution { loaded.execution }
}

extension Outcome {
    /// As above.
    static func execution(of outcome: consuming Outcome) -> Execution { outcome.execution }
}

/// Executions that went on lately: what is not here is read from the file when it is wanted, so that one that waits takes no memory.
///
/// Small ones lie in two generations: what is used moves into the young one, and when that is full the old one goes. Large ones, of which there are few, lie in the order of their use:
/// one that does not stay is read anew, all of it, for its next event, which costs more than all else.
struct ExecutionCache {
    private var young: [Int64: LoadedExecution] = [:]
    private var old: [Int64: LoadedExecution] = [:]
    private var youngByteCount = 0
    /// The latest last.
    private var large: [LoadedExecution] = []
    private var largeByteCount = 0
    /// Of both generations together, about.
    private let byteCountMax: Int
    private static let countMax = 1_024
    /// An execution of more than this share of all small ones is large.
    private static let largeShare = 12
    /// What the large ones may have together, by what the small ones may: some 70 MiB, as one alone has where its Map begins no more iterations at once.
    private static let largeFactor = 2

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Taken out, so that nobody else holds it while it changes.
    mutating func take(_ number: Int64) -> LoadedExecution? {
        if let found = young.removeValue(forKey: number) {
            youngByteCount -= found.byteCount
            return found
        }
        if let found = old.removeValue(forKey: number) { return found }
        guard let place = large.lastIndex(where: { $0.surroundings.number == number }) else { return nil }
        largeByteCount -= large[place].byteCount
        return large.remove(at: place)
    }

    mutating func put(_ loaded: LoadedExecution) {
        let byteCount = loaded.byteCount
        guard byteCount <= byteCountMax / Self.largeShare else {
            large.append(loaded)
            largeByteCount += byteCount
            while largeByteCount > byteCountMax * Self.largeFactor, large.count > 1 { largeByteCount -= large.removeFirst().byteCount }
            return
        }
        youngByteCount += byteCount
        young[loaded.surroundings.number] = loaded
        guard youngByteCount > byteCountMax / 2 || young.count > Self.countMax / 2 else { return }
        (old, young, youngByteCount) = (young, [:], 0)
    }

    mutating func removeAll() { self = ExecutionCache(byteCountMax: byteCountMax) }
}
