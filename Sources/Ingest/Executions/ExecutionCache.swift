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
        /// Of its pieces, about.
        var byteCount: Int
    }
    var surroundings: Surroundings
    let execution: Execution

    /// Hands the execution over: nobody else holds its frames then, and a transition changes them where they lie.
    static func execution(of loaded: consuming LoadedExecution) -> Execution { loaded.execution }
}

extension Outcome {
    /// As above.
    static func execution(of outcome: consuming Outcome) -> Execution { outcome.execution }
}

/// Executions that went on lately: what is not here is read from the file when it is wanted, so that one that waits takes no memory.
///
/// Two generations: what is used moves into the young one, and when that is full the old one goes.
struct ExecutionCache {
    private var young: [Int64: LoadedExecution] = [:]
    private var old: [Int64: LoadedExecution] = [:]
    private var youngByteCount = 0
    /// Of both generations together about; a value takes some times its bytes in memory.
    private let byteCountMax: Int
    private static let countMax = 1_024
    /// What the least execution takes beside its pieces.
    private static let ownByteCount = 2_048

    init(byteCountMax: Int = 12 << 20) { self.byteCountMax = byteCountMax }

    /// Taken out, so that nobody else holds it while it changes.
    mutating func take(_ number: Int64) -> LoadedExecution? {
        if let found = young.removeValue(forKey: number) {
            youngByteCount -= found.surroundings.byteCount + Self.ownByteCount
            return found
        }
        return old.removeValue(forKey: number)
    }

    mutating func put(_ loaded: LoadedExecution) {
        youngByteCount += loaded.surroundings.byteCount + Self.ownByteCount
        young[loaded.surroundings.number] = loaded
        guard youngByteCount > byteCountMax / 2 || young.count > Self.countMax / 2 else { return }
        (old, young, youngByteCount) = (young, [:], 0)
    }

    mutating func removeAll() { (young, old, youngByteCount) = ([:], [:], 0) }
}
