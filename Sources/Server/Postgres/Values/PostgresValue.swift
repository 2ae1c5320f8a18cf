/// A value in the form that it has on PostgreSQL's wire: its own epoch, its own infinities.
package enum PostgresValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case float32(Float)
    case float64(Double)
    case numeric(PostgresNumeric)
    /// UTF-8, without a zero byte: text, varchar, name, json.
    case text([UInt8])
    case bytes([UInt8])
    /// Zeros and ones, as a text has them.
    case bits([UInt8])
    /// "char": one byte.
    case character(UInt8)
    /// Days since 2000-01-01; the least and the greatest are −infinity and infinity.
    case date(Int32)
    /// Microseconds since midnight, 24:00 among them.
    case time(Int64)
    /// Microseconds since 2000-01-01T00:00, local or UTC; the least and the greatest are −infinity and infinity.
    case timestamp(Int64)
    case interval(months: Int32, days: Int32, microseconds: Int64)
    /// 16 bytes.
    case uuid([UInt8])
    case oid(UInt32)
    case array(PostgresArray)
}

/// Rows of rows: values in row-major order, each dimension with its length and the index of its first.
package struct PostgresArray: Equatable, Sendable {
    package struct Dimension: Equatable, Sendable {
        package var count: Int32
        package var first: Int32

        package init(count: Int32, first: Int32 = 1) {
            self.count = count
            self.first = first
        }
    }

    package static let dimensionsMax = 6

    package var element: PostgresType
    /// None of them: the empty array.
    package var dimensions: [Dimension]
    package var values: [PostgresValue]

    package init(_ element: PostgresType, dimensions: [Dimension], values: [PostgresValue]) {
        self.element = element
        self.dimensions = dimensions
        self.values = values
    }

    /// One dimension that counts from 1.
    package init(_ element: PostgresType, _ values: [PostgresValue]) {
        self.init(element, dimensions: values.isEmpty ? [] : [Dimension(count: Int32(clamping: values.count))], values: values)
    }
}

/// What a column's type is: a plain one, or an array of one.
package enum PostgresColumnType: Equatable, Sendable {
    case plain(PostgresType)
    case array(of: PostgresType)

    /// Nil for a type that does not go over this wire.
    package init?(_ number: UInt32) {
        if let type = PostgresType(rawValue: number) {
            self = .plain(type)
        } else if let element = PostgresType.element(ofArray: number) {
            self = .array(of: element)
        } else {
            return nil
        }
    }

    package var number: UInt32 {
        switch self {
        case .plain(let type): type.rawValue
        case .array(let element): element.arrayType
        }
    }

    package var size: Int16 {
        switch self {
        case .plain(let type): type.size
        case .array: -1
        }
    }
}
