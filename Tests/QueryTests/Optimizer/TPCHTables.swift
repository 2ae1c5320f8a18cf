import ColumnStore
import Query

/// The tables of TPC-H at scale factor 1 by schema and statistics, without rows.
enum TPCHTables {
    private static let money = ColumnType.decimal(precision: 15, scale: 2)

    private static func table(_ rows: Int, _ columns: [(String, ColumnType)], _ distinct: [String: Int] = [:]) -> SchemaSource {
        SchemaSource(columns, rowCount: rows, distinct: distinct)
    }

    static let catalog = FixedCatalog(tables: [
        ("region", table(5, [("r_regionkey", .int32), ("r_name", .string), ("r_comment", .string)], ["r_regionkey": 5, "r_name": 5])),
        ("nation", table(
            25, [("n_nationkey", .int32), ("n_name", .string), ("n_regionkey", .int32), ("n_comment", .string)],
            ["n_nationkey": 25, "n_name": 25, "n_regionkey": 5])),
        ("supplier", table(
            10_000,
            [("s_suppkey", .int64), ("s_name", .string), ("s_address", .string), ("s_nationkey", .int32), ("s_phone", .string),
             ("s_acctbal", money), ("s_comment", .string)], ["s_suppkey": 10_000, "s_nationkey": 25])),
        ("customer", table(
            150_000,
            [("c_custkey", .int64), ("c_name", .string), ("c_address", .string), ("c_nationkey", .int32), ("c_phone", .string),
             ("c_acctbal", money), ("c_mktsegment", .string), ("c_comment", .string)],
            ["c_custkey": 150_000, "c_nationkey": 25, "c_mktsegment": 5])),
        ("part", table(
            200_000,
            [("p_partkey", .int64), ("p_name", .string), ("p_mfgr", .string), ("p_brand", .string), ("p_type", .string), ("p_size", .int32),
             ("p_container", .string), ("p_retailprice", money), ("p_comment", .string)],
            ["p_partkey": 200_000, "p_brand": 25, "p_type": 150, "p_size": 50, "p_container": 40])),
        ("partsupp", table(
            800_000,
            [("ps_partkey", .int64), ("ps_suppkey", .int64), ("ps_availqty", .int64), ("ps_supplycost", money), ("ps_comment", .string)],
            ["ps_partkey": 200_000, "ps_suppkey": 10_000])),
        ("orders", table(
            1_500_000,
            [("o_orderkey", .int64), ("o_custkey", .int64), ("o_orderstatus", .string), ("o_totalprice", money), ("o_orderdate", .date),
             ("o_orderpriority", .string), ("o_clerk", .string), ("o_shippriority", .int32), ("o_comment", .string)],
            ["o_orderkey": 1_500_000, "o_custkey": 99_996, "o_orderdate": 2_406, "o_orderpriority": 5, "o_orderstatus": 3])),
        ("lineitem", table(
            6_001_215,
            [("l_orderkey", .int64), ("l_partkey", .int64), ("l_suppkey", .int64), ("l_linenumber", .int64), ("l_quantity", money),
             ("l_extendedprice", money), ("l_discount", money), ("l_tax", money), ("l_returnflag", .string), ("l_linestatus", .string),
             ("l_shipdate", .date), ("l_commitdate", .date), ("l_receiptdate", .date), ("l_shipinstruct", .string),
             ("l_shipmode", .string), ("l_comment", .string)],
            ["l_orderkey": 1_500_000, "l_partkey": 200_000, "l_suppkey": 10_000, "l_shipdate": 2_526, "l_shipmode": 7, "l_returnflag": 3,
             "l_shipinstruct": 4])),
    ])
}
