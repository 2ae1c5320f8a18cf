import ColumnStore

/// INTERSECT and EXCEPT: rows are grouped with a count for each input, and the counts say how many of a row come out.
///
/// A row that the inputs have (3, 1) times comes out so often:
///
///     INTERSECT 1    INTERSECT ALL 1    EXCEPT 0    EXCEPT ALL 2
///
/// Beneath is one grouping over a union of all inputs, each with a tag column that is 1 in its own rows and NULL in
/// others', so that counting the tags counts the inputs. NULLs are equal, as GROUP BY has them. PostgreSQL's rules:
/// <https://www.postgresql.org/docs/15/queries-union.html>.
final class CountedSetOperator: PreparedOperator, @unchecked Sendable {
    private let isExcept: Bool
    /// ALL.
    private let keepsRepeats: Bool

    init(_ inputs: [PreparedOperator], columns: [OutputColumn], isExcept: Bool, keepsRepeats: Bool) {
        self.isExcept = isExcept
        self.keepsRepeats = keepsRepeats
        super.init(columns: columns, inputs: [Self.counted(inputs, columns)])
    }

    /// Ids below zero are of no plan.
    private static func tag(_ index: Int) -> OutputColumn { OutputColumn(id: ColumnID(-1 - index), name: "", type: .int64) }

    /// The grouping: the columns, then a count for each input.
    private static func counted(_ inputs: [PreparedOperator], _ columns: [OutputColumn]) -> PreparedOperator {
        let tags = inputs.indices.map { tag($0) }
        let tagged = inputs.enumerated().map { index, input -> PreparedOperator in
            let kept = zip(columns, input.columns).map { ProjectedColumn($0, .column($1.id, $1.type)) }
            let marks = tags.indices.map { ProjectedColumn(tags[$0], .literal($0 == index ? .integer(1) : .null, .int64)) }
            return ProjectOperator(input, columns: kept + marks)
        }
        let calls = tags.map { AggregateCall(column: $0, function: .count, arguments: [.column($0.id, .int64)]) }
        let groups = columns.map { ProjectedColumn($0, .column($0.id, $0.type)) }
        let node = AggregateNode(input: .values(columns: [], rows: []), groups: groups, aggregates: calls)
        return AggregateOperator(UnionAllOperator(tagged, columns: columns + tags), node)
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        Stream(try inputs[0].stream(run, worker: worker), self)
    }

    /// How many of a row come out, from how many each input has.
    /// EXCEPT takes all inputs after the first one away from it.
    private func outputCount(_ counts: [Int64]) -> Int64 {
        let count = isExcept ? counts.dropFirst().reduce(counts[0], -) : counts.min() ?? 0
        if keepsRepeats { return max(0, count) }
        if isExcept { return counts[0] > 0 && counts.dropFirst().allSatisfy { $0 == 0 } ? 1 : 0 }
        return count > 0 ? 1 : 0
    }

    private final class Stream: BatchStream {
        private let input: any BatchStream
        private let owner: CountedSetOperator
        /// Groups under way: each row as often as it still comes out. A row may come a hundred million times, with no limit but its bytes.
        private var batch: ColumnBatch?
        private var left: [Int64] = []
        private var byteCounts: [Int] = []
        private var row = 0
        /// Of the rows of a batch that comes out.
        private static let byteCountMax = 4 << 20

        init(_ input: any BatchStream, _ owner: CountedSetOperator) {
            self.input = input
            self.owner = owner
        }

        func next() throws -> ColumnBatch? {
            while true {
                if let batch, let piece = nextPiece(of: batch) { return piece }
                guard let more = try input.next() else { return nil }
                begin(more)
            }
        }

        /// - Parameter groups: the columns, then the counts.
        private func begin(_ groups: ColumnBatch) {
            let width = owner.columns.count
            let counts = groups.columns[width...].map { $0.integers() ?? [] }
            left = (0..<groups.rowCount).map { row in owner.outputCount(counts.map { $0[row] }) }
            let rows = ColumnBatch(rowCount: groups.rowCount, columns: Array(groups.columns[..<width]))
            byteCounts = owner.keepsRepeats ? rows.rowWidths() : []
            (batch, row) = (rows, 0)
        }

        /// The next rows of the groups at hand; nil when all have come out.
        private func nextPiece(of batch: ColumnBatch) -> ColumnBatch? {
            var rows: [Int32] = []
            var byteCount = 0
            while row < batch.rowCount, rows.count < ColumnBatch.targetRowCount {
                if left[row] <= 0 {
                    row += 1
                    continue
                }
                if owner.keepsRepeats {
                    byteCount += byteCounts[row]
                    if byteCount > Self.byteCountMax, !rows.isEmpty { break }
                }
                rows.append(Int32(truncatingIfNeeded: row))
                left[row] -= 1
            }
            if rows.isEmpty {
                self.batch = nil
                return nil
            }
            return ColumnBatch(rowCount: rows.count, columns: batch.columns.map { $0.gathering(rows) })
        }
    }
}
