import ColumnStore

extension Column {
    /// The rows at `indices`; NULL where an index is negative.
    func gatheringOrNull(_ indices: [Int32]) -> Column {
        var isMissing = false
        for index in indices where index < 0 {
            isMissing = true
            break
        }
        guard isMissing else { return gathering(indices) }
        if count == 0 || isConstantNull { return .constant(.null, type: type, count: indices.count) }
        let present = Bitmap.computed(indices) { $0 >= 0 }
        let source = constantValue == nil ? self : Column.constant(constantValue ?? .null, type: type, count: 1).flattened()
        let isSingle = constantValue != nil
        let gathered = source.gathering(indices.map { $0 < 0 || isSingle ? 0 : $0 })
        if case .list(let offsets, let element) = gathered.values { return Self.emptied(gathered, offsets, element, present) }
        return Column(type: type, count: indices.count, validity: .both(gathered.validity, present), values: gathered.values)
    }

    /// NULL lists are empty: the elements gathered for missing rows are taken out again.
    private static func emptied(_ column: Column, _ offsets: [Int32], _ element: Column, _ present: Bitmap) -> Column {
        var kept: [Int32] = []
        var newOffsets: [Int32] = [0]
        for row in 0..<column.count {
            if present[row] { kept.append(contentsOf: offsets[row]..<offsets[row + 1]) }
            newOffsets.append(Int32(kept.count))
        }
        return Column(
            type: column.type, count: column.count, validity: .both(column.validity, present),
            values: .list(offsets: newOffsets, element: element.gathering(kept)))
    }
}
