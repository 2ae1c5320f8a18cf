/// What a physical type means (parquet.thrift, union LogicalType). Raw field ids are on disk: do not renumber.
///
///     1 STRING   2 MAP   3 LIST   4 ENUM   5 DECIMAL { 1 scale, 2! precision }   6 DATE
///     7 TIME, 8 TIMESTAMP { 1 isAdjustedToUTC, 2 unit: 1 MILLIS, 2 MICROS, 3 NANOS }   10 INTEGER { 1 bitWidth, 2 isSigned }
///     11 UNKNOWN   12 JSON   13 BSON   14 UUID   15 FLOAT16   16 VARIANT
///
/// Others, and those whose fields say what is not known here, are `other`: the column stays readable. Whether a type fits its physical type is
/// asked by `LeafMeaning`. 9 is reserved for INTERVAL, which is a converted type alone.
public enum LogicalType: Hashable, Sendable {
    case string
    /// Of groups; so is `list`. `SchemaReader` says how they are shaped.
    case map
    case list
    case enumeration
    /// Of any numbers: those that no decimal has are refused by who reads the leaf.
    case decimal(precision: Int32, scale: Int32)
    case date
    /// `isAdjustedToUTC` tells an instant from a local time; nothing here goes by it for times.
    case time(isAdjustedToUTC: Bool, unit: TimeUnit)
    case timestamp(isAdjustedToUTC: Bool, unit: TimeUnit)
    /// 8, 16, 32 or 64 bits.
    case integer(bitWidth: Int8, isSigned: Bool)
    /// Always NULL.
    case unknown
    case json
    case bson
    case uuid
    case float16
    case variant
    /// Known by its field id only: values are read as their physical type.
    case other(id: Int16)

    public enum TimeUnit: Int16, Sendable {
        case millis = 1
        case micros = 2
        case nanos = 3
    }
}

extension LogicalType: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var value: LogicalType?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            // A union has one member; of several, the first counts.
            guard value == nil, field.type == .structure else {
                try reader.skip(field.type)
                continue
            }
            switch field.id {
            case 5: value = try Self.readDecimal(&reader)
            case 7:
                let (isAdjustedToUTC, unit) = try Self.readTime(&reader)
                value = unit.map { .time(isAdjustedToUTC: isAdjustedToUTC, unit: $0) } ?? .other(id: 7)
            case 8:
                let (isAdjustedToUTC, unit) = try Self.readTime(&reader)
                value = unit.map { .timestamp(isAdjustedToUTC: isAdjustedToUTC, unit: $0) } ?? .other(id: 8)
            case 10: value = try Self.readInteger(&reader)
            default:
                try reader.skip(.structure)
                value = Self.memberWithoutFields(field.id)
            }
        }
        self = value ?? .other(id: 0)
    }

    /// By field id; fields that such a structure has are passed over.
    private static func memberWithoutFields(_ id: Int16) -> LogicalType {
        switch id {
        case 1: .string
        case 2: .map
        case 3: .list
        case 4: .enumeration
        case 6: .date
        case 11: .unknown
        case 12: .json
        case 13: .bson
        case 14: .uuid
        case 15: .float16
        case 16: .variant
        default: .other(id: id)
        }
    }

    /// - Throws: `.missingField` without a precision. A scale that is missing is 0.
    private static func readDecimal(_ reader: inout ThriftCompactReader) throws(ThriftError) -> LogicalType {
        var id: Int16 = 0
        var scale: Int32 = 0
        var precision: Int32?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): scale = try reader.readI32()
            case (2, .i32): precision = try reader.readI32()
            default: try reader.skip(field.type)
            }
        }
        guard let precision else { throw .missingField(structure: "DecimalType", id: 2) }
        return .decimal(precision: precision, scale: scale)
    }

    /// - Returns: no unit where it is missing or not known.
    private static func readTime(_ reader: inout ThriftCompactReader) throws(ThriftError) -> (Bool, TimeUnit?) {
        var id: Int16 = 0
        var isAdjustedToUTC = false
        var unit: TimeUnit?
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .booleanTrue): isAdjustedToUTC = true
            case (2, .structure):
                var unitID: Int16 = 0
                try reader.enterStruct()
                while let member = try reader.nextField(after: &unitID) {
                    unit = unit ?? TimeUnit(rawValue: member.id)
                    try reader.skip(member.type)
                }
            default: try reader.skip(field.type)
            }
        }
        return (isAdjustedToUTC, unit)
    }

    /// `other` for a width that no integer has.
    private static func readInteger(_ reader: inout ThriftCompactReader) throws(ThriftError) -> LogicalType {
        var id: Int16 = 0
        var bitWidth: Int8 = 0
        var isSigned = false
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i8): bitWidth = try reader.readI8()
            case (2, .booleanTrue): isSigned = true
            default: try reader.skip(field.type)
            }
        }
        guard [8, 16, 32, 64].contains(bitWidth) else { return .other(id: 10) }
        return .integer(bitWidth: bitWidth, isSigned: isSigned)
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        switch self {
        case .decimal(let precision, let scale):
            writer.field(5) { member in
                member.field(1, scale)
                member.field(2, precision)
            }
        case .time(let isAdjustedToUTC, let unit): Self.writeTime(7, isAdjustedToUTC, unit, to: &writer)
        case .timestamp(let isAdjustedToUTC, let unit): Self.writeTime(8, isAdjustedToUTC, unit, to: &writer)
        case .integer(let bitWidth, let isSigned):
            writer.field(10) { member in
                member.field(1, bitWidth)
                member.field(2, isSigned)
            }
        case .string: writer.emptyStructure(1)
        case .map: writer.emptyStructure(2)
        case .list: writer.emptyStructure(3)
        case .enumeration: writer.emptyStructure(4)
        case .date: writer.emptyStructure(6)
        case .unknown: writer.emptyStructure(11)
        case .json: writer.emptyStructure(12)
        case .bson: writer.emptyStructure(13)
        case .uuid: writer.emptyStructure(14)
        case .float16: writer.emptyStructure(15)
        case .variant: writer.emptyStructure(16)
        case .other(let id): if id > 0 { writer.emptyStructure(id) }
        }
    }

    private static func writeTime(
        _ id: Int16, _ isAdjustedToUTC: Bool, _ unit: TimeUnit, to writer: inout ThriftCompactWriter
    ) {
        writer.field(id) { time in
            time.field(1, isAdjustedToUTC)
            time.field(2) { $0.emptyStructure(unit.rawValue) }
        }
    }
}
