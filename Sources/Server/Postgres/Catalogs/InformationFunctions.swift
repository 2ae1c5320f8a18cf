/// Functions of the schema `information_schema` that PostgreSQL makes its views of, and tools that read the catalogs themselves call, as PostgREST does. Each is an expression in SQL.
///
/// PostgreSQL 15's information_schema.sql.
enum InformationFunctions {
    /// By what stands in a row of `pg_attribute` and in that of its type.
    private static let ofRows: [(name: String, text: String)] = [
        ("_pg_truetypid", "CASE WHEN ($2).typtype = 'd' THEN ($2).typbasetype ELSE ($1).atttypid END"),
        ("_pg_truetypmod", "CASE WHEN ($2).typtype = 'd' THEN ($2).typtypmod ELSE ($1).atttypmod END"),
    ]

    /// By a type's number and a typmod.
    private static let ofTypes: [(name: String, text: String)] = [
        ("_pg_char_max_length", "WHEN $2 = -1 THEN NULL::integer WHEN $1 IN (1042, 1043) THEN $2 - 4 WHEN $1 IN (1560, 1562) THEN $2"),
        ("_pg_char_octet_length", "WHEN $1 IN (25, 1042, 1043) AND $2 = -1 THEN 1073741824 WHEN $1 IN (1042, 1043) THEN ($2 - 4) * \(bytesOfCharacter)"),
        ("_pg_numeric_precision", "WHEN $1 = 1700 AND $2 <> -1 THEN ($2 - 4) / 65536 WHEN $1 = 21 THEN 16 WHEN $1 = 23 THEN 32 WHEN $1 = 20 THEN 64 WHEN $1 = 700 THEN 24 WHEN $1 = 701 THEN 53"),
        ("_pg_numeric_precision_radix", "WHEN $1 IN (20, 21, 23, 700, 701) THEN 2 WHEN $1 = 1700 THEN 10"),
        ("_pg_numeric_scale", "WHEN $1 IN (20, 21, 23) THEN 0 WHEN $1 = 1700 AND $2 <> -1 THEN ($2 - 4) % 65536"),
        ("_pg_datetime_precision", "WHEN $1 = 1082 THEN 0 WHEN $1 NOT IN (1083, 1114, 1184, 1186, 1266) THEN NULL WHEN $2 < 0 OR $1 = 1186 AND $2 % 65536 = 65535 THEN 6 WHEN $1 = 1186 THEN $2 % 65536 ELSE $2"),
        ("_pg_interval_type", "WHEN $1 = 1186 THEN upper(substring(format_type($1, $2) FROM 'interval[()0-9]* #\"%#\"' FOR '#'))"),
    ]

    /// Each takes two arguments, and gives NULL for one that is.
    static let all: [(name: String, text: String)] = ofRows + ofTypes.map { (name: $0.name, text: "CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL \($0.text) END") }

    /// Of UTF-8.
    private static let bytesOfCharacter = 4
}
