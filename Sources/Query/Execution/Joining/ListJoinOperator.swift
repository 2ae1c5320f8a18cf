import ColumnStore

/// Semi-, anti- and mark joins of rows with the elements of a list of their own: each batch is unfolded, tested and forgotten.
///
/// The list is a column of the left row itself, so that no table is needed: `UnnestOperator` unfolds the batch at hand, the
/// predicate is asked of each element, and a row's number, passed along, says whose element it was. NULL conditions count
/// as false: null-aware kinds do not come here.
final class ListJoinOperator: PreparedOperator, @unchecked Sendable {
    private let node: JoinNode
    private let list: OwnList
    /// The batch's rows by number; ids below zero are of no plan.
    private static let number = OutputColumn(id: ColumnID(-1), name: "", type: .int64)

    init(_ left: PreparedOperator, _ node: JoinNode, _ list: OwnList) {
        self.node = node
        self.list = list
        var columns = left.columns
        if case .mark(let mark, _) = node.kind { columns.append(mark) }
        super.init(columns: columns, inputs: [left])
    }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        if inputs[0].columns.contains(where: { $0.id == id }) { inputs[0].pushRuntimeFilter(id, filter) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let left = inputs[0]
        var used: Set<ColumnID> = []
        // Of the left columns only those that conditions mention are gathered for each element.
        for condition in list.conditions { condition.collectColumns(into: &used) }
        var unnest = list.unnest
        unnest.passed = left.columns.filter { used.contains($0.id) } + [Self.number]
        let feed = FeedOperator(columns: left.columns + [Self.number])
        let unfolded = UnnestOperator(feed, unnest)
        let predicate = try Predicate(list.conditions, layout: unfolded.layout, context: run.context)
        return Stream(
            try left.stream(run, worker: worker), feed, try unfolded.stream(run, worker: 0), predicate, kind: node.kind,
            place: unnest.passed.count - 1)
    }

    /// Hands on the one batch that it was given.
    /// A stream that is pulled through by its reader: the batch goes in, and comes out unfolded below.
    private final class FeedOperator: PreparedOperator, @unchecked Sendable {
        // Safe to share: one stream's own.
        var batch: ColumnBatch?

        init(columns: [OutputColumn]) { super.init(columns: columns, inputs: []) }

        override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { Stream(self) }

        private final class Stream: BatchStream {
            private let owner: FeedOperator
            init(_ owner: FeedOperator) { self.owner = owner }

            func next() -> ColumnBatch? {
                defer { owner.batch = nil }
                return owner.batch
            }
        }
    }

    private final class Stream: BatchStream {
        private let input: any BatchStream
        private let feed: FeedOperator
        private let unfolded: any BatchStream
        private let predicate: Predicate
        private let kind: JoinNode.Kind
        /// Of the row numbers among the unfolded columns.
        private let place: Int

        init(
            _ input: any BatchStream, _ feed: FeedOperator, _ unfolded: any BatchStream, _ predicate: Predicate, kind: JoinNode.Kind, place: Int
        ) {
            self.input = input
            self.feed = feed
            self.unfolded = unfolded
            self.predicate = predicate
            self.kind = kind
            self.place = place
        }

        func next() throws -> ColumnBatch? {
            while let batch = try input.next() {
                let matched = try matches(batch)
                switch kind {
                case .mark(let mark, _):
                    let column = Column(type: mark.type, count: batch.rowCount, values: .bits(matched))
                    return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [column])
                default:
                    let kept = kind == .anti ? ~matched : matched
                    if kept.isAllSet { return batch }
                    let rows = kept.setIndices()
                    if !rows.isEmpty { return batch.gathering(rows) }
                }
            }
            return nil
        }

        /// One bit for each row of which some element passes.
        /// - Complexity: O(elements): a row's elements are all tested, even when the first one passes.
        private func matches(_ batch: ColumnBatch) throws -> Bitmap {
            var matched = Bitmap(repeating: false, count: batch.rowCount)
            let numbers = Column(type: .int64, count: batch.rowCount, values: .int64((0..<batch.rowCount).map { Int64($0) }))
            feed.batch = ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [numbers])
            while let elements = try unfolded.next() {
                let rows = try predicate.select(elements)
                guard let parents = elements.columns[place].integers() else { continue }
                if let rows { for row in rows { matched[Int(parents[Int(row)])] = true } } else { for parent in parents { matched[Int(parent)] = true } }
            }
            return matched
        }
    }
}
