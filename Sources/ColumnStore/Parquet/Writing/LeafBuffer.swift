/// The levels and values of one leaf that a row group has gathered so far, NULLs left out of the values.
///
/// Strings gather as codes into a dictionary that is made on the way, until it shows that they hardly repeat. One owner on one thread.
///
/// Invariants:
/// 1. Where `isCoded`, `values` is empty, and each code is below `dictionary.count`; else `codes` and `dictionary` are empty.
/// 2. `definitionLevels` is nil or has `levelCount` levels, and `valueCount` of them are the leaf's greatest.
/// 3. `repetitionLevels` has `levelCount` levels in lists, else none.
/// 4. Byte arrays, and the dictionary's entries, stay below 2 GiB.
final class LeafBuffer {
    /// Values end to end, as the leaf's physical type keeps them: what a plan is made of.
    ///
    /// It shares the buffer's memory, which is copied where the buffer is appended to while somebody has it.
    enum Storage {
        case plain(TypedArray)
        /// Codes into the dictionary beside.
        case codes([UInt32], StringDictionaryEncoder)
    }

    let leaf: WriterLeaf
    private let options: ColumnWriterOptions
    private let dictionaryByteCountMax: Int
    private let bulkyByteCount: Int
    private let plainByteCountMax: Int
    private var values: TypedArrayBuilder
    /// Whether the values gather as codes, and not as themselves.
    private(set) var isCoded: Bool
    /// The dictionary has no more room, and what has codes of it is too long to be laid out: it ends a piece here, and is followed by values as they are.
    private var isDictionaryFull = false
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
    /// Of an entry that no row has used yet; no dictionary has as many.
    private static let unknownCode = UInt32.max

    init(_ leaf: WriterLeaf, options: WriterOptions) {
        self.leaf = leaf
        self.options = options.column(leaf.path)
        dictionaryByteCountMax = options.dictionaryByteCount
        bulkyByteCount = options.bulkyByteCount
        plainByteCountMax = options.plainByteCountMax
        values = TypedArrayBuilder(Self.kind(leaf))
        isCoded = false
        isCoded = startsCoded
    }

    /// How values of the leaf lie while they gather: as the file will have them.
    private static func kind(_ leaf: WriterLeaf) -> TypedArray.Kind {
        switch leaf.physicalType {
        case .boolean: .bits
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .fixedLenByteArray where leaf.type != .uuid: .int128
        case .fixedLenByteArray, .byteArray, .float, .int96: .bytes
        }
    }

    var storage: Storage { isCoded ? .codes(codes, dictionary) : .plain(values.array) }

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

    /// Leaves the values to whoever took `storage`, and begins anew with about as much room for bytes: a little more, since the next piece may be a little longer, and an array that
    /// is full takes twice as much.
    ///
    /// A piece in the making keeps them; appended to in place they would be copied, all of them, since they have two owners.
    func detach() {
        let byteCount = values.arrays.bytes.count
        release()
        values.arrays.bytes.reserveCapacity(byteCount + byteCount / 8)
    }

    /// Empties the buffer and keeps no memory.
    func release() {
        values = TypedArrayBuilder(values.kind)
        (codes, repetitionLevels) = ([], [])
        removeWritten()
    }

    private func removeValues() {
        levelCount = 0
        valueCount = 0
        definitionLevels = nil
        repetitionLevels.removeAll(keepingCapacity: true)
        values.removeAll()
        codes.removeAll(keepingCapacity: true)
        if isCoded { dictionary = StringDictionaryEncoder() }
        isDictionaryFull = false
        isCoded = startsCoded
    }

    /// Whether the next values gather as codes.
    private var startsCoded: Bool {
        values.kind == .bytes && (options.encoding == .automatic || options.encoding == .dictionary) && !hasGivenUpDictionary
    }

    /// About what the buffer holds in memory.
    var byteCount: Int {
        let levels = repetitionLevels.count + (definitionLevels?.count ?? 0)
        return levels + (isCoded ? 4 * codes.count + dictionary.byteCount + 24 * dictionary.count : values.byteCount)
    }

    /// Whether the values are too large for a row group's worth of them to be held: documents, mostly; or their dictionary is.
    ///
    /// - Parameter atPageEnd: whether all columns end a page here, where a piece had better end, too.
    func isBulky(atPageEnd: Bool) -> Bool {
        if isCoded { return isDictionaryFull }
        return values.kind == .bytes && values.arrays.bytes.count >= (atPageEnd ? bulkyByteCount / 2 : bulkyByteCount)
    }

    // MARK: Appending

    /// Appends the rows of `column` that are under the live slots.
    ///
    /// - Throws: `.invalidRequest` for a NULL in a required column, and a decimal that its precision cannot hold.
    ///
    /// - Parameters:
    ///   - slots: where the column's rows stand among those of the file.
    ///   - isOptional: whether the leaf itself may be NULL.
    /// - Complexity: O(slots).
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
        valueCount = isCoded ? codes.count : values.count
    }

    private func hasNull(_ column: Column, _ rows: [Int32]?) -> Bool {
        guard let rows else { return column.nullCount > 0 }
        return rows.contains { column.isNull(at: Int($0)) }
    }

    /// Definition levels are kept once a slot has no value; those before it are filled in then.
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

    /// Appends the values of `rows`, which are not NULL; nil for all rows.
    private func appendValues(_ column: Column, _ rows: [Int32]?) throws(ColumnStoreError) {
        var column = column
        if leaf.type == .uuid {
            column = column.flattened()
            try checkUUIDs(column, rows)
        }
        if case .dictionary(_, let source) = column.values {
            // Codes of a dictionary are taken over as codes: each of its entries is hashed once, not each row.
            if isCoded {
                if case .bytes(let entries) = source.values.values { try checkRoom(dictionary.byteCount, entries) }
                appendRemapped(column, rows)
                judgeDictionary()
                return
            }
            column = column.flattened()
        }
        switch column.values.typed {
        case .bytes(let added) where isCoded:
            try checkRoom(dictionary.byteCount, added)
            Self.append(added, rows, to: &codes, &dictionary)
            return judgeDictionary()
        case .int128(let wide) where values.kind == .int64: return try appendNarrowed(wide, rows)
        case .bytes(let added): try checkRoom(values.arrays.bytes.count, added)
        case .bits, .int32, .int64, .int128, .double, .interval, nil: break
        }
        guard let added = column.values.typed, values.append(contentsOf: added, rows: rows) else {
            throw ColumnStoreError(
                .invalidRequest, column: leaf.path.description, "the batch's column is no \(leaf.type)")
        }
    }

    /// Decimals of 128 bits in a column of 64.
    private func appendNarrowed(_ wide: [Int128], _ rows: [Int32]?) throws(ColumnStoreError) {
        let count = rows?.count ?? wide.count
        for index in 0..<count {
            let row = rows.map { Int($0[index]) } ?? index
            guard let narrow = Int64(exactly: wide[row]) else {
                throw ColumnStoreError(
                    .invalidRequest, column: leaf.path.description, "\(wide[row]) has more digits than \(leaf.type)")
            }
            values.int64s.append(narrow)
        }
    }

    /// Offsets of byte arrays are 32 bits wide.
    private func checkRoom(_ byteCount: Int, _ added: ByteArrays) throws(ColumnStoreError) {
        guard byteCount + added.bytes.count <= Int(Int32.max) else {
            throw ColumnStoreError(
                .invalidRequest, column: leaf.path.description, "more than 2 GiB of one column in a row group")
        }
    }

    /// A UUID has no length in the file.
    private func checkUUIDs(_ column: Column, _ rows: [Int32]?) throws(ColumnStoreError) {
        guard case .bytes(let arrays) = column.values else { return }
        for index in 0..<(rows?.count ?? arrays.count)
        where arrays.range(at: rows.map { Int($0[index]) } ?? index).count != 16 {
            throw ColumnStoreError(.invalidRequest, column: leaf.path.description, "a UUID is 16 bytes")
        }
    }

    /// Codes of strings, each of which is hashed.
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

    /// Codes by the batch's own dictionary.
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
        // Each keeps a dictionary alive: after 64 of them the map begins anew.
        if remapped.count >= 64 { remapped = [:] }
        remapped[ObjectIdentifier(source)] = (source, known)
    }

    /// Turns codes back into strings when the dictionary is too large, or nearly every value is a new one. Where those would take too much memory, a dictionary that is too large ends
    /// with the values that it has.
    ///
    /// Useless is one whose entries are more than three quarters of 16,384 values or more (docs/decisions/0006-parquet-writer.md). What was asked for by
    /// the options is kept up to its limit.
    private func judgeDictionary() {
        guard isCoded else { return }
        let isTooLarge = dictionary.byteCount + 4 * dictionary.count > dictionaryByteCountMax
        let isUseless =
            options.encoding == .automatic && codes.count >= Self.judgedValueCount
            && dictionary.count > codes.count / 4 * 3
        guard isTooLarge || isUseless else { return }
        guard let plain = Self.plain(codes, dictionary.entries, byteCountMax: plainByteCountMax) else {
            if isTooLarge { (isDictionaryFull, hasGivenUpDictionary) = (true, true) }
            return
        }
        (values.arrays, isCoded) = (plain, false)
        (codes, dictionary) = ([], StringDictionaryEncoder())
        hasGivenUpDictionary = true
        remapped = [:]
    }

    /// The strings that `codes` mean; nil when they would take more memory than a row group should: long strings that repeat,
    /// which a dictionary serves best as long as it has room.
    ///
    /// - Complexity: O(bytes of the strings).
    static func plain(_ codes: [UInt32], _ entries: ByteArrays, byteCountMax: Int) -> ByteArrays? {
        var byteCount = 0
        for code in codes { byteCount += entries.range(at: Int(code)).count }
        guard byteCount <= byteCountMax else { return nil }
        var arrays = ByteArrays()
        arrays.offsets.reserveCapacity(codes.count + 1)
        arrays.bytes.reserveCapacity(byteCount)
        for code in codes { arrays.append(entries[Int(code)]) }
        return arrays
    }
}
