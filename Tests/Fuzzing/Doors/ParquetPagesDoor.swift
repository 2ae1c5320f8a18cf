import ColumnStore

/// Parquet files whose parts are each well-formed and contradict each other: levels, dictionaries, pages, counts, statistics and indexes, made
/// out of the input's choices. What is read must be sound: `ColumnSoundness`.
extension Door {
    static let parquetPages = Door(
        name: "parquet-pages", seeds: { (0..<24).map { seed in (0..<160).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 7 &+ seed &* 31) } } },
        fuzz: { input in
            var builder = ContradictoryFile(Choices(input))
            try ParquetReading.readAll(builder.build())
        })
}

/// Builds a file, true for the most part.
struct ContradictoryFile {
    private struct Leaf {
        var path: [String]
        var type: PhysicalType
        var width = 0
        var definition: Int
        var repetition: Int
    }

    /// What was written of a data page.
    private struct Page {
        var location: PageLocation
        var minimum: [UInt8]
        var maximum: [UInt8]
    }

    private var choices: Choices
    private var bytes: [UInt8] = Array("PAR1".utf8)
    private var elements: [SchemaElement] = []
    private var leaves: [Leaf] = []

    init(_ choices: Choices) { self.choices = choices }

    mutating func build() -> [UInt8] {
        let count = 1 + choices.below(3)
        elements = [SchemaElement(name: "root")]
        elements[0].childCount = Int32(count)
        for index in 0..<count { addNode("c\(index)", [], definition: 0, repetition: 0, depth: 0) }
        var groups: [RowGroupMetadata] = []
        var total: Int64 = 0
        for _ in 0...choices.below(2) {
            let group = addRowGroup(1 + choices.below(20))
            total += group.rowCount
            groups.append(group)
            if choices.isAtEnd { break }
        }
        let orders: [ColumnOrder] = leaves.map { _ in .typeDefined }
        let metadata = FileMetadata(
            version: 2, schema: elements, rowCount: lies() ? choices.integer() & .max : total, rowGroups: groups,
            columnOrders: lies() ? nil : orders)
        let footer = metadata.serialized()
        bytes += footer
        let length = UInt32(footer.count)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array("PAR1".utf8)
        return bytes
    }

    private mutating func lies() -> Bool { choices.below(80) == 79 }

    // MARK: Schema

    private mutating func addNode(_ name: String, _ above: [String], definition: Int, repetition: Int, depth: Int) {
        var element = SchemaElement(name: name)
        let kind: FieldRepetition = choices.pick([.required, .optional, .optional, .repeated])
        element.repetition = kind
        let (definition, repetition) = (definition + (kind == .required ? 0 : 1), repetition + (kind == .repeated ? 1 : 0))
        let path = above + [name]
        if depth < 4, choices.below(3) == 0 {
            let isList = choices.flag()
            let count = isList ? 1 : 1 + choices.below(3)
            element.childCount = Int32(count)
            if isList {
                element.convertedType = choices.pick([.list, .list, .map, .mapKeyValue])
                element.logicalType = element.convertedType == .list ? .list : .map
            }
            elements.append(element)
            for index in 0..<count { addNode(isList ? "list" : "m\(index)", path, definition: definition, repetition: repetition, depth: depth + 1) }
            return
        }
        var leaf = Leaf(path: path, type: .int32, definition: definition, repetition: repetition)
        describe(&element, &leaf)
        elements.append(element)
        leaves.append(leaf)
    }

    private mutating func describe(_ element: inout SchemaElement, _ leaf: inout Leaf) {
        switch choices.below(16) {
        case 0: leaf.type = .boolean
        case 1: (leaf.type, element.logicalType) = (.int32, .date)
        case 2: (leaf.type, element.logicalType) = (.int32, .time(isAdjustedToUTC: true, unit: .millis))
        case 3: (leaf.type, element.logicalType) = (.int64, .time(isAdjustedToUTC: true, unit: choices.pick([.micros, .nanos])))
        case 4: (leaf.type, element.logicalType) = (.int64, .timestamp(isAdjustedToUTC: choices.flag(), unit: choices.pick([.millis, .micros, .nanos])))
        case 5: (leaf.type, element.logicalType) = (.int64, .decimal(precision: Int32(1 + choices.below(38)), scale: 0))
        case 6: (leaf.type, element.logicalType) = (.int32, .decimal(precision: Int32(1 + choices.below(12)), scale: 1))
        case 7, 8:
            leaf.type = .fixedLenByteArray
            leaf.width = choices.pick([16, 1, 8, 9, 12, 17, 20])
            element.typeLength = Int32(leaf.width)
            element.logicalType = choices.pick([.decimal(precision: 38, scale: 4), .decimal(precision: 19, scale: 0), .uuid, .float16])
        case 9: (leaf.type, element.logicalType) = (.byteArray, .decimal(precision: Int32(1 + choices.below(38)), scale: 0))
        case 10, 11: (leaf.type, element.logicalType) = (.byteArray, .string)
        case 12: leaf.type = choices.pick([.int96, .float, .double, .int64])
        case 13: (leaf.type, element.logicalType) = (.int64, .integer(bitWidth: 64, isSigned: false))
        case 14: (leaf.type, leaf.width, element.typeLength, element.convertedType) = (.fixedLenByteArray, 12, 12, .interval)
        default: leaf.type = .byteArray
        }
        element.type = leaf.type
    }

    // MARK: Row groups

    private mutating func addRowGroup(_ rowCount: Int) -> RowGroupMetadata {
        var chunks: [ColumnChunk] = []
        for leaf in leaves { chunks.append(addChunk(leaf, rowCount)) }
        return RowGroupMetadata(columns: chunks, totalByteCount: lies() ? choices.integer() : 1_000, rowCount: Int64(lies() ? choices.below(40) : rowCount))
    }

    private mutating func addChunk(_ leaf: Leaf, _ rowCount: Int) -> ColumnChunk {
        let start = Int64(bytes.count)
        var dictionaryCount: Int?
        if choices.below(2) == 0 {
            let count = choices.pick([0, 0, 1, 3, 9])
            let body = plain(leaf, count)
            addPage(.dictionary(DictionaryPageHeader(valueCount: Int32(count), isSorted: nil)), body)
            dictionaryCount = count
        }
        let data = Int64(bytes.count)
        var pages: [Page] = []
        var (row, valueCount, encodings) = (0, 0, Set<PageEncoding>())
        while row < rowCount {
            let rows = min(rowCount - row, 1 + choices.below(12))
            let (page, entries, started, encoding) = addDataPage(leaf, rows: rows, first: row, isRowOpen: row > 0, dictionaryCount)
            pages.append(page)
            encodings.insert(encoding)
            valueCount += entries
            row += max(started, choices.isAtEnd ? rows : 0)
            if choices.isAtEnd { row = rowCount }
        }
        let end = Int64(bytes.count)
        var metadata = ColumnMetadata(
            type: lies() ? .int64 : leaf.type, encodings: Array(encodings), path: leaf.path, codec: .uncompressed,
            valueCount: lies() ? choices.integer() : Int64(valueCount), totalUncompressedByteCount: lies() ? choices.integer() : end - start,
            totalCompressedByteCount: lies() ? choices.integer() : end - start, dataPageOffset: lies() ? choices.integer() : data,
            dictionaryPageOffset: dictionaryCount == nil ? nil : start)
        if choices.flag() {
            var statistics = ChunkStatistics()
            (statistics.minValue, statistics.maxValue) = (value(leaf), value(leaf))
            statistics.nullCount = lies() ? choices.integer() : 0
            metadata.statistics = statistics
        }
        if lies() {
            metadata.encodingStats = [PageEncodingStats(pageKind: .data, encoding: .rleDictionary, count: Int32(truncatingIfNeeded: choices.integer()))]
        }
        var chunk = ColumnChunk(fileOffset: start, metadata: metadata)
        if choices.flag() { addIndexes(&chunk, pages) }
        return chunk
    }

    private mutating func addIndexes(_ chunk: inout ColumnChunk, _ pages: [Page]) {
        var pages = pages
        if lies(), !pages.isEmpty { pages.remove(at: choices.below(pages.count)) }
        if lies(), !pages.isEmpty { pages[choices.below(pages.count)].location.firstRowIndex = choices.integer() }
        let offsets = OffsetIndex(pageLocations: pages.map(\.location)).serialized()
        chunk.offsetIndexOffset = Int64(bytes.count)
        chunk.offsetIndexByteCount = lies() ? Int32(truncatingIfNeeded: choices.integer()) : Int32(offsets.count)
        bytes += offsets
        guard choices.flag() else { return }
        let nulls = pages.map { _ in lies() }
        let index = ColumnIndex(
            nullPages: nulls, minValues: pages.map(\.minimum), maxValues: pages.map(\.maximum), boundaryOrder: choices.pick([.unordered, .ascending]),
            nullCounts: choices.flag() ? nil : pages.map { _ in Int64(0) }
        ).serialized()
        chunk.columnIndexOffset = Int64(bytes.count)
        chunk.columnIndexByteCount = Int32(index.count)
        bytes += index
    }

    // MARK: Pages

    private mutating func addPage(_ kind: PageHeader.Kind, _ body: [UInt8]) {
        let header = PageHeader(
            kind: kind, uncompressedByteCount: lies() ? Int32(truncatingIfNeeded: choices.integer()) : Int32(body.count),
            compressedByteCount: Int32(body.count))
        bytes += header.serialized() + body
    }

    private mutating func addDataPage(
        _ leaf: Leaf, rows: Int, first: Int, isRowOpen: Bool, _ dictionaryCount: Int?
    ) -> (page: Page, entries: Int, rows: Int, encoding: PageEncoding) {
        let isV2 = choices.flag()
        var (repetition, definition, started): ([UInt8], [UInt8], Int) = ([], [], 0)
        while started < rows {
            // A page of version 1 may go on with the row of the page before.
            let isFirst = repetition.isEmpty && !(isRowOpen && !isV2 && choices.below(4) == 0)
            let level = leaf.repetition == 0 || isFirst ? 0 : choices.below(leaf.repetition + 1)
            repetition.append(UInt8(level))
            if level == 0 { started += 1 }
            let deep = choices.below(3)
            definition.append(UInt8(deep == 0 ? choices.below(leaf.definition + 1) : leaf.definition))
            if choices.isAtEnd, repetition.count > rows { break }
            if repetition.count >= 64 { break }
        }
        let entries = repetition.count
        var valueCount = definition.count { $0 == UInt8(leaf.definition) }
        if lies() { valueCount += choices.below(3) - 1 }
        let encoding: PageEncoding = dictionaryCount != nil && choices.below(3) > 0 ? .rleDictionary : choices.pick(Self.encodings)
        let values = body(leaf, max(0, valueCount), encoding, dictionaryCount ?? 0)
        let offset = Int64(bytes.count)
        let repeated = leaf.repetition > 0 ? hybrid(repetition.map(UInt32.init), width: Self.width(leaf.repetition)) : []
        let defined = leaf.definition > 0 ? hybrid(definition.map(UInt32.init), width: Self.width(leaf.definition)) : []
        let claimed = Int32(lies() ? choices.pick([0, 1, 1 << 20, Int(Int32.max)]) : entries)
        if isV2 {
            let header = DataPageHeaderV2(
                valueCount: claimed, nullCount: Int32(entries - valueCount), rowCount: Int32(lies() ? choices.below(64) : started), encoding: encoding,
                definitionLevelsByteCount: Int32(defined.count), repetitionLevelsByteCount: Int32(repeated.count), isCompressed: false)
            addPage(.dataV2(header), repeated + defined + values)
        } else {
            func sized(_ levels: [UInt8]) -> [UInt8] {
                levels.isEmpty ? [] : (0..<4).map { UInt8(truncatingIfNeeded: levels.count >> (8 * $0)) } + levels
            }
            addPage(.data(DataPageHeader(valueCount: claimed, encoding: encoding)), sized(repeated) + sized(defined) + values)
        }
        let location = PageLocation(offset: offset, compressedByteCount: Int32(Int64(bytes.count) - offset), firstRowIndex: Int64(first))
        return (Page(location: location, minimum: value(leaf), maximum: value(leaf)), entries, started, encoding)
    }

    private static let encodings: [PageEncoding] = [
        .plain, .plain, .plain, .rle, .deltaBinaryPacked, .deltaLengthByteArray, .deltaByteArray, .byteStreamSplit, .rleDictionary,
    ]

    private static func width(_ greatest: Int) -> Int { Int.bitWidth - greatest.leadingZeroBitCount }

    /// Runs of one value each, or one of all.
    private mutating func hybrid(_ values: [UInt32], width: Int) -> [UInt8] {
        if lies(), let first = values.first { return varint(UInt64(choices.integer() & 0xFFFF_FFFF) << 1) + [UInt8(truncatingIfNeeded: first)] }
        var result: [UInt8] = []
        var index = 0
        while index < values.count {
            var end = index
            while end < values.count, values[end] == values[index] { end += 1 }
            result += varint(UInt64(end - index) << 1)
            for byte in 0..<(width + 7) / 8 { result.append(UInt8(truncatingIfNeeded: values[index] >> UInt32(8 * byte))) }
            index = end
        }
        return result
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }

    // MARK: Values

    private mutating func body(_ leaf: Leaf, _ count: Int, _ encoding: PageEncoding, _ dictionaryCount: Int) -> [UInt8] {
        switch encoding {
        case .plain: return plain(leaf, count)
        case .rleDictionary:
            if count == 0, choices.flag() { return [] }
            let width = Self.width(max(0, dictionaryCount - 1))
            return [UInt8(width)] + hybrid((0..<count).map { _ in UInt32(choices.below(max(1, dictionaryCount))) }, width: width)
        case .byteStreamSplit: return choices.bytes(count * max(leaf.width, leaf.type == .int64 || leaf.type == .double ? 8 : 4))
        case .rle: return [2, 0, 0, 0] + varint(UInt64(count) << 1) + [1]
        default:
            // A block of 128, 4 miniblocks, so many values, then whatever the input has.
            return [0x80, 1, 4] + varint(UInt64(count)) + choices.bytes(choices.below(48))
        }
    }

    private mutating func plain(_ leaf: Leaf, _ count: Int) -> [UInt8] {
        if leaf.type == .boolean { return choices.bytes((count + 7) / 8) }
        var result: [UInt8] = []
        for _ in 0..<count {
            let value = value(leaf)
            if leaf.type == .byteArray { result += (0..<4).map { UInt8(truncatingIfNeeded: value.count >> (8 * $0)) } }
            result += value
        }
        return result
    }

    /// One value as PLAIN has it, byte arrays without their length.
    private mutating func value(_ leaf: Leaf) -> [UInt8] {
        switch leaf.type {
        case .boolean: return [choices.byte() & 1]
        case .byteArray: return choices.bytes(choices.below(20))
        case .int96: return choices.bytes(12)
        case .fixedLenByteArray:
            let fill: UInt8 = choices.pick([0, 0xFF, 0x7F, 0x80])
            return [choices.flag() ? fill : 0] + [UInt8](repeating: fill, count: leaf.width - 1)
        case .int32, .float, .int64, .double:
            let number = choices.integer()
            return (0..<(leaf.type == .int32 || leaf.type == .float ? 4 : 8)).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }
}
