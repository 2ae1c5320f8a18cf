/// The setting `IntervalStyle`: which of PostgreSQL's four forms intervals are written in.
package enum IntervalStyle: String, Sendable {
    /// `1 year -2 mons +04:05:06`
    case postgres
    /// `@ 1 year -2 mons 4 hours 5 mins 6 secs`
    case postgresVerbose = "postgres_verbose"
    /// `1-2`, `3 4:05:06`, and with a sign before each part where they are mixed
    case sqlStandard = "sql_standard"
    /// `P1Y-2MT4H5M6S`
    case iso8601 = "iso_8601"
}
