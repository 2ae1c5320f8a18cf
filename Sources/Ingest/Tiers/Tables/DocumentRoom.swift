import ColumnStore
import Query

/// Documents and histories that one worker of a scan may hold at a time: of a batch, charged to the query before they are kept, and given back before the
/// next ones are.
///
/// Of one thread at a time.
final class DocumentRoom {
    /// Nil for scans that are no query's: only the batch is bounded.
    private let memory: MemoryBudget?
    /// Of a reader whose memory somebody else counts.
    private let reading: ReadingRoom?
    private let byteCountMax: Int
    /// What a document may take that is read whatever is left: less is not worth an error.
    private let smallByteCount: Int
    private(set) var byteCount = 0
    /// Of the column at hand, `byteCount` when it began, and whether nothing of it was taken yet.
    private var start = 0
    private var isEmpty = true

    /// - Parameter workerCount: how many take from `memory` side by side.
    ///   All of them together take an eighth of it, half of what operators that hold rows leave over.
    init(_ memory: MemoryBudget? = nil, workerCount: Int = 1, reading: ReadingRoom? = nil) {
        (self.memory, self.reading) = (memory, reading)
        let share = memory.map { $0.byteCountMax / 8 / max(1, workerCount) } ?? .max
        byteCountMax = min(ColumnBatch.targetByteCount, share)
        smallByteCount = min(ColumnBatch.targetByteCount, share) / 2
    }

    deinit { memory?.release(byteCount) }

    /// Lets go of the documents so far: their batch is done with.
    func releaseAll() {
        memory?.release(byteCount)
        byteCount = 0
        beginColumn()
    }

    /// What comes next is another column of the same batch.
    func beginColumn() { (start, isEmpty) = (byteCount, true) }

    /// What was read turned out longer than was said, by so much: counted, fitting or not. Nothing, for what is not above 0.
    func add(_ more: Int) {
        guard more > 0 else { return }
        memory?.force(more)
        byteCount = byteCount.addingSaturating(more)
    }

    /// Whether one more of so many bytes may be read beside those of the column that are held.
    ///
    /// The first of a column always may, or else the query is over.
    ///
    /// - Throws: spill-full for a document that the query has no memory for.
    func take(_ more: Int) throws(QueryError) -> Bool {
        let total = byteCount.addingSaturating(more)
        guard isEmpty || total.subtractingSaturating(start) <= byteCountMax else { return false }
        if let reading, !reading.admits(total) { throw QueryError.outOfMemory("a document or history of \(more) bytes") }
        if let memory, !memory.reserve(more) {
            guard isEmpty else { return false }
            guard more <= smallByteCount else { throw QueryError.outOfMemory("a document or history of \(more) bytes") }
            memory.force(more)
        }
        (byteCount, isEmpty) = (total, false)
        return true
    }
}
