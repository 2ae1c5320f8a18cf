/// Types that PostgreSQL has and this language has not, and what takes their place.
package enum UnsupportedTypes {
    private static let groups: [(String, [String])] = [
        ("keep the time as TIME and its offset beside it, or the moment as TIMESTAMPTZ", ["timetz", "time with time zone"]),
        ("keep both ends as columns of their own",
            ["int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange"]),
        ("keep the address as TEXT", ["inet", "cidr", "macaddr", "macaddr8"]),
        ("keep the amount as NUMERIC", ["money"]),
        ("keep the coordinates as numbers", ["point", "line", "lseg", "box", "path", "polygon", "circle"]),
        ("ask texts by LIKE and by patterns", ["tsvector", "tsquery", "gtsvector"]),
        ("take SMALLINT", ["tinyint"]), ("take NUMERIC(38, 0)", ["hugeint"]),
        ("take BIGINT", ["xid8", "pg_lsn", "tid", "txid_snapshot", "pg_snapshot", "serial", "bigserial", "smallserial"]),
        ("take TEXT", ["refcursor", "pg_ndistinct", "pg_dependencies", "pg_mcv_list"]),
    ]

    /// By name, in lower case.
    package static let advice: [String: String] = Dictionary(uniqueKeysWithValues: groups.flatMap { advice, names in names.map { ($0, advice) } })
}
