internal import Query
import Synchronization

/// What queries have read since the start.
package final class QueryFigures: Sendable {
    private let rows = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let files = Atomic<Int>(0)

    init() {}

    /// Once for each stream, as its query ends; what runs is not counted yet.
    func add(_ statistics: QueryStatistics) {
        rows.wrappingAdd(statistics.rowsScanned, ordering: .relaxed)
        bytes.wrappingAdd(statistics.bytesRead, ordering: .relaxed)
        files.wrappingAdd(statistics.filesPruned, ordering: .relaxed)
    }

    /// - Parameter engine: asked what it holds at the moment.
    func write(to text: inout PrometheusText, runningCount: Int, _ engine: QueryEngine) {
        text.describe("till_query_rows_scanned_total", "Rows that queries have looked at.", .counter)
        text.sample("till_query_rows_scanned_total", [], Double(rows.load(ordering: .relaxed)))
        text.describe("till_query_read_bytes_total", "Bytes of files that queries have read.", .counter)
        text.sample("till_query_read_bytes_total", [], Double(bytes.load(ordering: .relaxed)))
        text.describe("till_query_files_pruned_total", "Files that queries could pass over.", .counter)
        text.sample("till_query_files_pruned_total", [], Double(files.load(ordering: .relaxed)))
        text.describe("till_queries_running", "Queries that run.", .gauge)
        text.sample("till_queries_running", [], Double(runningCount))
        let memory = engine.memoryByteCounts
        text.describe("till_query_memory_bytes", "Memory that queries hold.", .gauge)
        text.sample("till_query_memory_bytes", [], Double(memory.used))
        text.describe("till_query_memory_max_bytes", "Memory that queries may hold.", .gauge)
        text.sample("till_query_memory_max_bytes", [], Double(memory.most))
        text.describe("till_query_spill_bytes", "Scratch space that queries hold.", .gauge)
        text.sample("till_query_spill_bytes", [], Double(engine.spilledByteCount))
    }
}
