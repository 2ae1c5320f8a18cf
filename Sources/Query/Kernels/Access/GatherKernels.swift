import ColumnStore

extension Column {
    /// The rows at `indices`; NULL where an index is negative.
    ///
    /// For outer joins, `lag` and the like.
    /// - Complexity: O(rows), and the elements of lists.
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
        // A missing row shows some row that is there, row 0, beneath its NULL.
        let places = indices.map { $0 < 0 || isSingle ? 0 : $0 }
        if case .list(let offsets, let element) = source.values {
            let validity = Bitmap.both(source.validity.map { $0.gathering(places) }, present)
            return Self.lists(of: places, where: validity, offsets, element, type: type)
        }
        if case .structure(let members) = source.values {
            // Its members are missing, too: beneath a NULL row 0 may have a long text, which would be copied for each.
            let rows = isSingle ? indices.map { min($0, 0) } : indices
            let validity = Bitmap.both(source.validity.map { $0.gathering(places) }, present)
            return Column(type: type, count: indices.count, validity: validity, values: .structure(members.map { $0.gatheringOrNull(rows) }))
        }
        return source.gathering(places).masked(by: present)
    }

    /// The same rows, NULL where `present` has no bit: the one way to make rows NULL, since a NULL list must be empty.
    /// - Parameter present: a bit a row; nil is all.
    func masked(by present: Bitmap?) -> Column {
        guard let present, !isConstantNull else { return self }
        // A text that all rows have stays one.
        if case .bytes? = constantValue {
            let text = DictionaryValues(values: oneRow(), isOwn: true)
            return Column(type: type, count: count, validity: present, values: .dictionary(codes: [UInt32](repeating: 0, count: count), text))
        }
        let flat = constantValue == nil ? self : flattened()
        let validity = Bitmap.both(flat.validity, present)
        if case .list(let offsets, let element) = flat.values, !(~present).setIndices().allSatisfy({ offsets[Int($0)] == offsets[Int($0) + 1] }) {
            return Self.lists(of: Array(0..<Int32(count)), where: validity, offsets, element, type: type)
        }
        return Column(type: type, count: count, validity: validity, values: flat.values)
    }

    /// The lists at `places`, empty where they are NULL.
    private static func lists(of places: [Int32], where validity: Bitmap?, _ offsets: [Int32], _ element: Column, type: ColumnType) -> Column {
        var kept: [Int32] = []
        var newOffsets: [Int32] = [0]
        newOffsets.reserveCapacity(places.count + 1)
        for row in places.indices {
            if validity?[row] ?? true { kept.append(contentsOf: offsets[Int(places[row])]..<offsets[Int(places[row]) + 1]) }
            newOffsets.append(Int32(kept.count))
        }
        return Column(type: type, count: places.count, validity: validity, values: .list(offsets: newOffsets, element: element.gathering(kept)))
    }
}
