import Query

/// Makes the engines that make sums of rows, guess how many there would be, and prove those that there are. Each has one thread, and lays aside what its memory does not hold as queries do.
struct SumsEngines: Sendable {
    /// Of a store that takes receipts meanwhile; nil: nobody gives any.
    let directory: String?
    /// What receipts need of its disk: rows that are laid aside leave it.
    let minFreeBytes: Int64

    func engine(memoryByteCount: Int) -> QueryEngine {
        let settings = QueryEngine.Settings(threadCount: 1, memoryByteCountMax: memoryByteCount, queryMemoryByteCountMax: memoryByteCount)
        return QueryEngine(settings.spilling(beside: directory, minFreeByteCount: Int(clamping: minFreeBytes)))
    }
}
