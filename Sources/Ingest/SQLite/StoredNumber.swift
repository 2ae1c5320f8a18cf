/// Numbers out of a database's columns. SQLite gives back whatever stands in a file, and a file may have been changed by anything: what is
/// reckoned with is first known to lie where this store counts to, so that no sum over it leaves 64 bits.
package enum StoredNumber {
    /// Rows of one hot file: steps and events are numbered by the row's number and sixteen bits below it.
    package static let rows: ClosedRange<Int64> = 0...1 << 40
    /// Sequences and generations: a store that commits a million times a second counts to it in 146,000 years.
    package static let sequences: ClosedRange<Int64> = 0...1 << 62
    /// Counts and sizes: attempts, parts, bytes.
    package static let counts: ClosedRange<Int64> = 0...1 << 48

    /// - Throws: SQLITE_CORRUPT for a number outside `range`.
    package static func checked(_ number: Int64, _ what: String, in range: ClosedRange<Int64>, path: String) throws(SQLiteError) -> Int64 {
        guard range.contains(number) else {
            throw SQLiteError(code: 11, message: "\(what) is \(number), which no store counts to", path: path)
        }
        return number
    }
}

extension SQLiteStatement {
    /// A count or a size; nearest to it what such a column can hold.
    package func count(_ column: Int32) -> Int {
        Int(min(max(int64(column), StoredNumber.counts.lowerBound), StoredNumber.counts.upperBound))
    }
}
