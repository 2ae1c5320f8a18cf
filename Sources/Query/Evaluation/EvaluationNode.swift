import ColumnStore

/// A step of an evaluation: columns in, a column out.
///
/// Nodes make a tree that is evaluated by pulling: a node asks its operands for the view's rows and makes a column of as
/// many. One worker's own, with caches.
class EvaluationNode {
    let type: ColumnType
    /// May refuse a row, or costs much: to be run on no more rows than needed.
    var prefersFewRows: Bool { false }
    /// Its column lies there already, or takes next to nothing to make: of more rows it is no more work than to gather a few.
    var liesReady: Bool { false }

    init(type: ColumnType) { self.type = type }

    /// One value for each row of the view, in its order. The column may lie as codes or as a constant.
    /// - Throws: data errors with their positions; with `fittingRowCount` where fewer rows would do.
    func evaluate(_ view: RowView) throws(QueryError) -> Column { preconditionFailure("an abstract step") }

    /// Bits of some rows put back to their places among `count`.
    static func scattered(_ bits: Bitmap, to rows: [Int32], count: Int) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for index in rows.indices {
            let bit = bits.words[index >> 6] >> UInt64(index & 63) & 1
            words[Int(rows[index]) >> 6] |= bit << UInt64(rows[index] & 63)
        }
        return Bitmap(words: words, count: count)
    }

    /// Gives a kernel's error the operation's position in the query, as `QueryError.position` counts it.
    @inline(__always)
    final func located<Result>(_ position: Int?, _ body: () throws(KernelError) -> Result) throws(QueryError) -> Result {
        do { return try body() } catch { throw error.queryError(position: position) }
    }
}

/// A column of the batch, as it lies.
final class ColumnNode: EvaluationNode {
    let index: Int
    override var liesReady: Bool { true }

    init(_ index: Int, type: ColumnType) {
        self.index = index
        super.init(type: type)
    }

    override func evaluate(_ view: RowView) -> Column { view.column(index) }
}

/// One value for all rows.
final class LiteralNode: EvaluationNode {
    let value: Value
    override var liesReady: Bool { true }

    init(_ value: Value, type: ColumnType) {
        self.value = value
        super.init(type: type)
    }

    override func evaluate(_ view: RowView) -> Column { .constant(value, type: type, count: view.count) }
}

/// An expression without columns: computed once, when there is a row that needs it.
/// Computed late, since it may fail: in a branch of CASE that no row reaches it has no error.
final class FoldedNode: EvaluationNode {
    private let inner: EvaluationNode
    private let meter: WorkMeter
    /// Nil until a row has asked.
    private var value: Value?
    /// A list or a struct before it is wanted for several rows: as a value each of its elements takes an array of its own.
    private var column: Column?
    override var prefersFewRows: Bool { inner.prefersFewRows }

    init(_ inner: EvaluationNode, _ meter: WorkMeter) {
        (self.inner, self.meter) = (inner, meter)
        super.init(type: inner.type)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        // No row asks: it is not computed.
        if view.count == 0 { return .constant(.null, type: type, count: 0) }
        if let value { return .constant(value, type: type, count: view.count) }
        let found = if let column { column } else { try inner.evaluate(RowView(ColumnBatch(rowCount: 1, columns: []))) }
        if view.count == 1, type.isNested {
            if column == nil { try located(nil) { () throws(KernelError) in try meter.keep(found.flatByteCountBound) } }
            column = found
            return found
        }
        try located(nil) { () throws(KernelError) in try meter.charge(valueOf: found) }
        let computed = found.value(at: 0)
        if column == nil { try located(nil) { () throws(KernelError) in try meter.keep(computed.flatByteCount) } }
        (value, column) = (computed, nil)
        return .constant(computed, type: type, count: view.count)
    }
}

/// An expression that others have in common: its answer for the rows at hand is kept for the next of them.
/// Kept for the very view: a branch of CASE, which sees fewer rows, has it computed for those.
final class SharedNode: EvaluationNode {
    private let inner: EvaluationNode
    private var last: (view: RowView, answer: Column)?
    override var prefersFewRows: Bool { inner.prefersFewRows }
    override var liesReady: Bool { inner.liesReady }

    init(_ inner: EvaluationNode) {
        self.inner = inner
        super.init(type: inner.type)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        if let last, last.view === view { return last.answer }
        let answer = try inner.evaluate(view)
        last = (view, answer)
        return answer
    }
}

/// A member of a struct, or of each element of a list.
/// The member of a list of structs is a list of that member, with the same offsets.
final class MemberNode: EvaluationNode {
    private let inner: EvaluationNode
    private let index: Int

    /// - Throws: `badSQL` where there is no such member.
    init(_ inner: EvaluationNode, name: String, of outer: ColumnType, type: ColumnType) throws(QueryError) {
        var structure = outer
        if case .list(let element) = outer { structure = element.type }
        guard case .structure(let fields) = structure, let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw QueryError(.badSQL, "there is no field \(name) in \(outer.sqlName)")
        }
        self.inner = inner
        self.index = index
        super.init(type: type)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let column = try inner.evaluate(view)
        switch column.values {
        case .structure(let members): return Self.member(members[index], of: column.validity, type: type)
        case .list(let offsets, let element):
            guard case .list(let field) = type else { preconditionFailure("a list's member is a list") }
            let flat: Column
            switch element.values {
            // The element's own NULLs go to its members.
            case .structure(let members): flat = Self.member(members[index], of: element.validity, type: field.type)
            default: flat = Self.constantMember(element, index, type: field.type)
            }
            return Column(type: type, count: column.count, validity: column.validity, values: .list(offsets: offsets, element: flat))
        // What is one for all rows stays one: laid out, each row would have a copy.
        default: return .constant(Self.member(index, of: column.constantValue ?? .null), type: type, count: column.count)
        }
    }

    /// Of a struct, or of each of a list's.
    private static func member(_ index: Int, of value: Value) -> Value {
        switch value {
        case .structure(let members): members[index]
        case .list(let elements): .list(elements.map { member(index, of: $0) })
        default: .null
        }
    }

    /// A member of a NULL struct is NULL.
    /// - Parameter validity: of the struct; nil is all there.
    private static func member(_ member: Column, of validity: Bitmap?, type: ColumnType) -> Column {
        member.retyped(type).masked(by: validity)
    }

    private static func constantMember(_ element: Column, _ index: Int, type: ColumnType) -> Column {
        if case .structure(let members)? = element.constantValue { return .constant(members[index], type: type, count: element.count) }
        return .constant(.null, type: type, count: element.count)
    }
}

/// CAST: the operand, then `CastKernels`. An error has the cast's position.
final class CastNode: EvaluationNode {
    private let inner: EvaluationNode
    private let position: Int?
    private let zone: TimeZoneRules
    private let forms: ValueForms
    private let meter: WorkMeter
    private let isSafe: Bool
    /// To more digits before the mark: the number stays as it is.
    private let keepsDigits: Bool
    override var prefersFewRows: Bool { !isSafe || inner.prefersFewRows }
    override var liesReady: Bool { keepsDigits && inner.liesReady }

    init(_ inner: EvaluationNode, from: ColumnType, to type: ColumnType, position: Int?, context: EvaluationContext, _ meter: WorkMeter) {
        self.inner = inner
        self.meter = meter
        self.position = position
        (zone, forms) = (context.timeZone, context.forms)
        isSafe = Self.cannotFail(from, type)
        keepsDigits = Self.cannotFail(from, type) && from.isDecimal && type.isDecimal && from.scale == type.scale
        super.init(type: type)
    }

    /// Casts that take every value: to more digits, to a text. Ten digits hold any INTEGER, 19 any BIGINT.
    private static func cannotFail(_ from: ColumnType, _ to: ColumnType) -> Bool {
        switch (from, to) {
        case (.int32, .int64), (.int32, .double), (.int64, .double), (.decimal, .double), (.null, _): true
        case (.int32, .decimal(let precision, let scale)): precision - scale >= 10
        case (.int64, .decimal(let precision, let scale)): precision - scale >= 19
        case (.decimal(let from, let fromScale), .decimal(let to, let toScale)): to - toScale >= from - fromScale && toScale >= fromScale
        case (_, .string): !from.isNested
        default: from == to
        }
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let mark = meter.mark
        let column = try inner.evaluate(view)
        return try located(position) { () throws(KernelError) in
            // A constant is cast once.
            if column.constantValue == nil { try meter.admit(column) }
            let result = try CastKernels.cast(column, to: type, zone: zone, forms: forms, meter)
            meter.settle(result, since: mark)
            return result
        }
    }
}

/// NOT: NULL stays NULL.
final class NotNode: EvaluationNode {
    private let inner: EvaluationNode
    override var prefersFewRows: Bool { inner.prefersFewRows }

    init(_ inner: EvaluationNode) {
        self.inner = inner
        super.init(type: .boolean)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column { LogicKernels.not(try inner.evaluate(view)) }
}

/// IS NULL: never NULL itself.
final class IsNullNode: EvaluationNode {
    private let inner: EvaluationNode
    override var prefersFewRows: Bool { inner.prefersFewRows }

    init(_ inner: EvaluationNode) {
        self.inner = inner
        super.init(type: .boolean)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column { LogicKernels.isNull(try inner.evaluate(view)) }
}

/// IS DISTINCT FROM; negated IS NOT DISTINCT FROM. Never NULL.
final class DistinctNode: EvaluationNode {
    private let left: EvaluationNode
    private let right: EvaluationNode
    private let isNegated: Bool
    private let meter: WorkMeter
    override var prefersFewRows: Bool { left.prefersFewRows || right.prefersFewRows }

    init(_ left: EvaluationNode, _ right: EvaluationNode, isNegated: Bool, _ meter: WorkMeter) {
        self.left = left
        self.right = right
        self.isNegated = isNegated
        self.meter = meter
        super.init(type: .boolean)
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let one = try left.evaluate(view), other = try right.evaluate(view)
        try located(nil) { () throws(KernelError) in try CompareKernels.admit(one, other, meter) }
        let isSame = LogicKernels.isNotDistinct(one, other)
        return .boolean(isNegated ? isSame : ~isSame, validity: nil)
    }
}
