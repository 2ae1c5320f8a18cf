import ColumnStore

/// A type as PostgreSQL's catalogs call it, at whichever door: what is nested but no list of plain values is a document.
struct InformationType {
    /// As `data_type` has it.
    let name: String
    /// As `udt_name` has it.
    let catalogName: String
    /// Lengths and precisions by the columns that tell them.
    let figures: [String: Int64]

    init(_ type: ColumnType) {
        switch type {
        case .boolean: self.init("boolean", "bool")
        case .int32: self.init("integer", "int4", Self.binary(32, scale: 0))
        case .int64: self.init("bigint", "int8", Self.binary(64, scale: 0))
        case .double: self.init("double precision", "float8", Self.binary(53))
        case .decimal(let precision, let scale):
            self.init("numeric", "numeric", ["numeric_precision": Int64(precision), "numeric_precision_radix": 10, "numeric_scale": Int64(scale)])
        case .string, .null: self.init("text", "text", ["character_octet_length": 1 << 30])
        case .binary: self.init("bytea", "bytea")
        case .json(let isBinary): self.init(isBinary ? "jsonb" : "json", isBinary ? "jsonb" : "json")
        case .uuid: self.init("uuid", "uuid")
        case .date: self.init("date", "date", ["datetime_precision": 0])
        case .time: self.init("time without time zone", "time", ["datetime_precision": 6])
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC):
            self.init(isUTC ? "timestamp with time zone" : "timestamp without time zone", isUTC ? "timestamptz" : "timestamp", ["datetime_precision": 6])
        case .interval: self.init("interval", "interval", ["datetime_precision": 6])
        case .list(let element):
            let held = InformationType(element.type)
            if element.type.isNested { self.init("jsonb", "jsonb") } else { self.init("ARRAY", "_" + held.catalogName) }
        case .structure: self.init("jsonb", "jsonb")
        }
    }

    private init(_ name: String, _ catalogName: String, _ figures: [String: Int64] = [:]) { (self.name, self.catalogName, self.figures) = (name, catalogName, figures) }

    private static func binary(_ bits: Int64, scale: Int64? = nil) -> [String: Int64] {
        var figures = ["numeric_precision": bits, "numeric_precision_radix": 2]
        figures["numeric_scale"] = scale
        return figures
    }
}
