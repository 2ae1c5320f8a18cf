/// What is known of a file once it is written: enough to enter it into a table without reading it again.
///
/// Made by `FileWriter.finish`, or by `init(describing:)` from a footer.
public struct WrittenFile: Sendable {
    public let rowCount: Int64
    public let byteCount: Int64
    /// Where each row group begins.
    public let rowGroupOffsets: [Int64]
    /// In the order of the file's leaves.
    public let leaves: [Leaf]
    public let metadata: FileMetadata

    /// Counts and exact bounds of one leaf over the whole file.
    public struct Leaf: Sendable {
        public let path: ColumnPath
        public let type: ColumnType
        public let fieldID: Int32?
        /// Whether it is a column of the table itself, not a member of one.
        public let isTopLevel: Bool
        public private(set) var compressedByteCount: Int64 = 0
        /// Slots: values, NULLs and empty lists.
        public private(set) var valueCount: Int64 = 0
        public private(set) var nullCount: Int64 = 0
        public private(set) var nanCount: Int64 = 0
        /// Nil when there is no value, nothing but NaN, or no bounds were wanted.
        var bounds: ValueBounds?

        init(_ leaf: WriterLeaf) {
            path = leaf.path
            type = leaf.type
            fieldID = leaf.fieldID
            isTopLevel = leaf.isTopLevel
        }

        /// A chunk that was encoded.
        mutating func add(_ column: ColumnChunkWriter, _ metadata: ColumnMetadata) {
            compressedByteCount += metadata.totalCompressedByteCount
            valueCount += metadata.valueCount
            nullCount += Int64(column.nullCount)
            nanCount += Int64(column.nanCount)
            bounds = ValueBounds.union(bounds, column.bounds)
        }

        /// A chunk that was copied. It has no NaNs: columns of doubles are never copied.
        mutating func add(_ chunk: RowGroupCopy.Chunk) {
            compressedByteCount += chunk.metadata.totalCompressedByteCount
            valueCount += chunk.metadata.valueCount
            nullCount += chunk.nullCount
            bounds = ValueBounds.union(bounds, chunk.bounds)
        }

        /// A chunk of a file that is there already.
        ///
        /// - Parameter bounds: nil when its footer has none, or there is no value.
        mutating func add(_ metadata: ColumnMetadata, nullCount: Int64, bounds: ValueBounds?) {
            compressedByteCount = compressedByteCount.addingSaturating(metadata.totalCompressedByteCount)
            valueCount = valueCount.addingSaturating(metadata.valueCount)
            self.nullCount = self.nullCount.addingSaturating(nullCount)
            self.bounds = ValueBounds.union(self.bounds, bounds)
        }

        /// The least value; nil when unknown.
        public var minimum: Value? { bounds?.values(type).minimum }
        /// The greatest value; nil when unknown.
        public var maximum: Value? { bounds?.values(type).maximum }
    }
}

extension ValueBounds {
    /// The bounds as values of a column of `type`.
    ///
    /// - Precondition: the bounds were gathered from a column of that type.
    func values(_ type: ColumnType) -> (minimum: Value, maximum: Value) {
        func value(_ number: Int128) -> Value {
            if case .decimal = type { return .decimal(number) }
            if case .boolean = type { return .boolean(number != 0) }
            return .integer(Int64(truncatingIfNeeded: number))
        }
        switch self {
        case .integer(let low, let high): return (value(Int128(low)), value(Int128(high)))
        case .wide(let low, let high): return (value(low), value(high))
        case .double(let low, let high): return (.double(low), .double(high))
        case .bytes(let low, let high): return (.bytes(low), .bytes(high))
        }
    }

    /// How the bounds of `left` compare to those of `right`: negative, 0 or positive each.
    ///
    /// - Precondition: both are of one kind.
    static func order(_ left: ValueBounds, _ right: ValueBounds) -> (minimum: Int, maximum: Int) {
        func sign<Number: Comparable>(_ one: Number, _ other: Number) -> Int { one < other ? -1 : one == other ? 0 : 1 }
        func sign(_ one: [UInt8], _ other: [UInt8]) -> Int {
            one == other ? 0 : one.lexicographicallyPrecedes(other) ? -1 : 1
        }
        switch (left, right) {
        case (.integer(let low, let high), .integer(let otherLow, let otherHigh)):
            return (sign(low, otherLow), sign(high, otherHigh))
        case (.wide(let low, let high), .wide(let otherLow, let otherHigh)):
            return (sign(low, otherLow), sign(high, otherHigh))
        case (.double(let low, let high), .double(let otherLow, let otherHigh)):
            return (sign(low, otherLow), sign(high, otherHigh))
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            return (sign(low, otherLow), sign(high, otherHigh))
        default: preconditionFailure("bounds of different types")
        }
    }
}

extension WrittenFile {
    /// A file that lies there, as its footer describes it: to enter it into a table that is made anew. Bounds that the footer has not are
    /// left out, and those of doubles, whose NaNs the statistics of older files do not count.
    ///
    /// - Throws: `.unsupportedFeature` for a file that this module's writer would not have written like this; `.corruptFile`.
    public init(describing file: ParquetFile) throws(ColumnStoreError) {
        let own = try WriterSchema(file.schema)
        guard file.metadata.schema == own.elements, file.leaves.count == own.leaves.count else {
            throw ColumnStoreError(.unsupportedFeature, path: file.path, "its schema is not written as this program writes it")
        }
        var leaves: [Leaf] = []
        for (leaf, descriptor) in zip(own.leaves, file.leaves) {
            var summary = Leaf(leaf)
            // One row group without bounds leaves the file without: what it holds may lie anywhere.
            var isBounded = leaf.type != .double
            let decoder = StatisticsDecoder(leaf: descriptor, conversion: descriptor.conversion, of: file.metadata)
            for group in file.metadata.rowGroups {
                guard group.columns.indices.contains(descriptor.index), let metadata = group.columns[descriptor.index].metadata,
                    let statistics = metadata.statistics, let nullCount = statistics.nullCount, (0...metadata.valueCount).contains(nullCount)
                else { throw ColumnStoreError(.unsupportedFeature, path: file.path, column: leaf.path.description, "its footer counts no NULLs") }
                let bounds = RowGroupCopy.bounds(decoder.bounds(statistics))?.fitting(leaf)
                if bounds == nil, nullCount < metadata.valueCount { isBounded = false }
                summary.add(metadata, nullCount: nullCount, bounds: isBounded ? bounds : nil)
            }
            if !isBounded { summary.bounds = nil }
            leaves.append(summary)
        }
        self.init(
            rowCount: file.metadata.rowCount, byteCount: file.bytes.byteCount,
            rowGroupOffsets: file.metadata.rowGroups.compactMap { $0.columns.first?.metadata.map { $0.dictionaryPageOffset ?? $0.dataPageOffset } },
            leaves: leaves, metadata: file.metadata)
    }
}
