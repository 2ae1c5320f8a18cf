package import ColumnStore

extension Path {
    /// What the path finds in `data`, or in the context object.
    ///
    /// - Throws: `.runtime` where a definite path finds nothing, or the steps run out.
    package func value(in data: JSONValue, context: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue {
        if isWhole { return data }
        guard let value = try find(in: root == .data ? data : context, &steps) else {
            throw StateError(.runtime, "the path \(text) finds nothing")
        }
        return value
    }

    /// As `value`, where a definite path may find nothing.
    ///
    /// - Parameter root: the value that `$` is, or the context object.
    /// - Returns: nil where a definite path finds nothing; of any other path always a list, maybe empty.
    package func find(in root: JSONValue, _ work: inout Steps) throws(StateError) -> JSONValue? {
        if isDefinite {
            var value = root
            for step in steps {
                guard let next = try PathWalk.single(step, in: value, &work) else { return nil }
                value = next
            }
            return value
        }
        var walk = PathWalk(root: root, steps: work)
        defer { work = walk.steps }
        return .array(try walk.run(steps, from: root))
    }
}

/// One path carried out: the values that each step leaves, in the order of the text.
///
/// Step by step, all values of one before the next: nothing is kept but two lists.
struct PathWalk {
    private let root: JSONValue
    /// What is left; whoever made the walk takes it back.
    var steps: Steps
    /// Of the step that is being taken.
    private var found: [JSONValue] = []
    /// A value of the greatest size has half a million of others; several names or `..` may find each often, and what was found takes memory.
    private static let foundCountMax = 2 * ValueLimits.byteCountMax

    init(root: JSONValue, steps: Steps) { (self.root, self.steps) = (root, steps) }

    /// The values that a path leaves of one value.
    ///
    /// - Throws: when the steps run out: `..` and wildcards may find more than any text is long.
    mutating func run(_ path: [Path.Step], from value: JSONValue) throws(StateError) -> [JSONValue] {
        var values = [value]
        for (index, step) in path.enumerated() {
            found = []
            for value in values { try apply(step, value, isLast: index == path.count - 1) }
            values = found
        }
        return values
    }

    /// What a step of a definite path gives.
    static func single(_ step: Path.Step, in value: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue? {
        switch step {
        case .member(let name): return try member(name, of: value, &steps)
        case .index(let index):
            try steps.charge()
            guard let elements = value.array, let place = place(index, elements.count) else { return nil }
            return elements[place]
        case .members(let names):
            // Of something else than an object there are no members, and not an empty object of them.
            guard value.members != nil else { return nil }
            var merged: [JSONValue.Member] = []
            for name in names {
                guard let value = try member(name, of: value, &steps) else { continue }
                try steps.charge(merged.count + name.count / 16)
                let text = String(decoding: name, as: UTF8.self)
                if !merged.contains(where: { $0.name.utf8.elementsEqual(name) }) { merged.append(.init(text, value)) }
            }
            return .object(merged)
        default: return nil
        }
    }

    /// The first member of that name.
    private static func member(_ name: [UInt8], of value: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue? {
        guard let members = value.members else { return nil }
        for member in members {
            try steps.charge()
            let text = member.name.utf8
            guard text.count == name.count else { continue }
            // Names of one length are gone through, up to where they differ.
            try steps.charge(name.count / 16)
            if text.elementsEqual(name) { return member.value }
        }
        return nil
    }

    /// Of an index that may count from the end.
    private static func place(_ index: Int, _ count: Int) -> Int? {
        // No index from outside reaches the ends of Int here: below zero it is only added to a count.
        let place = index < 0 ? count + index : index
        return place >= 0 && place < count ? place : nil
    }

    /// Takes a value that was found.
    private mutating func put(_ value: JSONValue) throws(StateError) {
        try steps.charge()
        guard found.count < Self.foundCountMax else { throw StateError(.runtime, "a path finds more than \(Self.foundCountMax) values") }
        found.append(value)
    }

    /// What one step finds in one value: nothing where that is of another kind, which is no fault.
    private mutating func apply(_ step: Path.Step, _ value: JSONValue, isLast: Bool) throws(StateError) {
        switch step {
        case .member, .index:
            if let one = try Self.single(step, in: value, &steps) { try put(one) }
        case .wildcard:
            for child in value.array ?? [] { try put(child) }
            for member in value.members ?? [] { try put(member.value) }
        case .slice(let from, let to, let stride):
            guard let elements = value.array else { return }
            let (start, end) = (Self.bound(from, elements.count) ?? 0, Self.bound(to, elements.count) ?? elements.count)
            guard start < end else { return }
            for index in Swift.stride(from: start, to: end, by: stride) { try put(elements[index]) }
        case .members(let names):
            if isLast {
                if let one = try Self.single(step, in: value, &steps) { try put(one) }
            } else {
                for name in names { if let one = try Self.member(name, of: value, &steps) { try put(one) } }
            }
        case .indexes(let indexes):
            guard let elements = value.array else { return }
            for index in indexes { if let place = Self.place(index, elements.count) { try put(elements[place]) } }
        case .filter(let filter):
            // An object is asked itself, a list's elements each for themselves.
            if value.members != nil, try passes(filter, value) { try put(value) }
            for element in value.array ?? [] where try passes(filter, element) { try put(element) }
        case .descend(let inner): try descend(inner, value, isLast: isLast)
        }
    }

    /// A value before what it holds. Recursion is as deep as values may be.
    ///
    /// - Complexity: O(all that the value holds) for each step; every value is charged before it is looked at.
    private mutating func descend(_ step: Path.Step, _ value: JSONValue, isLast: Bool) throws(StateError) {
        try steps.charge()
        switch step {
        case .filter(let filter):
            // Each object once: its list asks it no second time.
            if value.members != nil, try passes(filter, value) { try put(value) }
        case .member, .index, .wildcard, .slice, .members, .indexes, .descend:
            try apply(step, value, isLast: isLast)
        }
        for child in value.array ?? [] { try descend(step, child, isLast: isLast) }
        for member in value.members ?? [] { try descend(step, member.value, isLast: isLast) }
    }

    /// The element before which a slice begins or ends.
    private static func bound(_ index: Int?, _ count: Int) -> Int? {
        guard let index else { return nil }
        return index < 0 ? max(0, count + index) : min(index, count)
    }

    private mutating func passes(_ filter: PathFilter, _ element: JSONValue) throws(StateError) -> Bool {
        try FilterEvaluation.passes(filter, element, root: root, &steps)
    }
}
