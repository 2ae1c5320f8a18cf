internal import CXML2

/// Nodes in document order, of all kinds. libxml2 has numbers of elements alone: from any other node it walks over its siblings, which takes the square of their number, and
/// takes it for one that follows the start of the element before it.
///
/// A node stands behind the beginning of some element, the last one before it. Behind that come its attributes and its own children, then those of elements around it,
/// from the inside to the outside:
///
///     <a> <b n=""> t </b> u </a>       a: 1 self · b: 2 self · n: 2 attribute · t: 2 depth 2 · u: 2 depth 1
struct XPathNodeOrder {
    private struct Place {
        /// The number of the last element that has begun; 0 before any has.
        var element: Int
        /// Least for the element itself, then its attributes, then children, the deepest first.
        var rank: Int
        /// Among its siblings.
        var index = 0
    }

    private static let ofElement = Int.min, ofAttribute = Int.min + 1

    private let work: WorkBudget
    private var places: [Int: Place] = [:]

    private init(_ work: WorkBudget) { self.work = work }

    /// Sorts nodes of one document.
    ///
    /// - Precondition: the elements are numbered (`XMLDocument.setOrder`).
    /// - Returns: false where the work ends; they are in no order then.
    /// - Complexity: O(n log n + siblings), both charged.
    static func sort(_ nodes: inout [Int], _ work: WorkBudget) -> Bool {
        guard nodes.count > 1 else { return true }
        guard work.charge(nodes.count, .xpath) else { return false }
        var order = XPathNodeOrder(work)
        var placed: [(place: Place, node: Int)] = []
        for node in nodes {
            guard let found = xmlNodePtr(bitPattern: node), let place = order.place(of: found, node) else { return false }
            placed.append((place, node))
        }
        placed.sort { ($0.place.element, $0.place.rank, $0.place.index) < ($1.place.element, $1.place.rank, $1.place.index) }
        nodes = placed.map(\.node)
        return true
    }

    /// Nil where the work ends.
    private mutating func place(of node: xmlNodePtr, _ id: Int) -> Place? {
        if node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE { return Place(element: Self.number(node), rank: Self.ofElement) }
        if let known = places[id] { return known }
        guard let parent = node.pointee.parent else { return Place(element: 0, rank: Self.ofElement) }
        // Once for all nodes of one parent.
        guard node.pointee.type == XML_ATTRIBUTE_NODE ? lookAtAttributes(of: parent) : lookAtChildren(of: parent) else { return nil }
        return places[id] ?? Place(element: Self.number(parent), rank: Self.ofAttribute)
    }

    /// libxml2 keeps it where other nodes have their text, below 0.
    private static func number(_ node: xmlNodePtr) -> Int { node.pointee.type == XML_ELEMENT_NODE ? -Int(bitPattern: node.pointee.content) : 0 }

    private mutating func lookAtAttributes(of element: xmlNodePtr) -> Bool {
        var attribute = element.pointee.properties, index = 0
        while let found = attribute {
            guard work.charge(1, .xpath) else { return false }
            places[Int(bitPattern: UnsafeMutableRawPointer(found))] = Place(element: Self.number(element), rank: Self.ofAttribute, index: index)
            (attribute, index) = (found.pointee.next, index + 1)
        }
        return true
    }

    /// From the last to the first: before each element that follows a node, one less has begun.
    private mutating func lookAtChildren(of parent: xmlNodePtr) -> Bool {
        guard var begun = lastNumber(within: parent) else { return false }
        var depth = 0, above = parent.pointee.parent
        while let found = above { (depth, above) = (depth + 1, found.pointee.parent) }
        var child = parent.pointee.last, index = 0
        while let found = child {
            guard work.charge(1, .xpath) else { return false }
            if found.pointee.type == XML_ELEMENT_NODE {
                begun = Self.number(found) - 1
            } else {
                places[XMLSource.node(found)] = Place(element: begun, rank: -depth, index: index)
            }
            (child, index) = (found.pointee.prev, index - 1)
        }
        return true
    }

    /// The number of the last element that begins in a node, itself among them; nil where the work ends.
    private func lastNumber(within parent: xmlNodePtr) -> Int? {
        var last = parent, child = parent.pointee.last
        while let found = child {
            guard work.charge(1, .xpath) else { return nil }
            if found.pointee.type == XML_ELEMENT_NODE { (last, child) = (found, found.pointee.last) } else { child = found.pointee.prev }
        }
        return Self.number(last)
    }
}
