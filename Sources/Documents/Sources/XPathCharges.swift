internal import CXML2
internal import ColumnStore

/// What an expression's products take in one document, charged before libxml2 begins with them: it cannot be stopped within.
///
/// Of one document, as its evaluator is.
struct XPathCharges {
    /// What nodes of some names are together.
    private struct Size {
        var count = 0
        /// Of their texts; what stands in several of them counts in each.
        var byteCount = 0
        /// How many of them stand within each other at most.
        var nesting = 0
        /// How far down the lowest element is.
        var depth = 0
        /// Elements that have some of them for children, at most.
        var parentCount = 0
    }
    private struct Place: Hashable {
        let names: [[UInt8]?]
    }

    private let document: xmlNodePtr
    private let work: WorkBudget
    /// Of the whole document.
    private var known: [Place: Size] = [:]

    init(_ tree: xmlDocPtr, _ work: WorkBudget) {
        document = UnsafeMutableRawPointer(tree).assumingMemoryBound(to: xmlNode.self)
        self.work = work
    }

    /// Charges for an evaluation from `start`.
    ///
    /// - Returns: what each operation that libxml2 counts may cost; nil where the work ends.
    mutating func charge(_ products: [XPathProduct], from start: xmlNodePtr) -> Int? {
        var perOperation = 1
        for product in products {
            guard let left = size(product.left, start), let right = size(product.right, start), charge(product.kind, left, right, &perOperation) else { return nil }
        }
        return perOperation
    }

    /// A step is about four nanoseconds; of a comparison one takes a third, of a search of a byte in another text a tenth, of a node that is looked for one, and with its kind asked two.
    private func charge(_ kind: XPathProduct.Kind, _ left: Size, _ right: Size, _ perOperation: inout Int) -> Bool {
        switch kind {
        case .comparison:
            // Their texts are made once, and held; in each comparison no more is looked at than the shorter one has.
            let shared = min(left.count.multipliedSaturating(by: right.byteCount), right.count.multipliedSaturating(by: left.byteCount))
            return work.charge(left.count, times: right.count / 3, .xpath) && work.charge(shared / 32, .xpath)
                && work.charge(left.byteCount.addingSaturating(right.byteCount), times: 4, .xpath)
        case .union: return work.charge(left.count, times: right.count.multipliedSaturating(by: 2), .xpath)
        case .parents: return left.count < 2 || work.charge(left.count, times: min(right.count, left.parentCount), .xpath)
        case .ancestors:
            guard left.count > 1 else { return true }
            // Of each node those above it, which are no more than all that are above some.
            let above = min(right.count, left.parentCount.multipliedSaturating(by: left.depth + 1))
            return work.charge(left.count.multipliedSaturating(by: left.depth + 1), times: above / 2, .xpath)
        case .descent:
            guard left.count > 1 else { return true }
            let found = right.count.multipliedSaturating(by: max(left.nesting, 1))
            return work.charge(found, times: right.count / 2, .xpath)
        case .sideways:
            guard left.count > 1 else { return true }
            perOperation = perOperation.addingSaturating(right.count)
            return true
        case .texts: return work.charge(left.byteCount, times: right.byteCount / 10, .xpath)
        }
    }

    private mutating func size(_ operand: XPathProduct.Operand, _ start: xmlNodePtr) -> Size? {
        var size = Size()
        if !operand.names.isEmpty {
            let root = operand.isFar ? document : start
            if root == document, let found = known[Place(names: operand.names)] {
                size = found
            } else {
                guard let found = walked(operand.names, root) else { return nil }
                if root == document { known[Place(names: operand.names)] = found }
                size = found
            }
        }
        size.byteCount = size.byteCount.addingSaturating(operand.byteCount)
        return size
    }

    // MARK: The walk

    /// Nil where the work ends.
    private func walked(_ names: [[UInt8]?], _ root: xmlNodePtr) -> Size? {
        var size = Size()
        let isOfAll = names.contains { $0 == nil }
        var within = 0, level = 0, node = root, parent: xmlNodePtr?
        func isNamed(_ name: UnsafePointer<xmlChar>?) -> Bool {
            isOfAll || names.contains { $0.map { $0.withUnsafeBufferPointer { xmlStrEqual(name, $0.baseAddress) != 0 } } ?? false }
        }
        while true {
            guard work.charge(1, .xpath) else { return nil }
            switch node.pointee.type {
            case XML_ELEMENT_NODE, XML_DOCUMENT_NODE:
                level += 1
                size.depth = max(size.depth, level)
                if isNamed(node.pointee.name) {
                    within += 1
                    size.count += 1
                    size.nesting = max(size.nesting, within)
                    if node.pointee.parent != parent { size.parentCount += 1 }
                    parent = node.pointee.parent
                }
                if node.pointee.type == XML_ELEMENT_NODE, !attributes(of: node, isNamed, &size) { return nil }
                if let child = node.pointee.children {
                    node = child
                    continue
                }
            case XML_ATTRIBUTE_NODE:
                size.count += 1
                size.byteCount += Int(xmlStrlen(node.pointee.children?.pointee.content))
            default:
                let byteCount = node.pointee.content.map { Int(xmlStrlen($0)) } ?? 0
                guard work.charge(byteCount / 64, .xpath) else { return nil }
                if isOfAll { size.count += 1 }
                size.byteCount = size.byteCount.addingSaturating(byteCount.multipliedSaturating(by: within + (isOfAll ? 1 : 0)))
            }
            // Behind a node that has no more below it: its next one, or that of the first above it that has one.
            while true {
                let isElement = node.pointee.type == XML_ELEMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE
                if isElement {
                    level -= 1
                    if isNamed(node.pointee.name) { within -= 1 }
                }
                if node == root { return size }
                if let next = node.pointee.next {
                    node = next
                    break
                }
                guard let above = node.pointee.parent else { return size }
                node = above
            }
        }
    }

    private func attributes(of element: xmlNodePtr, _ isNamed: (UnsafePointer<xmlChar>?) -> Bool, _ size: inout Size) -> Bool {
        var attribute = element.pointee.properties
        while let found = attribute {
            guard work.charge(1, .xpath) else { return false }
            if isNamed(found.pointee.name) {
                size.count += 1
                size.byteCount = size.byteCount.addingSaturating(found.pointee.children?.pointee.content.map { Int(xmlStrlen($0)) } ?? 0)
                size.parentCount += 1
            }
            attribute = found.pointee.next
        }
        return true
    }
}
