/// A node of an XML document as the tape keeps it: 32 bytes, trivial, in document order.
///
/// An element's attributes are the nodes behind it, then comes what is in it; `end` is the node past all of that. Comments, processing
/// instructions and declarations of namespaces are no nodes. A text is what stands between two tags, comments or CDATA sections.
///
/// `<a x="1">t<b/></a>` is document, a, @x, "t", b: a's `offset` is 3, its `end` 5 and its `byteCount` 2; the next sibling of any node is at its
/// `end`.
struct XMLNode: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case document, element, attribute, text
    }

    /// Where the local name begins; a prefix and its colon stand before it.
    var nameOffset: UInt32 = 0
    /// `NameHash` of the local name.
    var nameHash: UInt32 = 0
    /// 0 and the document for the document.
    var parent: UInt32 = 0
    /// The first node behind this one and all in it.
    var end: UInt32 = 0
    /// First byte of an attribute's value or of a text; of what has children the number of the first.
    var offset: UInt32 = 0
    /// Bytes of an attribute's value or of a text; of what has children how many there are.
    var byteCount: UInt32 = 0
    var nameByteCount: UInt16 = 0
    /// Without the colon; 0 for none.
    var prefixByteCount: UInt16 = 0
    /// Number of its namespace; 0 for none.
    var namespace: UInt16 = 0
    var kind: Kind
    /// The value holds references or line ends as they are not kept: its bytes are among the decoded ones, not in the text.
    var isDecoded = false

    /// The name as it is written, in the text.
    ///
    /// With its prefix.
    var qualifiedName: Range<Int> {
        let prefix = prefixByteCount == 0 ? 0 : Int(prefixByteCount) + 1
        return Int(nameOffset) - prefix..<Int(nameOffset) + Int(nameByteCount)
    }
}

/// An XML document that has been read without a tree. It owns nothing: valid while the scanner and the text that made it are.
///
/// Node 0 is the document. Numbers of nodes come from the tape itself and are not checked again.
///
/// Made by `XMLScanner`, read by `XMLTapeSource` and `XMLCanonicalForm`. Two texts hold its bytes: the document's own, and the decoded values
/// beside it.
struct XMLTape {
    /// A URI as the first element that declared it wrote it. Equal URIs have one number.
    struct Namespace: BitwiseCopyable {
        /// In the text.
        var offset: UInt32
        var byteCount: UInt32
        var hash: UInt32
    }

    let text: UnsafePointer<UInt8>
    let textByteCount: Int
    /// Values with references or line ends, resolved.
    let decoded: UnsafePointer<UInt8>
    let nodes: UnsafePointer<XMLNode>
    let count: Int
    /// Number 0 is none.
    ///
    /// As many as the document has different ones.
    let namespaces: UnsafePointer<Namespace>
    let rootElement: Int
    /// A bit for each name that an element has, by the name's hash: 1,024 of them, of which ordinary documents set forty.
    let elementNames: UnsafePointer<UInt64>
    static let elementNameWordCount = 16

    /// Where a name's bit lies in `elementNames`.
    @inline(__always)
    static func place(ofName hash: UInt32) -> (word: Int, bit: UInt64) {
        (Int(truncatingIfNeeded: hash >> 6 & 15), 1 << UInt64(truncatingIfNeeded: hash & 63))
    }

    /// False where no element has a name of that hash: then nobody needs to look for one.
    @inline(__always)
    func mayHaveElement(_ nameHash: UInt32) -> Bool {
        let place = Self.place(ofName: nameHash)
        return elementNames[place.word] & place.bit != 0
    }

    /// An attribute's value, or a text.
    ///
    /// Valid as long as the tape is.
    ///
    /// - Precondition: the node is an attribute or a text.
    @inline(__always)
    func value(_ node: XMLNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: (node.isDecoded ? decoded : text) + Int(node.offset), count: Int(node.byteCount))
    }

    func localName(_ node: XMLNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + Int(node.nameOffset), count: Int(node.nameByteCount))
    }

    func prefix(_ node: XMLNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + node.qualifiedName.lowerBound, count: Int(node.prefixByteCount))
    }

    /// Empty for none.
    func uri(_ namespace: UInt16) -> UnsafeBufferPointer<UInt8> {
        let entry = namespaces[Int(namespace)]
        return UnsafeBufferPointer(start: text + Int(entry.offset), count: Int(entry.byteCount))
    }

    func name(_ node: XMLNode) -> UnsafeBufferPointer<UInt8> {
        let range = node.qualifiedName
        return UnsafeBufferPointer(start: text + range.lowerBound, count: range.count)
    }

    /// The place of `node` as `XMLLocation` writes it: names as the document has them, a position where siblings share one.
    ///
    /// `/Invoice/cac:Line[2]/@id`.
    ///
    /// - Parameters:
    ///   - ancestor: an element that may hold it, where the path then begins; 0 for the document.
    ///   - work: charged for the siblings that are passed; where that is too much a step has no position.
    /// - Complexity: O(siblings) for each step.
    func path(to node: Int, from ancestor: Int, charging work: WorkBudget) -> String {
        var steps: [String] = []
        var current = node
        while current != ancestor, current != 0 {
            var passedCount = 0
            steps.append(step(current, &passedCount, work))
            // Some bytes of a name are copied in a step's time.
            guard work.chargePlace(passedCount &+ (steps.last?.utf8.count ?? 0) / 16 &+ 1) else { break }
            current = Int(nodes[current].parent)
        }
        return "/" + steps.reversed().joined(separator: "/")
    }

    /// Positions count namesakes among the siblings, from 1, and are left out where there is one only.
    ///
    /// - Parameters:
    ///   - passedCount: set to the siblings that were looked at.
    ///   - work: where it has not enough for that the name is without a position.
    private func step(_ node: Int, _ passedCount: inout Int, _ work: WorkBudget) -> String {
        let present = nodes[node]
        let name = String(decoding: name(present), as: UTF8.self)
        switch present.kind {
        case .attribute: return "@" + name
        case .text: return "text()"
        case .element, .document: break
        }
        var position = 1
        var namesakes = 0
        let parent = nodes[Int(present.parent)]
        var sibling = Int(parent.offset)
        while sibling < Int(parent.end) {
            passedCount &+= 1
            guard work.mayFindPlace(in: passedCount) else { return name }
            if isNamesake(nodes[sibling], of: present) {
                namesakes += 1
                if sibling < node { position += 1 }
                // A second one behind it is enough to know.
                if sibling > node { break }
            }
            sibling = Int(nodes[sibling].end)
        }
        return namesakes == 1 ? name : "\(name)[\(position)]"
    }

    /// By the name as it is written, prefix included.
    private func isNamesake(_ sibling: XMLNode, of node: XMLNode) -> Bool {
        sibling.kind == .element && sibling.nameHash == node.nameHash && name(sibling).elementsEqual(name(node))
    }
}
