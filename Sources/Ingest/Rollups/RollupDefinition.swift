package import ColumnStore
package import Query

/// What a rollup sums, as it was declared.
package struct RollupDefinition: Sendable, Hashable {
    package let name: String
    package let table: String
    package let condition: String?
    package let list: String?
    package let keys: [RollupStatement.Column]
    package let measures: [RollupStatement.Column]

    package init(
        name: String, table: String, condition: String?, list: String?, keys: [RollupStatement.Column], measures: [RollupStatement.Column]
    ) {
        (self.name, self.table, self.condition, self.list) = (name, table, condition, list)
        (self.keys, self.measures) = (keys, measures)
    }

    /// By bytes, as it is kept: a condition that asks for other bytes of the same letters is another.
    package static func == (left: RollupDefinition, right: RollupDefinition) -> Bool { left.json.serialized == right.json.serialized }

    /// The table of its partial sums, in SQL and in the warehouse.
    package var tableName: String { Self.tableName(of: name) }
    static func tableName(of name: String) -> String { TableName.sums(of: name) }

    /// Its members in the order of the contract; what is kept in the catalog.
    package var json: JSONValue {
        func object(_ columns: [RollupStatement.Column]) -> JSONValue { .object(columns.map { .init($0.name, .string($0.text)) }) }
        return .object([
            .init("name", .string(name)), .init("table", .string(table)), .init("where", condition.map { .string($0) } ?? .null),
            .init("unnest", list.map { .string($0) } ?? .null), .init("group_by", object(keys)), .init("measures", object(measures)),
        ])
    }
}

/// How far the sums of a rollup are made.
package struct RollupProgress: Sendable {
    package var isReady: Bool { coveredCount + faults.count == fileCount }
    package var fileCount = 0
    package var coveredCount = 0
    /// Files that are left out for good, with why.
    package var faults: [(file: String, reason: String)] = []
    /// Files that are still to be summed.
    package var waiting: [String] = []
    /// Of the files of sums.
    package var rowCount: Int64 = 0
    package var byteCount: Int64 = 0

    package init() {}

    /// Where no more sums are made than there are.
    func ended(_ reason: String) -> RollupProgress {
        var progress = self
        (progress.faults, progress.waiting) = (faults + waiting.map { (file: $0, reason: reason) }, [])
        return progress
    }
}

/// A rollup with how it stands.
package struct RollupDescription: Sendable {
    package let definition: RollupDefinition
    /// Empty for who may not know of others' files.
    package let progress: RollupProgress

    package init(definition: RollupDefinition, progress: RollupProgress) { (self.definition, self.progress) = (definition, progress) }
}
