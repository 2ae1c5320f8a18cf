import ColumnStore
import Synchronization

/// The right side of a join: its rows, and by key the rows that have it. Filled once, then read by many.
///
/// The rows lie in `payload`, column by column, batch after batch; a row's number is its place there. `lookup` leads from a
/// key to the first row that has it, and from each row to the next one of its key: chains ascend, so that rows of one key
/// come out in their order.
///
/// Invariant: a right row with a NULL in a key that NULL does not match is in no chain.
final class JoinTable: @unchecked Sendable {
    // Safe to share: all but `progress` is fixed after init.
    let rowCount: Int
    private let payload: [Payload]
    /// Where batches of gathered rows end.
    let cuts: BatchBuilder
    private let lookup: Lookup
    private let nullsMatch: [Bool]
    /// The right expressions of the equalities, row by row; kept for those who ask about NULLs only.
    let keyColumns: [Column]
    let byteCount: Int
    /// By equality, what the other side's column can be tested with.
    private(set) var filters: [Int: JoinRuntimeFilter] = [:]

    /// Right rows that some left row of a stream that has ended has matched, and how many streams still look for more.
    private let progress: Mutex<(matched: [UInt8], active: Int)>
    /// Marks that are looked at between two looks at the cancellation.
    static let markCountMax = 1 << 20

    private enum Lookup {
        /// Every row has the one key: a join without equalities.
        case all
        /// All keys are numbers that fit 63 bits together.
        case packed(KeyPacking, KeyIndex)
        /// Keys of other kinds are numbered first; by number the first row, by row the next one.
        case numbered(GroupTable, first: [Int32], following: [Int32], hasRepeats: Bool)
    }

    /// A right column. Texts are handed on as codes into the column itself, which is then the dictionary: they are copied when somebody reads
    /// them, if ever.
    private struct Payload {
        let column: Column
        let dictionary: DictionaryValues?

        init(_ column: Column) {
            self.column = column
            if case .bytes = column.values, column.count > 0 {
                dictionary = DictionaryValues(values: Column(type: column.type, count: column.count, values: column.values))
            } else {
                dictionary = nil
            }
        }

        func gathering(_ rows: [Int32]) -> Column {
            guard let dictionary else { return column.gathering(rows) }
            let codes = [UInt32](unsafeUninitializedCapacity: rows.count) { target, count in
                for row in rows.indices {
                    // Codes into a dictionary are read without a check elsewhere.
                    precondition(rows[row] >= 0 && Int(rows[row]) < dictionary.count)
                    target[row] = UInt32(bitPattern: rows[row])
                }
                count = rows.count
            }
            return Column(
                type: column.type, count: rows.count, validity: column.validity?.gathering(rows), values: .dictionary(codes: codes, dictionary))
        }
    }

    /// Puts the right side's batches end to end and builds the look-up: by packed keys where facts allow it, else by
    /// numbered ones.
    ///
    /// - Parameters:
    ///   - input: the rows and their keys.
    ///   - filtered: equalities for whose left columns filters are wanted.
    ///   - run: to build with its workers; nil on a worker's own thread.
    /// - Throws: cancellation, where `run` has workers.
    init(_ input: JoinInput, node: JoinNode, types: [ColumnType], filtered: [Int] = [], run: QueryRun?) throws {
        let batches = input.batches, keys = input.keys
        let rowCount = batches.reduce(0) { $0 + $1.rowCount }
        self.rowCount = rowCount
        nullsMatch = node.equalities.map(\.nullsEqual)
        // One job for each column: they do not touch each other.
        let stacked = Mutex([Payload?](repeating: nil, count: types.count))
        try Self.each(types.count, run) { index in
            let column = Payload(StackedColumn.joining(batches.map { $0.columns[index] }, type: types[index]))
            stacked.withLock { $0[index] = column }
        }
        let payload = stacked.withLock { $0.compactMap { $0 } }
        self.payload = payload
        cuts = BatchBuilder(gathering: payload.map(\.column))
        let keyTypes = node.equalities.map(\.right.type)
        func joined() -> [Column] {
            keyTypes.indices.map { index in Column.concatenating(keys.map { $0[index] }, type: keyTypes[index]) }
        }
        var keyByteCount = 0
        // A NULL that has to be found needs a code of its own, which packed keys have no room for.
        let nullKeysMatch = zip(input.facts, nullsMatch).contains { $0.hasNull && $1 }
        if keyTypes.isEmpty {
            lookup = .all
        } else if !nullKeysMatch, let packing = KeyPacking(input.facts) {
            let (numbers, present) = try Self.packed(input, packing, rowCount, run)
            let index = try KeyIndex.make(numbers, present, packing, run)
            lookup = .packed(packing, index)
            keyByteCount = index.byteCount
            let values = filtered.isEmpty ? [] : present.map { present in present.setIndices().map { numbers[Int($0)] } } ?? numbers
            for equality in filtered {
                let type = keyTypes[equality]
                if type == .boolean { continue }
                filters[equality] = JoinRuntimeFilter(
                    values: packing.unpack(values, column: equality), isDecimal: type.isDecimal, isOrdered: type != .double)
            }
        } else {
            let all = joined()
            lookup = Self.numbered(all, rowCount, nullsMatch, &keyByteCount)
            for equality in filtered where keyTypes[equality].isBytes && !keyTypes[equality].isJSON {
                let present = all[equality].rowValidity?.setIndices()
                filters[equality] = JoinRuntimeFilter(texts: (present.map { all[equality].gathering($0) } ?? all[equality]).byteArrays())
            }
        }
        keyColumns = node.isNullAware ? joined() : []
        byteCount = payload.reduce(0) { $0 + $1.column.byteCount(countingDictionaries: true) } + keyByteCount
        progress = Mutex(([], 0))
    }

    /// Runs `body` for each number below `count`, side by side where there are workers.
    private static func each(_ count: Int, _ run: QueryRun?, _ body: @escaping (Int) -> Void) throws {
        guard let run, count > 1 else {
            for index in 0..<count { body(index) }
            return
        }
        let counter = Counter()
        try run.parallel(min(run.workerCount, count)) { _ in
            {
                let index = counter.take()
                guard index < count else { return false }
                body(index)
                return true
            }
        }
    }

    /// All rows' keys in their order; `present` is nil when no key has a NULL.
    private static func packed(
        _ input: JoinInput, _ packing: KeyPacking, _ rowCount: Int, _ run: QueryRun?
    ) throws -> (keys: [Int64], present: Bitmap?) {
        let parts = Mutex([(keys: [Int64], present: Bitmap?)?](repeating: nil, count: input.batches.count))
        try each(input.batches.count, run) { index in
            let part = packing.pack(input.keys[index], count: input.batches[index].rowCount)
            parts.withLock { $0[index] = part }
        }
        let all = parts.withLock { $0.compactMap { $0 } }
        var keys: [Int64] = []
        keys.reserveCapacity(rowCount)
        for part in all { keys.append(contentsOf: part.keys) }
        guard all.contains(where: { $0.present != nil }) else { return (keys, nil) }
        var present = Bitmap()
        for part in all { present.append(contentsOf: part.present ?? Bitmap(repeating: true, count: part.keys.count)) }
        return (keys, present)
    }

    private static func numbered(_ keys: [Column], _ rowCount: Int, _ nullsMatch: [Bool], _ byteCount: inout Int) -> Lookup {
        var table = GroupTable(types: keys.map(\.type))
        var cache = GroupTable.Cache(keyCount: keys.count)
        let numbers = table.assign(keys, count: rowCount, cache: &cache)
        var present: Bitmap?
        for (key, matches) in zip(keys, nullsMatch) where !matches { present = .both(present, key.rowValidity) }
        var first = [Int32](repeating: -1, count: table.count)
        var following = [Int32](repeating: -1, count: rowCount)
        var hasRepeats = false
        // From the last row to the first: each goes before the chain of its key, which then ascends.
        for row in stride(from: rowCount - 1, through: 0, by: -1) where present?[row] ?? true {
            let number = Int(numbers[row])
            if first[number] >= 0 { hasRepeats = true }
            following[row] = first[number]
            first[number] = Int32(row)
        }
        byteCount = table.byteCount + first.count * 4 + following.count * 4
        return .numbered(table, first: first, following: following, hasRepeats: hasRepeats)
    }

    /// What looking rows up by key takes beside the rows, while it is built: asked for before it is.
    ///
    /// - Parameter textByteCount: of keys that are no numbers.
    static func lookupByteCount(_ rowCount: Int, _ facts: [KeyPacking.Facts], _ node: JoinNode, textByteCount: Int) -> Int {
        if facts.isEmpty { return 0 }
        if !zip(facts, node.equalities).contains(where: { $0.hasNull && $1.nullsEqual }), let packing = KeyPacking(facts) {
            // Numbers batch by batch, end to end, and for those who filter by them.
            return rowCount * 24 + KeyIndex.byteCount(rowCount: rowCount, packing)
        }
        // Numbers of keys, and chains of rows.
        return GroupTable.byteCountBound(facts.map(\.type), rowCount: rowCount, textByteCount: textByteCount) + rowCount * 16
    }

    // MARK: Looking up

    /// One for each stream: dictionaries that its left batches have.
    func makeCache() -> GroupTable.Cache { GroupTable.Cache(keyCount: nullsMatch.count) }

    /// For each left row the first right row with its key, or -1.
    /// From any thread; NULL finds a row only where it is to match.
    func find(_ keys: [Column], count: Int, cache: inout GroupTable.Cache) -> [Int32] {
        switch lookup {
        case .all: return [Int32](repeating: rowCount > 0 ? 0 : -1, count: count)
        case .packed(let packing, let index):
            let (numbers, present) = packing.pack(keys, count: count)
            return index.find(numbers, present)
        case .numbered(let table, let first, _, _):
            let numbers = table.find(keys, count: count, nullsMatch: nullsMatch, cache: &cache)
            return numbers.map { $0 == GroupTable.missing ? -1 : first[Int($0)] }
        }
    }

    /// Whether some key has more than one row.
    var hasRepeats: Bool {
        switch lookup {
        case .all: rowCount > 1
        case .packed(_, let index): index.hasRepeats
        case .numbered(_, _, _, let hasRepeats): hasRepeats
        }
    }

    /// Calls `body` with what tells the next row of the same key, or -1.
    /// The branch by kind of look-up is taken once, outside of the caller's loop.
    @inline(__always)
    func withFollowing<Result>(_ body: ((Int32) -> Int32) -> Result) -> Result {
        switch lookup {
        case .all:
            let last = Int32(truncatingIfNeeded: rowCount - 1)
            return body { $0 < last ? $0 &+ 1 : -1 }
        case .packed(_, let index):
            let following = index.following
            return body { following[Int($0)] }
        case .numbered(_, _, let following, _): return following.withUnsafeBufferPointer { following in body { following[Int($0)] } }
        }
    }

    /// By row, the next row of the same key, or -1.
    func allFollowing() -> [Int32] { withFollowing { following in (0..<Int32(truncatingIfNeeded: rowCount)).map(following) } }

    /// The right columns of rows.
    /// - Precondition: the numbers are of rows: none is below zero.
    func gathering(_ rows: [Int32]) -> [Column] { payload.map { $0.gathering(rows) } }

    func gathering(_ rows: [Int32], column: Int) -> Column { payload[column].gathering(rows) }

    /// In the place of right columns where there is no right row.
    func nullColumns(count: Int) -> [Column] { payload.map { Column.constant(.null, type: $0.column.type, count: count) } }

    // MARK: Right rows without match

    /// Called by each stream as it is made, before any of them has ended.
    func beginStream() { progress.withLock { $0.active += 1 } }

    /// Adds what one stream has matched.
    ///
    /// Nothing is copied: streams never have more than one array each (`JoinNode.markByteCount`).
    ///
    /// - Parameter matched: a byte a row, 1 for a match. The last stream gets what all have matched in its place, any other nothing.
    /// - Throws: cancellation.
    func endStream(_ matched: inout [UInt8], _ cancellation: Cancellation) throws {
        try progress.withLock { progress in
            if progress.matched.isEmpty {
                swap(&progress.matched, &matched)
            } else {
                for start in stride(from: 0, to: matched.count, by: Self.markCountMax) {
                    try cancellation.check()
                    let end = min(start + Self.markCountMax, matched.count)
                    progress.matched.withUnsafeMutableBufferPointer { all in
                        matched.withUnsafeBufferPointer { own in for row in start..<end { all[row] |= own[row] } }
                    }
                }
                matched = []
            }
            progress.active -= 1
            if progress.active == 0 { swap(&progress.matched, &matched) }
        }
    }
}

/// Numbers from 0 on, each once, for any thread.
final class Counter: Sendable {
    private let next = Atomic<Int>(0)
    func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Batches of a join's right side with their keys.
///
/// What a right side is while it is read, before a table is made of it.
///
/// Invariant: `batches[i]` and `keys[i]` have the same rows; `facts` are of all of them.
struct JoinInput: @unchecked Sendable {
    // Safe to send: columns are immutable.
    var batches: [ColumnBatch] = []
    /// The right expressions of the equalities, batch by batch.
    var keys: [[Column]] = []
    /// One for each equality.
    var facts: [KeyPacking.Facts]

    init(_ node: JoinNode) { facts = node.equalities.map { KeyPacking.Facts($0.right.type) } }

    /// - Parameter facts: of these keys alone.
    mutating func append(_ batch: ColumnBatch, _ keys: [Column], _ facts: [KeyPacking.Facts]) {
        batches.append(batch)
        self.keys.append(keys)
        for index in facts.indices { self.facts[index].note(facts[index]) }
    }

    /// About: how large keys are is not known of a file. Whoever reads it counts batch by batch.
    static func byteCount(of file: SpillFile, _ node: JoinNode) -> Int {
        file.byteCount * 2 + file.rowCount * 64 + node.markByteCount(rowCount: file.rowCount, streamCount: 1)
    }

    /// What is known of a batch's keys, one for each equality.
    static func facts(_ keys: [Column], _ node: JoinNode) -> [KeyPacking.Facts] {
        zip(keys, node.equalities).map { key, equality in
            var facts = KeyPacking.Facts(equality.right.type)
            facts.note(key)
            return facts
        }
    }
}

extension JoinNode {
    /// Whether a left row without a match leads to nothing.
    var needsMatch: Bool {
        switch kind {
        case .inner, .cross, .semi, .right, .rightSemi, .rightAnti: true
        default: false
        }
    }

    /// Whether right rows are remembered by whether they have matched.
    var marksRight: Bool {
        switch kind {
        case .right, .full, .rightSemi, .rightAnti: true
        default: false
        }
    }

    /// Whether right rows that have matched are passed over from then on: one match is enough, and the residual is asked of each pair.
    var skipsMatchedRight: Bool { (kind == .rightSemi || kind == .rightAnti) && !residual.isEmpty }

    /// What the marks of right rows take: a byte for each in every stream past them, and the number of the next row where matched ones are passed over.
    /// - Parameter hasRepeats: whether a key has several rows, where it is known.
    func markByteCount(rowCount: Int, streamCount: Int, hasRepeats: Bool = true) -> Int {
        guard marksRight else { return 0 }
        return rowCount * streamCount * (skipsMatchedRight && hasRepeats ? 1 + MemoryLayout<Int32>.stride : 1)
    }

    /// Whether a NULL on either side makes an answer unknown: NOT IN, and IN as a value.
    var isNullAware: Bool {
        switch kind {
        case .antiNullAware, .mark(_, nullAware: true): true
        default: false
        }
    }

    /// Whether only the right rows themselves, all of them, tell what is unknown; of one compared column it is enough to know whether a NULL is
    /// among them.
    var needsAllRight: Bool { isNullAware && (equalities.count > 1 || !residual.isEmpty) }
}

/// Columns end to end with their dictionaries kept: of several the entries are put end to end too, and behind them flat texts, each as an entry, and the one of a constant.
/// Joining by entries keeps a row at four bytes, and the texts at what they took as they came; `Column.concatenating` would write them out.
enum StackedColumn {
    /// Plain concatenation where all texts lie flat, or where entries take more than the rows' own texts.
    static func joining(_ columns: [Column], type: ColumnType) -> Column {
        guard columns.count > 1, type.isBytes, columns.contains(where: { if case .bytes = $0.values { false } else { true } }) else {
            return Column.concatenating(columns, type: type)
        }
        var entries: [Column] = []
        var count: UInt32 = 0
        func add(_ values: Column) -> UInt32 {
            entries.append(values)
            defer { count += UInt32(values.count) }
            return count
        }
        // Where the entries of each column begin among all: what its codes are moved by. A dictionary's are there once.
        var known: [ObjectIdentifier: UInt32] = [:]
        let starts = columns.map { column -> UInt32 in
            switch column.values {
            case .dictionary(_, let dictionary):
                let start = known[ObjectIdentifier(dictionary)] ?? add(dictionary.values.retyped(type))
                known[ObjectIdentifier(dictionary)] = start
                return start
            case .constant(let value): return add(Column.constant(value.isNull ? .bytes([]) : value, type: type, count: 1).flattened())
            // Entries are no NULLs.
            default: return add(Column(type: type, count: column.count, values: column.values))
            }
        }
        // Where the rows' texts are fewer bytes than the entries', copying them costs less. One dictionary for all: concatenating keeps it.
        let entryByteCount = entries.reduce(0) { $0 + $1.byteCount() }
        guard entries.count > 1, columns.reduce(0, { $0 + $1.flatByteCountBound }) > entryByteCount else { return Column.concatenating(columns, type: type) }
        let rowCount = columns.reduce(0) { $0 + $1.count }
        var codes: [UInt32] = []
        codes.reserveCapacity(rowCount)
        var validity: Bitmap? = columns.contains { $0.rowValidity != nil } ? Bitmap() : nil
        for (column, start) in zip(columns, starts) {
            switch column.values {
            case .dictionary(let own, _): codes.append(contentsOf: own.lazy.map { $0 + start })
            case .constant: codes.append(contentsOf: repeatElement(start, count: column.count))
            default: codes.append(contentsOf: start..<(start + UInt32(column.count)))
            }
            validity?.append(contentsOf: column.rowValidity ?? Bitmap(repeating: true, count: column.count))
        }
        let values = DictionaryValues(values: Column.concatenating(entries, type: type))
        return Column(type: type, count: rowCount, validity: validity, values: .dictionary(codes: codes, values))
    }
}
