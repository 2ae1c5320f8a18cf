internal import CXML2
internal import Glibc

/// A tree of libxml2 seen by a type's paths. Nodes are addresses; the values of XPath expressions that are no nodes (`concat(…)`) are
/// numbered from -1 down.
///
/// libxml2 keeps names and texts NUL-terminated in its tree, which lives as long as `document`. Children and attributes that are looked at are charged for.
struct XMLSource: DocumentSource {
    let document: XMLDocument
    let paths: [XMLPath]
    let arena: Arena
    /// For what no plain path says; it bears the document's work.
    private let evaluator: XPathEvaluator
    let work: WorkBudget

    init(document: XMLDocument, paths: [XMLPath], arena: Arena, evaluator: XPathEvaluator) {
        self.document = document
        self.paths = paths
        self.arena = arena
        self.evaluator = evaluator
        work = evaluator.work
    }

    /// The document node, above the root element.
    var root: Int { Int(bitPattern: UnsafeMutableRawPointer(document.tree)) }

    /// Safe: only addresses that `node(_:)` made come here.
    private static func pointer(_ node: Int) -> xmlNodePtr? { xmlNodePtr(bitPattern: node) }
    static func node(_ pointer: xmlNodePtr) -> Int { Int(bitPattern: UnsafeMutableRawPointer(pointer)) }

    /// `position()` and `last()` of a path outside a predicate are those of the element that it starts from.
    func enter(element: (index: Int, count: Int)?) {
        evaluator.place = element.map { ($0.index + 1, $0.count) } ?? (1, 1)
    }

    func takeFault() -> (path: String, reason: String)? { evaluator.takeFault() }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        for slot in scope.paths.indices {
            var found = none
            forEach(scope.paths[slot], from: node) { candidate in
                found = candidate
                return false
            }
            slots[slot] = found
        }
    }

    /// A relative path that finds nothing from the document starts at its root element instead, so that both readings of "starts at
    /// the document" are understood: they can only differ where an element holds one of its own name.
    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool) {
        // A computed value, which a list's path may give as well, is no node: nothing lies below it.
        guard node > 0 else { return }
        guard node == root, !paths[path].isAbsolute else { return follow(path, from: node, body) }
        var isFound = false
        follow(path, from: node) { found in
            isFound = true
            return body(found)
        }
        if !isFound, let element = xmlDocGetRootElement(document.tree) { follow(path, from: Self.node(element), body) }
    }

    /// Follows a plain path here, any other by libxml2.
    private func follow(_ path: Int, from node: Int, _ body: (Int) -> Bool) {
        let path = paths[path]
        guard let steps = path.steps else { return evaluator.forEach(path, from: node, body) }
        let start = path.isAbsolute ? root : node
        guard let start = Self.pointer(start) else { return }
        guard path.needsOrder else {
            _ = steps.withUnsafeBufferPointer { visit($0, 0, start) { body(Self.node($0)) } }
            return
        }
        // With one node there is no order to get wrong; with more libxml2 sorts them.
        var first = none
        var isSeveral = false
        _ = steps.withUnsafeBufferPointer { steps in
            visit(steps, 0, start) { found in
                isSeveral = first != none
                if !isSeveral { first = Self.node(found) }
                return !isSeveral
            }
        }
        if isSeveral {
            evaluator.forEach(path, from: node, body)
        } else if first != none {
            _ = body(first)
        }
    }

    /// Follows the steps from `index` on, each node's subtree before the next node. False once `body` has had enough.
    ///
    /// Depth is that of the path and the document.
    private func visit(_ steps: UnsafeBufferPointer<XMLPath.Step>, _ index: Int, _ node: xmlNodePtr, _ body: (xmlNodePtr) -> Bool) -> Bool {
        guard index < steps.count else { return body(node) }
        switch steps[index].axis {
        case .self: return visit(steps, index + 1, node, body)
        case .parent:
            guard let parent = node.pointee.parent else { return true }
            return visit(steps, index + 1, parent, body)
        case .attribute:
            guard node.pointee.type == XML_ELEMENT_NODE else { return true }
            var attribute = node.pointee.properties
            while let present = attribute {
                guard work.charge(1, .paths) else { return false }
                if Self.matches(steps[index], present.pointee.name, present.pointee.ns) {
                    // Safe: libxml2's attributes and nodes begin with the same members, down to `doc`.
                    let isWanted = present.withMemoryRebound(to: xmlNode.self, capacity: 1) { visit(steps, index + 1, $0, body) }
                    guard isWanted else { return false }
                }
                attribute = present.pointee.next
            }
            return true
        case .child, .descendant:
            guard node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE else { return true }
            var child = node.pointee.children
            while let present = child {
                guard work.charge(1, .paths) else { return false }
                if present.pointee.type == XML_ELEMENT_NODE {
                    if Self.matches(steps[index], present.pointee.name, present.pointee.ns) {
                        guard visit(steps, index + 1, present, body) else { return false }
                    }
                    // After the node itself: document order.
                    if steps[index].axis == .descendant {
                        guard visit(steps, index, present, body) else { return false }
                    }
                }
                child = present.pointee.next
            }
            return true
        }
    }

    /// Whether an element or attribute has a step's name, in one of its namespaces.
    ///
    /// - Parameter namespace: nil for none.
    private static func matches(_ step: XMLPath.Step, _ name: UnsafePointer<xmlChar>?, _ namespace: xmlNsPtr?) -> Bool {
        guard let name else { return false }
        if !step.localName.isEmpty {
            let isSame = step.localName.withUnsafeBufferPointer { wanted in
                wanted.baseAddress.map { xmlStrEqual($0, name) != 0 } ?? false
            }
            guard isSame else { return false }
        }
        guard let namespaces = step.namespaces else { return true }
        let uri = namespace?.pointee.href
        for wanted in namespaces {
            // Nothing but its NUL: the element is to be in no namespace.
            if wanted.count == 1 {
                if uri == nil { return true }
            } else if let uri, wanted.withUnsafeBufferPointer({ $0.baseAddress.map { xmlStrEqual($0, uri) != 0 } ?? false }) {
                return true
            }
        }
        return false
    }

    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void? { nil }

    /// Without blanks at both ends; NULL where nothing is left.
    func text(_ node: Int) -> ScalarText {
        let content: ScalarText
        if node < 0 && node > XPathEvaluator.valueFloor {
            content = evaluator.value(node)
        } else if let pointer = Self.pointer(node) {
            content = stringValue(of: pointer)
        } else {
            return .absent
        }
        // The blanks of a long text are gone through each time.
        guard work.charge(content.count >> 4, .paths) else { return .absent }
        let trimmed = content.trimmed()
        return trimmed.count == 0 ? .null : trimmed
    }

    /// XPath's string-value (section 5): of an element all text in it, in document order.
    ///
    /// One text is given where it stands; several are put together in the arena.
    private func stringValue(of node: xmlNodePtr) -> ScalarText {
        let first: xmlNodePtr?
        switch node.pointee.type {
        case XML_ELEMENT_NODE, XML_ATTRIBUTE_NODE, XML_DOCUMENT_NODE: first = node.pointee.children
        default: return Self.content(of: node)
        }
        guard let first else { return ScalarText(kind: .string, bytes: ScalarText.noBytes, count: 0) }
        if first.pointee.next == nil, first.pointee.type == XML_TEXT_NODE || first.pointee.type == XML_CDATA_SECTION_NODE {
            return Self.content(of: first)
        }
        var byteCount = 0
        // Joined texts take room of their own until the document is done with, and each reading anew.
        forEachText(in: first) { byteCount += $0.count }
        guard work.charge(byteCount, .paths) else { return .absent }
        let target = arena.allocate(byteCount)
        var written = 0
        forEachText(in: first) { piece in
            guard piece.count <= byteCount - written else { return }
            (target + written).update(from: piece.bytes, count: piece.count)
            written += piece.count
        }
        return ScalarText(kind: .string, bytes: target, count: written)
    }

    /// A text node's own bytes, in place.
    private static func content(of node: xmlNodePtr) -> ScalarText {
        guard let content = node.pointee.content else { return ScalarText(kind: .string, bytes: ScalarText.noBytes, count: 0) }
        return ScalarText(kind: .string, isWithoutNUL: true, bytes: UnsafePointer(content), count: Int(xmlStrlen(content)))
    }

    /// Texts and CDATA sections of these siblings and below them. Depth is the document's.
    private func forEachText(in first: xmlNodePtr, _ body: (ScalarText) -> Void) {
        var node: xmlNodePtr? = first
        while let present = node {
            guard work.charge(1, .paths) else { return }
            switch present.pointee.type {
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: body(Self.content(of: present))
            case XML_ELEMENT_NODE: if let child = present.pointee.children { forEachText(in: child, body) }
            default: break
            }
            node = present.pointee.next
        }
    }

    func exists(_ node: Int) -> Bool { true }

    func location(of node: Int, within element: Int) -> String {
        if node < 0 && node > XPathEvaluator.valueFloor { return evaluator.expression(of: node) }
        guard let pointer = Self.pointer(node) else { return "" }
        return XMLLocation.path(to: pointer, from: element == root ? nil : Self.pointer(element), charging: work)
    }

    /// The path behind the place that it starts from: no node has a place there.
    func location(ofMissing path: Int, from node: Int, within element: Int) -> String {
        let text = paths[path].text
        if paths[path].isAbsolute { return text }
        let holder = location(of: node, within: element)
        return holder.isEmpty || holder == "/" ? "/" + text : holder + "/" + text
    }
}

/// Names a node's place as an XPath: names as the document writes them, a position where siblings share a name.
enum XMLLocation {
    /// - Parameters:
    ///   - ancestor: the path is relative to it if it holds the node (then it begins with `/` all the same); nil for an absolute one.
    ///   - work: charged for the siblings that are passed; where that is too much a step has no position.
    static func path(to node: xmlNodePtr, from ancestor: xmlNodePtr?, charging work: WorkBudget) -> String {
        var steps: [String] = []
        var current: xmlNodePtr? = node
        while let present = current, present != ancestor, present.pointee.type != XML_DOCUMENT_NODE {
            var passedCount = 0
            steps.append(step(present, &passedCount, work))
            // Some bytes of a name are copied in a step's time.
            guard work.chargePlace(passedCount &+ (steps.last?.utf8.count ?? 0) / 16 &+ 1) else { break }
            current = present.pointee.parent
        }
        return "/" + steps.reversed().joined(separator: "/")
    }

    /// A name has a position where it is not alone among its siblings: `line[3]`.
    ///
    /// - Parameters:
    ///   - passedCount: set to the siblings that were looked at.
    ///   - work: where it has not enough for that the name is without a position.
    private static func step(_ node: xmlNodePtr, _ passedCount: inout Int, _ work: WorkBudget) -> String {
        switch node.pointee.type {
        case XML_ATTRIBUTE_NODE: return "@" + name(node)
        case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: return "text()"
        case XML_ELEMENT_NODE: break
        default: return "node()"
        }
        let name = name(node)
        var position = 1
        var isAlone = true
        // Those before it make the position; one behind it is enough to need one.
        var sibling = node.pointee.prev
        while let present = sibling {
            passedCount &+= 1
            guard work.mayFindPlace(in: passedCount) else { return name }
            if isNamesake(present, of: node) { position += 1 }
            sibling = present.pointee.prev
        }
        sibling = node.pointee.next
        while let present = sibling, isAlone, position == 1 {
            passedCount &+= 1
            guard work.mayFindPlace(in: passedCount) else { return name }
            if isNamesake(present, of: node) { isAlone = false }
            sibling = present.pointee.next
        }
        return position == 1 && isAlone ? name : "\(name)[\(position)]"
    }

    /// Whether two elements are written with one name. A fault's place may have a hundred thousand siblings: no texts are made of them.
    private static func isNamesake(_ sibling: xmlNodePtr, of node: xmlNodePtr) -> Bool {
        guard sibling.pointee.type == XML_ELEMENT_NODE, xmlStrEqual(sibling.pointee.name, node.pointee.name) != 0 else { return false }
        return xmlStrEqual(sibling.pointee.ns?.pointee.prefix, node.pointee.ns?.pointee.prefix) != 0
    }

    /// With its prefix, as the document writes it.
    private static func name(_ node: xmlNodePtr) -> String {
        let local = node.pointee.name.map { String(cString: $0) } ?? ""
        // An attribute's structure has its namespace in the same place.
        guard let prefix = node.pointee.ns?.pointee.prefix else { return local }
        return String(cString: prefix) + ":" + local
    }
}
