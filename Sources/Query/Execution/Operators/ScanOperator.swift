import ColumnStore
import Synchronization

/// Reads a table: what the source can test itself goes into the request, batches come out shaped as the plan wants them.
///
/// `pushRuntimeFilter` gathers what joins above look for, `prepare` opens the scan with all of it, and the streams of any
/// number of workers take morsels from that one scan.
final class ScanOperator: PreparedOperator, @unchecked Sendable {
    private let node: ScanNode
    /// For each output column, its place in the source's batches.
    private let places: [Int]
    /// What is read: paths to nested leaves, where only some members of a column are wanted.
    private let projection: [ColumnPath]
    /// A last column of the rows' numbers, by which the scan gives them again; nil where nobody asks.
    private let numbers: OutputColumn?
    /// What joins above look for, and sorts.
    /// `passing` is the part of the column's rows, from 0 to 1, that is thought to pass.
    private var runtimeFilters: [(runtimeFilter: RuntimeFilter, passing: Double)] = []
    /// Nil until `prepare`.
    private var scan: (any TableScan)?

    /// - Parameter numbers: for rows that are asked for again. Of sources alone that number rows.
    init(_ node: ScanNode, numbers: OutputColumn? = nil) {
        self.node = node
        self.numbers = numbers
        let (projection, own) = Self.project(node.columns)
        var places = own
        // It comes after the source's columns.
        if numbers != nil { places.append((own.max() ?? -1) + 1) }
        (self.projection, self.places) = (projection, places)
        super.init(columns: node.columns.map(\.column) + (numbers.map { [$0] } ?? []), inputs: [])
    }

    override var streamCountMax: Int { .max }

    /// Paths in the order of first mention of each top-level column, and each column's place by that order.
    ///
    /// `a.x, b, a.y` gives the paths a.x, b, a.y and the places 0, 1, 0: two output columns may come of one column of the
    /// source.
    private static func project(_ columns: [ScanColumn]) -> ([ColumnPath], [Int]) {
        var names: [String] = []
        var paths: [ColumnPath] = []
        var places: [Int] = []
        for column in columns {
            if let known = names.firstIndex(where: { $0.utf8.elementsEqual(column.name.utf8) }) {
                places.append(known)
            } else {
                places.append(names.count)
                names.append(column.name)
            }
            let wanted = column.members.map { $0.map { ColumnPath([column.name] + $0.names) } } ?? [ColumnPath(column.name)]
            for path in wanted where !paths.contains(path) { paths.append(path) }
        }
        return (paths, places)
    }

    /// The source's column behind an output column, when it is a plain one.
    func sourcePath(of id: ColumnID) -> ColumnPath? {
        node.columns.first { $0.column.id == id && !$0.column.type.isNested }.map { ColumnPath($0.name) }
    }

    /// Of a column's values a join must look for no more than this part for its keys to be worth testing.
    /// `docs/decisions/0010-joins.md` has what filters save.
    private static let passingMax = 0.8

    /// A filter that most rows would pass, or of a value that is compared otherwise in the source, is left out: filters are
    /// hints.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        guard let path = comparedPath(of: id) else { return }
        let statistics = node.table.source.statistics
        let distinct = statistics.columns[path.description]?.distinctCount ?? max(statistics.rowCount, 1)
        // Keys may be more than the column's values: the days of a year where rows come once a week.
        let passing = min(Double(filter.keyCount) / Double(max(distinct, 1)), Self.covered(by: filter.bounds, statistics.columns[path.description]))
        if passing <= Self.passingMax { runtimeFilters.append((filter.runtimeFilter(path), passing)) }
    }

    /// Before the filters of joins: of many rows that are looked at few pass it.
    override func pushBound(_ id: ColumnID, _ bound: MovingBound) {
        if let path = comparedPath(of: id) { runtimeFilters.append((RuntimeFilter(path, bound), 0)) }
    }

    /// The source's column behind an output column, where both compare alike: the source compares values of its own type.
    private func comparedPath(of id: ColumnID) -> ColumnPath? {
        guard let path = sourcePath(of: id), let own = node.table.source.schema.field(at: path)?.type,
            let wanted = columns.first(where: { $0.id == id })?.type, own.scale == wanted.scale, own.isDecimal == wanted.isDecimal
        else { return nil }
        return path
    }

    /// The part of the span of a column's whole numbers that lies within bounds; 1 where nothing is known.
    private static func covered(by bounds: ColumnFilter.Test, _ statistics: ColumnStatistics?) -> Double {
        guard case .range(let lower?, let upper?) = bounds, case .integer(let from) = lower.value, case .integer(let to) = upper.value,
            case .integer(let least)? = statistics?.minimum, case .integer(let greatest)? = statistics?.maximum, least <= greatest
        else { return 1 }
        let common = Double(min(to, greatest)) - Double(max(from, least)) + 1
        return max(0, common / (Double(greatest) - Double(least) + 1))
    }

    override func prepare(_ run: QueryRun) throws {
        try measured(run) {
            // The one that lets least through first: later ones are asked of fewer rows.
            runtimeFilters.sort { $0.passing < $1.passing }
            var request = ScanRequest(
                projection: projection, scope: node.scope, filters: node.filters, elementFilters: node.elementFilters,
                runtimeFilters: runtimeFilters.map(\.runtimeFilter), rowCountMax: node.rowCountMax, workerCount: run.workerCount, counters: figures(of: run)?.scan ?? run.counters,
                memory: run.memory)
            request.numbersRows = numbers != nil
            if !node.residual.isEmpty { request.residual = try residual(run) }
            scan = try node.table.source.scan(request)
        }
    }

    /// Which of some rows' ascending numbers are best read together.
    /// - Precondition: the scan numbers rows, and is prepared.
    func together(_ numbers: [Int64]) -> [Range<Int>] { (scan as? any NumberedScan)?.together(numbers) ?? [] }

    /// Columns of rows that came out before, by their numbers, in their order: batches with a column for each of `columns`.
    /// - Parameter hold: as of `NumberedScan`.
    func rows(_ numbers: ArraySlice<Int64>, _ columns: [ScanColumn], hold: (ColumnBatch) throws -> Void) throws -> [ColumnBatch] {
        guard let scan = scan as? any NumberedScan else { return [] }
        let (projection, places) = Self.project(columns)
        return try scan.rows(numbers, projection, hold: hold).map { batch in
            ColumnBatch(rowCount: batch.rowCount, columns: zip(places, columns).map { batch.columns[$0].retyped($1.column.type) })
        }
    }

    /// The conditions that no filter of a column says, as a function that the source calls with the columns that they
    /// mention.
    private func residual(_ run: QueryRun) throws -> ResidualFilter {
        var mentioned: Set<ColumnID> = []
        for expression in node.residual {
            EvaluationCompiler.walk(expression) { if case .column(let id, _) = $0 { mentioned.insert(id) } }
        }
        // Columns that only the conditions mention are read, too; they are not handed on.
        let read = (node.columns + node.residualColumns).filter { mentioned.contains($0.column.id) }
        let (paths, places) = Self.project(read)
        let layout = Dictionary(zip(read.map(\.column.id), places), uniquingKeysWith: { first, _ in first })
        let types = Dictionary(zip(places, read.map(\.column.type)), uniquingKeysWith: { first, _ in first })
        let predicates = PredicatePool(node.residual, layout: layout, context: run.context)
        return ResidualFilter(columns: paths) { batch in
            let typed = ColumnBatch(
                rowCount: batch.rowCount,
                columns: batch.columns.enumerated().map { index, column in types[index].map { column.retyped($0) } ?? column })
            return try predicates.use { (predicate) throws(QueryError) in try predicate.bitmap(typed) }
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        guard let scan else { preconditionFailure("prepare comes before streams") }
        return Stream(scan, places: places, types: columns.map(\.type), cancellation: run.cancellation)
    }

    /// One worker's walk: morsel after morsel of the shared scan.
    private final class Stream: BatchStream {
        private let scan: any TableScan
        private let places: [Int]
        private let types: [ColumnType]
        private let cancellation: Cancellation
        private var morsel: (any Morsel)?
        private var isOver = false

        init(_ scan: any TableScan, places: [Int], types: [ColumnType], cancellation: Cancellation) {
            self.scan = scan
            self.places = places
            self.types = types
            self.cancellation = cancellation
        }

        func next() throws -> ColumnBatch? {
            while !isOver {
                try cancellation.check()
                if morsel == nil {
                    morsel = try scan.nextMorsel()
                    if morsel == nil { isOver = true }
                }
                // The source's batch has a column once, however many output columns show it, and decimals of the source's
                // own precision.
                if let batch = try morsel?.next() {
                    if batch.rowCount == 0 { continue }
                    return ColumnBatch(
                        rowCount: batch.rowCount, columns: places.indices.map { batch.columns[places[$0]].retyped(types[$0]) })
                }
                morsel = nil
            }
            return nil
        }
    }
}

/// Predicates to lend to whichever worker calls: each keeps its own caches.
///
/// Invariant: no predicate is used by two threads at once. There are never more of them than threads that call at the same
/// time.
final class PredicatePool: Sendable {
    private let conjuncts: [Expression]
    private let layout: [ColumnID: Int]
    private let context: EvaluationContext
    private let idle = Mutex<[Lent]>([])

    /// Safe to send: it is in the pool or with one caller, never both.
    private struct Lent: @unchecked Sendable { let predicate: Predicate }

    init(_ conjuncts: [Expression], layout: [ColumnID: Int], context: EvaluationContext) {
        self.conjuncts = conjuncts
        self.layout = layout
        self.context = context
    }

    /// Lends a predicate for the length of `body`; one whose `body` throws is not lent again.
    func use<Result>(_ body: (Predicate) throws(QueryError) -> Result) throws(QueryError) -> Result {
        let waiting = idle.withLock { $0.popLast() }
        let lent: Lent
        if let waiting { lent = waiting } else { lent = Lent(predicate: try Predicate(conjuncts, layout: layout, context: context)) }
        let result = try body(lent.predicate)
        idle.withLock { $0.append(lent) }
        return result
    }
}
