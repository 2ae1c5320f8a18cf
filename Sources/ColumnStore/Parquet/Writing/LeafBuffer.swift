/// The levels and values of one leaf that a row group has gathered so far, NULLs left out of the values.
final class LeafBuffer {
    /// Values end to end, as the leaf's physical type keeps them: what a plan is made of.
    enum Storage {
        /// 0 or 1 each.
        case booleans([UInt8])
        case int32([Int32])
        case int64([Int64])
        case int128([Int128])
        case double([Double])
        case bytes(ByteArrays)
        /// Codes into the dictionary beside.
        case codes([UInt32], StringDictionaryEncoder)
    }

    private enum Form { case booleans, int32, int64, int128, double, bytes, codes }

    let leaf: WriterLeaf
    private let options: ColumnWriterOptions
    private let dictionaryByteCountMax: Int
    private let bulkyByteCount: Int
    private var form: Form
    // One of these is in use, by `form`. Apart, not as payloads of one enum: an array taken out of it to be appended to was copied whole
    // for every batch.
    private var booleans: [UInt8] = []
    private var int32s: [Int32] = []
    private var int64s: [Int64] = []
    private var int128s: [Int128] = []
    private var doubles: [Double] = []
    private var arrays = ByteArrays()
    private var codes: [UInt32] = []
    private var dictionary = StringDictionaryEncoder()
    /// Slots: values, NULLs and empty lists.
    private(set) var levelCount = 0
    private(set) var valueCount = 0
    /// Nil as long as every slot has a value.
    private(set) var definitionLevels: [UInt8]?
    /// Empty outside of lists.
    private(set) var repetitionLevels: [UInt8] = []
    /// A column whose dictionary grew as fast as its rows is not tried again in this row group.
    private var hasGivenUpDictionary = false
    /// The codes that entries of a batch's own dictionary have here, so that each is hashed once.
    private var remapped: [ObjectIdentifier: (source: DictionaryValues, codes: [UInt32])] = [:]

    /// Fewer values than this say nothing about how often they repeat.
    private static let judgedValueCount = 16_384
    private static let unknownCode = UInt32.max

    init(_ leaf: WriterLeaf, options: WriterOptions) {
        self.leaf = leaf
        self.options = options.column(leaf.path)
        dictionaryByteCountMax = options.dictionaryByteCount
        bulkyByteCount = options.bulkyByteCount
        form = .codes
        form = firstForm
    }

    var storage: Storage {
        switch form {
        case .booleans: .booleans(booleans)
        case .int32: .int32(int32s)
        case .int64: .int64(int64s)
        case .int128: .int128(int128s)
        case .double: .double(doubles)
        case .bytes: .bytes(arrays)
        case .codes: .codes(codes, dictionary)
        }
    }

    /// Empties the buffer for the next row group. Memory is kept where nobody else holds the values: a row group's worth of fresh
    /// pages costs more than filling them.
    func reset() {
        remapped = [:]
        hasGivenUpDictionary = false
        removeValues()
    }

    /// Drops what was written out in the middle of a row group.
    func removeWritten() {
        remapped = [:]
        removeValues()
    }

    /// Leaves the values to whoever took `storage`, and begins anew with as much room for bytes.
    func detach() {
        let byteCount = arrays.bytes.count
        release()
        arrays.bytes.reserveCapacity(byteCount)
    }

    /// Empties the buffer and keeps no memory.
    func release() {
        (booleans, int32s, int64s, int128s, doubles, codes) = ([], [], [], [], [], [])
        (arrays, repetitionLevels) = (ByteArrays(), [])
        removeWritten()
    }

    private func removeValues() {
        levelCount = 0
        valueCount = 0
        definitionLevels = nil
        repetitionLevels.removeAll(keepingCapacity: true)
        booleans.removeAll(keepingCapacity: true)
        int32s.removeAll(keepingCapacity: true)
        int64s.removeAll(keepingCapacity: true)
        int128s.removeAll(keepingCapacity: true)
        doubles.removeAll(keepingCapacity: true)
        arrays.bytes.removeAll(keepingCapacity: true)
        arrays.offsets.removeAll(keepingCapacity: true)
        arrays.offsets.append(0)
        codes.removeAll(keepingCapacity: true)
        if form == .codes { dictionary = StringDictionaryEncoder() }
        form = firstForm
    }

    private var startsWithDictionary: Bool {
        (options.encoding == .automatic || options.encoding == .dictionary) && !hasGivenUpDictionary
    }

    private var firstForm: Form {
        switch leaf.physicalType {
        case .boolean: return .booleans
        case .int32: return .int32
        case .double: return .double
        case .int64: return .int64
        case .fixedLenByteArray where leaf.type != .uuid: return .int128
        default: return startsWithDictionary ? .codes : .bytes
        }
    }

    /// About what the buffer holds in memory.
    var byteCount: Int {
        let levels = repetitionLevels.count + (definitionLevels?.count ?? 0)
        switch form {
        case .booleans: return levels + booleans.count
        case .int32: return levels + 4 * int32s.count
        case .int64: return levels + 8 * int64s.count
        case .double: return levels + 8 * doubles.count
        case .int128: return levels + 16 * int128s.count
        case .bytes: return levels + arrays.bytes.count + 4 * arrays.count
        case .codes: return levels + 4 * codes.count + dictionary.byteCount + 24 * dictionary.count
        }
    }

    /// Whether the values are too large for a row group's worth of them to be held: documents, mostly.
    ///
    /// - Parameter atPageEnd: whether all columns end a page here, where a piece had better end, too.
    func isBulky(atPageEnd: Bool) -> Bool {
        form == .bytes && arrays.bytes.count >= (atPageEnd ? bulkyByteCount / 2 : bulkyByteCount)
    }

    // MARK: Appending

    /// Appends the rows of `column` that are under the live slots.
    ///
    /// - Throws: `.invalidRequest` for a NULL in a required column, and a decimal that its precision cannot hold.
    func append(_ column: Column, _ slots: LevelSlots, isOptional: Bool) throws(ColumnStoreError) {
        var column = column
        if case .constant = column.values { column = column.flattened() }
        let rows: [Int32]?
        if isOptional {
            let slots = slots.throughOptional(column.validity)
            appendLevels(slots)
            rows = slots.rows
        } else {
            if column.validity != nil, hasNull(column, slots.rows) {
                throw ColumnStoreError(.invalidRequest, column: leaf.path.description, "NULL in a required column")
            }
            appendLevels(slots)
            rows = slots.rows
        }
        try appendValues(column, rows)
        valueCount = storedCount
    }

    private func hasNull(_ column: Column, _ rows: [Int32]?) -> Bool {
        guard let rows else { return column.nullCount > 0 }
        return rows.contains { column.isNull(at: Int($0)) }
    }

    private func appendLevels(_ slots: LevelSlots) {
        if let levels = slots.definitionLevels, levels.contains(where: { $0 != UInt8(leaf.definitionLevelMax) }) {
            if definitionLevels == nil {
                definitionLevels = [UInt8](repeating: UInt8(leaf.definitionLevelMax), count: levelCount)
            }
            definitionLevels?.append(contentsOf: levels)
        } else if definitionLevels != nil {
            definitionLevels?.append(contentsOf: repeatElement(UInt8(leaf.definitionLevelMax), count: slots.count))
        }
        if leaf.repetitionLevelMax > 0 {
            if let levels = slots.repetitionLevels {
                repetitionLevels.append(contentsOf: levels)
            } else {
                repetitionLevels.append(contentsOf: repeatElement(0, count: slots.count))
            }
        }
        levelCount += slots.count
    }

    private var storedCount: Int {
        switch form {
        case .booleans: booleans.count
        case .int32: int32s.count
        case .int64: int64s.count
        case .int128: int128s.count
        case .double: doubles.count
        case .bytes: arrays.count
        case .codes: codes.count
        }
    }

    private func appendValues(_ column: Column, _ rows: [Int32]?) throws(ColumnStoreError) {
        var column = column
        if leaf.type == .uuid {
            column = column.flattened()
            try checkUUIDs(column, rows)
        }
        if case .dictionary(_, let source) = column.values {
            if form == .codes {
                if case .bytes(let entries) = source.values.values { try checkRoom(dictionary.byteCount, entries) }
                appendRemapped(column, rows)
                judgeDictionary()
                return
            }
            column = column.flattened()
        }
        switch (form, column.values) {
        case (.booleans, .bits(let bits)): Self.append(bits, rows, to: &booleans)
        case (.int32, .int32(let values)): Self.append(values, rows, to: &int32s)
        case (.int64, .int64(let values)): Self.append(values, rows, to: &int64s)
        case (.int64, .int128(let values)): try appendNarrowed(values, rows)
        case (.int128, .int128(let values)): Self.append(values, rows, to: &int128s)
        case (.int128, .int64(let values)):
            if let rows {
                for row in rows { int128s.append(Int128(values[Int(row)])) }
            } else {
                int128s.append(contentsOf: values.lazy.map { Int128($0) })
            }
        case (.double, .double(let values)): Self.append(values, rows, to: &doubles)
        case (.bytes, .bytes(let values)): try append(values, rows)
        case (.codes, .bytes(let values)):
            try checkRoom(dictionary.byteCount, values)
            Self.append(values, rows, to: &codes, &dictionary)
            judgeDictionary()
        default:
            throw ColumnStoreError(
                .invalidRequest, column: leaf.path.description, "the batch's column is no \(leaf.type)")
        }
    }

    @inline(__always)
    private static func append<Element: BitwiseCopyable>(_ values: [Element], _ rows: [Int32]?, to mine: inout [Element]) {
        guard let rows else {
            mine.append(contentsOf: values)
            return
        }
        mine.reserveCapacity(mine.count + rows.count)
        for row in rows { mine.append(values[Int(row)]) }
    }

    private static func append(_ bits: Bitmap, _ rows: [Int32]?, to mine: inout [UInt8]) {
        if let rows {
            for row in rows { mine.append(bits[Int(row)] ? 1 : 0) }
        } else {
            for row in 0..<bits.count { mine.append(bits[row] ? 1 : 0) }
        }
    }

    private func appendNarrowed(_ values: [Int128], _ rows: [Int32]?) throws(ColumnStoreError) {
        let count = rows?.count ?? values.count
        for index in 0..<count {
            let row = rows.map { Int($0[index]) } ?? index
            guard let narrow = Int64(exactly: values[row]) else {
                throw ColumnStoreError(
                    .invalidRequest, column: leaf.path.description, "\(values[row]) has more digits than \(leaf.type)")
            }
            int64s.append(narrow)
        }
    }

    /// Offsets of byte arrays are 32 bits wide.
    private func checkRoom(_ byteCount: Int, _ added: ByteArrays) throws(ColumnStoreError) {
        guard byteCount + added.bytes.count <= Int(Int32.max) else {
            throw ColumnStoreError(
                .invalidRequest, column: leaf.path.description, "more than 2 GiB of one column in a row group")
        }
    }

    private func append(_ values: ByteArrays, _ rows: [Int32]?) throws(ColumnStoreError) {
        try checkRoom(arrays.bytes.count, values)
        guard let rows else {
            let base = Int32(arrays.bytes.count)
            arrays.bytes.append(contentsOf: values.bytes)
            arrays.offsets.append(contentsOf: values.offsets.dropFirst().lazy.map { $0 + base })
            return
        }
        values.bytes.withUnsafeBytes { bytes in
            for row in rows { arrays.append(UnsafeRawBufferPointer(rebasing: bytes[values.range(at: Int(row))])) }
        }
    }

    private func checkUUIDs(_ column: Column, _ rows: [Int32]?) throws(ColumnStoreError) {
        guard case .bytes(let arrays) = column.values else { return }
        for index in 0..<(rows?.count ?? arrays.count)
        where arrays.range(at: rows.map { Int($0[index]) } ?? index).count != 16 {
            throw ColumnStoreError(.invalidRequest, column: leaf.path.description, "a UUID is 16 bytes")
        }
    }

    private static func append(
        _ arrays: ByteArrays, _ rows: [Int32]?, to codes: inout [UInt32], _ dictionary: inout StringDictionaryEncoder
    ) {
        let count = rows?.count ?? arrays.count
        codes.reserveCapacity(codes.count + count)
        arrays.bytes.withUnsafeBytes { bytes in
            for index in 0..<count {
                let row = rows.map { Int($0[index]) } ?? index
                codes.append(dictionary.code(of: UnsafeRawBufferPointer(rebasing: bytes[arrays.range(at: row)])))
            }
        }
    }

    private func appendRemapped(_ column: Column, _ rows: [Int32]?) {
        guard case .dictionary(let sourceCodes, let source) = column.values,
            case .bytes(let entries) = source.values.flattened().values
        else { return }
        // The entry keeps its source alive, so that no other takes its address and its number.
        var known =
            remapped.removeValue(forKey: ObjectIdentifier(source))?.codes
            ?? [UInt32](repeating: Self.unknownCode, count: source.count)
        let count = rows?.count ?? sourceCodes.count
        codes.reserveCapacity(codes.count + count)
        entries.bytes.withUnsafeBytes { bytes in
            for index in 0..<count {
                let row = rows.map { Int($0[index]) } ?? index
                let entry = Int(sourceCodes[row])
                var code = known[entry]
                if code == Self.unknownCode {
                    code = dictionary.code(of: UnsafeRawBufferPointer(rebasing: bytes[entries.range(at: entry)]))
                    known[entry] = code
                }
                codes.append(code)
            }
        }
        if remapped.count >= 64 { remapped = [:] }
        remapped[ObjectIdentifier(source)] = (source, known)
    }

    /// Turns codes back into strings when the dictionary is too large, or nearly every value is a new one.
    private func judgeDictionary() {
        guard form == .codes else { return }
        let isTooLarge = dictionary.byteCount + 4 * dictionary.count > dictionaryByteCountMax
        let isUseless =
            options.encoding == .automatic && codes.count >= Self.judgedValueCount
            && dictionary.count > codes.count / 4 * 3
        guard isTooLarge || isUseless, let plain = Self.plain(codes, dictionary.entries) else { return }
        (arrays, form) = (plain, .bytes)
        (codes, dictionary) = ([], StringDictionaryEncoder())
        hasGivenUpDictionary = true
        remapped = [:]
    }

    /// The strings that `codes` mean; nil when they would take more memory than a row group should: long strings that repeat,
    /// which a dictionary serves best, however large it is.
    static func plain(_ codes: [UInt32], _ entries: ByteArrays) -> ByteArrays? {
        var byteCount = 0
        for code in codes { byteCount += entries.range(at: Int(code)).count }
        guard byteCount <= plainByteCountMax else { return nil }
        var arrays = ByteArrays()
        arrays.offsets.reserveCapacity(codes.count + 1)
        arrays.bytes.reserveCapacity(byteCount)
        for code in codes { arrays.append(entries[Int(code)]) }
        return arrays
    }
    private static let plainByteCountMax = 256 << 20
}
