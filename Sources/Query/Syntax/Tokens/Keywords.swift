/// PostgreSQL's word classes, as far as they decide what a word may stand for.
enum Keywords {
    /// Words that are never a name unless quoted (PostgreSQL 15, appendix C, "reserved").
    static let reserved: Set<String> = [
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
        "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time",
        "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false",
        "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into", "lateral",
        "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or", "order", "placing",
        "primary", "references", "returning", "select", "session_user", "some", "symmetric", "table", "then", "to", "trailing",
        "true", "union", "unique", "user", "using", "variadic", "when", "where", "window", "with",
    ]

    /// Words that may name a function or type but not a column or table.
    static let functionOrType: Set<String> = [
        "authorization", "binary", "collation", "concurrently", "cross", "current_schema", "freeze", "full", "ilike", "inner",
        "is", "isnull", "join", "left", "like", "natural", "notnull", "outer", "overlaps", "right", "similar", "tablesample",
        "verbose",
    ]

    /// Words that may name a column or table, but no function or type ("non-reserved (cannot be function or type)").
    private static let columnName: Set<String> = [
        "between", "bigint", "bit", "boolean", "char", "character", "coalesce", "dec", "decimal", "exists", "extract", "float", "greatest", "grouping",
        "inout", "int", "integer", "interval", "least", "national", "nchar", "none", "normalize", "nullif", "numeric", "out", "overlay", "position",
        "precision", "real", "row", "setof", "smallint", "substring", "time", "timestamp", "treat", "trim", "values", "varchar", "xmlattributes",
        "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
    ]

    /// Words that need AS before them as a column's alias, besides the reserved ones.
    static let notBareLabel: Set<String> = [
        "array", "as", "char", "character", "create", "day", "except", "fetch", "filter", "for", "from", "grant", "group",
        "having", "hour", "intersect", "into", "isnull", "limit", "minute", "month", "notnull", "offset", "on", "order", "over",
        "overlaps", "precision", "returning", "second", "to", "union", "varying", "where", "window", "with", "within", "without",
        "year",
    ]

    /// - Parameter word: in lower case, as a token has it.
    static func mayNameColumnOrTable(_ word: String) -> Bool {
        !reserved.contains(word) && !functionOrType.contains(word)
    }

    /// Whether it names anything at all without quotes: what PostgreSQL writes without them.
    ///
    /// - Parameter word: in lower case.
    static func mayNameAnything(_ word: String) -> Bool { mayNameColumnOrTable(word) && !columnName.contains(word) }

    /// Types count among functions: a word of theirs may stand before a bracket.
    static func mayNameFunction(_ word: String) -> Bool { !reserved.contains(word) }

    /// Whether it may be a column's alias without AS. Reserved words may, but for those in the list.
    static func mayBeBareLabel(_ word: String) -> Bool { !notBareLabel.contains(word) }
}
