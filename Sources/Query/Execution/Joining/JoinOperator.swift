import ColumnStore
import Synchronization

/// Joins: the right side is read whole into a table by key, then the left side runs past it in parallel. A right side that outgrows the budget
/// is divided by the keys' hash into files, the left side likewise, and each pair of files is joined by itself (`JoinPartitions`).
///
/// 1. `prepare` reads the right side. From the batch on that does not fit, all of it goes to `JoinPartitions`.
/// 2. In memory it becomes a `JoinTable`, whose keys are pushed down as filters before the left side is prepared.
/// 3. With partitions, the left side is written out too, still in `prepare`.
/// 4. Streams are `JoinStream` over the table, or `PartitionedJoinStream` over pairs of files.
///
/// An error of the right side's data waits for the first left row: without one nobody has asked for the right side. So a subquery's value is
/// no error of a query that finds no row, as in PostgreSQL, which runs it when the first row asks. Where right rows come out by themselves it
/// is an error at once.
///
/// The planner sees to it that the right side is the smaller one where the kind of join leaves it a choice.
/// `docs/decisions/0010-joins.md` says why joins run so.
final class JoinOperator: PreparedOperator, @unchecked Sendable {
    let node: JoinNode
    /// Nil while the right side is not read, and when it went to files.
    private var table: JoinTable?
    private var facts = JoinFacts()
    /// What the table takes.
    private var share: MemoryShare?
    /// Nil when the right side fits.
    private var partitions: JoinPartitions?
    /// No left row can lead to an answer: the left side is not read.
    private var isOver = false
    /// What has ended the right side, for the first left row; then there is neither `table` nor `partitions`.
    private var failure: QueryError?

    init(_ left: PreparedOperator, _ right: PreparedOperator, _ node: JoinNode) {
        self.node = node
        let columns: [OutputColumn]
        switch node.kind {
        case .semi, .anti, .antiNullAware: columns = left.columns
        case .rightSemi, .rightAnti: columns = right.columns
        case .mark(let mark, _): columns = left.columns + [mark]
        default: columns = left.columns + right.columns
        }
        super.init(columns: columns, inputs: [left, right])
    }

    override var streamCountMax: Int { partitions == nil ? inputs[0].streamCountMax : .max }

    private var left: PreparedOperator { inputs[0] }
    private var right: PreparedOperator { inputs[1] }
    var leftTypes: [ColumnType] { left.columns.map(\.type) }
    var rightTypes: [ColumnType] { right.columns.map(\.type) }

    override func prepare(_ run: QueryRun) throws {
        do {
            try right.prepare(run)
            try measured(run) { try readRight(run) }
        } catch let error as QueryError where error.isDeferrable && !node.marksRight {
            failure = error
            // What was kept of the right side is nobody's any more.
            (table, partitions, share) = (nil, nil, nil)
        }
        if let table {
            if table.rowCount == 0, node.needsMatch {
                isOver = true
                return
            }
            for (index, filter) in table.filters { pushFilter(filter, index) }
        }
        try left.prepare(run)
        if let partitions {
            try measured(run) { try partitions.readLeft(left, run) }
            spilled(partitions.spilledByteCount, run)
        }
    }

    // MARK: Right side

    /// Safe to send: only touched under the lock.
    /// The right side as its workers have read it: in `input`, or in `partitions`, never in both.
    private struct Collected: @unchecked Sendable {
        var input: JoinInput
        var bytes = JoinBytes()
        var facts = JoinFacts()
        var partitions: JoinPartitions?
    }

    /// - Throws: `spillFull`; what the right side and its keys' expressions throw.
    private func readRight(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        let collected = Mutex(Collected(input: JoinInput(node)))
        try run.drain(right, dividing: true) { _ in
            let evaluators = try node.equalities.map { try Evaluator($0.right, layout: right.layout, context: run.context) }
            return { batch in
                let view = RowView(batch)
                let keys = try evaluators.map { try $0.evaluate(view) }
                // Keys are evaluated and looked at before the lock, so that workers wait for each other only to put batches
                // down.
                let facts = JoinInput.facts(keys, self.node)
                try collected.withLock { try self.keep(batch, keys, facts, &$0, share, run) }
            }
        }
        let (input, facts, partitions) = collected.withLock { ($0.input, $0.facts, $0.partitions) }
        self.facts = facts
        self.share = share
        if let partitions {
            self.partitions = partitions
        } else {
            let table = try JoinTable(input, node: node, types: rightTypes, filtered: filteredEqualities, run: run)
            // Rows were there twice while they were put end to end. What streams will mark them in is still to come.
            let held = table.byteCount + node.markByteCount(rowCount: table.rowCount, streamCount: run.workerCount, hasRepeats: table.hasRepeats)
            if held < share.byteCount { share.force(to: held) }
            self.table = table
        }
    }

    /// Puts a batch of the right side down. Called under the lock.
    private func keep(
        _ batch: ColumnBatch, _ keys: [Column], _ facts: [KeyPacking.Facts], _ collected: inout Collected, _ share: MemoryShare,
        _ run: QueryRun
    ) throws {
        collected.facts.note(batch, keys, node)
        if let partitions = collected.partitions { return try partitions.addRight(batch, keys) }
        let batch = batch.withoutSparseDictionaries
        collected.input.append(batch, keys, facts)
        collected.bytes.add(batch, keys, node)
        // There are no more streams than workers; how many there will be is not known before the left side is prepared.
        if collected.bytes.fitsColumns, share.resize(to: collected.bytes.byteCount(collected.input.facts, node, streamCount: run.workerCount)) { return }
        // The budget says no: all that was kept goes to files, and whatever comes after it.
        let partitions = try JoinPartitions(self, run)
        for (batch, keys) in zip(collected.input.batches, collected.input.keys) {
            try run.cancellation.check()
            try partitions.addRight(batch, keys)
        }
        collected.input = JoinInput(node)
        collected.partitions = partitions
        share.releaseAll()
    }

    // MARK: Left side

    /// Equalities whose left column the left side's scan can test early.
    /// Not where NULLs are equal: filters drop NULL. The left side must be a column, of the very type of the right one.
    private var filteredEqualities: [Int] {
        guard node.needsMatch else { return [] }
        return node.equalities.indices.filter { index in
            guard case .column(_, let type) = node.equalities[index].left else { return false }
            return !node.equalities[index].nullsEqual && type == node.equalities[index].right.type
        }
    }

    private func pushFilter(_ filter: JoinRuntimeFilter, _ index: Int) {
        guard case .column(let id, _) = node.equalities[index].left else { return }
        left.pushRuntimeFilter(id, filter)
    }

    /// A filter of one side holds for what it is joined to as well, through the columns that are equal.
    /// `l.k = r.k` and a filter of `l.k` from above: rows of `r` without such a key only match rows that the filter drops.
    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        let isLeft = left.columns.contains { $0.id == id }
        // Which side's rows may be left out when the output's are: those of a kept side, and those that only match such.
        let (own, other): (Bool, Bool)
        switch node.kind {
        case .inner, .cross: (own, other) = (true, true)
        case .left, .semi, .anti, .mark(_, nullAware: false): (own, other) = (isLeft, isLeft)
        case .right, .rightSemi, .rightAnti: (own, other) = (!isLeft, !isLeft)
        case .antiNullAware, .mark: (own, other) = (isLeft, false)
        case .full: (own, other) = (false, false)
        }
        if own { (isLeft ? left : right).pushRuntimeFilter(id, filter) }
        guard other else { return }
        for equality in node.equalities where !equality.nullsEqual {
            guard case .column(let one, let type) = equality.left, case .column(let two, let otherType) = equality.right, type == otherType
            else { continue }
            if isLeft, one == id { right.pushRuntimeFilter(two, filter) }
            if !isLeft, two == id { left.pushRuntimeFilter(one, filter) }
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        if isOver { return EmptyStream() }
        if let failure { return FailedJoinStream(try left.stream(run, worker: worker), failure) }
        if let partitions { return PartitionedJoinStream(self, partitions, facts, run) }
        guard let table else { preconditionFailure("prepare comes before streams") }
        return try JoinStream(self, table, facts, try left.stream(run, worker: worker), run)
    }

    var leftLayout: [ColumnID: Int] { left.layout }
    var rightLayout: [ColumnID: Int] { right.layout }
}

/// One worker's left rows where the right side has failed: none comes out, and the first is the error.
private final class FailedJoinStream: BatchStream {
    private let left: any BatchStream
    private let failure: QueryError

    init(_ left: any BatchStream, _ failure: QueryError) { (self.left, self.failure) = (left, failure) }

    func next() throws -> ColumnBatch? {
        // A batch has a row.
        guard try left.next() != nil else { return nil }
        throw failure
    }
}

/// About what rows take as a join's right side: themselves, their keys and the table.
/// Added to batch by batch, under the join's lock, and asked after each for what it all takes.
struct JoinBytes {
    private var held = HeldBytes()
    /// What rows take put end to end beyond what they take as they came.
    private var laidOutByteCount = 0
    private var rowCount = 0
    private var batchCount = 0
    /// Of keys that are no numbers.
    private var textByteCount = 0
    /// Of rows put end to end: offsets reach 2 GiB.
    private static let columnByteCountMax = 1 << 30
    /// What a batch takes by itself, also one without columns.
    private static let byteCountPerBatch = 128

    mutating func add(_ batch: ColumnBatch, _ keys: [Column], _ node: JoinNode) {
        held.add(batch)
        for column in batch.columns { laidOutByteCount += Self.laidOutByteCount(column) }
        for (key, equality) in zip(keys, node.equalities) {
            if !KeyPacking.isNumber(key.type) { textByteCount += key.flatByteCount }
            // A key that is a column lies there already.
            if case .column = equality.right { continue }
            held.add(key)
        }
        rowCount += batch.rowCount
        batchCount += 1
    }

    /// Constants are laid out, but for texts, of which each row has a code (`StackedColumn`), and so are codes and constants within lists and structs.
    private static func laidOutByteCount(_ column: Column) -> Int {
        if case .constant = column.values { return column.type.isBytes ? column.count * MemoryLayout<UInt32>.stride : column.flatByteCountBound }
        return column.type.isNested ? max(0, column.flatByteCount - column.byteCount()) : 0
    }

    /// Rows count twice: as they came, and put end to end.
    ///
    /// - Parameters:
    ///   - facts: of the keys of all rows so far.
    ///   - streamCount: how many streams may walk past the table, each with marks of its own.
    func byteCount(_ facts: [KeyPacking.Facts], _ node: JoinNode, streamCount: Int) -> Int {
        held.byteCount * 2 + laidOutByteCount + batchCount * Self.byteCountPerBatch + JoinTable.lookupByteCount(rowCount, facts, node, textByteCount: textByteCount)
            + node.markByteCount(rowCount: rowCount, streamCount: streamCount)
    }

    /// Past it rows go to files, whatever the budget. Rows have numbers of 32 bits, also those without columns.
    var fitsColumns: Bool { rowCount < Int(Int32.max) && held.byteCount + laidOutByteCount <= Self.columnByteCountMax }
}

/// What NOT IN must know of the whole right side.
/// Kept apart from the table, since with partitions no table has all right rows.
struct JoinFacts: Sendable {
    var isEmpty = true
    /// Some row has a NULL in a compared column.
    var hasNull = false

    mutating func note(_ batch: ColumnBatch, _ keys: [Column], _ node: JoinNode) {
        if batch.rowCount > 0 { isEmpty = false }
        for (key, equality) in zip(keys, node.equalities) where !equality.isCorrelation && !equality.nullsEqual {
            if key.nullCount > 0 { hasNull = true }
        }
    }
}
