import ColumnStore

/// Reads a condition as tests of single columns against constants.
///
/// Read by `ScanFilters`: what is exact takes the condition's place, what is not is only there to prune by, and the condition stays.
struct FilterReader {
    /// What a condition says as column filters. When `isExact` is false they say less than it: rows that fail them fail it.
    struct Reading {
        var filters: [ColumnFilter] = []
        var isExact = false

        static let none = Reading()
        static func exact(_ filter: ColumnFilter) -> Reading { Reading(filters: [filter], isExact: true) }
        static func partly(_ filter: ColumnFilter) -> Reading { Reading(filters: [filter], isExact: false) }
    }

    let isUTC: Bool
    /// The path of a column that filters can name; nil for others.
    let path: (ColumnID) -> ColumnPath?

    /// Filters of the condition, all of which must hold; none where it says nothing of single columns.
    func read(_ condition: Expression) -> Reading {
        switch condition {
        case .column(let id, .boolean): return path(id).map { .exact(ColumnFilter($0, .equal(.boolean(true)))) } ?? .none
        case .not(.column(let id, .boolean)): return path(id).map { .exact(ColumnFilter($0, .equal(.boolean(false)))) } ?? .none
        case .isNull(let operand): return plain(operand).map { .exact(ColumnFilter($0.path, .isNull)) } ?? .none
        case .not(.isNull(let operand)): return plain(operand).map { .exact(ColumnFilter($0.path, .isNotNull)) } ?? .none
        case .inList(let operand, let items, isNegated: false): return membership(operand, items)
        case .and(let items):
            let parts = items.map(read)
            return Reading(filters: parts.flatMap(\.filters), isExact: parts.allSatisfy(\.isExact))
        case .or(let items): return hull(items)
        case .call(let function, let arguments, _, _): return call(function, arguments)
        default: return .none
        }
    }

    /// A column whose values a source can compare.
    private func plain(_ expression: Expression) -> (path: ColumnPath, type: ColumnType)? {
        guard case .column(let id, let type) = expression, let path = path(id) else { return nil }
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .string, .binary, .uuid, .date, .timestamp: return (path, type)
        default: return nil
        }
    }

    // MARK: Calls

    private func call(_ function: ScalarFunction, _ arguments: [Expression]) -> Reading {
        guard arguments.count >= 2 else { return .none }
        switch function.traits.sourceTest {
        case .comparison(let comparison):
            // `5 < x` is `x > 5`.
            if case .literal(let value, _) = arguments[1] { return test(comparison, arguments[0], value) }
            if case .literal(let value, _) = arguments[0] { return test(comparison.mirrored, arguments[1], value) }
            return .none
        case .pattern: return like(arguments)
        case .prefix:
            guard let column = plain(arguments[0]), case .literal(.bytes(let prefix), _) = arguments[1] else { return .none }
            return .exact(ColumnFilter(column.path, prefix.isEmpty ? .isNotNull : .hasPrefix(prefix)))
        case nil: return .none
        }
    }

    /// - Parameter value: a constant of the operand's type. NULL passes no row; the condition stays and says so.
    private func test(_ comparison: Comparison, _ operand: Expression, _ value: Value) -> Reading {
        if value.isNull { return .none }
        if let column = plain(operand) {
            return .exact(ColumnFilter(column.path, Self.test(comparison, value)))
        }
        // A monotone function of a column: the same test on the column, with another constant.
        guard let (column, range) = MonotoneRange(isUTC: isUTC).range(comparison, operand, value), let column = plain(column) else { return .none }
        switch range {
        case .between(let lower, let upper):
            return .exact(ColumnFilter(column.path, .range(lower: lower, upper: upper)))
        case .never: return .none
        }
    }

    static func test(_ comparison: Comparison, _ value: Value) -> ColumnFilter.Test {
        switch comparison {
        case .equal: .equal(value)
        case .notEqual: .notEqual(value)
        case .less: .range(lower: nil, upper: .init(value, isInclusive: false))
        case .lessOrEqual: .range(lower: nil, upper: .init(value, isInclusive: true))
        case .greater: .range(lower: .init(value, isInclusive: false), upper: nil)
        case .greaterOrEqual: .range(lower: .init(value, isInclusive: true), upper: nil)
        }
    }

    /// IN over constants: one test of the column, or what the equalities have in common for a function of it.
    private func membership(_ operand: Expression, _ items: [Expression]) -> Reading {
        guard items.allSatisfy(\.isLiteral), !items.isEmpty else { return .none }
        // NULL among the candidates makes no row true.
        let values = items.compactMap(\.literalValue).filter { !$0.isNull }
        guard !values.isEmpty else { return .none }
        if let column = plain(operand) { return .exact(ColumnFilter(column.path, values.count == 1 ? .equal(values[0]) : .oneOf(values))) }
        return hull(values.map { .call(.equal, [operand, .literal($0, operand.type)], type: .boolean, position: nil) })
    }

    // MARK: LIKE

    /// `'abc%'` is a prefix, `'abc'` equality; of `'abc%d'` the prefix is what pages can be pruned with.
    private func like(_ arguments: [Expression]) -> Reading {
        guard let column = plain(arguments[0]), case .string = column.type, case .literal(.bytes(let pattern), _) = arguments[1],
            arguments.count == 3, case .literal(.bytes(let escape), _) = arguments[2], escape.count <= 1
        else { return .none }
        // Bytes up to the first wildcard; an escaped character stands for itself.
        var prefix: [UInt8] = [], rest = pattern[...]
        while let byte = rest.first {
            if byte == escape.first {
                guard rest.count > 1 else { return .none }  // the pattern is in error: let it fail where it is evaluated
                rest.removeFirst()
            } else if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "_") {
                break
            }
            prefix.append(rest.removeFirst())
        }
        // No wildcard: equality, also of an empty pattern.
        if rest.isEmpty { return .exact(ColumnFilter(column.path, .equal(.bytes(prefix)))) }
        let isPrefixOnly = rest.allSatisfy { $0 == UInt8(ascii: "%") }
        if prefix.isEmpty { return isPrefixOnly ? .exact(ColumnFilter(column.path, .isNotNull)) : .none }
        let filter = ColumnFilter(column.path, .hasPrefix(prefix))
        return isPrefixOnly ? .exact(filter) : .partly(filter)
    }

    // MARK: OR

    /// Branches that all test one column: equalities are a list, ranges have a hull.
    private func hull(_ branches: [Expression]) -> Reading {
        let readings = branches.map(read)
        guard readings.allSatisfy({ !$0.filters.isEmpty }), let first = readings.first else { return .none }
        var filters: [ColumnFilter] = []
        // Of each branch the first test of a path.
        let byPath = readings.map { reading in
            Dictionary(ScanFilters.merged(reading.filters).map { ($0.path, $0.test) }, uniquingKeysWith: { first, _ in first })
        }
        for path in Set(first.filters.map(\.path)) {
            var tests: [ColumnFilter.Test] = []
            for branch in byPath {
                guard let test = branch[path] else { break }
                tests.append(test)
            }
            PlanningWork.charge(tests.count)
            if tests.count < byPath.count { continue }
            if let test = Self.union(tests) { filters.append(ColumnFilter(path, test)) }
        }
        filters.sort { $0.path.description < $1.path.description }
        // A list of values is all that each branch asks. A hull of ranges takes in what lies between them, and is no more than a hint.
        let isList = filters.count == 1 && readings.allSatisfy { $0.isExact && $0.filters.count == 1 }
        if isList, case .oneOf = filters[0].test { return Reading(filters: filters, isExact: true) }
        return Reading(filters: filters, isExact: false)
    }

    /// One test that every branch's rows pass; nil where there is none.
    private static func union(_ tests: [ColumnFilter.Test]) -> ColumnFilter.Test? {
        var values: [Value] = []
        for test in tests {
            switch test {
            case .equal(let value): values.append(value)
            case .oneOf(let more): values += more
            default: return rangeUnion(tests)
            }
        }
        var known: Set<Value> = []
        return .oneOf(values.filter { known.insert($0).inserted })
    }

    /// From the least lower bound to the greatest upper one; nil where neither end is bounded.
    private static func rangeUnion(_ tests: [ColumnFilter.Test]) -> ColumnFilter.Test? {
        var lowers: [ColumnFilter.Bound?] = [], uppers: [ColumnFilter.Bound?] = []
        for test in tests {
            switch test {
            case .equal(let value):
                lowers.append(.init(value, isInclusive: true))
                uppers.append(.init(value, isInclusive: true))
            case .oneOf(let values):
                for value in values {
                    lowers.append(.init(value, isInclusive: true))
                    uppers.append(.init(value, isInclusive: true))
                }
            case .range(let lower, let upper):
                lowers.append(lower)
                uppers.append(upper)
            default: return nil
            }
        }
        let lower = extreme(lowers, isLower: true), upper = extreme(uppers, isLower: false)
        return lower == nil && upper == nil ? nil : .range(lower: lower, upper: upper)
    }

    /// The outermost of the bounds; nil where one is open, or two cannot be compared.
    private static func extreme(_ bounds: [ColumnFilter.Bound?], isLower: Bool) -> ColumnFilter.Bound? {
        var result: ColumnFilter.Bound?
        for bound in bounds {
            guard let bound else { return nil }
            guard let best = result else {
                result = bound
                continue
            }
            guard let order = Value.order(bound.value, best.value) else { return nil }
            if order == 0 ? bound.isInclusive : (order < 0) == isLower { result = bound }
        }
        return result
    }
}
