package import ColumnStore

/// Where a page of an answer ended.
package struct WalkPosition: Sendable, Equatable {
    /// The sort key of the last row given; nil where it is too large to carry: then `rowCount` alone counts.
    package var key: [Value]?
    /// How many rows with that key were given, where the key may come more than once.
    package var tieCount: Int
    /// Rows given so far.
    package var rowCount: Int
    /// Of the query whose rows these were: `BoundQuery.sumsCode`.
    package var sumsCode: [UInt8]?
    /// Likewise, of the views that it reads: `ViewsRead.code`. Of a cursor of an earlier program nil, whatever it reads.
    package var viewsCode: [UInt8]?
    /// Of the types of the key's columns: `code(of:)`. Of a cursor of an earlier program nil.
    package var typesCode: [UInt8]?

    package init(key: [Value]?, tieCount: Int, rowCount: Int, sumsCode: [UInt8]? = nil, viewsCode: [UInt8]? = nil, typesCode: [UInt8]? = nil) {
        (self.key, self.tieCount, self.rowCount) = (key, tieCount, rowCount)
        (self.sumsCode, self.viewsCode, self.typesCode) = (sumsCode, viewsCode, typesCode)
    }
}

/// Rewrites a query so that it gives one page of its answer, in a total order that every page shares: its own order, then the row key
/// `sequence` where it is a plain SELECT from one table, with the places of elements where lists of it are unnested, else all columns of the answer.
///
/// For a key (a, b) of the last row given, the next page asks for
///
///     a > $a OR a = $a AND b > $b        with NULLs where the order has them
///
/// sorted by (a, b), with one row more than a page has: it tells whether there is a page behind. Where the key may come
/// more than once, `>=` is asked and `tieCount` rows are passed over.
///
/// Invariant: the key's columns come behind the `visibleColumnCount` that the answer shows.
///
/// The next page begins behind the last key, so that rows which vanish meanwhile (a state that changed) leave no gap.
///
/// A plain SELECT of more than a few rows is read in two steps: first the keys alone find where the page ends, then its rows are read between the two ends. So
/// wide columns, documents above all, are read for the page's rows only.
package struct AnswerWalk: Sendable {
    package enum Step: Sendable {
        /// The page's rows at once.
        case whole
        /// Their keys only.
        case keys
        /// The rows up to this key, which the step before found.
        case rows(upTo: [Value])
    }

    /// The plan of the page: the answer's columns, then the key's.
    package let bound: BoundQuery
    package let visibleColumnCount: Int
    /// Empty where no place is kept.
    private let keyTypes: [ColumnType]
    private let isKeyUnique: Bool
    /// Rows are more than the table has: finding their keys first would unfold its lists twice.
    private let isUnnested: Bool
    private let position: WalkPosition?
    /// Rows to pass over before the page's first: the query's OFFSET, and ties that were given before.
    private let skippedRowCount: Int
    /// The first rows are those with the position's key, whose count is known; else they are the answer's own first.
    private let beginsAtKey: Bool
    private let pageRowCount: Int
    /// Rows are others each time: there is no second page of them.
    package let isVolatile: Bool
    /// The query's own LIMIT allows no row behind this page.
    private let endsWalk: Bool
    private let sumsCode: [UInt8]?
    private let typesCode: [UInt8]?
    /// Of the views that the query reads; whoever binds it knows them (`ViewsRead`).
    package var viewsCode: [UInt8]?
    /// Whether the position's key may be one of this query's: else what its rows are in order by has other types than when that page was read, and the position is to be
    /// refused. A value of one type is none of another, even where it has the same form: the digits of a decimal are another number at another scale.
    package let followsPosition: Bool
    /// Rows of sums must be one a group: how many there are depends on how files lie, which changes from page to page.
    package let needsWholeSums: Bool

    private static let rowKey = "sequence"

    /// - Parameters:
    ///   - query: as the binder made it: no rewrite has moved its ORDER BY and LIMIT yet.
    ///   - rowCountMax: rows of a page.
    ///   - step: other than `whole` only where `readsKeysFirst`.
    ///   - byteCountMax: a page takes no row behind the one by which its texts have come to so many bytes: those need not be kept in order.
    ///   - isOrdered: in the order of the walk even where the query's own LIMIT is no more than a page: the page may end at its bytes.
    package init(_ query: BoundQuery, after position: WalkPosition?, rowCountMax: Int, step: Step = .whole, byteCountMax: Int? = nil, isOrdered: Bool = false) {
        var spine = Spine(query.plan)
        let ids = PlanIDs(after: query.plan)
        let given = position?.rowCount ?? 0
        let left = spine.limit.map { max(0, $0.subtractingSaturating(given)) }
        self.position = position
        if case .keys = step { spine.outputs = [] }
        visibleColumnCount = spine.outputs.count
        pageRowCount = min(rowCountMax, left ?? rowCountMax)
        endsWalk = left.map { $0 <= rowCountMax } ?? false

        isVolatile = query.plan.isVolatile
        sumsCode = query.sumsCode
        // All rows fit on the page, or must: no order is needed that the query does not ask for.
        if position == nil, isVolatile || !isOrdered && (spine.limit.map { $0 <= rowCountMax } ?? false) {
            (bound, needsWholeSums) = (query, false)
            (keyTypes, isKeyUnique, isUnnested, skippedRowCount, beginsAtKey) = ([], false, false, 0, false)
            (typesCode, followsPosition) = (nil, true)
            return
        }
        needsWholeSums = query.tellsPartsApart
        var keys = spine.keys
        if let rowKey = spine.addRowKey(named: Self.rowKey, ids) {
            keys += rowKey.map { SortKey($0) }
            (isKeyUnique, isUnnested) = (true, rowKey.count > 1)
        } else {
            let isFixed = spine.inner.fixesFormOfValues
            for column in spine.outputs { keys += Self.keys(of: column.expression, isFixed: isFixed) }
            (isKeyUnique, isUnnested) = (false, false)
        }
        var input = spine.inner
        let types = keys.map(\.expression.type)
        typesCode = WalkPosition.code(of: types)
        followsPosition = position?.suits(types) ?? true
        if let key = position?.key, key.count == keys.count, followsPosition {
            var conjuncts = [Self.condition(keys, behind: key, orAt: !isKeyUnique)]
            // Said apart, it leaves out whole files and lists; a row's own number is never NULL.
            if isUnnested, spine.keys.isEmpty {
                conjuncts.append(.call(.greaterOrEqual, [keys[0].expression, .literal(key[0], keys[0].expression.type)], type: .boolean, position: nil))
            }
            input = .filter(input: input, conjuncts: conjuncts)
            skippedRowCount = isKeyUnique ? 0 : position?.tieCount ?? 0
            beginsAtKey = true
        } else {
            skippedRowCount = spine.offset.addingSaturating(given)
            beginsAtKey = false
        }
        if case .rows(let last) = step, last.count == keys.count {
            input = .filter(input: input, conjuncts: [.not(Self.condition(keys, behind: last, orAt: false))])
        }
        let wanted = skippedRowCount.addingSaturating(pageRowCount.addingSaturating(1))
        let sorted = LogicalPlan.limit(
            input: .sort(SortNode(input: input, keys: keys, enough: skippedRowCount > 0 ? nil : byteCountMax.flatMap(spine.enough))), count: wanted, offset: 0)
        let keyColumns = keys.map { ProjectedColumn(ids.newColumn("", $0.expression.type), $0.expression) }
        keyTypes = types
        bound = BoundQuery(
            plan: .project(input: sorted, columns: spine.outputs + keyColumns),
            columns: query.columns.prefix(spine.outputs.count) + keyColumns.map(\.column))
    }

    /// Whether the key tells every row of a table from every other, and there are other columns worth reading late.
    package var readsKeysFirst: Bool { isKeyUnique && !isUnnested && !keyTypes.isEmpty }

    /// Keys by which values are the same only when the answer shows them so: else which of two rows comes first could change between pages.
    ///
    /// - Parameter isFixed: whether every page computes the same one of values that are equal; a key that changed would lose rows.
    private static func keys(of output: Expression, isFixed: Bool) -> [SortKey] {
        let text = SortKey(.call(.jsonText, [output], type: .string, position: nil))
        switch output.type {
        // 30 days are a month, zero has a sign, and numbers of documents have zeros behind them.
        case .interval, .double, .json(isBinary: true): return isFixed ? [SortKey(output), text] : [SortKey(output)]
        // Without an order of their own.
        case let type where type.isNested: return [text]
        default: return [SortKey(output)]
        }
    }

    // MARK: The condition

    /// Rows whose key comes behind `values` in the order of `keys` (or is the same, when `orAt`).
    private static func condition(_ keys: [SortKey], behind values: [Value], orAt: Bool) -> Expression {
        var alternatives: [Expression] = []
        var same: [Expression] = []
        for (key, value) in zip(keys, values) {
            if let behind = behind(key, value) { alternatives.append(same.isEmpty ? behind : .and(same + [behind])) }
            same.append(.isDistinct(key.expression, .literal(value, key.expression.type), isNegated: true))
        }
        if orAt { alternatives.append(same.count == 1 ? same[0] : .and(same)) }
        if alternatives.isEmpty { return .literal(.boolean(false), .boolean) }
        return alternatives.count == 1 ? alternatives[0] : .or(alternatives)
    }

    /// Nil where nothing comes behind: NULL, when NULLs are last.
    private static func behind(_ key: SortKey, _ value: Value) -> Expression? {
        let expression = key.expression
        if value.isNull { return key.nullsFirst ? .not(.isNull(expression)) : nil }
        let later = Expression.call(
            key.isDescending ? .less : .greater, [expression, .literal(value, expression.type)], type: .boolean, position: nil)
        // True or false for every row, never NULL: the condition is also used the other way round.
        return key.nullsFirst ? .and([.not(.isNull(expression)), later]) : .or([.isNull(expression), later])
    }

    // MARK: Reading the page

    /// Gives the page's rows to `take`, which returns how many of a batch it took, and whether the page is full with them: fewer end the page, too.
    ///
    /// - Returns: where the page ended, and whether rows come behind it. Where the query's own LIMIT was to be the page's and more come behind, there is
    ///   no place: the page is to be asked for again, in order. Nor has an empty page one.
    /// - Throws: what the stream and `take` throw.
    package func read(
        _ stream: ResultStream, take: (ColumnBatch) throws -> (rowCount: Int, isFull: Bool)
    ) throws -> (end: WalkPosition?, hasMore: Bool) {
        var skip = skippedRowCount
        var given = 0
        var isFull = false
        var end = KeyEnd(position, isKeyUnique)
        while let batch = try stream.next() {
            var rest = batch
            if skip > 0 {
                let most = min(skip, batch.rowCount)
                // Of the rows that were given some may not be there any more, or are others now: a state that changed.
                let count = beginsAtKey ? end.sameCount(batch, upTo: most, keyStart: visibleColumnCount, keyCount: keyTypes.count) : most
                skip = count < most ? 0 : skip - count
                // What OFFSET leaves out may have the key of the page's last row: the next page passes over it too.
                if !beginsAtKey, !keyTypes.isEmpty { end.note(batch, rows: count, keyStart: visibleColumnCount, keyCount: keyTypes.count) }
                rest = batch.slice(count..<batch.rowCount)
            }
            if rest.rowCount == 0 { continue }
            if isFull || given == pageRowCount { return finish(stream, end, given, hasMore: true) }
            let wanted = rest.slice(0..<min(rest.rowCount, pageRowCount - given))
            let taken: Int
            (taken, isFull) = try take(ColumnBatch(rowCount: wanted.rowCount, columns: Array(wanted.columns.prefix(visibleColumnCount))))
            given += taken
            if !keyTypes.isEmpty { end.note(wanted, rows: taken, keyStart: visibleColumnCount, keyCount: keyTypes.count) }
            if taken < rest.rowCount { return finish(stream, end, given, hasMore: true) }
        }
        return finish(stream, end, given, hasMore: false)
    }

    /// Ends the query, whose further rows nobody reads, and says where the page ended.
    private func finish(_ stream: ResultStream, _ end: KeyEnd, _ given: Int, hasMore: Bool) -> (end: WalkPosition?, hasMore: Bool) {
        stream.cancel()
        if given == 0 { return (nil, false) }
        let goesOn = hasMore && !(endsWalk && given == pageRowCount)
        if keyTypes.isEmpty { return (nil, goesOn) }
        let place = WalkPosition(
            key: end.key, tieCount: end.tieCount, rowCount: (position?.rowCount ?? 0) + given, sumsCode: sumsCode, viewsCode: viewsCode, typesCode: typesCode)
        return (place, goesOn)
    }

    /// The key of the last row given, and how many rows had it.
    /// Fed with all rows that are given, and with those that OFFSET leaves out.
    private struct KeyEnd {
        private(set) var key: [Value]?
        private(set) var tieCount: Int
        private let isUnique: Bool

        init(_ position: WalkPosition?, _ isUnique: Bool) {
            key = position?.key
            tieCount = position?.tieCount ?? 0
            self.isUnique = isUnique
        }

        /// - Parameter rows: how many rows at the batch's beginning count.
        mutating func note(_ batch: ColumnBatch, rows: Int, keyStart: Int, keyCount: Int) {
            guard rows > 0 else { return }
            let columns = batch.columns[keyStart..<(keyStart + keyCount)]
            func key(at row: Int) -> [Value] { columns.map { $0.value(at: row) } }
            let last = key(at: rows - 1)
            if isUnique {
                (self.key, tieCount) = (last, 1)
                return
            }
            // From the last row back for as long as the key is the same; at the batch's beginning the run may have begun in
            // an earlier batch.
            var first = rows - 1
            let types = columns.map(\.type)
            while first > 0, Self.isSame(key(at: first - 1), last, types) { first -= 1 }
            let goesOn = first == 0 && self.key.map { Self.isSame($0, last, types) } ?? false
            tieCount = (goesOn ? tieCount : 0) + rows - first
            self.key = last
        }

        /// How many of a batch's first rows have the key.
        func sameCount(_ batch: ColumnBatch, upTo count: Int, keyStart: Int, keyCount: Int) -> Int {
            guard let key else { return 0 }
            let columns = batch.columns[keyStart..<(keyStart + keyCount)]
            let types = columns.map(\.type)
            return (0..<count).first { row in !Self.isSame(columns.map { $0.value(at: row) }, key, types) } ?? count
        }

        /// As the condition of the next page sees them: NaN is the same as NaN, a month as 30 days.
        private static func isSame(_ one: [Value], _ other: [Value], _ types: [ColumnType]) -> Bool {
            one.count == other.count && one.indices.allSatisfy { CompareKernels.order(one[$0], other[$0], types[$0]) == 0 }
        }
    }
}

/// The top of a bound plan: LIMIT, the answer's columns, ORDER BY, and what lies beneath.
/// LIMIT [PROJECT] [SORT] inner, as the binder builds a SELECT; what a plan lacks is left at its default.
private struct Spine {
    var limit: Int?
    var offset = 0
    /// The answer's columns over what `inner` puts out.
    var outputs: [ProjectedColumn]
    var keys: [SortKey] = []
    var inner: LogicalPlan

    init(_ plan: LogicalPlan) {
        var plan = plan
        if case .limit(let input, let count, let offset) = plan {
            (limit, self.offset) = (count, offset)
            plan = input
        }
        outputs = plan.columns.map { ProjectedColumn($0, .column($0.id, $0.type)) }
        if case .project(let input, let columns) = plan, case .sort = input {
            outputs = columns
            plan = input
        }
        if case .sort(let node) = plan, node.limit == nil, node.offset == 0 {
            keys = node.keys
            plan = node.input
        }
        inner = plan
    }

    /// Of texts that the answer has as they are: none of its forms has fewer bytes of one.
    /// Nil where the answer has none.
    func enough(_ byteCount: Int) -> EnoughText? {
        let columns = outputs.map(\.expression).filter { expression in
            guard case .column(_, let type) = expression else { return false }
            return type == .string || type == .binary
        }
        return columns.isEmpty ? nil : EnoughText(columns: columns, byteCount: byteCount)
    }

    /// Carries the scan's row key up to the top of `inner`, where that is a plain SELECT from one table, and the place of each element in its list where
    /// lists are unnested.
    /// - Returns: the key's parts, the row key first; nil where rows have none.
    mutating func addRowKey(named name: String, _ ids: PlanIDs) -> [Expression]? {
        guard let (plan, key) = Self.adding(name, to: inner, ids) else { return nil }
        inner = plan
        return key.map { .column($0.id, $0.type) }
    }

    private static func adding(_ name: String, to plan: LogicalPlan, _ ids: PlanIDs) -> (LogicalPlan, [OutputColumn])? {
        switch plan {
        case .scan(let scan):
            guard let column = scan.columns.first(where: { $0.name == name }), column.column.type == .int64 else { return nil }
            return (plan, [column.column])
        case .filter(let input, let conjuncts):
            guard let (input, key) = adding(name, to: input, ids) else { return nil }
            return (.filter(input: input, conjuncts: conjuncts), key)
        case .project(let input, let columns):
            guard let (input, key) = adding(name, to: input, ids) else { return nil }
            let carried = key.map { ProjectedColumn(ids.newColumn("", $0.type), .column($0.id, $0.type)) }
            return (.project(input: input, columns: columns + carried), carried.map(\.column))
        case .unnest(var node):
            guard let (input, key) = adding(name, to: node.input, ids) else { return nil }
            node.input = input
            node.passed += key.filter { !node.passed.contains($0) }
            let place = node.ordinality ?? ids.newColumn("", .int64)
            node.ordinality = place
            return (.unnest(node), key + [place])
        default: return nil
        }
    }
}

extension LogicalPlan {
    /// No group, whose key is any one of values that are equal, stands between the tables and the answer.
    fileprivate var fixesFormOfValues: Bool {
        switch self {
        case .aggregate, .distinct, .window, .singleRow: return false
        case .setOperation(let node) where node.kind != .union || !node.keepsRepeats: return false
        default: return !expressions.contains(where: \.hasSubquery) && inputs.allSatisfy(\.fixesFormOfValues)
        }
    }
}
