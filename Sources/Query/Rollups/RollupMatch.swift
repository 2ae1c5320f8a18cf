package import ColumnStore
import Synchronization

/// A grouping that a rollup can answer, and how.
///
/// Made for one offer and one grouping; `init` refuses, with the reason that EXPLAIN shows, and `plan` builds what answers
/// it (`RollupRewrite` has the drawing):
///
/// 1. The rollup is bound over the table as it is asked, and the query's columns are named as the rollup does.
/// 2. Conditions: each is one of the rollup's own, or is computed from keys; the rollup's own that are left must follow
///    from what is asked.
/// 3. Groupings are computed from keys, aggregates put together of measures (`RollupParts`).
struct RollupMatch {
    private let meaning: RollupMeaning
    /// Columns of the scan of sums, in the order of the rollup's keys and measures.
    private let keyColumns: [OutputColumn]
    private let measureColumns: [OutputColumn]
    private let scope: [ColumnFilter]
    /// The query's conditions over the keys.
    private let conditions: [Expression]
    private let parts: RollupParts
    /// The parts' columns that are the query's groupings, in order.
    private let groups: [OutputColumn]
    private let ids: PlanIDs

    /// - Parameters:
    ///   - grouping: how messages name a grouping that has no name of its own.
    ///   - zone: the session's time zone.
    /// - Throws: `RollupParts.Refusal`.
    init(_ offer: RollupOffer, _ node: AggregateNode, _ shape: RollupShape, grouping: String? = nil, zone: String, _ ids: PlanIDs) throws(RollupParts.Refusal) {
        typealias Refusal = RollupParts.Refusal
        if let fault = offer.fault { throw Refusal(reason: fault) }
        guard !(shape.expressions + shape.conditions).contains(where: \.isVolatile) else { throw Refusal(reason: "a part of it is of chance") }
        let meaning: RollupMeaning
        do {
            // By the rollup's own name of the table, which its keys may mention, whatever view of it is asked.
            meaning = try offer.statement.meaning(of: offer.table ?? shape.scan.table.name, schema: shape.scan.table.source.schema, implied: offer.implied)
        } catch { throw Refusal(reason: "it does not fit the table: \((error as? QueryError)?.detail ?? "\(error)")") }
        guard !meaning.needsUTC || QueryContext.isUTC(zone) else { throw Refusal(reason: "its instants are cut by UTC, and the query's time zone is another") }
        guard let map = meaning.columns(of: shape) else { throw Refusal(reason: shape.list == nil ? "it sums the elements of a list" : "it does not sum the elements of this list") }
        // A grouping of nothing has a row where there is none.
        guard !meaning.keys.isEmpty || node.groups.isEmpty else { throw Refusal(reason: "it has no keys") }
        self.meaning = meaning
        self.ids = ids
        keyColumns = meaning.keys.map { ids.newColumn($0.name, $0.type) }
        measureColumns = meaning.measures.map { ids.newColumn($0.name, $0.type) }
        scope = offer.partialScope
        let keys = RollupKeys(meaning, keyColumns, zone: zone)
        conditions = try Self.conditions(shape, meaning, map, keys)
        var parts = RollupParts(meaning, keys, measures: measureColumns, ids)
        var place = 0
        func next(_ what: String) throws(Refusal) -> (own: Expression, canonical: Expression) {
            defer { place += 1 }
            guard let canonical = RollupMeaning.translated(shape.expressions[place], map) else { throw Refusal(reason: "\(what) reads what it does not know") }
            return (shape.expressions[place], canonical)
        }
        var groups: [OutputColumn] = []
        for group in node.groups {
            let (_, canonical) = try next("a grouping")
            groups.append(try parts.value(group.expression, canonical, grouping ?? (group.column.name.isEmpty ? "a grouping" : group.column.name)))
        }
        for call in node.aggregates {
            var canonical = call
            for index in call.arguments.indices { canonical.arguments[index] = try next(call.function.rawValue).canonical }
            if call.filter != nil { canonical.filter = try next("a FILTER").canonical }
            try parts.add(call, canonical)
        }
        (self.parts, self.groups) = (parts, groups)
    }

    /// The query's conditions over the keys, without those that the rollup's rows fulfil.
    /// - Throws: `Refusal` where a condition needs more than keys, or where the rollup has rows too few or too many.
    private static func conditions(
        _ shape: RollupShape, _ meaning: RollupMeaning, _ map: [ColumnID: Expression], _ keys: RollupKeys
    ) throws(RollupParts.Refusal) -> [Expression] {
        var missing = meaning.conditions.filter { own in !meaning.implied.contains { $0.isSame(as: own) } }
        var left: [Expression] = []
        var asked: [Expression] = []
        for condition in shape.conditions {
            guard let canonical = RollupMeaning.translated(condition, map) else { throw RollupParts.Refusal(reason: "a condition reads what it does not know") }
            asked.append(canonical)
            if meaning.conditions.contains(where: { $0.isSame(as: canonical) }) {
                missing.removeAll { $0.isSame(as: canonical) }
            } else if let computed = keys.computed(canonical) {
                left.append(computed)
            } else {
                throw RollupParts.Refusal(reason: "a condition is not computed from its keys")
            }
        }
        // What the table that was asked leaves out must be left out here too.
        for own in meaning.implied where !meaning.conditions.contains(where: { $0.isSame(as: own) }) {
            guard let computed = keys.computed(own) else { throw RollupParts.Refusal(reason: "it has rows that the table does not show") }
            left.append(computed)
        }
        missing.removeAll { RollupImplication.follows($0, from: asked + meaning.implied) }
        guard missing.isEmpty else { throw RollupParts.Refusal(reason: "it has only some of the rows: the query lacks its condition") }
        return left
    }

    // MARK: The plan

    /// - Parameter node: the query's grouping, as it was given to `init`.
    /// - Parameter partials: the table of sums; `rest` the query's table without the rows that are summed.
    func plan(_ node: AggregateNode, partials: TableReference, rest: TableReference) -> LogicalPlan {
        let united = parts.columns.map(\.column).map { ids.newColumn($0.name, $0.type) }
        let union = LogicalPlan.setOperation(
            SetOperationNode(kind: .union, keepsRepeats: true, inputs: [ofRollup(partials), ofRows(node, rest)], columns: united))
        let place = Dictionary(zip(parts.columns.map(\.column.id), united), uniquingKeysWith: { first, _ in first })
        func own(_ column: OutputColumn) -> Expression { .column(place[column.id] ?? column) }
        var outer = node
        outer.input = union
        outer.groups = zip(node.groups, groups).map { ProjectedColumn($0.column, own($1)) }
        outer.aggregates = parts.calls.map { call in
            var call = call
            call.arguments = call.arguments.map { argument in
                if case .column(let id, _) = argument, let column = place[id] { .column(column) } else { argument }
            }
            return call
        }
        return Self.counted(outer, parts.counts, ids)
    }

    /// The half that comes of sums: scan, conditions over keys, the parts' values.
    private func ofRollup(_ table: TableReference) -> LogicalPlan {
        let columns = zip(meaning.keys.map(\.name) + meaning.measures.map(\.name), keyColumns + measureColumns).map { ScanColumn(column: $1, name: $0) }
        let scan = LogicalPlan.scan(ScanNode(table: table, columns: columns, scope: scope))
        return .project(
            input: conditions.isEmpty ? scan : .filter(input: scan, conjuncts: conditions),
            columns: parts.columns.map { ProjectedColumn(ids.newColumn($0.column.name, $0.column.type), $0.ofRollup) })
    }

    /// The half that comes of rows: the query's own input over the rest of the table, grouped by the parts' values.
    private func ofRows(_ node: AggregateNode, _ table: TableReference) -> LogicalPlan {
        var groups: [ProjectedColumn] = []
        var calls: [AggregateCall] = []
        for part in parts.columns {
            switch part.ofRows {
            case .value(let expression): groups.append(ProjectedColumn(part.column, expression))
            case .call(var call):
                call.column = part.column
                calls.append(call)
            }
        }
        let inner = AggregateNode(input: RollupShape.replacing(node.input, with: table), groups: groups, aggregates: calls)
        return .project(
            input: .aggregate(inner), columns: parts.columns.map { ProjectedColumn(ids.newColumn($0.column.name, $0.column.type), .column($0.column)) })
    }

    /// The sum of no counts is NULL, where a count is 0.
    ///
    /// - Parameter counts: by their places.
    static func counted(_ node: AggregateNode, _ counts: Set<Int>, _ ids: PlanIDs) -> LogicalPlan {
        if counts.isEmpty { return .aggregate(node) }
        var inner = node
        var columns = (node.groups.map(\.column) + (node.groupingColumn.map { [$0] } ?? [])).map { ProjectedColumn($0, .column($0)) }
        for (index, call) in node.aggregates.enumerated() {
            guard counts.contains(index) else {
                columns.append(ProjectedColumn(call.column, .column(call.column)))
                continue
            }
            let sum = ids.newColumn(call.column.name, call.column.type)
            inner.aggregates[index].column = sum
            columns.append(ProjectedColumn(call.column, .coalesce([.column(sum), .literal(.integer(0), .int64)], type: .int64)))
        }
        return .project(input: .aggregate(inner), columns: columns)
    }
}

extension RollupStatement {
    /// The name of the key that is a column of the table as it stands, however it is written; nil where none is.
    package func key(of column: String, table: String, schema: Schema) throws -> String? {
        let meaning = try meaning(of: table, schema: schema, implied: [])
        guard let read = meaning.shape.scan.columns.first(where: { $0.name == column })?.column.id else { return nil }
        return meaning.keys.first { key in if case .column(read, _) = key.expression { true } else { false } }?.name
    }

    /// The columns of its partial sums, as it was bound when it was first asked for.
    package func fields(of table: String, schema: Schema) throws -> [Field] {
        let meaning = try meaning(of: table, schema: schema, implied: [])
        return meaning.keys.map { Field($0.name, $0.type) } + meaning.measures.map { Field($0.name, $0.type) }
    }

    /// Bound once for each table; a table's columns keep their types, and more may come.
    func meaning(of table: String, schema: Schema, implied: [String]) throws -> RollupMeaning {
        // What holds anyway is a part of the meaning: of a view more does.
        let name = ([table] + implied).joined(separator: "\n")
        if let known = meanings.withLock({ $0[name] }) as? RollupMeaning { return known }
        // No work of the statement's that is being planned.
        // Two may bind it at once: one of the two equal meanings stays.
        let made = try PlanningWork.$current.withValue(nil) { try RollupMeaning(self, table: table, schema: schema, implied: implied) }
        meanings.withLock { $0[name] = made }
        return made
    }
}
