import ColumnStore
import Synchronization

/// GROUP BY. Each worker groups what it reads; their groups are then merged by parts of the hash space, in parallel. A worker whose groups
/// outgrow the budget writes them aside by the same parts.
final class AggregateOperator: PhysicalOperator, @unchecked Sendable {
    let node: AggregateNode
    /// One for each grouping set.
    private let sets: [[Int]]
    private let locals: Mutex<[Local]> = Mutex([])
    private let nextPart = Atomic<Int>(0)
    private var partCount = 1

    /// Parts of the hash space: as much smaller than all groups is what must fit in memory at once.
    static let spillPartCount = 32
    /// Below, one merge is faster than handing out parts.
    private static let parallelMergeGroupCount = 20_000

    init(_ input: PhysicalOperator, _ node: AggregateNode) {
        self.node = node
        sets = node.groupingSets ?? [Array(node.groups.indices)]
        super.init(
            columns: node.groups.map(\.column) + (node.groupingColumn.map { [$0] } ?? []) + node.aggregates.map(\.column),
            inputs: [input])
    }

    override var name: String { node.groups.isEmpty ? "Aggregate" : "HashAggregate" }
    override var streamCountMax: Int { .max }

    override var details: [String] {
        var lines: [String] = []
        if !node.groups.isEmpty { lines.append("by \(node.groups.map(\.column.name).joined(separator: ", "))") }
        if sets.count > 1 { lines.append("\(sets.count) grouping sets") }
        if !node.aggregates.isEmpty { lines.append(node.aggregates.map(\.function.rawValue).joined(separator: ", ")) }
        return lines
    }

    /// Rows of groups that the plan above drops need not be grouped.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: KeyFilter) {
        guard sets.count == 1, let group = node.groups.first(where: { $0.column.id == id }), case .column(let source, let type) = group.expression,
            type == group.column.type
        else { return }
        inputs[0].pushRuntimeFilter(source, filter)
    }

    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        try measured(run) {
            try run.drain(inputs[0]) { _ in
                let local = try Local(self, run)
                self.locals.withLock { $0.append(local) }
                return { try local.take($0) }
            }
            let locals = self.locals.withLock { $0 }
            if locals.contains(where: \.hasSpilled) {
                for local in locals { try local.spill() }
                partCount = Self.spillPartCount
                measure.spilledBytes.wrappingAdd(locals.reduce(0) { $0 + $1.spilledByteCount }, ordering: .relaxed)
            } else if locals.count > 1, locals.contains(where: { $0.groupCount > Self.parallelMergeGroupCount }) {
                partCount = 4 * run.workerCount
            }
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { Stream(self, run) }

    /// Evaluates the calls' inputs; every worker has its own.
    private struct Inputs {
        let groups: [Evaluator]
        let calls: [(arguments: [Evaluator], filter: Evaluator?)]

        init(_ owner: AggregateOperator, _ run: QueryRun) throws {
            let layout = owner.inputs[0].layout
            func make(_ expression: Expression) throws -> Evaluator { try Evaluator(expression, layout: layout, context: run.context) }
            groups = try owner.node.groups.map { try make($0.expression) }
            calls = try owner.node.aggregates.map { call in
                (try AggregatorFactory.inputs(call).map { try make($0) }, try call.filter.map { try make($0) })
            }
        }
    }

    /// The groups of one set: keys numbered, and a state for each call.
    final class Grouping {
        var table: GroupTable
        var cache: GroupTable.Cache
        let aggregators: [Aggregator]
        let calls: [AggregateCall]

        init(types: [ColumnType], calls: [AggregateCall]) throws(QueryError) {
            table = GroupTable(types: types)
            cache = GroupTable.Cache(keyCount: types.count)
            var aggregators: [Aggregator] = []
            for call in calls { aggregators.append(try AggregatorFactory.make(call)) }
            self.aggregators = aggregators
            self.calls = calls
            if types.isEmpty { for aggregator in aggregators { aggregator.resize(1) } }
        }

        var byteCount: Int { table.byteCount + aggregators.reduce(0) { $0 + $1.byteCount } }

        func rows(_ keys: [Column], count: Int) -> GroupRows {
            if keys.isEmpty { return .one(count: count) }
            let numbers = table.assign(keys, count: count, cache: &cache)
            for aggregator in aggregators { aggregator.resize(table.count) }
            return .numbers(numbers)
        }

        func located<Result>(_ index: Int, _ body: () throws(KernelError) -> Result) throws(QueryError) -> Result {
            do { return try body() } catch { throw error.queryError(position: calls[index].position) }
        }

        /// Keys, then the states of each call: one row a group.
        func export() -> ColumnBatch {
            ColumnBatch(rowCount: table.count, columns: table.keyColumns() + aggregators.flatMap { $0.exportState() })
        }

        func merge(_ exported: ColumnBatch) throws(QueryError) {
            let keyCount = table.types.count
            let rows = rows(Array(exported.columns[..<keyCount]), count: exported.rowCount)
            var place = keyCount
            for (index, aggregator) in aggregators.enumerated() {
                let width = aggregator.stateTypes.count
                let state = Array(exported.columns[place..<(place + width)])
                try located(index) { () throws(KernelError) in try aggregator.merge(state, rows.numbers) }
                place += width
            }
        }
    }

    private func makeGrouping(_ set: Int) throws(QueryError) -> Grouping {
        try Grouping(types: sets[set].map { node.groups[$0].expression.type }, calls: node.aggregates)
    }

    /// One worker's groups.
    private final class Local: @unchecked Sendable {
        // Safe to share: one worker feeds it; it is read when all workers are done.
        private let owner: AggregateOperator
        private let run: QueryRun
        private let inputs: Inputs
        private(set) var groupings: [Grouping]
        /// By set, then part.
        private(set) var files: [[SpillFile]] = []
        private let share: MemoryShare

        init(_ owner: AggregateOperator, _ run: QueryRun) throws {
            self.owner = owner
            self.run = run
            inputs = try Inputs(owner, run)
            groupings = try owner.sets.indices.map { try owner.makeGrouping($0) }
            share = MemoryShare(run.memory)
        }

        var hasSpilled: Bool { !files.isEmpty }
        var groupCount: Int { groupings.reduce(0) { $0 + $1.table.count } }
        var spilledByteCount: Int { files.reduce(0) { $0 + $1.reduce(0) { $0 + $1.byteCount } } }

        func take(_ batch: ColumnBatch) throws {
            let view = RowView(batch)
            let keys = try inputs.groups.map { try $0.evaluate(view) }
            var rows: [GroupRows] = []
            for (index, grouping) in groupings.enumerated() {
                rows.append(grouping.rows(owner.sets[index].map { keys[$0] }, count: batch.rowCount))
            }
            for (callIndex, call) in inputs.calls.enumerated() {
                var kept: [Int32]?
                if let filter = call.filter {
                    let passing = try filter.evaluate(view).trueRows()
                    if !passing.isAllSet { kept = passing.setIndices() }
                }
                if kept?.isEmpty ?? false { continue }
                let callView = kept.map { view.selecting($0) } ?? view
                let arguments = try call.arguments.map { try $0.evaluate(callView) }
                for (index, grouping) in groupings.enumerated() {
                    let groups = kept.map { rows[index].selecting($0) } ?? rows[index]
                    try grouping.located(callIndex) { () throws(KernelError) in
                        try grouping.aggregators[callIndex].update(arguments, groups)
                    }
                }
            }
            if !share.resize(to: groupings.reduce(0) { $0 + $1.byteCount }) { try spill() }
        }

        /// Writes all groups aside, by parts, and begins anew.
        func spill() throws {
            if files.isEmpty {
                files = try groupings.map { grouping in
                    let types = grouping.table.types + grouping.aggregators.flatMap(\.stateTypes)
                    return try (0..<AggregateOperator.spillPartCount).map { _ in try SpillFile(run.spill, types: types) }
                }
            }
            for (index, grouping) in groupings.enumerated() where grouping.table.count > 0 {
                let exported = grouping.export()
                let parts = AggregateOperator.parts(exported, keyCount: grouping.table.types.count, partCount: AggregateOperator.spillPartCount)
                for (part, rows) in parts.enumerated() where !rows.isEmpty {
                    try run.cancellation.check()
                    for start in stride(from: 0, to: rows.count, by: ColumnBatch.targetRowCount) {
                        try files[index][part].write(exported.gathering(Array(rows[start..<min(start + ColumnBatch.targetRowCount, rows.count)])))
                    }
                }
            }
            groupings = try owner.sets.indices.map { try owner.makeGrouping($0) }
            share.releaseAll()
        }
    }

    /// Group numbers by part of the hash space.
    private static func parts(_ exported: ColumnBatch, keyCount: Int, partCount: Int) -> [[Int32]] {
        if partCount == 1 || keyCount == 0 {
            return [Array(0..<Int32(exported.rowCount))] + Array(repeating: [], count: partCount - 1)
        }
        let hashes = HashKernels.rows(Array(exported.columns[..<keyCount]), count: exported.rowCount)
        var parts = [[Int32]](repeating: [], count: partCount)
        for row in hashes.indices { parts[Int(hashes[row] >> 40) % partCount].append(Int32(row)) }
        return parts
    }

    // MARK: Answers

    /// The export of each local grouping and its rows by part: made once, by whichever stream comes first.
    private let exports: Mutex<[[(batch: ColumnBatch, parts: [[Int32]])]]?> = Mutex(nil)

    private func exported() -> [[(batch: ColumnBatch, parts: [[Int32]])]] {
        exports.withLock { made in
            if let made { return made }
            let locals = self.locals.withLock { $0 }
            let result = locals.map { local in
                local.groupings.map { grouping -> (batch: ColumnBatch, parts: [[Int32]]) in
                    let batch = grouping.export()
                    return (batch, Self.parts(batch, keyCount: grouping.table.types.count, partCount: partCount))
                }
            }
            made = result
            return result
        }
    }

    /// The groups of one set and part, of all workers.
    private func merged(_ set: Int, _ part: Int, _ run: QueryRun) throws -> Grouping? {
        let locals = self.locals.withLock { $0 }
        // The one group without keys lies in the first part.
        if sets[set].isEmpty, part > 0 { return nil }
        if partCount == 1, locals.count == 1 { return locals[0].groupings[set] }
        let grouping = try makeGrouping(set)
        if partCount == 1 {
            for local in locals { try grouping.merge(local.groupings[set].export()) }
            return grouping
        }
        if locals.contains(where: \.hasSpilled) {
            let share = MemoryShare(run.memory)
            for local in locals where local.hasSpilled {
                let reader = try local.files[set][part].reader()
                while let batch = try reader.next() {
                    try run.cancellation.check()
                    try grouping.merge(batch)
                    share.force(to: grouping.byteCount)
                }
            }
        } else {
            for local in exported() {
                let rows = local[set].parts[part]
                if !rows.isEmpty { try grouping.merge(local[set].batch.gathering(rows)) }
            }
        }
        return grouping
    }

    private func answers(_ grouping: Grouping, _ set: Int) throws -> ColumnBatch {
        let count = grouping.table.count
        let keys = grouping.table.keyColumns()
        var result: [Column] = []
        for (index, group) in node.groups.enumerated() {
            if let place = sets[set].firstIndex(of: index) {
                result.append(keys[place].retyped(group.column.type))
            } else {
                result.append(.constant(.null, type: group.column.type, count: count))
            }
        }
        if let column = node.groupingColumn {
            var bits: Int64 = 0
            for index in node.groups.indices { bits = bits << 1 | (sets[set].contains(index) ? 0 : 1) }
            result.append(.constant(.integer(bits), type: column.type, count: count))
        }
        for (index, aggregator) in grouping.aggregators.enumerated() {
            let column = try grouping.located(index) { () throws(KernelError) in try aggregator.finish() }
            result.append(column.retyped(node.aggregates[index].column.type))
        }
        return ColumnBatch(rowCount: count, columns: result)
    }

    private final class Stream: BatchStream {
        private let owner: AggregateOperator
        private let run: QueryRun
        private var batch: ColumnBatch?
        private var row = 0
        private static let rowCountMax = 4 * ColumnBatch.targetRowCount

        init(_ owner: AggregateOperator, _ run: QueryRun) {
            self.owner = owner
            self.run = run
        }

        func next() throws -> ColumnBatch? {
            while true {
                if let batch, row < batch.rowCount {
                    let end = min(row + Self.rowCountMax, batch.rowCount)
                    defer { row = end }
                    return batch.slice(row..<end)
                }
                try run.cancellation.check()
                let number = owner.nextPart.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < owner.partCount * owner.sets.count else { return nil }
                let set = number / owner.partCount
                row = 0
                batch = nil
                if let grouping = try owner.merged(set, number % owner.partCount, run) { batch = try owner.answers(grouping, set) }
            }
        }
    }
}
