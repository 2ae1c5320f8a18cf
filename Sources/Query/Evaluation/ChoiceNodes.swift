import ColumnStore

/// AND or OR of several operands. A later operand that may refuse rows is evaluated only where the earlier ones leave the answer open.
///
/// `x <> 0 AND 1 / x > 2` must not divide by zero: SQL promises no order
/// (<https://www.postgresql.org/docs/15/sql-expressions.html#SYNTAX-EXPRESS-EVAL>), this node keeps that of its operands.
final class JunctionNode: EvaluationNode {
    /// In the order in which they are asked; of none the answer is TRUE for AND, FALSE for OR.
    private let operands: [EvaluationNode]
    private let isAnd: Bool
    override var prefersFewRows: Bool { operands.contains { $0.prefersFewRows } }

    init(_ operands: [EvaluationNode], isAnd: Bool) {
        self.operands = operands
        self.isAnd = isAnd
        super.init(type: .boolean)
    }

    /// The first operand's own column where it settles all rows.
    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        guard let first = operands.first else { return .constant(.boolean(isAnd), type: .boolean, count: view.count) }
        var result = try first.evaluate(view)
        for operand in operands.dropFirst() {
            let open = openRows(result)
            let openCount = open.setCount
            if openCount == 0 { return result }
            // Few rows are gathered; of many, computing all costs less than picking them out.
            if openCount < view.count, operand.prefersFewRows || openCount * 4 < view.count {
                let rows = open.setIndices()
                let part = try operand.evaluate(view.selecting(rows))
                result = combined(result, scatter(part, to: rows, count: view.count))
            } else {
                result = combined(result, try operand.evaluate(view))
            }
        }
        return result
    }

    /// Rows that no operand has decided: not false for AND, not true for OR.
    private func openRows(_ column: Column) -> Bitmap {
        let isTrue = column.trueRows()
        if !isAnd { return ~isTrue }
        return column.rowValidity.map { isTrue | ~$0 } ?? isTrue
    }

    private func combined(_ left: Column, _ right: Column) -> Column {
        isAnd ? LogicKernels.and(left, right) : LogicKernels.or(left, right)
    }

    /// Rows not evaluated get a value that changes nothing there.
    /// False, with a value: for OR it changes nothing, and an AND is false there already.
    private func scatter(_ part: Column, to rows: [Int32], count: Int) -> Column {
        let bits = Self.scattered(part.bitmap(), to: rows, count: count)
        guard let validity = part.rowValidity else { return .boolean(bits, validity: nil) }
        let nulls = Self.scattered(~validity, to: rows, count: count)
        return .boolean(bits, validity: ~nulls)
    }
}

/// CASE: each branch is evaluated on the rows that reach it.
///
/// Rows leave `remaining` with the first branch whose condition is true for them; NULL is not true. Without ELSE the rest
/// is NULL.
///
/// Where all results lie there already, as columns and constants, and no condition can refuse a row, nothing is gathered: values are chosen where they lie (`chosen`), texts by
/// their codes (`ChosenTexts`).
final class ConditionalNode: EvaluationNode {
    private let branches: [(condition: EvaluationNode, result: EvaluationNode)]
    private let otherwise: EvaluationNode?
    private let meter: WorkMeter
    private let choosesInPlace: Bool
    /// The rows of one column, or NULL: they stay as they lie, whatever they are.
    private let isOneOrNull: Bool
    /// Of texts whose rows may be codes.
    private let texts: ChosenTexts?
    /// Each condition is asked of all rows: of more of them gathering is no more work.
    private static let choiceCountMax = 8
    override var prefersFewRows: Bool {
        branches.contains { $0.condition.prefersFewRows || $0.result.prefersFewRows } || (otherwise?.prefersFewRows ?? false)
    }

    init(_ branches: [(condition: EvaluationNode, result: EvaluationNode)], otherwise: EvaluationNode?, type: ColumnType, _ meter: WorkMeter) {
        self.meter = meter
        self.branches = branches
        self.otherwise = otherwise
        isOneOrNull = branches.count == 1 && branches[0].result.liesReady && !(branches[0].result is LiteralNode) && ((otherwise as? LiteralNode)?.value.isNull ?? (otherwise == nil))
        let results = branches.map(\.result) + [otherwise].compactMap { $0 }
        let asksAllRows = branches.count <= Self.choiceCountMax && !branches.contains { $0.condition.prefersFewRows }
        choosesInPlace = asksAllRows && results.allSatisfy(\.liesReady) && (ChoiceKernels.overlays(type) || isOneOrNull)
        // Without ELSE the rest is NULL.
        let all = otherwise == nil ? results + [LiteralNode(.null, type: type)] : results
        texts = asksAllRows && !isOneOrNull ? ChosenTexts(all, type: type, meter) : nil
        super.init(type: type)
    }

    /// Nil where rows are to be gathered.
    private func chosen(_ view: RowView) throws(QueryError) -> Column? {
        if isOneOrNull {
            let column = try branches[0].result.evaluate(view)
            // A list that all rows have is laid out for each of them.
            if type.isNested, column.constantValue != nil { try located(nil) { () throws(KernelError) in try meter.admit(column) } }
            return column.masked(by: try branches[0].condition.evaluate(view).trueRows()).retyped(type)
        }
        var masks: [Bitmap] = [], parts: [Column] = []
        for branch in branches {
            masks.append(try branch.condition.evaluate(view).trueRows())
            parts.append(try branch.result.evaluate(view))
        }
        let other = try otherwise?.evaluate(view) ?? .constant(.null, type: type, count: view.count)
        return ChoiceKernels.overlay(parts + [other], masks, type: type)
    }

    /// Where each condition holds.
    private func masks(_ view: RowView) throws(QueryError) -> [Bitmap] {
        var masks: [Bitmap] = []
        for branch in branches { masks.append(try branch.condition.evaluate(view).trueRows()) }
        return masks
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        if choosesInPlace, let column = try chosen(view) { return column }
        if let parts = texts?.parts(view), let column = try texts?.chosen(parts, masks(view)) { return column }
        // For each row the part that has its value, and the row in that part.
        var sources = [Int32](repeating: -1, count: view.count)
        var rows = [Int32](repeating: 0, count: view.count)
        var parts: [Column] = []
        var remaining = Array(0..<Int32(view.count))
        // Evaluates a result on the rows that matched, and notes where their values are.
        func take(_ matched: [Int32], _ result: EvaluationNode) throws(QueryError) {
            guard !matched.isEmpty else { return }
            let part = try result.evaluate(view.selecting(matched))
            for index in matched.indices {
                sources[Int(matched[index])] = Int32(parts.count)
                rows[Int(matched[index])] = Int32(index)
            }
            parts.append(part)
        }
        for branch in branches {
            guard !remaining.isEmpty else { break }
            let holds = try branch.condition.evaluate(view.selecting(remaining)).trueRows()
            try take(holds.setIndices().map { remaining[Int($0)] }, branch.result)
            remaining = (~holds).setIndices().map { remaining[Int($0)] }
        }
        if let otherwise { try take(remaining, otherwise) }
        return try located(nil) { () throws(KernelError) in
            try ChoiceKernels.interleave(parts, sources: sources, rows: rows, type: type, meter)
        }
    }
}

/// COALESCE: each operand is evaluated on the rows that are still NULL.
final class CoalesceNode: EvaluationNode {
    private let operands: [EvaluationNode]
    private let meter: WorkMeter
    override var prefersFewRows: Bool { operands.contains { $0.prefersFewRows } }

    init(_ operands: [EvaluationNode], type: ColumnType, _ meter: WorkMeter) {
        self.operands = operands
        self.meter = meter
        super.init(type: type)
    }

    /// Each part is of the rows that were left when its operand was asked; what stays NULL has no part.
    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        var sources = [Int32](repeating: -1, count: view.count)
        var rows = [Int32](repeating: 0, count: view.count)
        var parts: [Column] = []
        // Rows for which every operand so far was NULL.
        var remaining = Array(0..<Int32(view.count))
        for operand in operands {
            guard !remaining.isEmpty else { break }
            let part = try operand.evaluate(view.selecting(remaining))
            guard let validity = part.rowValidity else {
                // The first operand is never NULL: it is the answer as it lies.
                if parts.isEmpty { return part.retyped(type) }
                for index in remaining.indices {
                    sources[Int(remaining[index])] = Int32(parts.count)
                    rows[Int(remaining[index])] = Int32(index)
                }
                parts.append(part)
                remaining = []
                break
            }
            var left: [Int32] = []
            for index in remaining.indices {
                if validity[index] {
                    sources[Int(remaining[index])] = Int32(parts.count)
                    rows[Int(remaining[index])] = Int32(index)
                } else {
                    left.append(remaining[index])
                }
            }
            parts.append(part)
            remaining = left
        }
        return try located(nil) { () throws(KernelError) in
            try ChoiceKernels.interleave(parts, sources: sources, rows: rows, type: type, meter)
        }
    }
}

/// `operand IN (candidates)`: NULL where nothing matches and a NULL is among them.
/// The same as a chain of OR: TRUE where one is equal, else NULL where the operand or a candidate is, else FALSE.
final class InListNode: EvaluationNode {
    private let operand: EvaluationNode
    private let candidates: [EvaluationNode]
    private let isNegated: Bool
    private let meter: WorkMeter
    override var prefersFewRows: Bool { operand.prefersFewRows || candidates.contains { $0.prefersFewRows } }
    /// Past this many, one look into a set is faster than a comparison with each.
    private static let comparisonCountMax = 8
    /// The literals by value, made at the first batch; those of one type are in one of the two.
    private var wanted: (integers: Set<Int128>, bytes: Set<[UInt8]>)?
    /// The literals where they are few short texts.
    private let short: ShortTexts?

    init(_ operand: EvaluationNode, _ candidates: [EvaluationNode], isNegated: Bool, _ meter: WorkMeter) {
        self.operand = operand
        self.candidates = candidates
        self.isNegated = isNegated
        self.meter = meter
        let isFew = candidates.count <= Self.comparisonCountMax && operand.type.isBytes && !operand.type.isJSON
        short = isFew ? ShortTexts(candidates.map { ($0 as? LiteralNode)?.value }) : nil
        super.init(type: .boolean)
    }

    /// By a set of the literals where they are many, else by a comparison with each candidate.
    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let column = try operand.evaluate(view)
        var result: Column?
        // Laid flat, each row of a dictionary would have a text of its own: a few are compared with its entries where they lie.
        if case .dictionary = column.values {} else if column.constantValue == nil { result = short?.matches(column) }
        if result == nil { result = literalMatches(column) }
        if result == nil { result = try comparing(column, view) }
        guard let result else { return .constant(.null, type: .boolean, count: view.count) }
        return isNegated ? LogicKernels.not(result) : result
    }

    /// Candidate by candidate, over all rows: they may be expressions.
    private func comparing(_ column: Column, _ view: RowView) throws(QueryError) -> Column {
        var result = Column.constant(.boolean(false), type: .boolean, count: view.count)
        for candidate in candidates {
            let other = try candidate.evaluate(view)
            try located(nil) { () throws(KernelError) in try CompareKernels.admit(column, other, meter) }
            result = LogicKernels.or(result, CompareKernels.compare(.equal, column, other))
        }
        return result
    }

    /// Many literals: one set for all; nil when there are few or other kinds.
    private func literalMatches(_ column: Column) -> Column? {
        guard candidates.count > Self.comparisonCountMax, column.constantValue == nil else { return nil }
        let values = candidates.compactMap { ($0 as? LiteralNode)?.value }
        // Digits can be looked up only where they are of the column's own scale.
        guard values.count == candidates.count, candidates.allSatisfy({ $0.type.scale == column.type.scale }) else { return nil }
        let set: (integers: Set<Int128>, bytes: Set<[UInt8]>)
        if let wanted {
            set = wanted
        } else {
            var integers: Set<Int128> = []
            var bytes: Set<[UInt8]> = []
            for value in values {
                switch value {
                case .integer(let value): integers.insert(Int128(value))
                case .decimal(let value): integers.insert(value)
                case .bytes(let value): bytes.insert(value)
                case .null: break
                default: return nil
                }
            }
            set = (integers, bytes)
            wanted = set
        }
        let bits: Bitmap
        if column.type.isJSON {
            return nil
        } else if column.type.isBytes {
            bits = Self.matches(column, set.bytes)
        } else if column.type == .double || column.type == .boolean || column.type == .interval || column.type.isNested {
            return nil
        } else {
            bits = .computed(column.wideIntegers()) { set.integers.contains($0) }
        }
        // With a NULL among the literals only a match is known.
        let hasNull = values.contains { $0.isNull }
        return .boolean(bits, validity: hasNull ? .both(column.rowValidity, bits) : column.rowValidity)
    }

    /// Entries of a dictionary are looked up where they lie, each once where there are no more of them than rows.
    private static func matches(_ column: Column, _ wanted: Set<[UInt8]>) -> Bitmap {
        guard case .dictionary(let codes, let dictionary) = column.values else {
            let arrays = column.byteArrays()
            return .computed(count: column.count) { wanted.contains(Array(arrays[$0])) }
        }
        let entries = dictionary.values.byteArrays()
        if entries.count > codes.count { return .computed(count: codes.count) { wanted.contains(Array(entries[Int(codes[$0])])) } }
        let found = (0..<entries.count).map { wanted.contains(Array(entries[$0])) }
        return .computed(count: codes.count) { found[Int(codes[$0])] }
    }
}

/// A few texts of at most eight bytes, each a number: a row is read once for all of them.
private struct ShortTexts {
    private let texts: [(head: UInt64, count: Int)]
    private let hasNull: Bool

    /// Nil where one is no literal, or longer.
    init?(_ values: [Value?]) {
        var texts: [(head: UInt64, count: Int)] = [], hasNull = false
        for value in values {
            switch value {
            case .bytes(let text)? where text.count <= 8: texts.append((text.withUnsafeBytes { Self.head($0, 0, text.count) }, text.count))
            case .null?: hasNull = true
            default: return nil
            }
        }
        (self.texts, self.hasNull) = (texts, hasNull)
    }

    /// Which rows are one of them; unknown for all others where one is NULL.
    func matches(_ column: Column) -> Column {
        let arrays = column.byteArrays()
        let bits = arrays.bytes.withUnsafeBytes { bytes in
            arrays.offsets.withUnsafeBufferPointer { offsets in
                Bitmap.computed(count: arrays.count) { row in
                    let start = Int(offsets[row])
                    let count = Int(offsets[row + 1]) - start
                    guard count <= 8 else { return false }
                    let head = Self.head(bytes, start, count)
                    return texts.contains { $0.head == head && $0.count == count }
                }
            }
        }
        // With a NULL among them only a match is known.
        return .boolean(bits, validity: hasNull ? .both(column.rowValidity, bits) : column.rowValidity)
    }

    /// Its bytes as a number, the first the lowest.
    @inline(__always)
    private static func head(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64 {
        if count == 0 { return 0 }
        // What follows in the array is read along and masked off.
        if start + 8 <= bytes.count {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)) & (UInt64.max >> UInt64(64 - 8 * count))
        }
        var head: UInt64 = 0
        for index in 0..<count { head |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return head
    }
}
