package import ColumnStore

/// The states of rows that changed after their columns were laid down: what a scan puts over them.
///
/// A row that becomes final within the seconds before its batch is flushed leaves it with the flush; so it holds what registrars took
/// long for. Rows lie in blocks of arrays, 17 bytes each: an outage of an hour is some tens of megabytes.
///
/// A value: a reader's copy shares blocks with the writer's until one of them is changed, which copies that block's arrays and no others.
package struct StateOverlay: Sendable {
    private struct Block: Sendable {
        /// State codes; `absent` where the row has no change.
        var states = [UInt8](repeating: StateOverlay.absent, count: StateOverlay.blockRowCount)
        /// Microseconds since 1970; `.min` for a row that has no end.
        var completions = [Int64](repeating: .min, count: StateOverlay.blockRowCount)
        var sequences = [Int64](repeating: 0, count: StateOverlay.blockRowCount)
        /// Rows that have a change; a block of none is taken out.
        var count = 0
    }

    private static let absent: UInt8 = 0xFF
    /// 1,024 rows: a block is some 17 kB, and a change in a block that a reader shares copies as much.
    private static let blockBits: Int64 = 10
    private static let blockRowCount = 1 << Int(blockBits)
    /// 17 bytes a row.
    private static let blockByteCount = 17 << 10

    private var blocks: [Int64: Block] = [:]

    package init() {}

    /// What the blocks of some rows take, which a copy has for itself once they are set in it.
    static func byteCount(ofBlocksWith rows: some Sequence<Int64>) -> Int {
        var blocks: Set<Int64> = []
        for row in rows { blocks.insert(row >> blockBits) }
        return blocks.count.multipliedSaturating(by: blockByteCount)
    }

    package var isEmpty: Bool { blocks.isEmpty }

    /// - Complexity: O(1). Nil for a row without a change.
    package subscript(row: Int64) -> HotFile.StateChange? {
        guard let block = blocks[row >> Self.blockBits] else { return nil }
        let place = Int(row & Int64(Self.blockRowCount - 1))
        guard let state = ReceiptState(code: Int64(block.states[place])) else { return nil }
        return HotFile.StateChange(state: state, completedAt: block.completions[place] == .min ? nil : block.completions[place])
    }

    /// - Parameter sequence: of the change, by which `remove` tells what the columns have.
    package mutating func set(_ row: Int64, _ change: HotFile.StateChange, sequence: Int64) {
        let place = Int(row & Int64(Self.blockRowCount - 1))
        // In place: a block taken out and put back would be copied.
        Self.update(&blocks[row >> Self.blockBits, default: Block()], place, change, sequence)
    }

    private static func update(_ block: inout Block, _ place: Int, _ change: HotFile.StateChange, _ sequence: Int64) {
        if block.states[place] == absent { block.count += 1 }
        block.states[place] = UInt8(change.state.code)
        block.completions[place] = change.completedAt ?? .min
        block.sequences[place] = sequence
    }

    /// Forgets changes up to a sequence: the rows' columns have them now.
    ///
    /// - Parameter rows: those that were laid down. A change that came after the image was made has a higher sequence, and stays.
    package mutating func remove(_ rows: ClosedRange<Int64>, through sequence: Int64) {
        guard !blocks.isEmpty else { return }
        for number in (rows.lowerBound >> Self.blockBits)...(rows.upperBound >> Self.blockBits) {
            guard var block = blocks.removeValue(forKey: number) else { continue }
            let first = number << Self.blockBits
            let low = max(rows.lowerBound, first) - first
            let high = min(rows.upperBound - first, Int64(Self.blockRowCount - 1))
            for place in Int(low)...Int(high) where block.states[place] != Self.absent && block.sequences[place] <= sequence {
                block.states[place] = Self.absent
                block.count -= 1
            }
            if block.count > 0 { blocks[number] = block }
        }
    }

    /// Whether one of these rows may have changed: exact by blocks of rows.
    package func mayHaveChange(in rows: ClosedRange<Int64>) -> Bool {
        let numbers = (rows.lowerBound >> Self.blockBits)...(rows.upperBound >> Self.blockBits)
        return blocks.keys.contains { numbers.contains($0) }
    }

    /// The changes of some rows, by their place among them, ascending.
    ///
    /// - Complexity: O(rows); of rows whose ids ascend O(blocks · log rows + rows in blocks with changes), behind a look that they do.
    package func changes(of rows: Column) -> [(place: Int, change: HotFile.StateChange)] {
        guard !blocks.isEmpty else { return [] }
        var found: [(place: Int, change: HotFile.StateChange)] = []
        // A column with NULLs or of another form, or rows that lie by client: row by row.
        guard rows.validity == nil, case .int64(let values) = rows.values, let first = values.first, let last = values.last, Self.ascend(values) else {
            for place in 0..<rows.count {
                guard case .integer(let row) = rows.value(at: place), let change = self[row] else { continue }
                found.append((place, change))
            }
            return found
        }
        // Ascending ids: only what lies in blocks with changes is looked at.
        for number in blocks.keys.filter({ first >> Self.blockBits <= $0 && $0 <= last >> Self.blockBits }).sorted() {
            var place = values.partitioningIndex { $0 >> Self.blockBits >= number }
            while place < values.count, values[place] >> Self.blockBits == number {
                if let change = self[values[place]] { found.append((place, change)) }
                place += 1
            }
        }
        return found
    }

    private static func ascend(_ rows: [Int64]) -> Bool { zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 } }

    /// A column of states with changes over it.
    package static func states(_ column: Column, _ changes: [(place: Int, change: HotFile.StateChange)]) -> Column {
        overlaid(column, changes) { .string($0.state.rawValue) }
    }

    /// A column of instants of completion with changes over it.
    package static func completions(_ column: Column, _ changes: [(place: Int, change: HotFile.StateChange)]) -> Column {
        overlaid(column, changes) { $0.completedAt.map { .integer($0) } ?? .null }
    }

    /// The changed values stand behind the column's own, and a gathering picks them.
    private static func overlaid(
        _ column: Column, _ changes: [(place: Int, change: HotFile.StateChange)], _ value: (HotFile.StateChange) -> Value
    ) -> Column {
        guard !changes.isEmpty else { return column }
        var builder = ColumnBuilder(type: column.type)
        var order = Array(0..<Int32(column.count))
        for (number, change) in changes.enumerated() {
            builder.append(value(change.change))
            order[change.place] = Int32(column.count + number)
        }
        return Column.concatenating([column, builder.finish()], type: column.type).gathering(order)
    }
}
