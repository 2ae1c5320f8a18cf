import ColumnStore

/// One row for each element of a list. The elements' columns are handed on as they lie when nothing else is asked for.
final class UnnestOperator: PhysicalOperator, @unchecked Sendable {
    private let node: UnnestNode
    /// Elements in one go: a batch of long lists is unfolded in several. Where they are handed on as they lie, cutting costs more than it saves
    /// until they are many.
    private static let elementCountMax = 4 * ColumnBatch.targetRowCount
    private static let handedOnCountMax = 16 * ColumnBatch.targetRowCount
    /// Rows in one go whose lists are computed, not read: each of them may be long.
    private static let seriesRowCount = 16

    init(_ input: PhysicalOperator, _ node: UnnestNode) {
        self.node = node
        super.init(
            columns: node.passed + node.elements.map(\.column) + (node.ordinality.map { [$0] } ?? []), inputs: [input])
    }

    override var name: String { "Unnest" }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: KeyFilter) {
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

    private final class Stream: BatchStream {
        private let input: any BatchStream
        private let list: Evaluator
        private let passed: [Int]
        private let node: UnnestNode
        /// Where each wanted member lies in the element's struct; -1 for a list of scalars.
        private let members: [Int]
        private var batch: ColumnBatch?
        private var lists: Column?
        private var nextRow = 0
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

        func next() throws -> ColumnBatch? {
            while true {
                if let batch, let lists, nextRow < batch.rowCount {
                    if let unfolded = unfold(batch, lists) { return unfolded }
                    continue
                }
                guard let following = try nextBatch() else { return nil }
                batch = following
                lists = try list.evaluate(following)
                nextRow = 0
            }
        }

        private func nextBatch() throws -> ColumnBatch? {
            guard case .call(.series, _, _, _) = node.list else { return try input.next() }
            let next: ColumnBatch?
            if let rest { next = rest } else { next = try input.next() }
            guard let whole = next, whole.rowCount > UnnestOperator.seriesRowCount else {
                rest = nil
                return next
            }
            rest = whole.slice(UnnestOperator.seriesRowCount..<whole.rowCount)
            return whole.slice(0..<UnnestOperator.seriesRowCount)
        }

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
            var end = first + 1
            while end < batch.rowCount, Int(offsets[end + 1] - offsets[first]) <= countMax { end += 1 }
            nextRow = end
            if isHandedOn {
                let range = Int(offsets[first])..<Int(offsets[end])
                if range.isEmpty { return nil }
                return ColumnBatch(rowCount: range.count, columns: elements(element.slice(range)))
            }
            return expand(batch, offsets, element, first..<end)
        }

        private func expand(_ batch: ColumnBatch, _ offsets: [Int32], _ element: Column, _ range: Range<Int>) -> ColumnBatch? {
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
                for index in 0..<count {
                    parents.append(Int32(row))
                    sources.append(offsets[row] + index)
                    numbers.append(Int64(index) + 1)
                }
            }
            if parents.isEmpty { return nil }
            var columns = passed.map { batch.columns[$0].gathering(parents) }
            columns += elements(element).map { $0.gatheringOrNull(sources) }
            if let ordinality = node.ordinality {
                columns.append(
                    .whole(numbers, type: ordinality.type, validity: numbers.contains(0) ? .computed(numbers) { $0 > 0 } : nil))
            }
            return ColumnBatch(rowCount: parents.count, columns: columns)
        }

        /// The wanted members of a column of elements.
        private func elements(_ element: Column) -> [Column] {
            node.elements.indices.map { index in
                let type = node.elements[index].column.type
                if members[index] < 0 { return element.retyped(type) }
                guard case .structure(let fields) = element.values else {
                    return .constant(.null, type: type, count: element.count)
                }
                let member = fields[members[index]]
                guard let validity = element.validity else { return member.retyped(type) }
                let flat = member.constantValue == nil ? member : member.flattened()
                if flat.isConstantNull { return .constant(.null, type: type, count: element.count) }
                return Column(type: type, count: element.count, validity: .both(flat.validity, validity), values: flat.values)
            }
        }

        private func nullElements(_ count: Int) -> [Column] {
            (node.elements.map(\.column) + (node.ordinality.map { [$0] } ?? [])).map { .constant(.null, type: $0.type, count: count) }
        }
    }
}
