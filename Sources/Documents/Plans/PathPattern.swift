/// Which nodes a path of a type file may lead to, from the document's root down: enough to tell whether two paths may meet.
///
/// Used where a type is compiled: by `SensitivePaths` (does anything read where a sensitive column reads?) and by `EnvelopeReach` (does a path
/// leave its record?). Where a pattern cannot be exact it stands for more nodes than the path leads to, never for fewer.
struct PathPattern: Equatable, Sendable {
    enum Step: Equatable, Hashable, Sendable {
        /// A member of an object, a child element by its local name, a column of CSV.
        case name(String)
        /// The root element, whatever its name: only at the beginning, and only what begins with an element's name meets it there.
        case root
        /// Any child element.
        case anyName
        /// Any element of an array.
        case anyIndex
        case attribute(String)
        case anyAttribute
        /// An element's own text.
        case text
        /// No child, one, or any below one another.
        case deep

        var isAttribute: Bool {
            switch self {
            case .attribute, .anyAttribute: true
            default: false
            }
        }

        /// Whether one node may be at the end of both.
        func meets(_ other: Step) -> Bool {
            switch (self, other) {
            case (.name(let one), .name(let two)), (.attribute(let one), .attribute(let two)): one == two
            case (.name, .anyName), (.anyName, .name), (.anyName, .anyName), (.anyIndex, .anyIndex), (.text, .text), (.root, .root): true
            case (.root, .name), (.name, .root), (.root, .anyName), (.anyName, .root): true
            case (.anyAttribute, let step), (let step, .anyAttribute): step.isAttribute
            // A member may be called `*`, and an element of an array goes by its number.
            case (.anyIndex, .name(let name)), (.name(let name), .anyIndex): name == "*" || Self.isIndex(name)
            default: false
            }
        }

        // In a JSON Pointer `0` is an element of an array or a member of that name.
        private static func isIndex(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy { $0 &- 0x30 < 10 } }
    }

    var steps: [Step] = []
    /// It may lead anywhere: an axis or a function that is not followed here.
    var isUnknown = false

    /// Unknown stays unknown, whatever follows; any steps behind any steps are any steps.
    func appending(_ step: Step) -> PathPattern { step == .deep && steps.last == .deep ? self : PathPattern(steps: steps + [step], isUnknown: isUnknown) }

    func appending(_ other: PathPattern) -> PathPattern {
        PathPattern(steps: steps + other.steps, isUnknown: isUnknown || other.isUnknown)
    }

    /// Whether the value of what `reader` leads to may have something of what this path leads to.
    ///
    /// That is so where both lead to one node, where the reader's is above it (an element's text has that of all below it, an object its members;
    /// no attribute is in a text) or below it.
    ///
    /// - Parameter isContainer: this path leads to elements of a list, of which everything counts, attributes too.
    func isRead(by reader: PathPattern, isContainer: Bool) -> Bool {
        if isUnknown || reader.isUnknown { return true }
        var failed: Set<Int> = []
        return meets(reader, 0, 0, isContainer, &failed)
    }

    /// Walks both patterns side by side: `own` and `its` are the steps that come next in each. `.deep` is tried as no step and as one more.
    ///
    /// - Parameter failed: pairs of places that were tried before, so that many `.deep` cost the product of the lengths and not a power.
    private func meets(_ reader: PathPattern, _ own: Int, _ its: Int, _ isContainer: Bool, _ failed: inout Set<Int>) -> Bool {
        let (left, right) = (steps, reader.steps)
        if own == left.count, its == right.count { return true }
        // The texts of a node, its own and those below it, are what its value is made of.
        if own == left.count, right[its...].last == .text, right[its...].dropLast().allSatisfy({ $0 == .deep }) { return !(left.last?.isAttribute ?? false) }
        // What lies below a text belongs to it; a path that may begin anywhere is not taken to mean that.
        if own == left.count, right[its] != .deep { return isContainer || !right.contains(.deep) && !(right.last?.isAttribute ?? false) }
        if its == right.count {
            // Of a place that may be anywhere below, only what is above all of that takes it in for sure: the root element does.
            let isAbove = left.firstIndex(of: .deep).map { right.count <= max($0, 1) } ?? true
            return isAbove && !(left.last?.isAttribute ?? false)
        }
        // Two ways may lead to one place; from there it goes on alike.
        guard failed.insert(own * (right.count + 1) + its).inserted else { return false }
        if own < left.count, left[own] == .deep {
            if meets(reader, own + 1, its, isContainer, &failed) { return true }
            return its < right.count && meets(reader, own, its + 1, isContainer, &failed)
        }
        if right[its] == .deep {
            if meets(reader, own, its + 1, isContainer, &failed) { return true }
            return own < left.count && meets(reader, own + 1, its, isContainer, &failed)
        }
        if left[own] == .root || right[its] == .root, own != 0 || its != 0 { return false }
        guard left[own].meets(right[its]) else { return false }
        // Behind the last step of this path all lies below it, be it any steps, unless what was met there may be another node: by a name it is that one.
        if own + 1 == left.count, its + 1 < right.count, !(right.last?.isAttribute ?? false), left[own] == right[its] || !right[..<its].contains(.deep) { return true }
        return meets(reader, own + 1, its + 1, isContainer, &failed)
    }
}

// A star is any element, a name a member; a pattern does not know which names are numbers of elements.
extension JSONPath {
    var pattern: PathPattern {
        PathPattern(steps: tokens.map { $0.isStar ? .anyIndex : .name(String(decoding: $0.name, as: UTF8.self)) })
    }
}
