import ColumnStore

/// min and max of whole numbers, decimals, dates and times.
/// Values are compared as whole numbers, decimals by their digits: all of one scale. NULLs count for nothing.
///
/// Invariants:
/// 1. Either `narrow` or `wide` is in use and has an entry for each group; the other is empty. Only decimals get wide.
/// 2. `seen` has an entry for each group, in either case.
final class WholeExtremeAggregator: Aggregator {
    private let type: ColumnType
    private let isMaximum: Bool
    /// By group; 0 where `seen` is not set.
    private var narrow: [Int64] = []
    /// In use, and `narrow` empty, once a value did not fit.
    private var wide: [Int128] = []
    private var isWide = false
    /// Groups that have had a value.
    private var seen: [Bool] = []
    override var stateTypes: [ColumnType] { [type] }
    override var byteCount: Int { narrow.capacity * 8 + wide.capacity * 16 + seen.capacity }
    override func growth(to groupCount: Int) -> Int { (isWide ? wide.growth(to: groupCount) * 16 : narrow.growth(to: groupCount) * 8) + seen.growth(to: groupCount) }

    init(type: ColumnType, isMaximum: Bool) {
        self.type = type
        self.isMaximum = isMaximum
    }

    override func resize(_ groupCount: Int) {
        if isWide { wide.grow(to: groupCount, with: 0) } else { narrow.grow(to: groupCount, with: 0) }
        seen.grow(to: groupCount, with: false)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) {
        let column = arguments[0]
        let validity = column.rowValidity
        if !isWide, let values = column.integers() {
            if case .one = groups { return takeAll(values, validity) }
            let numbers = groups.numbers
            for row in values.indices {
                if let validity, !validity[row] { continue }
                let group = Int(numbers[row])
                let value = values[row]
                if !seen[group] || (isMaximum ? value > narrow[group] : value < narrow[group]) {
                    narrow[group] = value
                    seen[group] = true
                }
            }
            return
        }
        // The first value past 64 bits turns all into 128: seldom, and once.
        if !isWide {
            isWide = true
            wide = narrow.map { Int128($0) }
            narrow = []
        }
        let values = column.wideIntegers()
        let numbers = groups.numbers
        for row in values.indices where validity?[row] ?? true {
            let group = Int(numbers[row])
            if !seen[group] || (isMaximum ? values[row] > wide[group] : values[row] < wide[group]) {
                wide[group] = values[row]
                seen[group] = true
            }
        }
    }

    /// All rows are of group 0: one loop without a look at groups.
    /// - Precondition: nothing is wide yet.
    private func takeAll(_ values: [Int64], _ validity: Bitmap?) {
        var best: Int64?
        if let validity {
            for row in values.indices where validity[row] {
                best = best.map { isMaximum ? max($0, values[row]) : min($0, values[row]) } ?? values[row]
            }
        } else {
            best = isMaximum ? values.max() : values.min()
        }
        guard let best else { return }
        if !seen[0] || (isMaximum ? best > narrow[0] : best < narrow[0]) { narrow[0] = best }
        seen[0] = true
    }

    /// The least or greatest so far is state enough: merging is another `update`.
    override func exportState() -> [Column] { [finish()] }
    override func merge(_ state: [Column], _ groups: [UInt32]) { update(state, .numbers(groups)) }

    override func finish() -> Column {
        if isWide { return .decimals(wide, type: type, validity: .ofSeen(seen)) }
        return .whole(narrow, type: type, validity: .ofSeen(seen))
    }
}

/// min and max of texts, by their bytes.
/// Texts are ordered by bytes, which is the order of UTF-8's code points. An order of a language is not known here.
/// Of byte strings and UUIDs, too. A group's best is a copy: it holds no batch alive, and no dictionary.
final class BytesExtremeAggregator: Aggregator {
    private let type: ColumnType
    private let isMaximum: Bool
    /// By group; empty where `seen` is not set.
    private var best: [[UInt8]] = []
    private var seen: [Bool] = []
    /// Of all texts in `best`.
    private var heldByteCount = 0
    /// The dictionary that came last. Not kept: who reads a row group lets go of it with its rows.
    private weak var comparedDictionary: DictionaryValues?
    /// By its entries, the group that each was last compared with: rows of one entry are mostly of one group.
    private var comparedGroups: [UInt32] = []
    private static let entriesPerRow = 4
    override var stateTypes: [ColumnType] { [type] }
    override var byteCount: Int { best.capacity * 48 + ColumnBatch.copied(heldByteCount) + comparedGroups.capacity * 4 }
    override func growth(to groupCount: Int) -> Int { best.growth(to: groupCount) * 48 }

    init(type: ColumnType, isMaximum: Bool) {
        self.type = type
        self.isMaximum = isMaximum
    }

    override func resize(_ groupCount: Int) {
        best.grow(to: groupCount, with: [])
        seen.grow(to: groupCount, with: false)
    }

    /// Of equal texts the first stays.
    override func update(_ arguments: [Column], _ groups: GroupRows) {
        let (validity, numbers) = (arguments[0].rowValidity, groups.numbers)
        guard case .dictionary(let codes, let dictionary) = arguments[0].values else {
            let arrays = arguments[0].byteArrays()
            return arrays.bytes.withUnsafeBytes { bytes in
                for row in numbers.indices where validity?[row] ?? true { take(bytes[arrays.range(at: row)], Int(numbers[row])) }
            }
        }
        // Entries are compared where they lie: laid flat, each row would have a copy of its own.
        let rows = rowsToCompare(codes, dictionary, validity, numbers)
        let arrays = dictionary.values.byteArrays()
        arrays.bytes.withUnsafeBytes { bytes in
            for row in rows { take(bytes[arrays.range(at: Int(codes[Int(row)]))], Int(numbers[Int(row)])) }
        }
    }

    /// The rows with a value but those whose entry was compared with their group before: a group's best only gets better.
    private func rowsToCompare(_ codes: [UInt32], _ dictionary: DictionaryValues, _ validity: Bitmap?, _ groups: [UInt32]) -> [Int32] {
        precondition(codes.count == groups.count)
        if comparedDictionary !== dictionary {
            // Few rows are compared sooner than all entries are marked.
            guard dictionary.count / Self.entriesPerRow <= codes.count else { return validity?.setIndices() ?? Array(0..<Int32(codes.count)) }
            (comparedDictionary, comparedGroups) = (dictionary, [UInt32](repeating: .max, count: dictionary.count))
        }
        var rows: [Int32] = []
        comparedGroups.withUnsafeMutableBufferPointer { known in
            for row in codes.indices {
                // Codes lie within their dictionary.
                let entry = Int(codes[row])
                guard known[entry] != groups[row], validity?[row] ?? true else { continue }
                known[entry] = groups[row]
                rows.append(Int32(truncatingIfNeeded: row))
            }
        }
        return rows
    }

    /// The text is compared where it lies, and copied only if it is better.
    @inline(__always)
    private func take(_ value: Slice<UnsafeRawBufferPointer>, _ group: Int) {
        let value = UnsafeRawBufferPointer(rebasing: value)
        if seen[group] {
            let order = best[group].withUnsafeBytes { CompareKernels.order(value, $0) }
            if isMaximum ? order <= 0 : order >= 0 { return }
        }
        heldByteCount += value.count - best[group].count
        best[group] = Array(value)
        seen[group] = true
    }

    override func exportState() -> [Column] { [finish()] }
    override func merge(_ state: [Column], _ groups: [UInt32]) { update(state, .numbers(groups)) }

    override func finish() -> Column {
        var arrays = ByteArrays()
        for value in best { arrays.append(value) }
        return .text(arrays, type: type, validity: .ofSeen(seen))
    }
}

/// min and max of all other types, value by value.
/// Doubles (NaN above all others), intervals, lists and rows among them.
/// Of values that are equal (0 and -0, a month and thirty days) the first one stays.
final class ValueExtremeAggregator: Aggregator {
    private let type: ColumnType
    private let isMaximum: Bool
    /// NULL where no value has come.
    private var best: [Value] = []
    /// Of all values in `best`, as `Value.flatByteCount` counts.
    private var heldByteCount = 0
    override var stateTypes: [ColumnType] { [type] }
    override var byteCount: Int { best.capacity * 48 + ColumnBatch.copied(heldByteCount) }
    override func growth(to groupCount: Int) -> Int { best.growth(to: groupCount) * 48 }

    init(type: ColumnType, isMaximum: Bool) {
        self.type = type
        self.isMaximum = isMaximum
    }

    override func resize(_ groupCount: Int) { best.grow(to: groupCount, with: .null) }

    override func update(_ arguments: [Column], _ groups: GroupRows) {
        let numbers = groups.numbers
        for row in numbers.indices {
            let value = arguments[0].value(at: row)
            if value.isNull { continue }
            let group = Int(numbers[row])
            if !best[group].isNull {
                let order = CompareKernels.order(value, best[group], type)
                if isMaximum ? order <= 0 : order >= 0 { continue }
            }
            heldByteCount += value.flatByteCount - best[group].flatByteCount
            best[group] = value
        }
    }

    override func exportState() -> [Column] { [finish()] }
    override func merge(_ state: [Column], _ groups: [UInt32]) { update(state, .numbers(groups)) }

    override func finish() -> Column {
        var builder = ColumnBuilder(type: type)
        for value in best { builder.append(value) }
        return builder.finish()
    }
}
