internal import Synchronization
package import ColumnStore

/// What a rollup sums: the text of its keys and measures over one table. What it means there is bound once, and kept.
package final class RollupStatement: Sendable {
    /// A column of the rollup and the SQL that it stands for.
    package struct Column: Sendable, Hashable {
        package let name: String
        package let text: String

        package init(name: String, text: String) { (self.name, self.text) = (name, text) }
    }

    package let keys: [Column]
    package let measures: [Column]
    /// Of the rows that count; nil: all.
    package let condition: String?
    /// A list of the table, whose elements are what is summed.
    package let list: String?
    let meanings = Mutex<[String: any Sendable]>([:])

    /// Of one that is declared: far more than sums are asked by; each key multiplies the rows.
    package static let keyCountMax = 16
    package static let measureCountMax = 64

    package init(keys: [Column], measures: [Column], condition: String?, list: String?) {
        (self.keys, self.measures, self.condition, self.list) = (keys, measures, condition, list)
    }

    /// The rollup as a SELECT. Each part stands in brackets and ends its line, so that no comment in it reaches the next.
    package func text(from table: String) -> String {
        let items = (keys + measures).map { "(\($0.text)\n) AS \(Self.quoted($0.name))" }.joined(separator: ", ")
        var text = "SELECT \(items) FROM \(Self.quoted(table)) AS \(Self.quoted(table))"
        if let list { text += " CROSS JOIN UNNEST(\(Self.quoted(table)).\(Self.quoted(list))) AS \(Self.quoted(list))" }
        if let condition { text += " WHERE (\(condition)\n)" }
        if !keys.isEmpty { text += " GROUP BY " + keys.indices.map { "\($0 + 1)" }.joined(separator: ", ") }
        return text
    }

    package static func quoted(_ name: String) -> String { "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
}

/// A rollup as one query may use it, at the query's snapshot: the partial sums of some files of a table, and the rows of all else.
package struct RollupOffer: Sendable {
    package var name: String
    package var statement: RollupStatement
    /// As the rollup calls its table; nil: as the query does.
    package var table: String?
    /// What holds of each row of the table that was asked, as SQL: of `t_accepted`, say.
    package var implied: [String] = []
    /// Any number of rows a group; columns by the rollup's names.
    package var partials: any TableSource
    package var partialScope: [ColumnFilter] = []
    /// The table without the rows that `partials` sums.
    package var rest: any TableSource
    /// About how many rows an answer from it reads; nil where the caller may not know that.
    package var rowCount: Int?
    /// `files covered/all`; nil where the caller may not know that.
    package var coverage: String?
    /// Why it cannot be used now, if it cannot.
    package var fault: String?

    package init(name: String, statement: RollupStatement, partials: any TableSource, rest: any TableSource) {
        (self.name, self.statement, self.partials, self.rest) = (name, statement, partials, rest)
    }
}

/// A table that may have rollups, as a query names it.
package struct RollupBase: Sendable {
    /// By the name that a rollup calls it.
    package var table: String
    /// What holds of the rows of its `_accepted` view, as SQL.
    package var accepted: String
    /// Whether it is that view which the query names.
    package var isAccepted: Bool
    /// The column by which rows belong to somebody.
    package var client: String
    /// Whether the caller sees its own rows only: then a rollup answers only if `client` is one of its keys.
    package var isOwn: Bool

    package init(table: String, accepted: String, isAccepted: Bool, client: String, isOwn: Bool) {
        (self.table, self.accepted, self.isAccepted, self.client, self.isOwn) = (table, accepted, isAccepted, client, isOwn)
    }
}

/// A table with lines that EXPLAIN shows beneath it.
package struct RemarkedTable: TableSource {
    private let base: any TableSource
    package let remarks: [String]

    package init(_ base: any TableSource, _ remarks: [String]) { (self.base, self.remarks) = (base, remarks) }

    package var schema: Schema { base.schema }
    package var statistics: TableStatistics { base.statistics }
    package var singlePrecisionColumns: Set<String> { base.singlePrecisionColumns }
    package func scan(_ request: ScanRequest) throws -> any TableScan { try base.scan(request) }
}
