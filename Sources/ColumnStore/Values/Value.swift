/// One value apart from its column: literals, bounds, keys of a cursor. Never the form of a hot loop.
///
/// A value does not know its SQL type; the type stands beside it. The cases are those of `Column.Values`.
public enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// INTEGER, BIGINT, DATE (days), TIME, TIMESTAMP (microseconds; nanoseconds for that type).
    case integer(Int64)
    case double(Double)
    /// The digits of a decimal without its mark: the type gives the scale.
    case decimal(Int128)
    /// Text in UTF-8, binary, UUID.
    case bytes([UInt8])
    case interval(Interval)
    case list([Value])
    case structure([Value])

    public static func string(_ text: String) -> Value { .bytes(Array(text.utf8)) }
    public var isNull: Bool { if case .null = self { true } else { false } }
}
