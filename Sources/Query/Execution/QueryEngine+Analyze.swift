import ColumnStore

/// EXPLAIN ANALYZE.
extension QueryEngine {
    /// Runs the query to its end and tells of each node.
    func analyze(_ prepared: PreparedQuery, _ cancellation: Cancellation) throws -> [String] {
        let builder = PlanBuilder()
        let root = try builder.build(prepared.query.plan)
        let figures = RunFigures(builder.shape)
        let run = makeRun(prepared.timeZone, cancellation, figures: figures)
        let stream = ResultStream(root, columns: prepared.columns, run: run)
        var rowCount = 0
        while let batch = try stream.next() { rowCount += batch.rowCount }
        figures.addCounters(to: run.counters)
        let counts = run.counters.now
        // Memory in whole MiB: its bytes would tell how many values a shared dictionary holds.
        let mebibytes = (run.memory.peakByteCount + (1 << 20) - 1) >> 20
        var lines = Explain.lines(prepared.query.plan) { figures.remarks(on: $0) }
        lines.append(
            "\(rowCount) rows in \(Explain.milliseconds(stream.elapsedNanoseconds)), planned in \(Explain.milliseconds(prepared.planningNanoseconds)); "
                + "\(counts.rowsScanned) rows scanned, \(counts.bytesRead) bytes read, \(counts.filesPruned) files pruned; "
                + "\(mebibytes) MiB of memory at most" + Self.requests(run.tally))
        return lines
    }

    /// Nothing where no storage behind a network was asked.
    private static func requests(_ tally: RequestTally) -> String {
        if tally.requestCount == 0, tally.cachedByteCount == 0 { return "" }
        return "; \(tally.requestCount) requests to the bucket, \(tally.byteCount) bytes from it, \(tally.cachedByteCount) from the cache"
    }
}
