import ColumnStore

/// Lists of lists as PostgreSQL's arrays of several dimensions: what functions of all elements take is the flat list, row by row.
///
/// What asks for the length of a dimension takes the first list of each outer one for all of them.
///
/// PostgreSQL 15's documentation, section 8.15.
extension ScalarFunction {
    /// The elements of a list's lists, one behind the other.
    static let listFlat = ScalarFunction(
        "list_flat", nulls: .first, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (outer, inner) = call[0].lists()
            let flat = inner.flattened()
            guard flat.type != .null, !flat.isConstantNull else { return .constant(.null, type: call.type, count: call.count) }
            let (offsets, element) = flat.lists()
            try call.meter.step(outer.count)
            // A list that is NULL among them has no elements.
            return Column(type: call.type, count: call.count, validity: call[0].rowValidity, values: .list(offsets: outer.map { offsets[Int($0)] }, element: element))
        })
}

extension ColumnType {
    /// How many lists stand within each other: 1 of a list of values, 0 of a value.
    var dimensionCount: Int { if case .list(let field) = self { 1 + field.type.dimensionCount } else { 0 } }

    /// What stands in the innermost of lists within lists.
    var leaf: ColumnType { if case .list(let field) = self { field.type.leaf } else { self } }

    /// Whether the rows in it have more fields, in all depths. A row of rows has the same type at many places: the walk ends where the answer is known.
    func hasMoreFields(than countMax: Int) -> Bool {
        var left = countMax
        takeFields(&left)
        return left < 0
    }

    private func takeFields(_ left: inout Int) {
        switch self {
        case .list(let element): element.type.takeFields(&left)
        case .structure(let fields):
            left -= fields.count
            for field in fields {
                if left < 0 { return }
                field.type.takeFields(&left)
            }
        default: break
        }
    }

    /// Lists within lists of another type, in as many dimensions.
    func replacingElement(with type: ColumnType) -> ColumnType {
        if case .list(let field) = self { .listOf(field.type.replacingElement(with: type)) } else { type }
    }

    /// A struct, or a list of them: described to clients as a document.
    var holdsRows: Bool {
        switch self {
        case .structure: true
        case .list(let field): field.type.holdsRows
        default: false
        }
    }
}

extension Expression {
    /// A list of values of one that has several dimensions; all others as they are.
    func flat(at position: Int) -> Expression {
        guard case .list(let field) = type, case .list = field.type else { return self }
        return Expression.call(.listFlat, [self], type: field.type, position: position).flat(at: position)
    }

    /// The list of values by which the dimension `number` goes, from 1: of the second, the first list in this one.
    func dimension(_ number: Int, at position: Int) -> Expression {
        guard number > 1, case .list(let field) = type else { return self }
        return Expression.call(.element, [self, .literal(.integer(1), .int32)], type: field.type, position: position).dimension(number - 1, at: position)
    }
}

extension Column {
    /// Refuses lists that are no rows of one list of more dimensions: NULL, empty, or of different lengths. Nothing of values that are no lists.
    ///
    /// - Throws: `.outside`.
    ///
    /// array_agg asks for it of what each group gathered, so that what comes out is an array of one dimension more.
    ///
    /// - Parameters:
    ///   - rows: those that become elements of one list.
    ///   - what: who takes them, for the message.
    func checkDimensions(of rows: Range<Int>, _ what: String = "array_agg gathers") throws(KernelError) {
        guard case .list = type, !rows.isEmpty else { return }
        let lists = flattened(), validity = lists.rowValidity
        guard !lists.isConstantNull else { throw .outside(.nullName, "\(what) no NULL among lists") }
        let (offsets, element) = lists.lists()
        let count = offsets[rows.lowerBound + 1] - offsets[rows.lowerBound]
        for row in rows {
            guard validity?[row] ?? true else { throw .outside(.nullName, "\(what) no NULL among lists") }
            let own = offsets[row + 1] - offsets[row]
            guard own > 0 else { throw .outside(.badSubscript, "\(what) no empty lists") }
            guard own == count else { throw .outside(.badSubscript, "\(what) lists of one length") }
        }
        // Lists within follow each other in the element column: one range holds those of all rows.
        try element.checkDimensions(of: Int(offsets[rows.lowerBound])..<Int(offsets[rows.upperBound]), what)
    }

    /// The same of the lists that each list of this column has: but where all are NULL or empty, as ARRAY takes them.
    func checkRows() throws(KernelError) {
        let (outer, element) = lists()
        let inner = element.flattened()
        guard case .list = inner.type, !inner.isConstantNull else { return }
        let (offsets, _) = inner.lists(), validity = inner.rowValidity
        for row in 0..<count {
            let rows = Int(outer[row])..<Int(outer[row + 1])
            guard rows.contains(where: { (validity?[$0] ?? true) && offsets[$0 + 1] > offsets[$0] }) else { continue }
            guard rows.allSatisfy({ validity?[$0] ?? true }) else { throw .outside(.badSubscript, "ARRAY takes no NULL among lists") }
            try inner.checkDimensions(of: rows, "ARRAY takes")
        }
    }
}
