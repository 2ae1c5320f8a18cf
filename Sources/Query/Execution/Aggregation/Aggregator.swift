import ColumnStore

/// Which group each row of a batch belongs to.
enum GroupRows {
    /// All to group 0.
    case one(count: Int)
    case numbers([UInt32])

    var count: Int {
        switch self {
        case .one(let count): count
        case .numbers(let numbers): numbers.count
        }
    }

    /// The groups of some rows, by row number.
    func selecting(_ rows: [Int32]) -> GroupRows {
        switch self {
        case .one: .one(count: rows.count)
        case .numbers(let numbers): .numbers(rows.map { numbers[Int($0)] })
        }
    }

    /// Spelled out: for aggregators without a path of their own for one group.
    /// - Complexity: O(rows), which are laid out for `one`.
    var numbers: [UInt32] {
        switch self {
        case .one(let count): [UInt32](repeating: 0, count: count)
        case .numbers(let numbers): numbers
        }
    }
}

/// The running state of one aggregate call for many groups. States can be put out as columns and merged: across workers, and from disk.
///
/// The calls, for groups that `GroupTable` numbers:
///
/// 1. `resize` before rows of new groups come.
/// 2. `update` with rows, `merge` with what another one's `exportState` gave, in any order and any number.
/// 3. `exportState` or `finish`, once, at the end: collected rows are given away by it.
///
/// NULL arguments count for nothing unless the aggregator says so; a group without a value answers NULL, and counts answer
/// 0. One thread at a time.
class Aggregator {
    /// Of `exportState`: one row a group.
    /// Together with the groups' keys they are what lies in parts and on disk.
    var stateTypes: [ColumnType] { preconditionFailure("an abstract aggregator") }
    /// Answers from another aggregator's state: it takes no rows and has nothing to export.
    var isFollower: Bool { false }
    /// About how many bytes the state takes, with the copies that putting it out or answering makes of it: who holds it must have room for
    /// those, too.
    var byteCount: Int { 0 }

    /// What states for `groupCount` groups may take at most while room is made for them: larger arrays, beside those that they replace.
    /// 0 is for those whose states are small, or grow by what rows bring.
    func growth(to groupCount: Int) -> Int { 0 }

    /// What taking in `state`, as `merge` does, may take at most beside what `growth(to:)` says of its groups.
    func growth(merging state: [Column]) -> Int { 0 }

    /// The same of another aggregator's state.
    func growth(absorbing other: Aggregator) -> Int { 0 }

    /// Lays out memory for so many groups, where moving states while they come would cost more. Called at most once, before there are any.
    func reserve(_ groupCount: Int) {}
    /// Makes room for groups 0 ..< `groupCount`. Called before rows of new groups come.
    func resize(_ groupCount: Int) {}
    /// - Parameter arguments: what `AggregatorFactory.inputs` names, row by row; `groups` has as many rows.
    /// - Throws: for what has no answer whatever comes after, as a sum past its range.
    func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {}
    /// One row a group, as `stateTypes` says.
    func exportState() -> [Column] { [] }
    /// - Parameter state: columns as `exportState` gives them; `groups` says for each row which group of this one it is of.
    func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {}
    /// Takes over the state of another aggregator of the same call, which is not asked for anything after that.
    /// - Parameter groups: for each group of the other which of this one it is.
    /// - Precondition: the other has nothing on disk.
    func absorb(_ other: Aggregator, _ groups: [UInt32]) throws(KernelError) {
        if !stateTypes.isEmpty { try merge(other.exportState(), groups) }
    }
    /// The answers, one row a group.
    /// - Throws: `numericOverflow` and the like, of any group.
    func finish() throws(KernelError) -> Column { preconditionFailure("an abstract aggregator") }
    /// The answers of some groups, in this order.
    /// - Throws: as `finish`; it is open whether for groups that are not among them.
    func finish(_ groups: [Int32]) throws(KernelError) -> Column { try finish().gathering(groups) }

    // MARK: What does not fit

    /// Writes what it holds to disk, where it can answer from there; false: nothing was written.
    func writeAside(_ run: QueryRun) throws -> Bool { false }
    /// What lies on disk: such a state is not put out as columns.
    var aside: RowsAside? { nil }
    /// Takes over the state of another aggregator of the same call, with what it has on disk. Its groups have the same numbers.
    /// - Precondition: the other is of the same class and has as many groups.
    func absorb(_ other: Aggregator, groupCount: Int) throws {
        try merge(other.exportState(), (0..<UInt32(groupCount)).map { $0 })
    }
}

/// count(*) and count(x).
final class CountAggregator: Aggregator {
    private var counts: [Int64] = []
    override var stateTypes: [ColumnType] { [.int64] }
    override var byteCount: Int { counts.capacity * 8 }
    override func growth(to groupCount: Int) -> Int { counts.growth(to: groupCount) * 8 }

    override func reserve(_ groupCount: Int) { counts.reserveCapacity(groupCount) }
    override func resize(_ groupCount: Int) { counts.grow(to: groupCount, with: 0) }

    override func update(_ arguments: [Column], _ groups: GroupRows) {
        let validity = arguments.first?.rowValidity
        switch groups {
        case .one(let count): counts[0] += Int64(validity?.setCount ?? count)
        case .numbers(let numbers):
            let runs = validity == nil ? GroupRuns(numbers) : nil
            counts.withUnsafeMutableBufferPointer { counts in
                if let runs {
                    runs.forEach { counts[Int(numbers[$0.lowerBound])] &+= Int64($0.count) }
                } else if let validity {
                    for row in numbers.indices where validity[row] { counts[Int(numbers[row])] &+= 1 }
                } else {
                    for group in numbers { counts[Int(group)] &+= 1 }
                }
            }
        }
    }

    override func exportState() -> [Column] { [.whole(counts, type: .int64, validity: nil)] }

    override func merge(_ state: [Column], _ groups: [UInt32]) {
        let added = state[0].integers() ?? []
        for row in groups.indices { counts[Int(groups[row])] += added[row] }
    }

    override func finish() -> Column { .whole(counts, type: .int64, validity: nil) }
}

/// bool_and and bool_or.
/// NULLs count for nothing. Its state is its answer: a BOOLEAN, NULL of no value.
final class BooleanAggregator: Aggregator {
    private let isAnd: Bool
    /// What the values so far come to; of none the one that leaves others as they are.
    private var values: [Bool] = []
    private var seen: [Bool] = []
    override var stateTypes: [ColumnType] { [.boolean] }
    override var byteCount: Int { values.capacity * 2 }
    override func growth(to groupCount: Int) -> Int { values.growth(to: groupCount) * 2 }

    init(isAnd: Bool) { self.isAnd = isAnd }

    override func resize(_ groupCount: Int) {
        values.grow(to: groupCount, with: isAnd)
        seen.grow(to: groupCount, with: false)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) { merge(arguments, groups.numbers) }

    override func exportState() -> [Column] { [finish()] }

    override func merge(_ state: [Column], _ groups: [UInt32]) {
        let bits = state[0].bitmap()
        let validity = state[0].rowValidity
        for row in groups.indices where validity?[row] ?? true {
            let group = Int(groups[row])
            seen[group] = true
            values[group] = isAnd ? values[group] && bits[row] : values[group] || bits[row]
        }
    }

    override func finish() -> Column { .boolean(.computed(values) { $0 }, validity: .ofSeen(seen)) }
}

/// NULL for every group, whatever its rows.
/// Of a percentile whose fraction is NULL.
final class NullAggregator: Aggregator {
    private let type: ColumnType
    private var groupCount = 0
    override var stateTypes: [ColumnType] { [.boolean] }

    init(type: ColumnType) { self.type = type }

    override func resize(_ groupCount: Int) { self.groupCount = max(self.groupCount, groupCount) }
    override func exportState() -> [Column] { [.constant(.null, type: .boolean, count: groupCount)] }
    override func finish() -> Column { .constant(.null, type: type, count: groupCount) }
}

/// any_value, and single_value, which refuses a second row.
/// any_value is the first value that is no NULL, of the rows as workers bring them. single_value counts NULLs as rows, too.
final class AnyValueAggregator: Aggregator {
    private let type: ColumnType
    private let isSingle: Bool
    private var values: [Value] = []
    /// Rows of each group.
    private var counts: [Int64] = []
    /// Of texts and lists.
    private var heldByteCount = 0
    override var stateTypes: [ColumnType] { [type, .int64] }
    override var byteCount: Int { values.capacity * 48 + ColumnBatch.copied(heldByteCount) }
    override func growth(to groupCount: Int) -> Int { values.growth(to: groupCount) * 48 }

    init(type: ColumnType, isSingle: Bool) {
        self.type = type
        self.isSingle = isSingle
    }

    override func resize(_ groupCount: Int) {
        values.grow(to: groupCount, with: .null)
        counts.grow(to: groupCount, with: 0)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        try take(arguments[0], groups.numbers, counts: nil)
    }

    override func exportState() -> [Column] {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return [builder.finish(), .whole(counts, type: .int64, validity: nil)]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        try take(state[0], groups, counts: state[1].integers() ?? [])
    }

    /// - Parameter added: rows behind each state; nil where each row is one.
    private func take(_ column: Column, _ groups: [UInt32], counts added: [Int64]?) throws(KernelError) {
        for row in groups.indices {
            let group = Int(groups[row])
            let more = added?[row] ?? 1
            if more == 0 { continue }
            if isSingle, counts[group] + more > 1 { throw .severalRows }
            if values[group].isNull {
                values[group] = column.value(at: row)
                heldByteCount += values[group].flatByteCount
            }
            counts[group] += more
        }
    }

    override func finish() -> Column { exportState()[0] }
}

extension Array {
    /// Appends `value` until there are `count` elements.
    mutating func grow(to count: Int, with value: Element) {
        let missing = count - self.count
        if missing > 0 { append(addingCapacity: missing) { $0.append(repeating: value, count: missing) } }
    }
}

extension Bitmap {
    /// Validity of groups that had a value; nil when all had.
    static func ofSeen(_ seen: [Bool]) -> Bitmap? { seen.allSatisfy { $0 } ? nil : .computed(seen) { $0 } }
}
