internal import CXML2

/// What an XSD's check of an element looks at.
///
/// Counted by a walk over the element's tree, which is charged a step for each element.
struct XSDLoad {
    /// Elements and attributes.
    private(set) var nodeCount = 0
    /// Of texts and values of attributes, in UTF-8.
    private(set) var textByteCount = 0
    /// Steps of matching each text against a pattern that may go over its beginnings again and again.
    ///
    /// The sum of the squares of the texts' lengths.
    private(set) var rematchingCount = 0

    /// False when there is no work left to count.
    ///
    /// Adds an element with all below it. As deep as `XMLReader.depthMax`.
    mutating func add(_ element: xmlNodePtr, _ work: WorkBudget) -> Bool {
        nodeCount += 1
        guard work.charge(1, .xsd) else { return false }
        var attribute = element.pointee.properties
        while let present = attribute {
            nodeCount += 1
            if let text = present.pointee.children?.pointee.content { add(textByteCount: Int(xmlStrlen(text))) }
            attribute = present.pointee.next
        }
        var child = element.pointee.children
        while let present = child {
            switch present.pointee.type {
            case XML_ELEMENT_NODE: guard add(present, work) else { return false }
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: if let text = present.pointee.content { add(textByteCount: Int(xmlStrlen(text))) }
            default: break
            }
            child = present.pointee.next
        }
        return true
    }

    private mutating func add(textByteCount count: Int) {
        textByteCount += count
        // No text is longer than 256 MiB, and no document has 2^20 of such.
        rematchingCount &+= count * count
    }
}
