package import ColumnStore

/// What a rollup's partial sums are kept as, and how they are made.
///
/// Whoever makes, joins or checks files of sums takes the plan from here and runs it by the engine, so that what a rollup
/// means is said once (`docs/decisions/0037-rollups.md`).
///
/// Three plans, with the same columns, keys before measures:
///
///     partialSums   Aggregate over rows of the table           one file's sums
///     joinedSums    Aggregate over rows of sums                several files' sums as one
///     RollupRows    Union all of sums and of rows without      the rollup as a table
extension RollupStatement {
    /// The keys, then the measures, as columns of a table of partial sums.
    ///
    /// - Throws: `QueryError` for a part that the table lacks, or that no rollup can have.
    package func columns(of table: String, schema: Schema) throws -> [Field] {
        // Not within the work of a statement that is being planned: declaring is no query.
        let meaning = try PlanningWork.$current.withValue(nil) { try RollupMeaning(self, table: table, schema: schema, implied: []) }
        guard meaning.keys.count == keys.count else { throw QueryError(.unsupportedSQL, "a key is an expression of the table's columns, and no constant") }
        guard meaning.measures.count == measures.count else { throw QueryError(.unsupportedSQL, "a measure is one aggregate") }
        for key in meaning.keys { try Self.check(key.expression, key.type, "a key") }
        for condition in meaning.conditions { try Self.check(condition, .boolean, "the condition") }
        for measure in meaning.measures {
            for part in measure.call.arguments + (measure.call.filter.map { [$0] } ?? []) { try Self.check(part, .boolean, "a measure") }
            try Self.check(measure)
        }
        return meaning.keys.map { Field($0.name, $0.type) } + meaning.measures.map { Field($0.name, $0.type) }
    }

    /// What of the table's columns goes into it: members of the list by their path.
    /// - Throws: as `columns`.
    package func columnsRead(of table: String, schema: Schema) throws -> [ColumnPath] {
        let meaning = try meaning(of: table, schema: schema, implied: [])
        var paths: [ColumnID: ColumnPath] = [:]
        for column in meaning.shape.scan.columns { paths[column.column.id] = ColumnPath(column.name) }
        for element in meaning.shape.list?.elements ?? [] { paths[element.column.id] = ColumnPath([list ?? "", element.member]) }
        let calls = meaning.measures.map(\.call)
        let all = meaning.keys.map(\.expression) + meaning.conditions + calls.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) }
        return all.flatMap(\.columnIDs).compactMap { paths[$0] }
    }

    /// - Throws: `unsupportedSQL` for a subquery, and for a type that no file of sums can have.
    private static func check(_ expression: Expression, _ type: ColumnType, _ what: String) throws {
        guard !expression.hasSubquery else { throw QueryError(.unsupportedSQL, "\(what) has no subquery") }
        guard isKept(type) else { throw QueryError(.unsupportedSQL, "\(what) of \(type.sqlName) cannot be kept") }
    }

    /// What can be put together of parts, exactly; a sum of DOUBLE is not.
    private static func check(_ measure: RollupMeaning.Measure) throws {
        let call = measure.call
        guard !call.isDistinct || call.function.definition.ignoresRepeats else {
            let advice = call.function.definition.isCount ? ": use approx_count_distinct" : ""
            throw QueryError(.unsupportedSQL, "a \(call.function.rawValue) of DISTINCT values cannot be put together of parts\(advice)")
        }
        switch call.function {
        case .countRows, .count, .min, .max, .boolAnd, .boolOr, .approximateDistinct: break
        case .sum where call.column.type == .double:
            throw QueryError(.unsupportedSQL, "a sum of DOUBLE is exact over all rows only: cast it to DECIMAL")
        case .sum: break
        case .avg: throw QueryError(.unsupportedSQL, "avg follows from sum and count: name those two")
        default: throw QueryError(.unsupportedSQL, "\(call.function.rawValue) cannot be put together of parts")
        }
        guard isKept(measure.type) else { throw QueryError(.unsupportedSQL, "a measure of \(measure.type.sqlName) cannot be kept") }
    }

    /// Whether a column of partial sums may be of a type.
    private static func isKept(_ type: ColumnType) -> Bool {
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .string, .binary, .date, .timestamp: true
        default: false
        }
    }

    /// The places of keys in the order in which a file of sums is sorted: days and instants last. Files of sums follow one another in time, so that
    /// what remains to be found in one is a client, a product: their rows lie side by side.
    package static func sortOrder(_ types: [ColumnType]) -> [Int] {
        func isTime(_ type: ColumnType) -> Bool {
            switch type {
            case .date, .timestamp: true
            default: false
            }
        }
        return types.indices.filter { !isTime(types[$0]) } + types.indices.filter { isTime(types[$0]) }
    }

    /// The partial sums of all rows of a source, in the order of a file of sums.
    ///
    /// - Parameter source: has the table's columns.
    /// - Returns: a plan with the columns of `columns(of:schema:)`.
    /// - Throws: as `columns`.
    package func partialSums(of table: String, in source: any TableSource) throws -> LogicalPlan {
        let meaning = try RollupMeaning(self, table: table, schema: source.schema, implied: [])
        let ids = PlanIDs(after: .values(columns: [], rows: []))
        let plan = Self.sums(meaning, TableReference(name: table, source: source, identity: 1), [], ids.newColumn)
        return try Self.sorted(plan, keyCount: meaning.keys.count)
    }

    /// The order of a file of sums, and the passes of the optimizer.
    private static func sorted(_ plan: LogicalPlan, keyCount: Int) throws -> LogicalPlan {
        let columns = Array(plan.columns.prefix(keyCount))
        let keys = sortOrder(columns.map(\.type)).map { SortKey(.column(columns[$0]), nullsFirst: true) }
        let sorted = keys.isEmpty ? plan : .sort(SortNode(input: plan, keys: keys))
        return try Optimizer(evaluator: FoldingAllowance.constant(in: .utc)).optimized(sorted)
    }

    /// Partial sums of several sets of rows as those of all of them, in the order of a file of sums.
    ///
    /// - Parameters:
    ///   - schema: of the rolled table.
    ///   - parts: has the columns of `columns(of:schema:)`.
    ///   - without: places of keys by which sums are not grouped any more, and which they lack.
    /// - Returns: a plan with the keys that stay, then the measures.
    package func joinedSums(of table: String, schema: Schema, parts: any TableSource, without: Set<Int> = []) throws -> LogicalPlan {
        let meaning = try RollupMeaning(self, table: table, schema: schema, implied: [])
        let ids = PlanIDs(after: .values(columns: [], rows: []))
        let kept = meaning.keys.indices.filter { !without.contains($0) }.map { meaning.keys[$0] }
        let names = kept.map { ($0.name, $0.type) } + meaning.measures.map { ($0.name, $0.type) }
        let read = names.map { ids.newColumn($0.0, $0.1) }
        let scan = ScanNode(
            table: TableReference(name: "parts", source: parts, identity: 1), columns: zip(read, names).map { ScanColumn(column: $0, name: $1.0) }, scope: [])
        return try Self.sorted(try Self.joined(.scan(scan), keyCount: kept.count, meaning.measures, ids.newColumn), keyCount: kept.count)
    }

    /// How rows of sums become one.
    /// - Throws: `unsupportedSQL` for what has no such function.
    fileprivate static func joining(_ measure: RollupMeaning.Measure) throws -> AggregateFunction {
        let joined = measure.call.function == .approximateDistinct ? .approximateDistinctJoined : measure.call.function.definition.ofParts
        guard let joined else { throw QueryError(.unsupportedSQL, "\(measure.name) cannot be put together of parts") }
        return joined
    }

    /// Rows of sums as one a group.
    ///
    /// - Parameter parts: puts out the keys, then the measures.
    fileprivate static func joined(
        _ parts: LogicalPlan, keyCount: Int, _ measures: [RollupMeaning.Measure], _ newColumn: (String, ColumnType) -> OutputColumn
    ) throws -> LogicalPlan {
        let read = parts.columns
        let keys = read.prefix(keyCount).map { ProjectedColumn(newColumn($0.name, $0.type), .column($0)) }
        let calls = try zip(measures, read.dropFirst(keyCount)).map { measure, column in
            AggregateCall(column: newColumn(column.name, column.type), function: try joining(measure), arguments: [.column(column)])
        }
        let grouped = LogicalPlan.aggregate(AggregateNode(input: parts, groups: keys, aggregates: calls))
        return .project(input: grouped, columns: (keys.map(\.column) + calls.map(\.column)).map { ProjectedColumn(newColumn($0.name, $0.type), .column($0)) })
    }

    /// As it was bound, with columns of the plan that it becomes a part of.
    ///
    /// - Parameters:
    ///   - newColumn: gives a column an id that no other column of that plan has.
    ///   - plain: gives an expression the value that it has by UTC and in the plain forms, where the plan is a session's.
    fileprivate static func sums(
        _ meaning: RollupMeaning, _ table: TableReference, _ scope: [ColumnFilter], _ newColumn: (String, ColumnType) -> OutputColumn,
        plain: (Expression) -> Expression = { $0 }
    ) -> LogicalPlan {
        // Every column gets an id of the new plan; expressions are moved over to them.
        var map: [ColumnID: Expression] = [:]
        func renewed(_ column: OutputColumn) -> OutputColumn {
            let own = newColumn(column.name, column.type)
            map[column.id] = .column(own)
            return own
        }
        var node = meaning.shape.scan
        (node.table, node.scope) = (table, scope)
        for index in node.columns.indices { node.columns[index].column = renewed(node.columns[index].column) }
        var plan = LogicalPlan.scan(node)
        if var list = meaning.shape.list {
            (list.input, list.passed, list.list) = (plan, plan.columns, list.list.substituting(map))
            for index in list.elements.indices { list.elements[index].column = renewed(list.elements[index].column) }
            plan = .unnest(list)
        }
        if !meaning.conditions.isEmpty { plan = .filter(input: plan, conjuncts: meaning.conditions.map { plain($0.substituting(map)) }) }
        let keys = meaning.keys.map { ProjectedColumn(newColumn($0.name, $0.type), plain($0.kept.substituting(map))) }
        let calls = meaning.measures.map { measure in
            var call = measure.call
            // Counted is only at the end: files keep what they count by.
            if call.function == .approximateDistinct { call.function = .approximateDistinctSketch }
            call.column = newColumn(measure.name, measure.type)
            call.arguments = call.arguments.map { plain($0.substituting(map)) }
            call.filter = call.filter.map { plain($0.substituting(map)) }
            return call
        }
        plan = .aggregate(AggregateNode(input: plan, groups: keys, aggregates: calls))
        let columns = keys.map { ProjectedColumn(newColumn($0.column.name, $0.column.type), .column($0.column)) }
        return .project(input: plan, columns: columns + calls.map { ProjectedColumn(newColumn($0.column.name, $0.column.type), .column($0.column)) })
    }
}

/// A rollup as a table: any number of rows a group, whose sums are those of all rows.
/// What `rollup_<name>` reads: sums of the files that have some, and sums made of all other rows as they are asked for.
package struct RollupRows: PlannedRows {
    private let statement: RollupStatement
    private let table: String
    /// Of partial sums; nil: there are none yet.
    private let partials: (any TableSource)?
    private let partialScope: [ColumnFilter]
    /// The table's rows that no file of sums covers.
    private let rest: any TableSource
    private let restScope: [ColumnFilter]

    package init(
        _ statement: RollupStatement, of table: String, partials: (any TableSource)?, _ partialScope: [ColumnFilter], rest: any TableSource,
        _ restScope: [ColumnFilter]
    ) {
        (self.statement, self.table, self.partials, self.partialScope) = (statement, table, partials, partialScope)
        (self.rest, self.restScope) = (rest, restScope)
    }

    /// None where the rollup does not bind any more.
    package var fields: [Field] { (try? statement.columns(of: table, schema: rest.schema)) ?? [] }

    /// - Parameter context: the asker's: whether there is one row a group, and the settings that sums do not go by: those of files were made in UTC and in the plain forms.
    /// - Returns: the plan, and what it reads: for `PartsReading` where rows are not whole.
    package func plan(in context: QueryContext, newColumn: (String, ColumnType) -> OutputColumn, newTable: () -> Int) throws -> (plan: LogicalPlan, read: SumsRead) {
        let meaning = try statement.meaning(of: table, schema: rest.schema, implied: [])
        // By another name, which has no rollups: these rows are what this one does not have.
        let rows = RollupStatement.sums(meaning, TableReference(name: "\(table) without sums", source: rest, identity: newTable()), restScope, newColumn, plain: PlainValues(context).plain)
        let definition = "\(statement.text(from: table)) \(rows.columns.map(\.type))"
        guard let partials else { return (rows, SumsRead(definition: definition)) }
        let columns = rows.columns.map { newColumn($0.name, $0.type) }
        let scan = ScanNode(
            table: TableReference(name: "rollup", source: partials, identity: newTable()),
            columns: columns.map { ScanColumn(column: $0, name: $0.name) }, scope: partialScope)
        let parts = LogicalPlan.setOperation(
            SetOperationNode(kind: .union, keepsRepeats: true, inputs: [.scan(scan), rows], columns: rows.columns.map { newColumn($0.name, $0.type) }))
        if context.readsWholeSums { return (try RollupStatement.joined(parts, keyCount: meaning.keys.count, meaning.measures, newColumn), SumsRead(definition: definition)) }
        let roles = meaning.keys.map { _ in SumsRead.Role.key } + (try meaning.measures.map { .measure(try RollupStatement.joining($0)) })
        return (parts, SumsRead(definition: definition, parts: Array(zip(parts.columns, roles))))
    }
}
