/// A test of one column that a source can apply by itself, exactly, and prune files, row groups and pages with.
///
/// NULL passes only `.isNull`: a filter selects rows for which the test is true, as WHERE does.
///
/// Queries make them of WHERE conjuncts, tables of scopes and snapshots; sources ask `canMatch` about what they know unread, and `select` about rows.
public struct ColumnFilter: Hashable, Sendable {
    public enum Test: Hashable, Sendable {
        case equal(Value)
        case notEqual(Value)
        /// Within both bounds, where there are any.
        case range(lower: Bound?, upper: Bound?)
        /// One of the values; none of them NULL.
        case oneOf([Value])
        /// Text or binary that begins with these bytes.
        case hasPrefix([UInt8])
        case isNull
        case isNotNull
    }

    public struct Bound: Hashable, Sendable {
        public var value: Value
        public var isInclusive: Bool

        public init(_ value: Value, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }

    /// A top-level column, or a leaf within a list (then in `ScanRequest.elementFilters`, with "some element passes").
    public var path: ColumnPath
    public var test: Test

    /// The values are of the column's own type and scale.
    public init(_ path: ColumnPath, _ test: Test) {
        self.path = path
        self.test = test
    }

    /// Whether some value within exact or widened bounds may pass: false lets a file, a row group or a page be left out.
    ///
    /// - Parameters:
    ///   - minimum: a value not above any of the values, or nil when unknown.
    ///   - maximum: a value not below any of them, or nil when unknown.
    ///   - hasNull, hasValue: whether there may be a NULL, and a value that is not NULL.
    ///
    /// - Returns: true also where nothing is known.
    public func canMatch(minimum: Value?, maximum: Value?, hasNull: Bool = true, hasValue: Bool = true) -> Bool {
        switch test {
        case .isNull: return hasNull
        case .isNotNull: return hasValue
        case .equal(let value): return hasValue && Self.mayContain(value, minimum, maximum)
        case .oneOf(let values): return hasValue && values.contains { Self.mayContain($0, minimum, maximum) }
        case .notEqual(let value):
            guard hasValue else { return false }
            // Only where every value is the one that is not wanted does none pass.
            guard let minimum, let maximum else { return true }
            return !(minimum == maximum && minimum == value)
        case .range(let lower, let upper):
            guard hasValue else { return false }
            if let lower, let maximum, let order = Value.order(maximum, lower.value) {
                if order < 0 || (order == 0 && !lower.isInclusive) { return false }
            }
            if let upper, let minimum, let order = Value.order(minimum, upper.value) {
                if order > 0 || (order == 0 && !upper.isInclusive) { return false }
            }
            return true
        case .hasPrefix(let prefix):
            guard hasValue else { return false }
            // All strings with the prefix lie together: from the prefix itself on, and before any string whose beginning is above it.
            if let maximum, let order = Value.order(maximum, .bytes(prefix)), order < 0 { return false }
            if case .bytes(let least)? = minimum, let order = Value.order(.bytes(Array(least.prefix(prefix.count))), .bytes(prefix)) {
                return order <= 0
            }
            return true
        }
    }

    /// Whether every value from `minimum` to `maximum` passes; NULLs apart.
    public func passesAll(minimum: Value, maximum: Value) -> Bool {
        switch test {
        case .isNull: false
        case .isNotNull: true
        // What lies between two that pass passes, too.
        case .equal, .range, .hasPrefix: passes(minimum) && passes(maximum)
        case .oneOf: minimum == maximum && passes(minimum)
        case .notEqual(let value): !Self.mayContain(value, minimum, maximum)
        }
    }

    /// Whether `value` lies within the bounds that are known.
    private static func mayContain(_ value: Value, _ minimum: Value?, _ maximum: Value?) -> Bool {
        if let minimum, let order = Value.order(value, minimum), order < 0 { return false }
        if let maximum, let order = Value.order(value, maximum), order > 0 { return false }
        return true
    }

    /// Whether one value passes.
    ///
    /// NULL passes `.isNull` alone. Doubles compare by SQL's order, in which NaN equals itself and is above all numbers.
    public func passes(_ value: Value) -> Bool {
        switch test {
        case .isNull: return value.isNull
        case .isNotNull: return !value.isNull
        case .equal(let wanted): return Value.order(value, wanted) == 0
        case .notEqual(let other): return Value.order(value, other).map { $0 != 0 } ?? false
        case .oneOf(let values): return values.contains { Value.order(value, $0) == 0 }
        case .hasPrefix(let prefix):
            guard case .bytes(let bytes) = value else { return false }
            return bytes.starts(with: prefix)
        case .range(let lower, let upper):
            if value.isNull { return false }
            if let lower {
                guard let order = Value.order(value, lower.value), order > 0 || (order == 0 && lower.isInclusive) else { return false }
            }
            if let upper {
                guard let order = Value.order(value, upper.value), order < 0 || (order == 0 && upper.isInclusive) else { return false }
            }
            return true
        }
    }
}

extension Value {
    /// Negative, zero or positive, as SQL orders two values of one type (NaN above all numbers, text by bytes); nil when one
    /// is NULL or they are of different kinds.
    public static func order(_ left: Value, _ right: Value) -> Int? {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): return (left ? 1 : 0) - (right ? 1 : 0)
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.decimal(let left), .decimal(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.double(let left), .double(let right)):
            if left.isNaN || right.isNaN { return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0) }
            return left < right ? -1 : left == right ? 0 : 1
        case (.bytes(let left), .bytes(let right)):
            for (one, other) in zip(left, right) where one != other { return one < other ? -1 : 1 }
            return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
        default: return nil
        }
    }
}
