import ColumnStore

/// The input's rows, each with the rows of a WITH RECURSIVE query that looks at it, as a list for the unnesting above.
///
/// It stands between an input and the `UnnestOperator` that `PlanBuilder` puts on top. One `Recursion` runs for a whole
/// batch of outer rows: each row goes in with its number, every row that is found carries the number on in its first
/// column, and `lists` sorts them by it.
final class RecursiveListOperator: PreparedOperator, @unchecked Sendable {
    // Safe to share: nothing changes once it is made.
    private let table: RecursiveTable
    /// What of the outer row the query looks at: the columns of its outer table after the number.
    private let arguments: [Expression]
    /// The column of lists, the last of the output.
    private let list: OutputColumn

    /// Nil where the node unnests anything else; else the node's list becomes the column that this puts out.
    init?(of node: inout UnnestNode, _ input: PreparedOperator) {
        guard let table = node.list.recursion, case .call(_, let arguments, let type, _) = node.list else { return nil }
        (self.table, self.arguments) = (table, arguments)
        // The id must not meet one of the input's, nothing else can see it.
        // Of these two operators alone.
        let id = ColumnID(1 + (input.columns.map(\.id.rawValue).max() ?? 0))
        list = OutputColumn(id: id, name: "", type: type)
        node.list = .column(list)
        super.init(columns: input.columns + [list], inputs: [input])
    }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        if id != list.id { inputs[0].pushRuntimeFilter(id, filter) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let evaluators = try Evaluator.compile(arguments, layout: inputs[0].layout, context: run.context)
        let (table, type) = (table, list.type)
        return TransformStream(try inputs[0].stream(run, worker: worker)) { batch in
            let view = RowView(batch)
            var outer = [Self.numbers(batch.rowCount)]
            for evaluator in evaluators { outer.append(try evaluator.evaluate(view)) }
            // Held for the batch alone: with the lists made, the rows of the rounds are free.
            let share = MemoryShare(run.memory)
            let found = try Recursion(table).rows(run, share, outer: ColumnBatch(rowCount: batch.rowCount, columns: outer), staysHere: true)
            return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [try Self.lists(found, of: batch.rowCount, type, share)])
        }
    }

    /// 0, 1, … as BIGINT: what outer rows are known by within one batch.
    private static func numbers(_ count: Int) -> Column {
        var builder = ColumnBuilder(type: .int64)
        for number in 0..<count { builder.append(.integer(Int64(number))) }
        return builder.finish()
    }

    /// Rows with their number before them, as a list for each number, in the order in which they were found.
    ///
    /// Inverts the walk: batches of (number, row) become one list for each number from 0 to `count` - 1.
    ///
    /// For numbers 1, 0, 1 two rows are the list of 1 and one is that of 0: offsets 0 1 3, and the order of gathering 1 0 2. A
    /// row that found nothing has an empty list, not NULL.
    /// - Parameter share: is charged with the lists, and with what is copied on the way to them.
    /// - Precondition: the type is a list of structs whose fields are the batches' columns after the first.
    /// - Throws: `outOfMemory` when the lists do not fit, or have more rows than a list's places can name.
    private static func lists(_ batches: [ColumnBatch], of count: Int, _ type: ColumnType, _ share: MemoryShare) throws(QueryError) -> Column {
        guard case .list(let element) = type, case .structure(let fields) = element.type else { return .constant(.null, type: type, count: count) }
        let rowCount = batches.reduce(0) { $0.addingSaturating($1.rowCount) }
        // Each value lies twice for a moment: as one column, and in the lists' order.
        let byteCount = batches.reduce(0) { sum, batch in
            batch.columns.dropFirst().reduce(sum) { $0.addingSaturating($1.flatByteCount).addingSaturating($1.flatByteCount) }
        }
        guard rowCount <= Int(Int32.max), share.take(byteCount.addingSaturating(rowCount * MemoryLayout<Int32>.stride)) else {
            throw QueryError.outOfMemory("the rows of WITH RECURSIVE")
        }
        func eachRow(_ body: (_ number: Int, _ place: Int32) -> Void) {
            var place: Int32 = 0
            for batch in batches {
                for row in 0..<batch.rowCount {
                    if case .integer(let number) = batch.columns[0].value(at: row), number >= 0, number < count { body(Int(number), place) }
                    place += 1
                }
            }
        }
        var offsets = [Int32](repeating: 0, count: count + 1)
        eachRow { number, _ in offsets[number + 1] += 1 }
        for number in 0..<count { offsets[number + 1] += offsets[number] }
        // Where the next row of each number goes.
        var next = offsets
        var order = [Int32](repeating: 0, count: Int(offsets[count]))
        eachRow { number, place in
            order[Int(next[number])] = place
            next[number] += 1
        }
        let members = fields.enumerated().map { index, field in
            Column.concatenating(batches.map { $0.columns[index + 1] }, type: field.type).gathering(order).flattened()
        }
        let rowsFound = Column(type: element.type, count: order.count, values: .structure(members))
        return Column(type: type, count: count, values: .list(offsets: offsets, element: rowsFound))
    }
}
