internal import CXML2
internal import ColumnStore

/// How many nodes of some names a document has, and what they hold: what an expression may come upon at most.
///
/// Walks are charged for. Those of the whole document are kept, and those of the node where expressions begin, until they begin at another.
struct XPathSizes {
    struct Size {
        var count = 0
        /// Of their texts; what stands in several of them counts in each.
        var byteCount = 0
        /// Nodes within them, counted so as well.
        var innerCount = 0
        /// Within one, at most.
        var most = (nodeCount: 0, byteCount: 0)
        /// How many of them stand within each other at most.
        var nesting = 0
        /// How far down the lowest element is.
        var depth = 0
        /// Elements that have some of them for children, at most.
        var parentCount = 0
        /// For each of them that is no element, how many of its kind stand right before it, itself among them.
        var runs = 0

        // Of all nodes, whatever their names.

        /// Nodes that are no elements, one behind the other.
        var longestRun = 0
        /// Of an element's name.
        var nameByteCount = 0
        /// Of an element and those around it together, and themselves.
        var attributesAbove = 0
    }
    private struct Place: Hashable {
        let names: [[UInt8]?]
        let holders: [[UInt8]?]
    }

    private let document: xmlNodePtr
    private let work: WorkBudget
    private var ofDocument: [Place: Size] = [:]
    private var ofStart: [Place: Size] = [:]
    private var start: xmlNodePtr?

    init(_ tree: xmlDocPtr, _ work: WorkBudget) {
        document = UnsafeMutableRawPointer(tree).assumingMemoryBound(to: xmlNode.self)
        self.work = work
    }

    /// Of all that an operand may select, and of its constants; nil where the work ends.
    ///
    /// - Parameter start: where the evaluation begins.
    mutating func size(_ operand: XPathProduct.Operand, _ start: xmlNodePtr) -> Size? {
        var size = Size()
        if operand.isStart || !operand.names.isEmpty {
            guard let found = known(operand, operand.isFar ? document : start) else { return nil }
            size = found
            if operand.isOfNamespaces { size.count = size.count.multipliedSaturating(by: XMLReader.namespaceCountMax + 1) }
        }
        size.byteCount = size.byteCount.addingSaturating(operand.byteCount)
        size.most.byteCount = size.most.byteCount.addingSaturating(operand.byteCount)
        return size
    }

    /// Of the document.
    mutating func whole() -> Size? { size(XPathProduct.Operand(isStart: true, isFar: true), document) }

    /// Of elements and attributes of a name, anywhere.
    mutating func named(_ name: String) -> Size? { size(XPathProduct.Operand(names: [Array(name.utf8) + [0]], isFar: true), document) }

    private mutating func known(_ operand: XPathProduct.Operand, _ root: xmlNodePtr) -> Size? {
        let place = Place(names: operand.names, holders: operand.holders)
        if root == document {
            if let known = ofDocument[place] { return known }
        } else if root == start {
            if let known = ofStart[place] { return known }
        } else {
            (start, ofStart) = (root, [:])
        }
        var walk = XPathSizeWalk(operand, work)
        guard walk.follow(root) else { return nil }
        if root == document { ofDocument[place] = walk.size } else { ofStart[place] = walk.size }
        return walk.size
    }
}

/// One walk over a node and all that is in it.
private struct XPathSizeWalk {
    /// Names behind each other, each with its NUL; and of each that is wanted where it begins, and where its holder's. Nil: any.
    private var texts: [UInt8] = []
    private var places: [(name: Int?, holder: Int?)] = []
    /// The same as a walk looks at it.
    private struct Wanted {
        let texts: UnsafeBufferPointer<UInt8>
        let places: UnsafeBufferPointer<(name: Int?, holder: Int?)>

        /// - Parameter name: nil for a node that has none: it is wanted where all are.
        func holds(_ name: UnsafePointer<xmlChar>?, in holder: xmlNodePtr?) -> Bool {
            for place in places {
                if let wanted = place.name, !isEqual(wanted, name) { continue }
                guard let wanted = place.holder else { return true }
                if let holder, holder.pointee.type == XML_ELEMENT_NODE, isEqual(wanted, holder.pointee.name) { return true }
            }
            return false
        }

        private func isEqual(_ place: Int, _ name: UnsafePointer<xmlChar>?) -> Bool {
            guard let name, let base = texts.baseAddress else { return false }
            return base[place] == name.pointee && xmlStrEqual(name, base + place) != 0
        }
    }

    private let isOfStart: Bool
    private let work: WorkBudget
    private(set) var size = XPathSizes.Size()
    /// Passed so far.
    private var nodeCount = 0, byteCount = 0
    /// Of the elements that are open and wanted how far down each is, and what was passed before it.
    private var open: [(level: Int, nodeCount: Int, byteCount: Int)] = []
    private var level = 0
    /// How many attributes each element that is open has, and all of them together: of a whole tree alone.
    private var attributeCounts: [Int] = []
    private var attributesAbove = 0
    /// Nodes right before this one that are no elements.
    private var run = 0
    private var parent: xmlNodePtr?
    private var textParent: xmlNodePtr?

    init(_ operand: XPathProduct.Operand, _ work: WorkBudget) {
        (isOfStart, self.work) = (operand.isStart, work)
        for (index, name) in operand.names.enumerated() {
            let holder = index < operand.holders.count ? operand.holders[index] : nil
            places.append((add(name), add(holder)))
        }
    }

    private mutating func add(_ name: [UInt8]?) -> Int? {
        guard let name else { return nil }
        texts += name
        return texts.count - name.count
    }

    /// False where the work ends.
    mutating func follow(_ root: xmlNodePtr) -> Bool {
        let (texts, places) = (texts, places)
        return texts.withUnsafeBufferPointer { texts in
            places.withUnsafeBufferPointer { places in follow(root, Wanted(texts: texts, places: places)) }
        }
    }

    private mutating func follow(_ root: xmlNodePtr, _ wanted: Wanted) -> Bool {
        var node = root
        while true {
            guard work.charge(1, .xpath) else { return false }
            nodeCount += 1
            if node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE {
                guard enter(node, wanted) else { return false }
                if let child = node.pointee.children {
                    node = child
                    continue
                }
            } else {
                guard pass(node, wanted) else { return false }
            }
            // Behind a node that has no more below it: its next one, or that of the first above it that has one.
            while true {
                if node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE { leave() }
                if node == root {
                    end()
                    return true
                }
                if let next = node.pointee.next {
                    node = next
                    break
                }
                guard let above = node.pointee.parent else {
                    end()
                    return true
                }
                node = above
            }
        }
    }

    private mutating func enter(_ node: xmlNodePtr, _ wanted: Wanted) -> Bool {
        let isElement = node.pointee.type == XML_ELEMENT_NODE
        let name = isElement ? node.pointee.name : nil
        run = 0
        level += 1
        size.depth = max(size.depth, level)
        size.innerCount = size.innerCount.addingSaturating(open.count)
        if wanted.holds(name, in: node.pointee.parent) {
            open.append((level, nodeCount, byteCount))
            size.count += 1
            size.nesting = max(size.nesting, open.count)
            if node.pointee.parent != parent { size.parentCount += 1 }
            parent = node.pointee.parent
        }
        var count = 0, attribute = isElement ? node.pointee.properties : nil
        while let found = attribute {
            guard work.charge(1, .xpath) else { return false }
            if wanted.holds(found.pointee.name, in: node) { add(attribute: found) }
            (attribute, count) = (found.pointee.next, count + 1)
        }
        guard isOfStart else { return true }
        size.nameByteCount = max(size.nameByteCount, Int(xmlStrlen(name)))
        attributeCounts.append(count)
        attributesAbove += count
        size.attributesAbove = max(size.attributesAbove, attributesAbove + level)
        return true
    }

    private mutating func add(attribute: xmlAttrPtr) {
        let length = Int(xmlStrlen(attribute.pointee.children?.pointee.content))
        size.count += 1
        size.innerCount += 1
        size.byteCount = size.byteCount.addingSaturating(length)
        size.most = (max(size.most.nodeCount, 1), max(size.most.byteCount, length))
        size.parentCount += 1
        size.nesting = max(size.nesting, 1)
    }

    /// A text, comment or instruction; the root may be an attribute.
    private mutating func pass(_ node: xmlNodePtr, _ wanted: Wanted) -> Bool {
        let content = node.pointee.type == XML_ATTRIBUTE_NODE ? node.pointee.children?.pointee.content : node.pointee.content
        let length = Int(xmlStrlen(content))
        guard work.charge(length / 64, .xpath) else { return false }
        run += 1
        size.longestRun = max(size.longestRun, run)
        byteCount = byteCount.addingSaturating(length)
        var holderCount = open.count
        if wanted.holds(nil, in: node.pointee.parent) {
            holderCount += 1
            size.count += 1
            // Texts and elements take turns: each kind by the parent it had last, so that none is left out.
            if node.pointee.parent != textParent { size.parentCount += 1 }
            textParent = node.pointee.parent
            size.runs = size.runs.addingSaturating(run)
            size.most = (max(size.most.nodeCount, 1), max(size.most.byteCount, length))
        }
        size.innerCount = size.innerCount.addingSaturating(open.count)
        size.byteCount = size.byteCount.addingSaturating(length.multipliedSaturating(by: holderCount))
        return true
    }

    private mutating func leave() {
        run = 0
        if isOfStart { attributesAbove -= attributeCounts.popLast() ?? 0 }
        level -= 1
        guard let last = open.last, last.level > level else { return }
        open.removeLast()
        size.most = (max(size.most.nodeCount, nodeCount - last.nodeCount), max(size.most.byteCount, byteCount - last.byteCount))
    }

    /// The node itself is one, and all that is in it.
    private mutating func end() {
        guard isOfStart else { return }
        (size.count, size.nesting, size.innerCount, size.byteCount, size.most) = (1, 1, nodeCount, byteCount, (nodeCount, byteCount))
    }
}
