/// Reads an XML text of the plain kind into a tape: no tree, no allocation for a node.
///
/// It is no second judge of what XML is. It knows the grammar of documents as programs write them, and gives way to libxml2 (`XMLReader`) wherever it meets
/// anything else, be that wrong or only rare: what is refused is refused by libxml2, in its words and at its line. What the scanner takes, libxml2
/// takes too and understands alike; tests hold both against each other. Left to libxml2 are: DOCTYPE, processing instructions but for style sheets before
/// the root, names outside ASCII, `xml:` attributes, namespaces that are no plain URLs or URNs, and whatever is past the limits below.
///
/// One owner at a time; a tape is valid until the next text is read.
///
/// Buffers stay from one document to the next, so that an ordinary one allocates nothing.
package final class XMLScanner {
    /// Longer texts are left to libxml2. At four bytes at least for each node there are no more than `XMLReader.nodeCountMax`, and no text or
    /// attribute comes near the ten million bytes that libxml2 allows.
    static let byteCountMax = 8 << 20
    /// Nodes whose room is kept from one document to the next: 2 MiB.
    private static let keptNodeCount = 64 << 10
    private static let keptDecodedByteCount = 256 << 10
    /// Of a text up to this long no nodes are counted: as many as it could have fit into what is kept, and room that is not written to costs nothing.
    ///
    /// A node takes two bytes at least: `<a` with a text of one byte before it is two of them in three, and what begins so ends later, or is given up.
    private static let uncountedByteCountMax = 64 << 10

    /// As many as the last documents needed.
    private var nodes = UnsafeMutableBufferPointer<XMLNode>.allocate(capacity: 1_024)
    private var decoded = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4_096)
    /// Of fixed size: the scan gives way past it.
    private let frames = UnsafeMutablePointer<XMLScan.Frame>.allocate(capacity: XMLReader.depthMax)
    private let bindings = UnsafeMutablePointer<XMLScan.Binding>.allocate(capacity: XMLScan.bindingCountMax)
    private let namespaces = UnsafeMutablePointer<XMLTape.Namespace>.allocate(capacity: XMLScan.namespaceCountMax)
    private let elementNames = UnsafeMutablePointer<UInt64>.allocate(capacity: XMLTape.elementNameWordCount)

    package init() { elementNames.initialize(repeating: 0, count: XMLTape.elementNameWordCount) }

    deinit {
        nodes.deallocate()
        decoded.deallocate()
        frames.deallocate()
        bindings.deallocate()
        namespaces.deallocate()
        elementNames.deallocate()
    }

    /// - Parameter text: UTF-8 without a byte order mark, known to be that.
    /// - Returns: nil where libxml2 must look.
    /// - Complexity: O(bytes): one pass to read, and for long ones one to count room.
    func tape(of text: UnsafeRawBufferPointer) -> XMLTape? {
        guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count <= Self.byteCountMax else { return nil }
        // Had before instead of grown on the way: the scan writes without a test.
        let count = text.count <= Self.uncountedByteCountMax ? text.count / 2 + 4 : Self.nodeCount(base, text.count)
        if nodes.count < count { nodes = Self.room(count, nodes) }
        // What is decoded is never longer than as it is written.
        if decoded.count < text.count { decoded = Self.room(text.count, decoded) }
        guard let nodeBase = nodes.baseAddress, let decodedBase = decoded.baseAddress else { return nil }
        var scan = XMLScan(
            bytes: base, byteCount: text.count, nodes: nodeBase, decoded: decodedBase, frames: frames, bindings: bindings, namespaces: namespaces,
            elementNames: elementNames)
        return scan.run()
    }

    /// Nodes that a text may come to at most.
    private static func nodeCount(_ base: UnsafePointer<UInt8>, _ byteCount: Int) -> Int {
        // An element or a CDATA section begins with `<`, a text ends before one, an attribute has its `=`.
        var count = 2
        var start = 0
        while start < byteCount {
            // So few that their sum fits a byte: then many are added at once.
            let end = min(start &+ 96, byteCount)
            var part: UInt8 = 0
            for index in start..<end { part &+= (base[index] == 0x3C ? 2 : 0) &+ (base[index] == 0x3D ? 1 : 0) }
            count &+= Int(part)
            start = end
        }
        return count
    }

    /// Gives back what an outsize document needed: its tape is done with.
    ///
    /// - Precondition: no tape of this scanner is in use.
    func shrink() {
        if nodes.count > Self.keptNodeCount { nodes = Self.room(1_024, nodes) }
        if decoded.count > Self.keptDecodedByteCount { decoded = Self.room(4_096, decoded) }
    }

    /// What was there is not copied: it is of a document that is done with.
    private static func room<Element>(_ count: Int, _ old: UnsafeMutableBufferPointer<Element>) -> UnsafeMutableBufferPointer<Element> {
        old.deallocate()
        return .allocate(capacity: count)
    }
}
