import ColumnStore

/// A rollup's keys, measures and conditions as expressions over its table, in the form that the optimizer gives queries too, so that the two
/// can be compared.
///
/// Made by binding the statement over an empty table of the schema, in UTC, and by the passes that normalise plans.
/// Immutable, and kept by `RollupStatement`.
///
/// Invariants:
/// 1. All expressions are over the columns of `shape`: the table's, and its list's elements.
/// 2. `keys` and `measures` are in the statement's order; a constant key, and a measure that is no plain aggregate, are
///    missing.
struct RollupMeaning: Sendable {
    struct Key: Sendable {
        let name: String
        let expression: Expression
        /// Of a truncated DATE: to what, and the DATE. Such a key is kept as a DATE.
        let truncation: (unit: String, date: Expression)?
        /// Of a date or a time that is cut: to what.
        let step: RollupStep?
        var type: ColumnType { truncation == nil ? expression.type : .date }

        /// What is kept of it: of a truncated DATE the first day of its step, in whatever zone a session is.
        var kept: Expression {
            guard let truncation else { return expression }
            let local = ColumnType.timestamp(isUTC: false)
            let moment = Expression.cast(truncation.date, to: local, position: nil)
            return .cast(.call(.dateTrunc, [.text(truncation.unit), moment], type: local, position: nil), to: .date, position: nil)
        }
    }

    struct Measure: Sendable {
        let name: String
        let call: AggregateCall
        /// A sketch is kept where a count is asked.
        var type: ColumnType { call.function == .approximateDistinct ? .binary : call.column.type }
    }

    private(set) var keys: [Key] = []
    private(set) var measures: [Measure] = []
    private(set) var conditions: [Expression] = []
    /// What the rows of the table that was asked fulfil anyway.
    private(set) var implied: [Expression] = []
    /// The table and its list, as they were bound.
    let shape: RollupShape
    /// By the names of the table's columns, and of the elements' members.
    private let columns: [String: Expression]
    private let members: [String: Expression]
    private let list: Expression?
    /// A value of it depends on the session's time zone: it was made in UTC.
    private(set) var needsUTC = false
    /// The table's columns that no row lacks. Columns of bytes are left out, as they may be hidden from the caller.
    private(set) var filled: Set<ColumnID> = []

    /// - Throws: `QueryError` of what does not bind, of functions whose value depends on the moment, and of what no rollup can have.
    init(_ statement: RollupStatement, table: String, schema: Schema, implied texts: [String]) throws {
        let source = MemoryTable(schema: schema, batches: [])
        let context = QueryContext(catalog: FixedCatalog(tables: [(table, source)]), now: 0)
        let binder = Binder(context: context)
        binder.allowsNow = false
        guard case .query(let bound) = try binder.bind(try Parser.parseStatement(statement.text(from: table))) else {
            throw QueryError(.unsupportedSQL, "this is no SELECT")
        }
        let plan = try Optimizer(evaluator: FoldingAllowance.constant(in: .utc)).normalized(bound.plan)
        // Projections above the grouping only rename: each output column is followed down to the grouping's.
        var names: [(id: ColumnID, name: String)] = zip(bound.plan.columns, statement.keys + statement.measures).map { ($0.id, $1.name) }
        var inner = plan
        while case .project(let input, let columns) = inner {
            names = names.map { own in
                if let column = columns.first(where: { $0.column.id == own.id }), case .column(let id, _) = column.expression { return (id, own.name) }
                return own
            }
            inner = input
        }
        if statement.condition != nil, Self.isEmpty(inner) { throw QueryError(.unsupportedSQL, "its condition holds for no row") }
        guard case .aggregate(let node) = inner, node.groupingSets == nil else {
            throw QueryError(.unsupportedSQL, "its keys and measures are no grouping of one table")
        }
        let calls = node.aggregates
        let flat = node.groups.map(\.expression) + calls.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) }
        guard let shape = RollupShape(node.input, flat) else { throw QueryError(.unsupportedSQL, "its keys and measures are no grouping of one table") }
        self.shape = shape
        columns = Dictionary(shape.scan.columns.map { ($0.name, .column($0.column)) }, uniquingKeysWith: { first, _ in first })
        members = Dictionary(
            (shape.list?.elements ?? []).map { ($0.member, .column($0.column)) }, uniquingKeysWith: { first, _ in first })
        list = shape.list?.list
        filled = Set(shape.scan.columns.filter { schema[$0.name]?.isRequired == true && $0.column.type != .binary }.map(\.column.id))
        let count = node.groups.count
        let byID = Dictionary(names.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        // A grouping of two names is a key under both.
        for (index, group) in node.groups.enumerated() {
            let expression = shape.expressions[index]
            for own in names where own.id == group.column.id {
                keys.append(Key(name: own.name, expression: expression, truncation: Self.truncation(expression), step: RollupStep(expression)))
            }
        }
        // `shape.expressions` has groupings first, then for each call its arguments and its filter.
        var place = count
        for call in calls {
            var own = call
            own.arguments = Array(shape.expressions[place..<place + call.arguments.count])
            place += call.arguments.count
            if call.filter != nil {
                own.filter = shape.expressions[place]
                place += 1
            }
            guard byID[call.column.id] != nil else { continue }
            for named in names where named.id == call.column.id { measures.append(Measure(name: named.name, call: own)) }
        }
        conditions = shape.conditions
        if !texts.isEmpty { implied = try Self.implied(texts, table, context).compactMap { Self.translated($0.expression, $0.names.compactMapValues { columns[$0] }) } }
        let places = Dictionary((statement.keys + statement.measures).enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        keys.sort { places[$0.name, default: 0] < places[$1.name, default: 0] }
        measures.sort { places[$0.name, default: 0] < places[$1.name, default: 0] }
        // A truncated date is of every zone; whether a time's own date is, its cast tells.
        needsUTC = (keys.map { $0.truncation?.date ?? $0.expression } + conditions
            + measures.flatMap { $0.call.arguments + ($0.call.filter.map { [$0] } ?? []) }).contains(where: Self.readsClock)
    }

    /// Whether nothing is read: its rows are known, or it groups such.
    private static func isEmpty(_ plan: LogicalPlan) -> Bool {
        switch plan {
        case .values: true
        default: !plan.inputs.isEmpty && plan.inputs.allSatisfy(isEmpty)
        }
    }

    /// The conditions of the texts, each with the names of the columns that it reads.
    private static func implied(
        _ texts: [String], _ table: String, _ context: QueryContext
    ) throws -> [(expression: Expression, names: [ColumnID: String])] {
        let text = "SELECT count(*) FROM \(RollupStatement.quoted(table)) WHERE " + texts.map { "(\($0)\n)" }.joined(separator: " AND ")
        guard case .query(let bound) = try Binder(context: context).bind(try Parser.parseStatement(text)) else { return [] }
        var plan = try Optimizer(evaluator: FoldingAllowance.constant(in: .utc)).normalized(bound.plan)
        while case .project(let input, _) = plan { plan = input }
        guard case .aggregate(let node) = plan, let shape = RollupShape(node.input, []) else { return [] }
        let names = Dictionary(shape.scan.columns.map { ($0.column.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        return shape.conditions.map { ($0, names) }
    }

    /// The unit and the DATE of a key `date_trunc(unit, date)`, which gives an instant of the session's zone and depends on the DATE alone.
    ///
    /// - Returns: nil where another zone is named: the date's midnight in UTC lies in another step there, and the key is an instant like any other.
    static func truncation(_ expression: Expression) -> (unit: String, date: Expression)? {
        guard case .call(let function, let arguments, _, _) = expression, function == .dateTrunc, arguments.count >= 2, arguments.dropFirst(2).allSatisfy({ $0.isSame(as: RollupStep.utc) }),
            case .literal(.bytes(let unit), _) = arguments[0], case .cast(let date, _, _) = arguments[1], date.type == .date
        else { return nil }
        let name = String(word: unit)
        return RollupCalendar.units.contains(name) ? (name, date) : nil
    }

    /// Whether a clock's zone is asked: a function or cast of instants.
    private static func readsClock(_ expression: Expression) -> Bool {
        expression.contains { node in
            switch node {
            // In a zone that is named, whatever the session's.
            case .call(let function, _, _, _) where function == .atTimeZone: false
            case .call, .cast: ([node] + node.children).contains { if case .timestamp(isUTC: true) = $0.type { true } else { false } }
            default: false
            }
        }
    }

    // MARK: Queries

    /// The columns of a query's table and elements as this rollup names them; nil where it unfolds another list.
    /// A column that the rollup does not know, or of another type, is left out: whoever needs it is refused.
    func columns(of shape: RollupShape) -> [ColumnID: Expression]? {
        var map: [ColumnID: Expression] = [:]
        for column in shape.scan.columns {
            if let own = columns[column.name], own.type == column.column.type { map[column.column.id] = own }
        }
        switch (shape.list, list) {
        case (nil, nil): break
        case (let node?, let list?):
            guard Self.translated(node.list, map)?.isSame(as: list) == true else { return nil }
            for element in node.elements {
                if let own = members[element.member], own.type == element.column.type { map[element.column.id] = own }
            }
        default: return nil
        }
        return map
    }

    /// The expression over this rollup's columns; nil where one is none of them.
    static func translated(_ expression: Expression, _ map: [ColumnID: Expression]) -> Expression? {
        expression.columnIDs.allSatisfy { map[$0] != nil } ? expression.substituting(map) : nil
    }
}
