/// What a column holds. One closed set for memory, SQL, Parquet and Iceberg; `Column.Values` says how it lies in memory.
public indirect enum ColumnType: Hashable, Sendable {
    case boolean
    /// INTEGER: 32 bits, signed.
    case int32
    /// BIGINT: 64 bits, signed.
    case int64
    /// 64 bits of IEEE 754. NaN equals itself and sorts above all numbers, as PostgreSQL has it.
    case double
    /// `precision` 1…38 digits, of which `scale` 0…precision stand behind the mark.
    case decimal(precision: Int, scale: Int)
    /// UTF-8 text. Compared, sorted and unique by its bytes.
    case string
    /// Bytes of any length, compared one by one.
    case binary
    /// A JSON document as its text: JSONB, when `isBinary`, in PostgreSQL's canonical form of it, else as it was given. Of queries alone: no table has one.
    case json(isBinary: Bool)
    /// 16 bytes, most significant first.
    case uuid
    /// Days since 1970-01-01, proleptic Gregorian.
    case date
    /// Microseconds since midnight.
    case time
    /// Microseconds since 1970-01-01T00:00; an instant when `isUTC`, else a local time without zone.
    case timestamp(isUTC: Bool)
    /// As `timestamp`, in nanoseconds: found in files of others only; SQL shows it in microseconds.
    case timestampNanoseconds(isUTC: Bool)
    /// As `Interval`. Of queries alone: no table has one.
    case interval
    /// The element field's name carries no meaning.
    case list(element: Field)
    /// Members in order, told apart by name. A NULL struct is not one whose members are all NULL.
    case structure([Field])
    /// The type of a bare NULL, before a context gives it another. No file holds it.
    case null

    public static let jsonb = ColumnType.json(isBinary: true)
    public static let timestampTZ = ColumnType.timestamp(isUTC: true)
    /// The widest decimal of a scale: what SQL arithmetic gives.
    public static func decimal38(scale: Int) -> ColumnType { .decimal(precision: 38, scale: scale) }

    public var isJSON: Bool {
        if case .json = self { true } else { false }
    }

    public var isNested: Bool {
        switch self {
        case .list, .structure: true
        default: false
        }
    }

    /// The same type without field ids and required marks: types that differ in those only are one SQL type.
    public var withoutIDs: ColumnType {
        switch self {
        case .list(let element): .list(element: element.withoutIDs)
        case .structure(let fields): .structure(fields.map(\.withoutIDs))
        default: self
        }
    }
}

/// A named column, struct member or list element.
public struct Field: Hashable, Sendable {
    public var name: String
    public var type: ColumnType
    /// The Iceberg field id, unique over all versions of the schema; nil outside a table.
    public var id: Int32?
    /// No NULL may stand here.
    public var isRequired: Bool

    public init(_ name: String, _ type: ColumnType, id: Int32? = nil, isRequired: Bool = false) {
        self.name = name
        self.type = type
        self.id = id
        self.isRequired = isRequired
    }

    /// The same name and type, without ids and required marks at any depth.
    public var withoutIDs: Field { Field(name, type.withoutIDs) }
}

/// The columns of a table, a file or a batch, in order.
///
/// Names are compared by their bytes: texts that Unicode holds to be equivalent are two columns, as in Parquet and Iceberg.
public struct Schema: Hashable, Sendable {
    public var fields: [Field]

    public init(_ fields: [Field]) { self.fields = fields }

    /// 0-based place of the top-level column `name` (exact bytes), or nil.
    ///
    /// - Complexity: O(columns).
    public func index(of name: String) -> Int? {
        fields.firstIndex { $0.name.hasBytes(of: name) }
    }

    public subscript(name: String) -> Field? { index(of: name).map { fields[$0] } }

    /// The field at `path`: lists are stepped through silently, so `lines.amount` is the amount of a line.
    public func field(at path: ColumnPath) -> Field? {
        guard let first = path.names.first, var field = self[first] else { return nil }
        for name in path.names.dropFirst() {
            var type = field.type
            if case .list(let element) = type { type = element.type }
            guard case .structure(let members) = type,
                let member = members.first(where: { $0.name.hasBytes(of: name) })
            else { return nil }
            field = member
        }
        return field
    }
}

/// The way from a table to a column or a leaf in it: `total`, `lines.amount`. List levels have no name of their own.
public struct ColumnPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    public var names: [String]

    public init(_ names: [String]) { self.names = names }
    public init(_ name: String) { self.names = [name] }
    /// Splits at dots: for literals in code, not for names from outside.
    public init(stringLiteral value: String) { names = value.split(separator: ".").map(String.init) }

    public var description: String { names.joined(separator: ".") }
}

/// A span of time as PostgreSQL keeps it: three counts that do not convert into each other.
///
/// A month has no fixed number of days, nor a day of hours where clocks change.
public struct Interval: Hashable, Sendable, BitwiseCopyable {
    public var months: Int32
    public var days: Int32
    public var microseconds: Int64

    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }
}
