/// A document as paths see it, whatever its format. Paths are numbers in the type's table of compiled paths.
///
/// A node is an `Int` (a tape's node, a tree's address, a field's number), `none` where there is none; it lives as long as the source.
protocol DocumentSource {
    /// The document itself: where `match`, absolute paths and `from_root` start.
    var root: Int { get }
    /// What the document may still cost.
    var work: WorkBudget { get }
    /// For each slot of `scope` the first node that its path selects from `node`.
    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>)
    /// Calls `body` with each node that the path selects, in document order, until it returns false.
    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool)
    /// The same, and calls `stray` with each node on the way that `/*` asks for its elements and that has none to give: an object or a value, but for empty objects and texts.
    func forEach(_ path: Int, from node: Int, stray: (Int) -> Void, _ body: (Int) -> Bool)
    /// Whether an array, or null in its place, is at a path, or is what its last `/*` goes through.
    func hasList(_ path: Int, from node: Int) -> Bool
    /// The first of them, or `none`.
    func first(_ path: Int, from node: Int) -> Int
    /// The elements of the array `node`, until `body` returns false; nil when it is no array.
    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void?
    /// Says which element of a list, from 0, the following paths start at; nil when they start at the receipt again.
    func enter(element: (index: Int, count: Int)?)
    /// A path that could not be followed since the last call, and why.
    func takeFault() -> (path: String, reason: String)?
    func text(_ node: Int) -> ScalarText
    /// Whether a node stands for something: JSON null does not.
    func exists(_ node: Int) -> Bool
    /// What a list's element is, where the format tells; nil where it does not, and for what stands for nothing.
    func form(ofElement node: Int) -> ElementForm?
    /// Where `node` is, as `errors[].pointer` names it, from the receipt's `element` on.
    ///
    /// Siblings that are passed on the way are charged for: a document may have a thousand faults behind a hundred thousand siblings. Once the work has ended it is part of the
    /// place, or none of it.
    func location(of node: Int, within element: Int) -> String
    /// Where the node would be that `path` does not find from `node`.
    func location(ofMissing path: Int, from node: Int, within element: Int) -> String
}

/// No node.
let none = Int.min

/// What a list may have for elements.
enum ElementForm { case object, array, text, value }

/// The paths of a type that start at one kind of node, each with a slot.
struct SlotScope: Sendable {
    /// The path of each slot.
    var paths: [Int] = []
    /// Where these paths' trie begins: for JSON its node in the table of paths, for XML its number among the type's tries.
    var trieRoot = 0

    /// The slot of `path`, a new one if it has none.
    mutating func slot(of path: Int) -> Int {
        if let known = paths.firstIndex(of: path) { return known }
        paths.append(path)
        return paths.count - 1
    }
}

extension DocumentSource {
    // In XML and CSV whatever a path leads through has what it leads to, or nothing.
    func forEach(_ path: Int, from node: Int, stray: (Int) -> Void, _ body: (Int) -> Bool) { forEach(path, from: node, body) }
    func hasList(_ path: Int, from node: Int) -> Bool { false }
    func form(ofElement node: Int) -> ElementForm? { nil }
    func enter(element: (index: Int, count: Int)?) {}
    func takeFault() -> (path: String, reason: String)? { nil }

    func first(_ path: Int, from node: Int) -> Int {
        var found = none
        forEach(path, from: node) { candidate in
            found = candidate
            return false
        }
        return found
    }
}
