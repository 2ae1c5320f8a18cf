/// Where a table of WITH RECURSIVE may be asked within its own query, as PostgreSQL has it: once, in the part behind UNION, and nowhere that the rows of one round
/// alone would not do: in no subquery of an expression, on no side of a join that is filled up, behind no EXCEPT, and in no FROM whose SELECT has aggregates.
///
/// One walk over the query. `place` is the strictest place that is around what is looked at, and goes down with it.
///
/// A table of an inner WITH that is called the same hides this one: from there on, and with RECURSIVE in the whole of its list.
///
/// PostgreSQL 15's documentation, section 7.8.2.
struct RecursionForm {
    /// Raw values are words of the message.
    private enum Place: String {
        case allowed, firstPart = "its first part", subquery = "a subquery", outerJoin = "an outer join", intersection = "INTERSECT", exception = "EXCEPT"
        case onlyPart = "a query without a first part and UNION"
    }

    private let name: String
    private let isAggregate: (String) -> Bool
    /// Mentions in places where one may stand.
    private var count = 0
    /// Of the SELECT that is looked at: whether its own FROM names the table, and where its first aggregate stands.
    private var level = (mentions: false, aggregate: Int?.none)

    /// - Parameter isAggregate: whether a function's name is that of an aggregate.
    /// - Throws: bad-sql at the place that asks for it where it may not; unsupported-sql for an order or a number of rows of one that asks for itself.
    static func check(_ table: CommonTableSyntax, isAggregate: @escaping (String) -> Bool) throws(QueryError) {
        let query = table.query
        var form = RecursionForm(name: table.name.text, isAggregate: isAggregate)
        guard case .setOperation(.union, _, let first, let rest, _) = query.body else { return try form.look(query, .onlyPart) }
        for inner in query.with {
            try form.look(inner.query, .subquery)
            // From here on the name is another's.
            if inner.name.text == table.name.text { return }
        }
        try form.look(first, .firstPart)
        try form.look(rest, .allowed)
        // Rounds come as they come: nothing orders or counts them but the query around.
        guard form.count > 0 else { return }
        if let item = query.orderBy.first { throw .unsupported("ORDER BY in a recursive query is not supported", at: item.expression.position) }
        if let limit = query.limit { throw .unsupported("LIMIT in a recursive query is not supported", at: limit.position) }
        if let offset = query.offset { throw .unsupported("OFFSET in a recursive query is not supported", at: offset.position) }
    }

    /// Whether a table's query asks for another one that is called so.
    static func asks(_ table: CommonTableSyntax, for name: String) -> Bool {
        var form = RecursionForm(name: name) { _ in false }
        do throws(QueryError) {
            // Where no mention is allowed the first one throws.
            try form.look(table.query, .subquery)
            return false
        } catch {
            return true
        }
    }

    private init(name: String, isAggregate: @escaping (String) -> Bool) { (self.name, self.isAggregate) = (name, isAggregate) }

    /// A mention of the table, which is counted or refused.
    private mutating func found(_ table: NameSyntax, _ place: Place) throws(QueryError) {
        func fault(_ reason: String) -> QueryError { .badSQL("the recursive query “\(name)” must not be asked \(reason)", at: table.position).because(.badRecursion) }
        guard place == .allowed else { throw fault("within \(place.rawValue)") }
        count += 1
        level.mentions = true
        guard count == 1 else { throw fault("more than once in its own query") }
    }

    private mutating func look(_ query: QuerySyntax, _ place: Place) throws(QueryError) {
        // What its ORDER BY gathers is not of a SELECT around.
        let around = level
        defer { level = around }
        for table in query.with {
            // RECURSIVE lets all tables of the list see each other.
            if table.isRecursive, query.with.contains(where: { $0.name.text == name }) { return }
            try look(table.query, place)
            // From here on the name is another's.
            if table.name.text == name { return }
        }
        try look(query.body, place)
        for item in query.orderBy { try look(item.expression, place) }
        try look([query.limit, query.offset], place)
    }

    /// What EXCEPT takes away would have to be known before all rounds are over.
    private mutating func look(_ body: QueryBody, _ place: Place) throws(QueryError) {
        switch body {
        case .select(let select): try look(select, place)
        case .values(let rows, _): for row in rows { try look(row, place) }
        case .nested(let query): try look(query, place)
        case .setOperation(.union, _, let left, let right, _):
            try look(left, place)
            try look(right, place)
        case .setOperation(.intersect, let isAll, let left, let right, _):
            try look(left, isAll ? .intersection : place)
            try look(right, isAll ? .intersection : place)
        case .setOperation(.except, let isAll, let left, let right, _):
            try look(left, isAll ? .exception : place)
            try look(right, .exception)
        }
    }

    private mutating func look(_ select: SelectSyntax, _ place: Place) throws(QueryError) {
        let around = level
        level = (false, nil)
        defer { level = around }
        for item in select.items { try look(item.expression, place) }
        for table in select.from { try look(table, place) }
        try look([select.whereClause, select.having], place)
        if case .on(let keys) = select.distinct { try look(keys, place) }
        for grouping in select.groupBy { try look(grouping, place) }
        for window in select.windows { try look(window.window, place) }
        // Without GROUP BY it would give a row for none, round after round.
        if level.mentions, let aggregate = level.aggregate {
            throw .badSQL("a SELECT of the recursive query “\(name)” that asks for it takes no aggregates", at: aggregate).because(.badRecursion)
        }
    }

    private mutating func look(_ table: TableSyntax, _ place: Place) throws(QueryError) {
        switch table {
        case .named(let parts, _): if parts.count == 1, parts[0].text == name { try found(parts[0], place) }
        case .subquery(let query, _, _, _): try look(query, place)
        case .function(let call, _, _, _): try look(call, place)
        case .sampled(let inner, _, let percentage, let seed, _):
            try look(inner, place)
            try look([percentage, seed], place)
        case .join(let kind, let left, let right, let condition, _):
            // The side that is filled up with NULLs: whether a row of it has a partner would depend on rounds to come.
            let isLeftFilled = kind == .right || kind == .full, isRightFilled = kind == .left || kind == .full || kind == .asofLeft
            try look(left, isLeftFilled && place == .allowed ? .outerJoin : place)
            try look(right, isRightFilled && place == .allowed ? .outerJoin : place)
            if case .on(let test) = condition { try look(test, place) }
        }
    }

    private mutating func look(_ grouping: GroupingSyntax, _ place: Place) throws(QueryError) {
        switch grouping {
        case .set(let keys): try look(keys, place)
        case .rollup(let lists, _), .cube(let lists, _): for keys in lists { try look(keys, place) }
        case .groupingSets(let sets, _): for set in sets { try look(set, place) }
        }
    }

    /// Distances of a frame are left out: the binder takes constants alone.
    private mutating func look(_ window: WindowSyntax, _ place: Place) throws(QueryError) {
        try look(window.partitionBy, place)
        for item in window.orderBy { try look(item.expression, place) }
    }

    private mutating func look(_ call: FunctionSyntax, _ place: Place) throws(QueryError) {
        if call.over == nil, level.aggregate == nil, isAggregate(call.name.text) { level.aggregate = call.name.position }
        try look(call.arguments, place)
        for item in call.orderBy + call.withinGroup { try look(item.expression, place) }
        try look([call.filter], place)
        if case .window(let window)? = call.over { try look(window, place) }
    }

    private mutating func look(_ items: [ExpressionSyntax?], _ place: Place) throws(QueryError) {
        for case let item? in items { try look(item, place) }
    }

    /// Every kind by name: the compiler asks for a new one.
    private mutating func look(_ expression: ExpressionSyntax, _ place: Place) throws(QueryError) {
        switch expression.kind {
        case .name, .star, .null, .boolean, .number, .string, .typedString, .interval, .parameter: break
        case .unary(_, let one), .not(let one), .isTest(let one, _, _), .cast(let one, _), .collated(let one, _), .field(let one, _), .members(let one): try look(one, place)
        case .binary(_, let one, let other), .isDistinct(let one, let other, _), .atTimeZone(let one, let other), .element(let one, let other):
            try look([one, other], place)
        case .and(let items), .or(let items), .row(let items), .array(let items): try look(items, place)
        case .between(let one, let low, let high, _, _): try look([one, low, high], place)
        case .inList(let one, let items, _): try look([one] + items, place)
        case .inQuery(let one, let query, _):
            try look(one, place)
            try look(query, .subquery)
        case .quantified(let one, _, _, let set):
            try look(one, place)
            switch set {
            case .query(let query): try look(query, .subquery)
            case .array(let array): try look(array, place)
            }
        case .like(let one, let pattern, let escape, _, _): try look([one, pattern, escape], place)
        case .exists(let query), .scalarQuery(let query), .arrayQuery(let query): try look(query, .subquery)
        case .caseWhen(let operand, let branches, let otherwise):
            try look([operand, otherwise], place)
            for branch in branches { try look([branch.condition, branch.result], place) }
        case .function(let call): try look(call, place)
        case .slice(let list, let ranges): try look([list] + ranges.flatMap { [$0.from, $0.to] }, place)
        }
    }
}
