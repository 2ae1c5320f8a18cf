import ColumnStore

/// `_pg_expandarray(list)`: each element, as `x`, with its place from 1, as `n`.
extension ScalarFunction {
    static let expandArray = ScalarFunction(
        "_pg_expandarray", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in
            guard case .list(let field) = call.type else { preconditionFailure("not a list type") }
            let (offsets, element) = call[0].lists()
            try call.meter.checkColumn(element.flatByteCountBound + 4 * element.count, row: 0, of: 1)
            try call.meter.charge(4 * element.count)
            var places = [Int32](repeating: 0, count: element.count)
            for row in 0..<call[0].count {
                for place in offsets[row]..<offsets[row + 1] { places[Int(place)] = place - offsets[row] + 1 }
            }
            let numbers = Column(type: .int32, count: places.count, values: .int32(places))
            // Elements stay where they are: the list of pairs has the list's own offsets.
            let pairs = Column(type: field.type, count: element.count, values: .structure([element, numbers]))
            return Column(type: call.type, count: call[0].count, validity: call[0].validity, values: .list(offsets: offsets, element: pairs))
        })
}
