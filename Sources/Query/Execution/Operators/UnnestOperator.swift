import ColumnStore

/// One row for each element of a list. The elements' columns are handed on as they lie when nothing else is asked for.
///
/// A batch's lists are one column of offsets over one column of elements, so that unnesting is arithmetic on offsets. For
/// offsets 0 2 2 5 the rows 0, 0, 2, 2, 2 stand beside the elements 0 … 4; with `keepsEmpty` row 1 comes too, with NULLs.
final class UnnestOperator: PreparedOperator, @unchecked Sendable {
    private let node: UnnestNode
    /// Elements in one go: a batch of long lists is unfolded in several. Where they are handed on as they lie, cutting costs more than it saves
    /// until they are many.
    private static let elementCountMax = 4 * ColumnBatch.targetRowCount
    private static let handedOnCountMax = 16 * ColumnBatch.targetRowCount
    /// Rows in one go whose lists are computed, not read: each of them may be long.
    private static let seriesRowCount = 16

    init(_ input: PreparedOperator, _ node: UnnestNode) {
        self.node = node
        super.init(
            columns: node.passed + node.elements.map(\.column) + (node.ordinality.map { [$0] } ?? []), inputs: [input])
    }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: JoinRuntimeFilter) {
        if node.passed.contains(where: { $0.id == id }) { inputs[0].pushRuntimeFilter(id, filter) }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        let input = inputs[0]
        let layout = input.layout
        var passed: [Int] = []
        for column in node.passed {
            guard let place = layout[column.id] else { preconditionFailure("UNNEST passes a column that its input lacks") }
            passed.append(place)
        }
        let list = try Evaluator(node.list, layout: layout, context: run.context)
        return Stream(try input.stream(run, worker: worker), list, passed: passed, node: node)
    }

    /// Invariant: `nextRow` and `nextElement` say up to where lists are put out; both are 0 at the beginning of a batch.
    private final class Stream: BatchStream {
        private let input: any BatchStream
        private let list: Evaluator
        private let passed: [Int]
        private let node: UnnestNode
        /// Where each wanted member lies in the element's struct; -1 for a list of scalars.
        private let members: [Int]
        private var batch: ColumnBatch?
        /// The list of each row of `batch`.
        private var lists: Column?
        private var nextRow = 0
        /// Rows of the batch by their list's elements, where one row's are cut: how far the row at hand has come.
        private var nextElement = 0
        private var pieces: BatchPieces?
        /// Where batches end, of the passed columns and of the elements'.
        private var cuts: (passed: BatchBuilder, elements: BatchBuilder)?
        /// Of a batch whose lists are computed: what is still to do.
        private var rest: ColumnBatch?

        init(_ input: any BatchStream, _ list: Evaluator, passed: [Int], node: UnnestNode) {
            self.input = input
            self.list = list
            self.passed = passed
            self.node = node
            var members: [Int] = []
            if case .list(let element) = list.type {
                for wanted in node.elements {
                    guard case .structure(let fields) = element.type else {
                        members.append(-1)
                        continue
                    }
                    members.append(fields.firstIndex { $0.name.utf8.elementsEqual(wanted.member.utf8) } ?? -1)
                }
            }
            self.members = members
        }

        /// A batch that gives no row (empty lists, dropped NULLs) leads on to the next one.
        func next() throws -> ColumnBatch? {
            while true {
                if let batch, let lists, nextRow < batch.rowCount {
                    if let unfolded = unfold(batch, lists) { return unfolded }
                    continue
                }
                if pieces == nil {
                    guard let following = try nextBatch() else { return nil }
                    pieces = BatchPieces(following)
                }
                // Lists are evaluated in pieces where they are too large together; what was evaluated is unfolded before
                // the next piece.
                guard let (_, (following, found)) = try pieces?.next(anyError: { ($0, try list.evaluate($0)) }) else {
                    pieces = nil
                    continue
                }
                (batch, nextRow, nextElement, cuts) = (following, 0, 0, nil)
                lists = found.constantValue == nil || found.isConstantNull ? found : found.flattened()
            }
        }

        /// The next rows to evaluate lists for; few of them where a function makes long lists out of short values, as
        /// `generate_series` does.
        private func nextBatch() throws -> ColumnBatch? {
            guard case .call(let function, _, _, _) = node.list, function.traits.isExpanding else { return try input.next() }
            let next: ColumnBatch?
            if let rest { next = rest } else { next = try input.next() }
            guard let whole = next, whole.rowCount > UnnestOperator.seriesRowCount else {
                rest = nil
                return next
            }
            rest = whole.slice(UnnestOperator.seriesRowCount..<whole.rowCount)
            return whole.slice(0..<UnnestOperator.seriesRowCount)
        }

        /// The rows of the next lists, or nil when these have none.
        private func unfold(_ batch: ColumnBatch, _ lists: Column) -> ColumnBatch? {
            let first = nextRow
            if lists.isConstantNull {
                nextRow = batch.rowCount
                guard node.keepsEmpty else { return nil }
                let columns = passed.map { batch.columns[$0] } + nullElements(batch.rowCount)
                return ColumnBatch(rowCount: batch.rowCount, columns: columns)
            }
            let (offsets, element) = lists.lists()
            let isHandedOn = passed.isEmpty && node.ordinality == nil && !node.keepsEmpty
            let countMax = isHandedOn ? UnnestOperator.handedOnCountMax : UnnestOperator.elementCountMax
            // As many whole lists as come to `countMax` elements, but one at least.
            var end = first + 1
            while end < batch.rowCount, Int(offsets[end + 1] - offsets[first]) <= countMax { end += 1 }
            let start = Int(offsets[first]) + nextElement
            let stop = min(Int(offsets[end]), start + countMax)
            // Of a row alone with a longer list, a part.
            let isCut = stop < Int(offsets[end])
            if isHandedOn {
                (nextRow, nextElement) = isCut ? (first, stop - Int(offsets[first])) : (end, 0)
                if start == stop { return nil }
                return ColumnBatch(rowCount: stop - start, columns: elements(element.slice(start..<stop)))
            }
            return expand(batch, offsets, element, first..<end, to: Int32(stop))
        }

        /// The rows of a range, or the first of them: as many as a batch should take.
        /// The place to go on from is set before it is known how many rows fit, and set back when fewer do.
        private func expand(_ batch: ColumnBatch, _ offsets: [Int32], _ element: Column, _ range: Range<Int>, to stop: Int32) -> ColumnBatch? {
            var (parents, sources, numbers) = numbered(offsets, range, to: stop)
            (nextRow, nextElement) = stop < offsets[range.upperBound] ? (range.lowerBound, Int(stop - offsets[range.lowerBound])) : (range.upperBound, 0)
            if parents.isEmpty { return nil }
            let cuts: (passed: BatchBuilder, elements: BatchBuilder)
            if let known = self.cuts {
                cuts = known
            } else {
                cuts = (BatchBuilder(gathering: passed.map { batch.columns[$0] }), BatchBuilder(gathering: elements(element)))
                self.cuts = cuts
            }
            if !cuts.passed.isWhole || !cuts.elements.isWhole {
                let count = min(cuts.passed.end(of: parents, from: 0, to: parents.count), cuts.elements.end(of: sources, from: 0, to: sources.count))
                if count < parents.count {
                    // Row `count` was not put out. Numbers count from 1; 0 is a row without elements, which begins at its
                    // place 0.
                    (nextRow, nextElement) = (Int(parents[count]), Int(max(0, numbers[count] - 1)))
                    parents.removeLast(parents.count - count)
                    sources.removeLast(sources.count - count)
                    numbers.removeLast(numbers.count - count)
                }
            }
            var columns = passed.map { batch.columns[$0].gathering(parents) }
            columns += elements(element).map { $0.gatheringOrNull(sources) }
            if let ordinality = node.ordinality {
                columns.append(
                    .whole(numbers, type: ordinality.type, validity: numbers.contains(0) ? .computed(numbers) { $0 > 0 } : nil))
            }
            return ColumnBatch(rowCount: parents.count, columns: columns)
        }

        /// Row by row its own number, that of its element (-1 for none) and the element's place in its list, from 1.
        private func numbered(_ offsets: [Int32], _ range: Range<Int>, to stop: Int32) -> (parents: [Int32], sources: [Int32], numbers: [Int64]) {
            var parents: [Int32] = []
            var sources: [Int32] = []
            var numbers: [Int64] = []
            for row in range {
                let count = offsets[row + 1] - offsets[row]
                if count == 0, node.keepsEmpty {
                    parents.append(Int32(row))
                    sources.append(-1)
                    numbers.append(0)
                }
                let start = row == range.lowerBound ? Int32(nextElement) : 0
                for index in start..<max(start, min(count, stop - offsets[row])) {
                    parents.append(Int32(row))
                    sources.append(offsets[row] + index)
                    numbers.append(Int64(index) + 1)
                }
            }
            return (parents, sources, numbers)
        }

        /// The wanted members of a column of elements.
        /// A member of a NULL element is NULL. A NULL list has no elements: that is what its offsets say.
        private func elements(_ element: Column) -> [Column] {
            node.elements.indices.map { index in
                let type = node.elements[index].column.type
                if members[index] < 0 { return element.retyped(type) }
                guard case .structure(let fields) = element.values else {
                    return .constant(.null, type: type, count: element.count)
                }
                return fields[members[index]].retyped(type).masked(by: element.validity)
            }
        }

        /// For rows without elements: each wanted member NULL, the ordinality too.
        private func nullElements(_ count: Int) -> [Column] {
            (node.elements.map(\.column) + (node.ordinality.map { [$0] } ?? [])).map { .constant(.null, type: $0.type, count: count) }
        }
    }
}
