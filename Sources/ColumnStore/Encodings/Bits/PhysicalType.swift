// Of parquet.thrift. Raw values are on disk: do not renumber.

/// How values lie in a page. A closed set: the format cannot gain one without a new major version.
///
/// What they mean (text, a date, a decimal) is said by the schema's logical type, and read by `LeafMeaning`.
public enum PhysicalType: Int32, Sendable, CaseIterable {
    /// One bit in a page.
    case boolean = 0
    case int32 = 1
    case int64 = 2
    /// 12 bytes, deprecated by the format: timestamps of old writers.
    case int96 = 3
    case float = 4
    case double = 5
    /// Of any length, which stands with the value.
    case byteArray = 6
    /// Of the length that the schema says.
    case fixedLenByteArray = 7
}

extension PhysicalType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .int96: "INT96"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLenByteArray: "FIXED_LEN_BYTE_ARRAY"
        }
    }
}
