import ColumnStore

/// EXPLAIN, and what it tells of a query that is run for it.
extension QueryEngine {
    /// - Returns: the lines of the answer; of JSON and XML one.
    /// - Throws: with ANALYZE what the query throws.
    func explain(_ prepared: PreparedQuery, _ form: ExplainForm, _ cancellation: Cancellation) throws -> [String] {
        if form.isAnalyzed { return try analyze(prepared, form, cancellation) }
        let nodes = Explain.nodes(prepared.query.plan, estimates: Self.estimates(prepared, form))
        if form.format == .text { return nodes.flatMap(\.lines) }
        return [Self.document(nodes, [.init("Planning Time", ExplainedNode.milliseconds(prepared.planningNanoseconds))], as: form.format)]
    }

    /// None where costs are not asked for.
    private static func estimates(_ prepared: PreparedQuery, _ form: ExplainForm) -> [PlanEstimate] {
        form.showsCosts == true ? PlanCost.estimates(prepared.query.plan) : []
    }

    /// Runs the query to its end and tells of each node.
    /// The rows themselves are counted and dropped.
    private func analyze(_ prepared: PreparedQuery, _ form: ExplainForm, _ cancellation: Cancellation) throws -> [String] {
        let builder = PlanBuilder()
        let root = try builder.build(prepared.query.plan)
        let figures = RunFigures(builder.shape)
        let run = makeRun(prepared.timeZone, prepared.forms, cancellation, prepared.session, owner: prepared.owner, figures: figures)
        let stream = ResultStream(root, columns: prepared.columns, run: run)
        var rowCount = 0
        while let batch = try stream.next() { rowCount += batch.rowCount }
        figures.addCounters(to: run.counters)
        let counts = run.counters.now
        // Memory in whole MiB: its bytes would tell how many values a shared dictionary holds.
        let mebibytes = (run.memory.peakByteCount + (1 << 20) - 1) >> 20
        let nodes = Explain.nodes(prepared.query.plan, estimates: Self.estimates(prepared, form)) { figures.remarks(on: $0) }
        if form.format != .text {
            return [
                Self.document(nodes, [
                    .init("Planning Time", ExplainedNode.milliseconds(prepared.planningNanoseconds)),
                    .init("Execution Time", ExplainedNode.milliseconds(stream.elapsedNanoseconds)), .init("Rows Scanned", .integer(Int64(counts.rowsScanned))),
                    .init("Bytes Read", .integer(Int64(counts.bytesRead))), .init("Files Pruned", .integer(Int64(counts.filesPruned))),
                    .init("Peak Memory MiB", .integer(Int64(mebibytes))),
                ], as: form.format)
            ]
        }
        return nodes.flatMap(\.lines) + [
            "\(rowCount) rows in \(Explain.milliseconds(stream.elapsedNanoseconds)), planned in \(Explain.milliseconds(prepared.planningNanoseconds)); "
                + "\(counts.rowsScanned) rows scanned, \(counts.bytesRead) bytes read, \(counts.filesPruned) files pruned; "
                + "\(mebibytes) MiB of memory at most" + Self.requests(run.tally)
        ]
    }

    /// A list of one object, as PostgreSQL gives it, or the same in XML: <https://www.postgresql.org/docs/15/sql-explain.html>.
    /// - Parameter more: members beside the plan.
    private static func document(_ nodes: [ExplainedNode], _ more: [JSONValue.Member], as format: ExplainForm.Format) -> String {
        let query = [JSONValue.Member("Plan", ExplainedNode.document(nodes))] + more
        if format == .xml { return PlanXML.text(query) }
        return String(decoding: JSONValue.array([.object(query)]).serialized, as: UTF8.self)
    }

    /// Nothing where no storage behind a network was asked.
    private static func requests(_ tally: RequestTally) -> String {
        if tally.requestCount == 0, tally.cachedByteCount == 0 { return "" }
        return "; \(tally.requestCount) requests to the bucket, \(tally.byteCount) bytes from it, \(tally.cachedByteCount) from the cache"
    }
}
