package import ColumnStore

/// The entry to Query: the threads and budgets that all queries share; text to plan to rows.
///
///     text → Parser, Binder → BoundQuery → Optimizer, rollups → PreparedQuery → PlanBuilder → operators → ResultStream
///
/// Safe from any thread. A text's plan is charged to the memory of all queries (`PlanMemory`), what a run holds to a budget
/// of its own beneath it.
///
/// How many queries run at once is the caller's to limit.
package final class QueryEngine: Sendable {
    /// Sizes are in bytes. Rows that do not fit a query's memory are spilled; a query whose rows do not fit the spill space either ends with spill-full.
    package struct Settings: Sendable {
        /// Worker threads; nil: one for each core.
        package var threadCount: Int?
        /// Of all queries together.
        package var memoryByteCountMax: Int
        /// Of one query, before it spills.
        package var queryMemoryByteCountMax: Int
        /// The directory in which intermediate rows are written, in files without a name.
        package var spillDirectory: String
        /// Of all queries together.
        package var spillByteCountMax: Int
        /// What stays free of the disk of those rows; nil: whatever they leave.
        package var spillRoom: SpillSpace.Room?
        /// The bound of one query's memory that is used: at most 1 GiB, whatever is set. Rows that it holds are laid end to end in columns, whose bytes are
        /// counted in 32 bits, and twice as much must still be countable.
        package var heldByteCountMax: Int { min(queryMemoryByteCountMax, 1 << 30) }

        package init(
            threadCount: Int? = nil, memoryByteCountMax: Int = 768 << 20, queryMemoryByteCountMax: Int = 256 << 20,
            spillDirectory: String = "/tmp", spillByteCountMax: Int = 64 << 30
        ) {
            self.threadCount = threadCount
            self.memoryByteCountMax = memoryByteCountMax
            self.queryMemoryByteCountMax = queryMemoryByteCountMax
            self.spillDirectory = spillDirectory
            self.spillByteCountMax = spillByteCountMax
        }
    }

    package let settings: Settings
    private let pool: WorkerPool
    private let memory: MemoryBudget
    private let spill: SpillSpace

    /// The bytes that all queries together hold now, and may hold: for metrics.
    package var memoryByteCounts: (used: Int, most: Int) { (memory.usedByteCount, memory.byteCountMax) }
    /// A budget beneath that of all queries, for memory that is held on their behalf: an eighth of theirs, and at most `byteCountMax`.
    package func memoryOnBehalf(atMost byteCountMax: Int) -> MemoryBudget { MemoryBudget(byteCountMax: min(settings.memoryByteCountMax / 8, byteCountMax), parent: memory) }
    /// Bytes of intermediate rows on disk, of all queries.
    package var spilledByteCount: Int { spill.usedByteCount }
    /// The same space, for answers that are written into files.
    package var spillSpace: SpillSpace { spill }

    /// Starts the threads; they end with the last reference to the engine.
    package init(_ settings: Settings = Settings()) {
        self.settings = settings
        pool = WorkerPool(threadCount: settings.threadCount ?? SystemFacts.coreCount)
        memory = MemoryBudget(byteCountMax: settings.memoryByteCountMax)
        spill = SpillSpace(directory: settings.spillDirectory, byteCountMax: settings.spillByteCountMax, room: settings.spillRoom)
    }

    /// Parses, binds and optimizes a query's text.
    ///
    /// - Parameter rewriting: changes a bound query that is no EXPLAIN before it is optimized: makes a page of it.
    /// - Throws: `QueryError` with its position; errors of the catalog; what `rewriting` throws.
    package func prepare(
        _ text: String, in context: QueryContext, cancellation: Cancellation = Cancellation(), rewriting: (BoundQuery) throws -> BoundQuery = { $0 }
    ) throws -> PreparedQuery {
        let held = PlanMemory(memory)
        guard held.hold(text.utf8.count * PlanMemory.planningByteCountPerByte) else { throw QueryError.outOfMemory("planning a query of this length") }
        let prepared = try PlanningWork.plan(cancellation) { try plan(text, in: context, held, rewriting) }
        // Planning is over: of what it held, the plan's part is kept.
        _ = held.hold(text.utf8.count * PlanMemory.planByteCountPerByte)
        return prepared
    }

    /// The columns of a query's answer and the types of its parameters, without values for those.
    /// For doors that describe a statement before it is run.
    ///
    /// - Parameter types: types of parameters that the caller knows, by number from 1.
    /// - Returns: the parameters in order, nil where the text says no type; the answer's columns.
    /// - Throws: as `prepare`.
    package func describe(
        _ text: String, in context: QueryContext, types: [Int: ColumnType] = [:], cancellation: Cancellation = Cancellation()
    ) throws -> (parameters: [ResultColumn?], columns: [ResultColumn]) {
        let held = PlanMemory(memory)
        guard held.hold(text.utf8.count * PlanMemory.planningByteCountPerByte) else { throw QueryError.outOfMemory("planning a query of this length") }
        var context = context
        let inferred = ParameterTypes(types)
        context.parameterTypes = inferred
        let statement = try PlanningWork.plan(cancellation) { try Binder.bind(text, in: context) }
        let parameters = inferred.count == 0 ? [] : (1...inferred.count).map { number in
            inferred.types[number].map { ResultColumn(name: "$\(number)", type: $0, declared: context.declaredParameters[number] ?? inferred.declared[number]) }
        }
        switch statement {
        case .query(let query): return (parameters, query.resultColumns)
        case .explain(_, let form): return (parameters, [ResultStream.planColumn(form)])
        }
    }

    /// The rows of a query that reads no table and is known to be small, computed on the caller's thread; nil for any other.
    ///
    /// - Throws: `QueryError` of its expressions.
    package func immediate(_ prepared: PreparedQuery, cancellation: Cancellation = Cancellation()) throws -> [ColumnBatch]? {
        guard prepared.explain == nil, prepared.isConstant else { return nil }
        let root = try PlanBuilder().build(prepared.query.plan)
        let run = makeRun(prepared.timeZone, prepared.forms, cancellation, prepared.session, owner: prepared.owner)
        try root.prepare(run)
        let stream = try root.stream(run, worker: 0)
        var batches: [ColumnBatch] = []
        while let batch = try stream.next() { batches.append(batch) }
        return batches
    }

    /// Binds, rewrites and optimizes a text.
    private func plan(
        _ text: String, in context: QueryContext, _ held: PlanMemory, _ rewriting: (BoundQuery) throws -> BoundQuery
    ) throws -> PreparedQuery {
        let start = SteadyClock.nanoseconds()
        let zone = try Self.zone(context.timeZone)
        let rollups = RollupRewrite(context)
        func prepared(_ query: BoundQuery, _ explain: ExplainForm?) throws(QueryError) -> PreparedQuery {
            let (bound, name, forms, constants) = (query.plan, context.timeZone, context.forms, FoldingAllowance())
            let plan = try Self.optimized(bound, Optimizer(evaluator: constants.evaluate(in: zone, forms), timeZone: name, rollups: { rollups.rewrite($0) }))
            let query = BoundQuery(plan: plan, columns: query.columns, isFixed: query.isFixed, declared: query.declared, origins: query.origins)
            var prepared = PreparedQuery(
                query: query, explain: explain, timeZone: zone, forms: forms, session: context.session, owner: context.catalog.spillOwner,
                planningNanoseconds: Int(SteadyClock.nanoseconds() &- start), held: held, needs: rollups.needs)
            // A short text may mean megabytes: `repeat('x', 60000)` a hundred times.
            prepared.planByteCount = (text.utf8.count * PlanMemory.planByteCountPerByte).addingSaturating(constants.takenByteCount)
            if context.usesRollups {
                prepared.withoutSums = { () throws -> LogicalPlan in try Self.optimized(bound, Optimizer(evaluator: FoldingAllowance.constant(in: zone, forms), timeZone: name)) }
            }
            return prepared
        }
        switch try Binder.bind(text, in: context) {
        case .query(let query): return try prepared(try rewriting(query), nil)
        case .explain(let query, var form):
            // Elsewhere plans are for people: clients of PostgreSQL's read the figures.
            form.showsCosts = form.showsCosts ?? (context.catalog.dialect != nil)
            return try prepared(query, form)
        }
    }

    /// Optimizes a plan, and the plans of the recursive tables that it reads.
    private static func optimized(_ plan: LogicalPlan, _ optimizer: Optimizer) throws(QueryError) -> LogicalPlan {
        try ChanceColumns.placed(optimizer.optimized(plan)).replacingSources { (source) throws(QueryError) in
            try (source as? RecursiveTable)?.mapped { (plan) throws(QueryError) in try optimized(plan, optimizer) }
        }
    }

    /// - Throws: `badParameter` for a name that tzdata has not.
    private static func zone(_ name: String) throws(QueryError) -> TimeZoneRules {
        do {
            if let rules = try TimeZoneDatabase.system.rules(for: name) { return rules }
        } catch {
            throw QueryError(.badParameter, "the time zone cannot be read")
        }
        throw QueryError(.badParameter, "there is no such time zone: use a name of tzdata, as Europe/Kyiv")
    }

    /// Starts a query; its rows are computed as they are pulled, a few batches ahead.
    ///
    /// - Throws: `QueryError` where operators cannot be made; with EXPLAIN ANALYZE, which runs the query here, what the query throws.
    package func execute(_ prepared: PreparedQuery, cancellation: Cancellation = Cancellation()) throws -> ResultStream {
        if let form = prepared.explain { return ResultStream(lines: try explain(prepared, form, cancellation), form) }
        let root = try PlanBuilder().build(prepared.query.plan)
        let stream = ResultStream(root, columns: prepared.columns, run: makeRun(prepared.timeZone, prepared.forms, cancellation, prepared.session, owner: prepared.owner))
        stream.planningNanoseconds = prepared.planningNanoseconds
        stream.needs = prepared.needs
        stream.withoutSums = prepared.withoutSums.map { plan in
            { try PlanBuilder().build(try PlanningWork.plan(cancellation, plan)) }
        }
        return stream
    }

    /// Runs a plan that was made in code, for nobody in particular.
    package func run(_ plan: LogicalPlan) throws -> ResultStream {
        let columns = plan.columns.map { ResultColumn(name: $0.name, type: $0.type) }
        return ResultStream(try PlanBuilder().build(plan), columns: columns, run: makeRun(.utc, .plain, Cancellation(), nil))
    }

    /// - Parameters:
    ///   - owner: whose share of the disk its rows take; nil: nobody's.
    ///   - figures: what EXPLAIN ANALYZE counts; nil for nobody.
    func makeRun(
        _ zone: TimeZoneRules, _ forms: ValueForms, _ cancellation: Cancellation, _ session: (any QuerySession)?, owner: String? = nil, figures: RunFigures? = nil
    ) -> QueryRun {
        QueryRun(
            pool: pool, context: EvaluationContext(timeZone: zone, forms: forms, session: session, random: RandomNumbers()), cancellation: cancellation,
            memory: MemoryBudget(byteCountMax: settings.heldByteCountMax, parent: memory), spill: spill.of(owner), figures: figures)
    }
}
