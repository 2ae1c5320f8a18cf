// The closed and open sets of parquet.thrift. Raw values are on disk: do not renumber.

/// How often a node stands in the one around it: exactly once, at most once, any number of times.
public enum FieldRepetition: Int32, Sendable {
    case required = 0
    case optional = 1
    case repeated = 2
}

/// The older way to say what a physical type means; writers keep it beside the logical type.
///
/// Read where there is no logical type (`LeafMeaning`). Its times and timestamps are adjusted to UTC.
public enum ConvertedType: Int32, Sendable {
    case utf8 = 0
    case map = 1
    case mapKeyValue = 2
    case list = 3
    case enumeration = 4
    case decimal = 5
    case date = 6
    case timeMillis = 7
    case timeMicros = 8
    case timestampMillis = 9
    case timestampMicros = 10
    case uint8 = 11
    case uint16 = 12
    case uint32 = 13
    case uint64 = 14
    case int8 = 15
    case int16 = 16
    case int32 = 17
    case int64 = 18
    case json = 19
    case bson = 20
    case interval = 21
}

/// What a page holds. `dataV2` is a data page whose levels are not compressed.
public enum PageKind: Int32, Sendable {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
}

/// How the bounds of a column index are ordered from page to page.
///
/// Pages of NULLs alone are passed over in it. Said for readers that search; here each page is asked.
public enum BoundaryOrder: Int32, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
}
