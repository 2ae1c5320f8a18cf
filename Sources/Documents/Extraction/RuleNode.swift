internal import ColumnStore
internal import Query

/// The plain way could not finish: an overflow of 128 bits, a division by zero, a value that does not fit. The engine's evaluator then
/// does the work over, with wider numbers and the right message.
///
/// Never a fault of the document by itself.
struct RuleEscape: Error {}

/// What an expression is evaluated over: one receipt, and within a list one of its elements.
///
/// Borrowed for one evaluation: pointers into the context's buffers, which do not move while rules run.
struct RuleEnvironment {
    let cells: UnsafePointer<Cell>
    /// Of each list its cells, row after row, and the number of its members and rows.
    let lists: UnsafePointer<ListCells>?
    /// The present element's cells.
    ///
    /// Nil outside lists.
    let element: UnsafePointer<Cell>?
    let work: WorkBudget

    struct ListCells: BitwiseCopyable {
        let cells: UnsafePointer<Cell>?
        let width: Int
        let rowCount: Int
    }
}

/// A bound expression as a tree that reads cells and gives one: for one receipt at a time a batch of columns costs far more than its
/// arithmetic. Numbers are exact: whatever does not fit throws `RuleEscape`.
///
/// Objects with one virtual call for each part: some ten nanoseconds, where a batch of one row takes microseconds. NULL is a cell like any other;
/// each node says what it makes of it.
class RuleNode: @unchecked Sendable {
    // Safe: subclasses have constant members only.
    /// - Throws: `RuleEscape`, never a fault: the evaluator is asked then.
    func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell { throw RuleEscape() }
}

// A BOOLEAN in three values: NULL is neither true nor false.
extension Cell {
    @inline(__always) static func boolean(_ value: Bool) -> Cell { .number(value ? 1 : 0) }
    @inline(__always) var isTrue: Bool { !isNull && number != 0 }
    @inline(__always) var isFalse: Bool { !isNull && number == 0 }
}

/// A scalar of the receipt, by its cell.
final class RuleScalar: RuleNode, @unchecked Sendable {
    let index: Int
    init(_ index: Int) { self.index = index }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell { environment.cells[index] }
}

/// A member of the element at hand; NULL outside one.
final class RuleMember: RuleNode, @unchecked Sendable {
    let index: Int
    init(_ index: Int) { self.index = index }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell { environment.element?[index] ?? .null }
}

/// A constant; its bytes are its own, as cells only point.
final class RuleLiteral: RuleNode, @unchecked Sendable {
    private let cell: Cell
    private let storage: UnsafeMutablePointer<UInt8>?

    init(_ value: Value) {
        var storage: UnsafeMutablePointer<UInt8>?
        switch value {
        case .null: cell = .null
        case .boolean(let value): cell = .boolean(value)
        case .integer(let value): cell = .number(Int128(value))
        case .decimal(let value): cell = .number(value)
        case .double(let value): cell = .number(Int128(value.bitPattern))
        case .bytes(let bytes):
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
            for (index, byte) in bytes.enumerated() { copy[index] = byte }
            storage = copy
            cell = .bytes(copy, bytes.count)
        default: cell = .null
        }
        self.storage = storage
    }

    deinit { storage?.deallocate() }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell { cell }
}

/// Scales and ranges of numbers, as the static types give them.
///
/// A number is an integer and a scale that its type says: 12.50 is 1250 at scale 2.
enum RuleNumbers {
    /// The same value at another scale, rounded half away from zero where that has fewer digits.
    ///
    /// - Throws: `RuleEscape` where it does not fit into 128 bits, or the scales are further apart than a power of ten there.
    @inline(__always)
    static func rescaled(_ value: Int128, from: Int, to: Int) throws(RuleEscape) -> Int128 {
        if from == to { return value }
        if to > from {
            guard to - from <= 38 else { throw RuleEscape() }
            let (scaled, isOverflow) = value.multipliedReportingOverflow(by: PowersOfTen.int128[to - from])
            if isOverflow { throw RuleEscape() }
            return scaled
        }
        guard from - to <= 38 else { throw RuleEscape() }
        return roundedQuotient(value, PowersOfTen.int128[from - to])
    }

    /// Half away from zero.
    ///
    /// As PostgreSQL's NUMERIC rounds. The comparison is of the rest with what is left to the whole, so that nothing is doubled and nothing
    /// overflows.
    ///
    /// - Precondition: `denominator` is not zero.
    @inline(__always)
    static func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int128 {
        // Most numbers fit 64 bits, where a division is many times cheaper. A divisor of −1 may overflow there.
        if let a = Int64(exactly: numerator), let b = Int64(exactly: denominator), b != -1 {
            let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
            let magnitude = rest.magnitude
            if magnitude >= b.magnitude &- magnitude { return Int128((a < 0) == (b < 0) ? quotient + 1 : quotient - 1) }
            return Int128(quotient)
        }
        let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        let magnitude = rest.magnitude
        if magnitude >= denominator.magnitude - magnitude { return (numerator < 0) == (denominator < 0) ? quotient + 1 : quotient - 1 }
        return quotient
    }

    /// A result within the range of its type.
    ///
    /// - Throws: `RuleEscape` outside it.
    @inline(__always)
    static func checked(_ value: Int128, _ range: ClosedRange<Int128>) throws(RuleEscape) -> Cell {
        guard range.contains(value) else { throw RuleEscape() }
        return .number(value)
    }

    /// Nil for what is no exact number.
    static func range(of type: ColumnType) -> ClosedRange<Int128>? {
        switch type {
        case .int32: Int128(Int32.min)...Int128(Int32.max)
        case .int64: Int128(Int64.min)...Int128(Int64.max)
        case .decimal(let precision, _): -(PowersOfTen.int128[precision] - 1)...(PowersOfTen.int128[precision] - 1)
        default: nil
        }
    }

    /// Digits behind the mark of an exact number; nil for any other type.
    static func scale(of type: ColumnType) -> Int? {
        switch type {
        case .int32, .int64: 0
        case .decimal(_, let scale): scale
        default: nil
        }
    }
}

/// `+`, `-`, `*` and `/` of exact numbers; NULL if either is.
final class RuleArithmetic: RuleNode, @unchecked Sendable {
    enum Operation: Sendable { case add, subtract, multiply, divide }
    private let operation: Operation
    private let left: RuleNode
    private let right: RuleNode
    /// Of the operands and of the result, as the binder's types have them.
    private let leftScale: Int
    private let rightScale: Int
    private let scale: Int
    private let range: ClosedRange<Int128>
    private let isWhole: Bool

    init(
        _ operation: Operation, _ left: RuleNode, _ right: RuleNode, leftScale: Int, rightScale: Int, scale: Int, range: ClosedRange<Int128>,
        isWhole: Bool
    ) {
        (self.operation, self.left, self.right) = (operation, left, right)
        (self.leftScale, self.rightScale, self.scale, self.range) = (leftScale, rightScale, scale, range)
        self.isWhole = isWhole
    }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let a = try left.evaluate(environment)
        if a.isNull { return .null }
        let b = try right.evaluate(environment)
        if b.isNull { return .null }
        let result: (partialValue: Int128, overflow: Bool)
        switch operation {
        case .add, .subtract:
            // Both at the result's scale first.
            let x = try RuleNumbers.rescaled(a.number, from: leftScale, to: scale)
            let y = try RuleNumbers.rescaled(b.number, from: rightScale, to: scale)
            result = operation == .add ? x.addingReportingOverflow(y) : x.subtractingReportingOverflow(y)
        // Scales add up in a product; it is rounded to the result's scale.
        case .multiply:
            let product = a.number.multipliedReportingOverflow(by: b.number)
            if product.overflow { throw RuleEscape() }
            result = (try RuleNumbers.rescaled(product.partialValue, from: leftScale + rightScale, to: scale), false)
        case .divide:
            // The evaluator has the message.
            if b.number == 0 { throw RuleEscape() }
            if isWhole {
                result = a.number.dividedReportingOverflow(by: b.number)
            } else {
                // (a / 10^l) / (b / 10^r) at scale s is a × 10^(s − l + r) / b.
                let exponent = scale - leftScale + rightScale
                guard 0...38 ~= exponent else { throw RuleEscape() }
                let numerator = a.number.multipliedReportingOverflow(by: PowersOfTen.int128[exponent])
                if numerator.overflow { throw RuleEscape() }
                result = (RuleNumbers.roundedQuotient(numerator.partialValue, b.number), false)
            }
        }
        if result.overflow { throw RuleEscape() }
        return try RuleNumbers.checked(result.partialValue, range)
    }
}

/// abs, negation, and casts among exact numbers.
///
/// NULL stays NULL.
final class RuleUnary: RuleNode, @unchecked Sendable {
    enum Operation: Sendable { case absolute, negate, cast }
    private let operation: Operation
    private let operand: RuleNode
    private let operandScale: Int
    private let scale: Int
    private let range: ClosedRange<Int128>

    init(_ operation: Operation, _ operand: RuleNode, operandScale: Int, scale: Int, range: ClosedRange<Int128>) {
        (self.operation, self.operand, self.operandScale, self.scale, self.range) = (operation, operand, operandScale, scale, range)
    }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let cell = try operand.evaluate(environment)
        if cell.isNull { return cell }
        let value: Int128
        switch operation {
        case .absolute: value = cell.number < 0 ? -cell.number : cell.number
        case .negate: value = -cell.number
        case .cast: value = cell.number
        }
        return try RuleNumbers.checked(try RuleNumbers.rescaled(value, from: operandScale, to: scale), range)
    }
}

/// NULL if either side is.
final class RuleComparison: RuleNode, @unchecked Sendable {
    private let comparison: Comparison
    private let order: RuleOrder
    private let left: RuleNode
    private let right: RuleNode

    init(_ comparison: Comparison, _ order: RuleOrder, _ left: RuleNode, _ right: RuleNode) {
        (self.comparison, self.order, self.left, self.right) = (comparison, order, left, right)
    }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let a = try left.evaluate(environment)
        if a.isNull { return .null }
        let b = try right.evaluate(environment)
        if b.isNull { return .null }
        let outcome = try order.compare(a, b)
        switch comparison {
        case .equal: return .boolean(outcome == 0)
        case .notEqual: return .boolean(outcome != 0)
        case .less: return .boolean(outcome < 0)
        case .lessOrEqual: return .boolean(outcome <= 0)
        case .greater: return .boolean(outcome > 0)
        case .greaterOrEqual: return .boolean(outcome >= 0)
        }
    }
}

/// How two values of given types compare: exact numbers by value, texts and blobs by bytes.
///
/// Texts have no collation: byte by byte, the shorter first where one begins with the other, which is the order of code points.
struct RuleOrder: Sendable {
    private enum Kind: Sendable { case number(left: Int, right: Int), bytes }
    private let kind: Kind

    /// Nil for types that only the evaluator compares (doubles, with their NaN).
    init?(_ left: ColumnType, _ right: ColumnType) {
        switch (left, right) {
        case (.string, .string), (.binary, .binary): kind = .bytes
        case (.boolean, .boolean), (.date, .date), (.timestamp(true), .timestamp(true)): kind = .number(left: 0, right: 0)
        default:
            guard let a = RuleNumbers.scale(of: left), let b = RuleNumbers.scale(of: right) else { return nil }
            kind = .number(left: a, right: b)
        }
    }

    /// - Returns: below, at or above zero.
    /// - Precondition: neither is NULL.
    func compare(_ a: Cell, _ b: Cell) throws(RuleEscape) -> Int {
        switch kind {
        case .number(let left, let right):
            // The one of fewer digits is brought to the other's scale: that is exact.
            let x = left < right ? try RuleNumbers.rescaled(a.number, from: left, to: right) : a.number
            let y = right < left ? try RuleNumbers.rescaled(b.number, from: right, to: left) : b.number
            return x < y ? -1 : (x == y ? 0 : 1)
        case .bytes:
            let (x, y) = (Int(a.byteCount), Int(b.byteCount))
            guard let p = a.bytes, let q = b.bytes else { return x == y ? 0 : (x < y ? -1 : 1) }
            for index in 0..<min(x, y) where p[index] != q[index] { return p[index] < q[index] ? -1 : 1 }
            return x == y ? 0 : (x < y ? -1 : 1)
        }
    }
}

/// AND and OR in three values, from left to right as far as needed.
///
/// AND is false where an operand is, else NULL where one is, else true; OR the other way round.
final class RuleJunction: RuleNode, @unchecked Sendable {
    private let operands: [RuleNode]
    private let isAnd: Bool

    init(_ operands: [RuleNode], isAnd: Bool) { (self.operands, self.isAnd) = (operands, isAnd) }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        var isUnknown = false
        for operand in operands {
            let cell = try operand.evaluate(environment)
            if cell.isNull { isUnknown = true } else if cell.isTrue != isAnd { return .boolean(!isAnd) }
        }
        return isUnknown ? .null : .boolean(isAnd)
    }
}

/// NULL stays NULL.
final class RuleNot: RuleNode, @unchecked Sendable {
    private let operand: RuleNode
    init(_ operand: RuleNode) { self.operand = operand }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let cell = try operand.evaluate(environment)
        return cell.isNull ? cell : .boolean(cell.isFalse)
    }
}

/// Never NULL.
final class RuleIsNull: RuleNode, @unchecked Sendable {
    private let operand: RuleNode
    init(_ operand: RuleNode) { self.operand = operand }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell { .boolean(try operand.evaluate(environment).isNull) }
}

/// IS DISTINCT FROM: NULL is the same as NULL, and different from everything else.
final class RuleIsDistinct: RuleNode, @unchecked Sendable {
    private let left: RuleNode
    private let right: RuleNode
    private let order: RuleOrder
    private let isNegated: Bool
    init(_ left: RuleNode, _ right: RuleNode, _ order: RuleOrder, isNegated: Bool) {
        (self.left, self.right, self.order, self.isNegated) = (left, right, order, isNegated)
    }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let a = try left.evaluate(environment)
        let b = try right.evaluate(environment)
        let isDistinct = a.isNull || b.isNull ? a.isNull != b.isNull : try order.compare(a, b) != 0
        return .boolean(isDistinct != isNegated)
    }
}

/// CASE, as which NULLIF of a short value comes: what is not reached is not evaluated.
final class RuleConditional: RuleNode, @unchecked Sendable {
    private let branches: [(condition: RuleNode, result: RuleNode)]
    private let otherwise: RuleNode?
    init(_ branches: [(condition: RuleNode, result: RuleNode)], otherwise: RuleNode?) { (self.branches, self.otherwise) = (branches, otherwise) }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        for branch in branches where try branch.condition.evaluate(environment).isTrue { return try branch.result.evaluate(environment) }
        return try otherwise?.evaluate(environment) ?? .null
    }
}

/// NULLIF of a value that a CASE would evaluate twice: it is evaluated once.
final class RuleNullIf: RuleNode, @unchecked Sendable {
    /// To another scale, as which the value is compared.
    struct Cast: Sendable {
        let from: Int
        let to: Int
        let range: ClosedRange<Int128>
    }

    private let value: RuleNode
    private let other: RuleNode
    private let order: RuleOrder
    private let cast: Cast?

    init(_ value: RuleNode, _ other: RuleNode, _ order: RuleOrder, cast: Cast?) { (self.value, self.other, self.order, self.cast) = (value, other, order, cast) }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let own = try value.evaluate(environment)
        if own.isNull { return own }
        var key = own
        // It may not fit, whatever it is compared with.
        if let cast { key = try RuleNumbers.checked(try RuleNumbers.rescaled(own.number, from: cast.from, to: cast.to), cast.range) }
        let second = try other.evaluate(environment)
        if second.isNull { return own }
        return try order.compare(key, second) == 0 ? .null : own
    }
}

/// The first operand that is not NULL.
final class RuleCoalesce: RuleNode, @unchecked Sendable {
    private let operands: [RuleNode]
    init(_ operands: [RuleNode]) { self.operands = operands }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        for operand in operands {
            let cell = try operand.evaluate(environment)
            if !cell.isNull { return cell }
        }
        return .null
    }
}

/// `x IN (a, b)`: true where one is equal; else NULL where x or a candidate is; else false. Negated alike.
final class RuleInList: RuleNode, @unchecked Sendable {
    private let operand: RuleNode
    private let candidates: [(node: RuleNode, order: RuleOrder)]
    private let isNegated: Bool
    init(_ operand: RuleNode, _ candidates: [(node: RuleNode, order: RuleOrder)], isNegated: Bool) {
        (self.operand, self.candidates, self.isNegated) = (operand, candidates, isNegated)
    }
    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        let value = try operand.evaluate(environment)
        if value.isNull { return value }
        var isUnknown = false
        for candidate in candidates {
            let other = try candidate.node.evaluate(environment)
            if other.isNull { isUnknown = true } else if try candidate.order.compare(value, other) == 0 { return .boolean(!isNegated) }
        }
        return isUnknown ? .null : .boolean(isNegated)
    }
}

/// list_sum, list_min, list_max, list_avg over a member of a list, and list_count.
///
/// NULL elements count nothing but in `list_count`, which counts all. Over no values the others are NULL.
final class RuleListFunction: RuleNode, @unchecked Sendable {
    enum Operation { case count, sum, average, least, greatest }

    private let operation: Operation
    private let list: Int
    private let member: Int
    private let memberScale: Int
    private let scale: Int
    private let range: ClosedRange<Int128>
    private let order: RuleOrder?

    init(_ operation: Operation, list: Int, member: Int, memberScale: Int, scale: Int, range: ClosedRange<Int128>, order: RuleOrder?) {
        (self.operation, self.list, self.member, self.memberScale) = (operation, list, member, memberScale)
        (self.scale, self.range, self.order) = (scale, range, order)
    }

    override func evaluate(_ environment: RuleEnvironment) throws(RuleEscape) -> Cell {
        guard let rows = environment.lists?[list] else { throw RuleEscape() }
        if operation == .count { return .number(Int128(rows.rowCount)) }
        // By the element: a rule over a list of many is no cheap one.
        guard environment.work.charge(rows.rowCount, .rules) else { return .null }
        var total: Int128 = 0
        var count = 0
        var best = Cell.null
        for row in 0..<rows.rowCount {
            guard let cell = rows.cells?[row &* rows.width &+ member], !cell.isNull else { continue }
            count += 1
            if let order {
                if best.isNull {
                    best = cell
                } else {
                    let outcome = try order.compare(cell, best)
                    if operation == .least ? outcome < 0 : outcome > 0 { best = cell }
                }
            } else {
                let (next, isOverflow) = total.addingReportingOverflow(cell.number)
                if isOverflow { throw RuleEscape() }
                total = next
            }
        }
        if order != nil { return best }
        if count == 0 { return .null }
        if operation == .sum { return try RuleNumbers.checked(try RuleNumbers.rescaled(total, from: memberScale, to: scale), range) }
        // Divided last: the sum is exact.
        let widened = try RuleNumbers.rescaled(total, from: memberScale, to: scale)
        return try RuleNumbers.checked(RuleNumbers.roundedQuotient(widened, Int128(count)), range)
    }
}
