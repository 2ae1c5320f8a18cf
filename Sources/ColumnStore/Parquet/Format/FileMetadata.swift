/// The footer of a Parquet file (parquet.thrift, FileMetaData).
///
///     FileMetaData   1! version   2! schema   3! num_rows   4! row_groups   5 key_value_metadata   6 created_by
///                    7 column_orders   8 encryption_algorithm
///
/// A value of the format, checked by itself alone: what it means for a file (places, numbers of leaves, sums) is checked by `ParquetFile`, before
/// anything goes by it.
public struct FileMetadata: Sendable {
    /// 1 or 2. Nothing goes by it: readers and writers never agreed on what 2 means.
    public var version: Int32
    /// Depth first, the root first.
    public var schema: [SchemaElement]
    /// As the footer says, which some writers leave at 0; `ParquetFile` puts the sum over the row groups here.
    public var rowCount: Int64
    public var rowGroups: [RowGroupMetadata]
    public var keyValues: [KeyValue]?
    public var createdBy: String?
    /// One for each leaf; nil in files of old writers, whose `minValue` and `maxValue` then mean nothing.
    public var columnOrders: [ColumnOrder]?
    /// A plaintext footer of an encrypted file names its algorithm here; its values we cannot read.
    public var isEncrypted = false

    public init(
        version: Int32, schema: [SchemaElement], rowCount: Int64, rowGroups: [RowGroupMetadata],
        keyValues: [KeyValue]? = nil, createdBy: String? = nil, columnOrders: [ColumnOrder]? = nil
    ) {
        self.version = version
        self.schema = schema
        self.rowCount = rowCount
        self.rowGroups = rowGroups
        self.keyValues = keyValues
        self.createdBy = createdBy
        self.columnOrders = columnOrders
    }

    /// Whether the footer says that bounds of a leaf follow its type's own order; without that `minValue`, `maxValue` and a page's bounds mean nothing.
    ///
    /// - Parameter leaf: by its place among the leaves, from 0.
    func hasTypeOrder(_ leaf: Int) -> Bool { order(leaf) == .typeDefined }

    /// What the footer says of the order of a leaf's bounds; nil where it says nothing.
    ///
    /// - Parameter leaf: by its place among the leaves, from 0.
    func order(_ leaf: Int) -> ColumnOrder? { columnOrders.flatMap { $0.indices.contains(leaf) ? $0[leaf] : nil } }
}

/// Metadata of the writer's own. A key may come more than once, and have no value.
public struct KeyValue: Hashable, Sendable {
    public var key: String
    public var value: String?

    public init(key: String, value: String?) {
        self.key = key
        self.value = value
    }
}

/// By which order a column's bounds were made.
///
/// A union of structures without fields: its member's id is all there is. `minValue` and `maxValue` of an order that is not known here are not used.
public enum ColumnOrder: Hashable, Sendable {
    /// Signed, unsigned or bytewise, as the logical type says.
    case typeDefined
    /// IEEE 754's order of all bit patterns, of floating-point columns alone: a negative zero is below a positive one. NaN is left out of bounds all the same, but where there
    /// is nothing else.
    case totalOrder
    case other(id: Int16)
}

/// A horizontal part of the file, with one chunk for each leaf (parquet.thrift, RowGroup).
///
///     RowGroup   1! columns   2! total_byte_size   3! num_rows   4 sorting_columns   5 file_offset   6 total_compressed_size   7 ordinal
public struct RowGroupMetadata: Sendable {
    /// In the order of the schema's leaves.
    public var columns: [ColumnChunk]
    /// Of all pages, uncompressed.
    public var totalByteCount: Int64
    public var rowCount: Int64
    /// The order in which the writer says that rows lie, the first key first; nil where it does not.
    public var sortingColumns: [SortingColumn]?
    /// Of the first page of the first chunk.
    public var fileOffset: Int64?
    public var totalCompressedByteCount: Int64?
    /// The row group's number; nil past 32,767, and where the writer does not say.
    public var ordinal: Int16?

    public init(
        columns: [ColumnChunk], totalByteCount: Int64, rowCount: Int64, sortingColumns: [SortingColumn]? = nil,
        fileOffset: Int64? = nil, totalCompressedByteCount: Int64? = nil, ordinal: Int16? = nil
    ) {
        self.columns = columns
        self.totalByteCount = totalByteCount
        self.rowCount = rowCount
        self.sortingColumns = sortingColumns
        self.fileOffset = fileOffset
        self.totalCompressedByteCount = totalCompressedByteCount
        self.ordinal = ordinal
    }
}

/// One key of the order in which a row group's rows lie.
///
///     SortingColumn   1! column_idx   2 descending   3 nulls_first
///
/// The format requires both marks; where one is missing it counts as false.
public struct SortingColumn: Hashable, Sendable {
    /// Of the leaf, in the schema's order.
    public var columnIndex: Int32
    public var isDescending: Bool
    public var isNullsFirst: Bool

    public init(columnIndex: Int32, isDescending: Bool = false, isNullsFirst: Bool = true) {
        self.columnIndex = columnIndex
        self.isDescending = isDescending
        self.isNullsFirst = isNullsFirst
    }
}

extension FileMetadata: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var version: Int32?
        var rowCount: Int64?
        var hasSchema = false
        var hasRowGroups = false
        self.init(version: 0, schema: [], rowCount: 0, rowGroups: [])
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): version = try reader.readI32()
            case (2, .list):
                schema = try reader.readList(of: SchemaElement.self)
                hasSchema = true
            case (3, .i64): rowCount = try reader.readI64()
            case (4, .list):
                rowGroups = try reader.readList(of: RowGroupMetadata.self)
                hasRowGroups = true
            case (5, .list): keyValues = try reader.readList(of: KeyValue.self)
            case (6, .binary): createdBy = try reader.readString()
            case (7, .list): columnOrders = try reader.readList(of: ColumnOrder.self)
            case (8, .structure):
                isEncrypted = true
                try reader.skip(.structure)
            default: try reader.skip(field.type)
            }
        }
        guard let version else { throw .missingField(structure: "FileMetaData", id: 1) }
        guard hasSchema else { throw .missingField(structure: "FileMetaData", id: 2) }
        guard let rowCount else { throw .missingField(structure: "FileMetaData", id: 3) }
        guard hasRowGroups else { throw .missingField(structure: "FileMetaData", id: 4) }
        // Counts that are added up later are at least not negative from here on.
        guard rowCount >= 0 else { throw .invalidField(structure: "FileMetaData", id: 3, value: rowCount) }
        self.version = version
        self.rowCount = rowCount
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, version)
        writer.field(2, list: schema)
        writer.field(3, rowCount)
        writer.field(4, list: rowGroups)
        writer.field(5, optionalList: keyValues)
        writer.field(6, optional: createdBy)
        writer.field(7, optionalList: columnOrders)
    }
}

extension RowGroupMetadata: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var columns: [ColumnChunk]?
        var totalByteCount: Int64?
        var rowCount: Int64?
        self.init(columns: [], totalByteCount: 0, rowCount: 0)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .list): columns = try reader.readList(of: ColumnChunk.self)
            case (2, .i64): totalByteCount = try reader.readI64()
            case (3, .i64): rowCount = try reader.readI64()
            case (4, .list): sortingColumns = try reader.readList(of: SortingColumn.self)
            case (5, .i64): fileOffset = try reader.readI64()
            case (6, .i64): totalCompressedByteCount = try reader.readI64()
            case (7, .i16): ordinal = try reader.readI16()
            default: try reader.skip(field.type)
            }
        }
        guard let columns else { throw .missingField(structure: "RowGroup", id: 1) }
        guard let totalByteCount else { throw .missingField(structure: "RowGroup", id: 2) }
        guard let rowCount else { throw .missingField(structure: "RowGroup", id: 3) }
        guard rowCount >= 0 else { throw .invalidField(structure: "RowGroup", id: 3, value: rowCount) }
        self.columns = columns
        self.totalByteCount = totalByteCount
        self.rowCount = rowCount
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, list: columns)
        writer.field(2, totalByteCount)
        writer.field(3, rowCount)
        writer.field(4, optionalList: sortingColumns)
        writer.field(5, optional: fileOffset)
        writer.field(6, optional: totalCompressedByteCount)
        writer.field(7, optional: ordinal)
    }
}

extension KeyValue: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var key: String?
        var value: String?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .binary): key = try reader.readString()
            case (2, .binary): value = try reader.readString()
            default: try reader.skip(field.type)
            }
        }
        guard let key else { throw .missingField(structure: "KeyValue", id: 1) }
        self.init(key: key, value: value)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, key)
        writer.field(2, optional: value)
    }
}

extension ColumnOrder: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var first: Int16?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            // Of several members, which no union has, the first counts.
            first = first ?? field.id
            try reader.skip(field.type)
        }
        self =
            switch first {
            case 1?: .typeDefined
            case 2?: .totalOrder
            default: .other(id: first ?? 0)
            }
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        switch self {
        case .typeDefined: writer.emptyStructure(1)
        case .totalOrder: writer.emptyStructure(2)
        case .other(let id): if id > 0 { writer.emptyStructure(id) }
        }
    }
}

extension SortingColumn: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var columnIndex: Int32?
        self.init(columnIndex: 0, isDescending: false, isNullsFirst: false)
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): columnIndex = try reader.readI32()
            case (2, .booleanTrue): isDescending = true
            case (3, .booleanTrue): isNullsFirst = true
            default: try reader.skip(field.type)
            }
        }
        guard let columnIndex else { throw .missingField(structure: "SortingColumn", id: 1) }
        self.columnIndex = columnIndex
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, columnIndex)
        writer.field(2, isDescending)
        writer.field(3, isNullsFirst)
    }
}
