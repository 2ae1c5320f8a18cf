internal import Glibc

/// One text's way through the scanner.
///
/// Invariants: `nodes` has room for two for each `<` in the text, one for each `=` and two more, or for half as many as the text has bytes and four more;
/// `decoded` for as many bytes as the text has; `frames` for `XMLReader.depthMax`; `bindings` and `namespaces` for their limits; `elementNames` for a tape's
/// words.
///
/// Grammar that is taken (XML 1.0 and Namespaces in XML 1.0), all of it ASCII but for texts, values and comments:
///
///     document  = [ declaration ] *( blank / comment / stylesheet ) root *( blank / comment )
///     root      = element
///     element   = "<" name *( blanks attribute ) [ blanks ] ( "/>" / ">" content "</" name [ blanks ] ">" )
///     attribute = name [ blanks ] "=" [ blanks ] quoted
///     content   = *( text / element / comment / cdata )
///     name      = [ part ":" ] part
///
/// Whatever else stands there returns nil from `run`, without a reason: libxml2 reads the text again and finds one, or finds none.
///
/// One pass; nothing is allocated. A start tag is checked when it ends, as its namespaces may be declared behind the names that use them.
///
/// The open elements are the first `depth` of `frames`, the innermost last; the first `bindingCount` of `bindings` are in force there.
struct XMLScan {
    /// Of one element. Past it libxml2 looks, which finds repeated names with a table.
    static let attributeCountMax = 64
    /// Prefixes that are bound at one place, and namespaces of a document: each is looked for among all.
    static let bindingCountMax = 64
    static let namespaceCountMax = 64
    private static let nameByteCountMax = 1_000

    /// An open element.
    ///
    /// What an end tag needs: the element whose name it must repeat, and how far to take bindings back.
    struct Frame: BitwiseCopyable {
        var node: Int
        /// Bindings before its own.
        var bindingCount: Int
    }

    /// A prefix and what it stands for.
    struct Binding: BitwiseCopyable {
        // Of the prefix, in the text.
        var offset: Int
        /// 0 for the default namespace.
        var byteCount: Int
        // Its number in `namespaces`; 0 undoes the default namespace.
        var namespace: UInt16
    }

    /// Where a name lies in the text: `offset` and `byteCount` are of the local part, a prefix and its colon stand before it.
    struct Name {
        var offset = 0
        var byteCount = 0
        var prefixByteCount = 0
        var start: Int { prefixByteCount == 0 ? offset : offset &- prefixByteCount &- 1 }
        var end: Int { offset &+ byteCount }
    }

    let bytes: UnsafePointer<UInt8>
    let byteCount: Int
    let nodes: UnsafeMutablePointer<XMLNode>
    let decoded: UnsafeMutablePointer<UInt8>
    private let frames: UnsafeMutablePointer<Frame>
    let bindings: UnsafeMutablePointer<Binding>
    let namespaces: UnsafeMutablePointer<XMLTape.Namespace>
    private let elementNames: UnsafeMutablePointer<UInt64>
    let classes = XMLBytes.table
    let seed = NameHash.processSeed
    /// The next byte to be read; everything before it has been taken in.
    var position = 0
    private var nodeCount = 0
    /// Bytes written to `decoded`.
    var decodedCount = 0
    private var depth = 0
    var bindingCount = 0
    /// Number 0 is none, and there from the beginning.
    var namespaceCount = 1

    init(
        bytes: UnsafePointer<UInt8>, byteCount: Int, nodes: UnsafeMutablePointer<XMLNode>, decoded: UnsafeMutablePointer<UInt8>,
        frames: UnsafeMutablePointer<Frame>, bindings: UnsafeMutablePointer<Binding>, namespaces: UnsafeMutablePointer<XMLTape.Namespace>,
        elementNames: UnsafeMutablePointer<UInt64>
    ) {
        self.bytes = bytes
        self.byteCount = byteCount
        self.nodes = nodes
        self.decoded = decoded
        self.frames = frames
        self.bindings = bindings
        self.namespaces = namespaces
        self.elementNames = elementNames
    }

    /// The byte here or further on; 0, which stands nowhere in a document, behind the end.
    ///
    /// So that no look ahead needs a test of its own.
    @inline(__always)
    func byte(_ distance: Int = 0) -> UInt8 { position &+ distance < byteCount ? bytes[position &+ distance] : 0 }

    @inline(__always)
    func isAt(_ literal: StaticString) -> Bool {
        byteCount &- position >= literal.utf8CodeUnitCount && memcmp(bytes + position, literal.utf8Start, literal.utf8CodeUnitCount) == 0
    }

    /// Returns whether there were any.
    @inline(__always)
    mutating func skipBlanks() -> Bool {
        let start = position
        while position < byteCount, classes[Int(bytes[position])] & XMLBytes.blank != 0 { position &+= 1 }
        return position > start
    }

    /// Whether the bytes of a range are these.
    func isText(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        range.count == literal.utf8CodeUnitCount && memcmp(bytes + range.lowerBound, literal.utf8Start, range.count) == 0
    }

    /// At its `<`.
    ///
    /// `--` may stand at the end only (section 2.5).
    mutating func skipComment() -> Bool {
        position += 4
        while !isAt("--") {
            guard position < byteCount, isCharacter() else { return false }
            position += 1
        }
        guard byte(2) == UInt8(ascii: ">") else { return false }
        position += 3
        return true
    }

    /// Whether what begins here is a character of XML, in a text of valid UTF-8.
    @inline(__always)
    func isCharacter() -> Bool {
        let byte = bytes[position]
        if byte < 0x20 { return byte == 0x0A || byte == 0x09 || byte == 0x0D }
        // U+FFFE and U+FFFF.
        return byte != 0xEF || self.byte(1) != 0xBF || self.byte(2) < 0xBE
    }

    /// Nil wherever libxml2 must look.
    ///
    /// - Precondition: called once.
    mutating func run() -> XMLTape? {
        // Node 0 is the document, whose children begin at node 1.
        namespaces[0] = XMLTape.Namespace(offset: 0, byteCount: 0, hash: 0)
        nodes[0] = XMLNode(offset: 1, kind: .document)
        nodeCount = 1
        elementNames.update(repeating: 0, count: XMLTape.elementNameWordCount)
        guard skipDeclaration(), skipMiscellany(isBeforeRoot: true) else { return nil }
        // Comments and style sheets make no nodes.
        let root = nodeCount
        guard readRoot(), skipMiscellany(isBeforeRoot: false), position == byteCount else { return nil }
        nodes[0].end = UInt32(truncatingIfNeeded: nodeCount)
        return XMLTape(
            text: bytes, textByteCount: byteCount, decoded: decoded, nodes: nodes, count: nodeCount, namespaces: namespaces, rootElement: root,
            elementNames: elementNames)
    }

    // MARK: Elements

    /// The root and all in it.
    ///
    /// A loop instead of recursion: `frames` is the stack. Each turn begins at a `<`; after a tag, comment or section follows the text up to the
    /// next one.
    private mutating func readRoot() -> Bool {
        while true {
            // At a `<`.
            let next = byte(1)
            if classes[Int(next)] & XMLBytes.nameStart != 0 {
                guard startTag() else { return false }
            } else if depth == 0 {
                return false
            } else if next == UInt8(ascii: "/") {
                guard endTag() else { return false }
            } else if isAt("<!--") {
                guard skipComment() else { return false }
            } else if isAt("<![CDATA[") {
                guard characterData() else { return false }
            } else {
                return false
            }
            guard depth > 0 else { return true }
            guard text() else { return false }
        }
    }

    /// A name of ASCII with at most one prefix.
    ///
    /// Nil for anything else, and for names of more than `nameByteCountMax` bytes with their prefix: a node counts them in 16 bits.
    @inline(__always)
    private mutating func name() -> Name? {
        guard classes[Int(byte())] & XMLBytes.nameStart != 0 else { return nil }
        var name = Name()
        name.offset = position
        position &+= 1
        while position < byteCount, classes[Int(bytes[position])] & XMLBytes.namePart != 0 { position &+= 1 }
        if byte() == UInt8(ascii: ":") {
            name.prefixByteCount = position &- name.offset
            position &+= 1
            name.offset = position
            guard classes[Int(byte())] & XMLBytes.nameStart != 0 else { return nil }
            position &+= 1
            while position < byteCount, classes[Int(bytes[position])] & XMLBytes.namePart != 0 { position &+= 1 }
            if byte() == UInt8(ascii: ":") { return nil }
        }
        name.byteCount = position &- name.offset
        return position &- name.start <= Self.nameByteCountMax ? name : nil
    }

    /// Lays an element or attribute down where the next node stands; `nodeCount` is the caller's to raise.
    ///
    /// Hashed once, here: paths are compared by the hash. `end` is what it is for a node with nothing in it; an element's is set when its tag ends.
    /// All at once, in its place: a node that is put together elsewhere and copied waits for what was just written.
    @inline(__always)
    private func lay(_ kind: XMLNode.Kind, _ name: Name, in parent: Int) {
        nodes[nodeCount] = XMLNode(
            nameOffset: UInt32(truncatingIfNeeded: name.offset), nameHash: NameHash.hash(bytes + name.offset, name.byteCount, seed: seed),
            parent: UInt32(truncatingIfNeeded: parent), end: UInt32(truncatingIfNeeded: nodeCount &+ 1),
            nameByteCount: UInt16(truncatingIfNeeded: name.byteCount), prefixByteCount: UInt16(truncatingIfNeeded: name.prefixByteCount), kind: kind)
    }

    /// Adds a text, with its value, to the innermost open element.
    @inline(__always)
    mutating func addText(_ range: Range<Int>, _ needsDecoding: Bool) -> Bool {
        let parent = frames[depth &- 1].node
        let text = nodes.advanced(by: nodeCount)
        text.pointee = XMLNode(parent: UInt32(truncatingIfNeeded: parent), end: UInt32(truncatingIfNeeded: nodeCount &+ 1), kind: .text)
        guard setValue(range, needsDecoding, isAttribute: false, of: &text.pointee) else { return false }
        nodes[parent].byteCount &+= 1
        nodeCount &+= 1
        return true
    }

    /// At its `<`. Adds the element and its attributes, resolves their names, and opens it unless it ends with `/>`.
    private mutating func startTag() -> Bool {
        position &+= 1
        guard let tagName = name(), depth < XMLReader.depthMax else { return false }
        let element = nodeCount
        let firstBinding = bindingCount
        let parent = depth > 0 ? frames[depth &- 1].node : 0
        lay(.element, tagName, in: parent)
        let place = XMLTape.place(ofName: nodes[element].nameHash)
        elementNames[place.word] |= place.bit
        // For what has children it counts them.
        nodes[parent].byteCount &+= 1
        nodeCount &+= 1
        var isEmpty = false
        while true {
            let hasBlanks = skipBlanks()
            let next = byte()
            if next == UInt8(ascii: ">") {
                position &+= 1
                break
            }
            if next == UInt8(ascii: "/") {
                guard byte(1) == UInt8(ascii: ">") else { return false }
                position &+= 2
                isEmpty = true
                break
            }
            guard hasBlanks, attribute(of: element, firstBinding: firstBinding) else { return false }
        }
        // Attributes are done with: children begin here.
        nodes[element].offset = UInt32(truncatingIfNeeded: nodeCount)
        nodes[element].end = UInt32(truncatingIfNeeded: nodeCount)
        // Its own declarations count for its own name and attributes, too.
        guard resolveNames(of: element) else { return false }
        if isEmpty {
            bindingCount = firstBinding
        } else {
            frames[depth] = Frame(node: element, bindingCount: firstBinding)
            depth &+= 1
        }
        return true
    }

    /// At its `<`. The name must be the one that the innermost element was opened with, byte for byte.
    private mutating func endTag() -> Bool {
        position &+= 2
        let frame = frames[depth &- 1]
        let name = nodes[frame.node].qualifiedName
        // `>` at least must follow, so no name can be cut off by the end.
        guard byteCount &- position > name.count, memcmp(bytes + position, bytes + name.lowerBound, name.count) == 0 else { return false }
        position &+= name.count
        _ = skipBlanks()
        guard byte() == UInt8(ascii: ">") else { return false }
        position &+= 1
        nodes[frame.node].end = UInt32(truncatingIfNeeded: nodeCount)
        bindingCount = frame.bindingCount
        depth &-= 1
        return true
    }

    /// Adds an attribute, or notes a declaration of a namespace.
    private mutating func attribute(of element: Int, firstBinding: Int) -> Bool {
        guard let name = name() else { return false }
        _ = skipBlanks()
        guard byte() == UInt8(ascii: "=") else { return false }
        position &+= 1
        _ = skipBlanks()
        let quote = byte()
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
        position &+= 1
        let start = position
        var needsDecoding = false
        // Runs of plain bytes at once; what stops them is looked at by itself.
        while true {
            while position < byteCount, classes[Int(bytes[position])] & XMLBytes.stopsValue == 0 { position &+= 1 }
            guard position < byteCount else { return false }
            let byte = bytes[position]
            if byte == quote { break }
            switch byte {
            // The other quote.
            case UInt8(ascii: "\""), UInt8(ascii: "'"): break
            case UInt8(ascii: "&"), 0x09, 0x0A, 0x0D: needsDecoding = true
            case 0xEF: guard isCharacter() else { return false }
            // `<` and control characters.
            default: return false
            }
            position &+= 1
        }
        let value = start..<position
        position &+= 1
        let isPrefixed = name.prefixByteCount == 5 && memcmp(bytes + name.start, "xmlns", 5) == 0
        if isPrefixed || name.prefixByteCount == 0 && name.byteCount == 5 && memcmp(bytes + name.offset, "xmlns", 5) == 0 {
            // References in a namespace's URI are left to libxml2.
            return !needsDecoding && bind(isPrefixed ? name : Name(), to: value, firstBinding: firstBinding)
        }
        // Attributes are the nodes behind the element.
        guard nodeCount &- element <= Self.attributeCountMax else { return false }
        lay(.attribute, name, in: element)
        guard setValue(value, needsDecoding, isAttribute: true, of: &nodes[nodeCount]) else { return false }
        nodeCount &+= 1
        return true
    }
}
