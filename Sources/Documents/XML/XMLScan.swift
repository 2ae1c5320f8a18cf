internal import Glibc

/// One text's way through the scanner.
///
/// Invariants: `nodes` has room for two for each `<` in the text, one for each `=` and two more; `decoded` for as many bytes as the text has; `frames` for
/// `XMLReader.depthMax`; `bindings` and `namespaces` for their limits.
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
    private struct Name {
        var offset = 0
        var byteCount = 0
        var prefixByteCount = 0
        var start: Int { prefixByteCount == 0 ? offset : offset &- prefixByteCount &- 1 }
        var end: Int { offset &+ byteCount }
    }

    private let bytes: UnsafePointer<UInt8>
    private let byteCount: Int
    private let nodes: UnsafeMutablePointer<XMLNode>
    private let decoded: UnsafeMutablePointer<UInt8>
    private let frames: UnsafeMutablePointer<Frame>
    private let bindings: UnsafeMutablePointer<Binding>
    private let namespaces: UnsafeMutablePointer<XMLTape.Namespace>
    private let classes = XMLBytes.table
    private let seed = NameHash.processSeed
    /// The next byte to be read; everything before it has been taken in.
    private var position = 0
    private var nodeCount = 0
    /// Bytes written to `decoded`.
    private var decodedCount = 0
    private var depth = 0
    private var bindingCount = 0
    /// Number 0 is none, and there from the beginning.
    private var namespaceCount = 1

    init(
        bytes: UnsafePointer<UInt8>, byteCount: Int, nodes: UnsafeMutablePointer<XMLNode>, decoded: UnsafeMutablePointer<UInt8>,
        frames: UnsafeMutablePointer<Frame>, bindings: UnsafeMutablePointer<Binding>, namespaces: UnsafeMutablePointer<XMLTape.Namespace>
    ) {
        self.bytes = bytes
        self.byteCount = byteCount
        self.nodes = nodes
        self.decoded = decoded
        self.frames = frames
        self.bindings = bindings
        self.namespaces = namespaces
    }

    /// The byte here or further on; 0, which stands nowhere in a document, behind the end.
    ///
    /// So that no look ahead needs a test of its own.
    @inline(__always)
    private func byte(_ distance: Int = 0) -> UInt8 { position &+ distance < byteCount ? bytes[position &+ distance] : 0 }

    @inline(__always)
    private func isAt(_ literal: StaticString) -> Bool {
        byteCount &- position >= literal.utf8CodeUnitCount && memcmp(bytes + position, literal.utf8Start, literal.utf8CodeUnitCount) == 0
    }

    /// Returns whether there were any.
    @inline(__always)
    private mutating func skipBlanks() -> Bool {
        let start = position
        while position < byteCount, classes[Int(bytes[position])] & XMLBytes.blank != 0 { position &+= 1 }
        return position > start
    }

    /// Nil wherever libxml2 must look.
    ///
    /// - Precondition: called once.
    mutating func run() -> XMLTape? {
        // Node 0 is the document, whose children begin at node 1.
        namespaces[0] = XMLTape.Namespace(offset: 0, byteCount: 0, hash: 0)
        nodes[0] = XMLNode(offset: 1, kind: .document)
        nodeCount = 1
        guard skipDeclaration(), skipMiscellany(isBeforeRoot: true) else { return nil }
        // Comments and style sheets make no nodes.
        let root = nodeCount
        guard readRoot(), skipMiscellany(isBeforeRoot: false), position == byteCount else { return nil }
        nodes[0].end = UInt32(truncatingIfNeeded: nodeCount)
        return XMLTape(
            text: bytes, textByteCount: byteCount, decoded: decoded, nodes: nodes, count: nodeCount, namespaces: namespaces, rootElement: root)
    }

    // MARK: Around the root

    /// `<?xml version="1.0" encoding="…" standalone="…"?>`, if it is there. The encoding was looked at before.
    private mutating func skipDeclaration() -> Bool {
        guard isAt("<?xml") else { return true }
        position += 5
        // `<?xml-stylesheet`: no declaration then.
        // A style sheet without a declaration before it.
        if byte() == UInt8(ascii: "-") {
            position = 0
            return true
        }
        guard skipBlanks(), let version = pseudoAttribute("version"), isText(version, "1.0") else { return false }
        var hasBlanks = skipBlanks()
        // In the order that the grammar has: encoding, then standalone.
        if hasBlanks, byte() == UInt8(ascii: "e") {
            guard let encoding = pseudoAttribute("encoding"), isKnownEncoding(encoding) else { return false }
            hasBlanks = skipBlanks()
        }
        if hasBlanks, byte() == UInt8(ascii: "s") {
            guard let standalone = pseudoAttribute("standalone"), isText(standalone, "yes") || isText(standalone, "no") else { return false }
            _ = skipBlanks()
        }
        guard isAt("?>") else { return false }
        position += 2
        return true
    }

    /// - Returns: where its value lies; nil where something else stands here.
    private mutating func pseudoAttribute(_ name: StaticString) -> Range<Int>? {
        guard isAt(name) else { return nil }
        position += name.utf8CodeUnitCount
        guard byte() == UInt8(ascii: "=") else { return nil }
        let quote = byte(1)
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        position += 2
        let start = position
        while byte() != quote {
            guard classes[Int(byte())] & XMLBytes.namePart != 0 else { return nil }
            position += 1
        }
        position += 1
        return start..<position - 1
    }

    /// Whether the bytes of a range are these.
    private func isText(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        range.count == literal.utf8CodeUnitCount && memcmp(bytes + range.lowerBound, literal.utf8Start, range.count) == 0
    }

    /// One byte for a character, or UTF-8: of other encodings libxml2 has a view of its own.
    ///
    /// The text is UTF-8 by now; what it declares must only be something that libxml2 passes over alike when it is told that the text is UTF-8.
    private func isKnownEncoding(_ range: Range<Int>) -> Bool {
        func begins(_ literal: StaticString, digits: ClosedRange<Int>) -> Bool {
            let count = literal.utf8CodeUnitCount
            guard digits.contains(range.count &- count) else { return false }
            let text = UnsafeRawPointer(bytes + range.lowerBound).assumingMemoryBound(to: CChar.self)
            guard strncasecmp(text, UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self), count) == 0 else { return false }
            return range.dropFirst(count).allSatisfy { bytes[$0] &- 0x30 < 10 }
        }
        return begins("utf-8", digits: 0...0) || begins("windows-125", digits: 1...1) || begins("iso-8859-", digits: 1...2) || begins("us-ascii", digits: 0...0)
    }

    /// Blanks, comments and, before the root, style sheets: up to the root's `<`, or the end.
    ///
    /// - Returns: false where anything else stands there.
    private mutating func skipMiscellany(isBeforeRoot: Bool) -> Bool {
        while true {
            _ = skipBlanks()
            guard position < byteCount else { return !isBeforeRoot }
            guard byte() == UInt8(ascii: "<") else { return false }
            if isAt("<!--") {
                guard skipComment() else { return false }
            } else if isBeforeRoot, isAt("<?xml-stylesheet ") {
                guard skipStyleSheet() else { return false }
            } else {
                return isBeforeRoot
            }
        }
    }

    /// Up to `?>`; its pseudo-attributes are nobody's.
    private mutating func skipStyleSheet() -> Bool {
        while !isAt("?>") {
            guard position < byteCount, isCharacter() else { return false }
            position += 1
        }
        position += 2
        return true
    }

    /// At its `<`.
    ///
    /// `--` may stand at the end only (section 2.5).
    private mutating func skipComment() -> Bool {
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
    private func isCharacter() -> Bool {
        let byte = bytes[position]
        if byte < 0x20 { return byte == 0x0A || byte == 0x09 || byte == 0x0D }
        // U+FFFE and U+FFFF.
        return byte != 0xEF || self.byte(1) != 0xBF || self.byte(2) < 0xBE
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

    /// Hashed once, here: paths are compared by the hash.
    private func node(_ kind: XMLNode.Kind, _ name: Name) -> XMLNode {
        XMLNode(
            nameOffset: UInt32(truncatingIfNeeded: name.offset), nameHash: NameHash.hash(bytes + name.offset, name.byteCount, seed: seed),
            nameByteCount: UInt16(truncatingIfNeeded: name.byteCount), prefixByteCount: UInt16(truncatingIfNeeded: name.prefixByteCount), kind: kind)
    }

    /// Adds a child of the innermost open element, or of the document.
    ///
    /// `end` is what it is for a node with nothing in it; an element's is set when its tag ends.
    @inline(__always)
    private mutating func add(_ node: XMLNode) {
        var node = node
        let parent = depth > 0 ? frames[depth &- 1].node : 0
        node.parent = UInt32(truncatingIfNeeded: parent)
        node.end = UInt32(truncatingIfNeeded: nodeCount &+ 1)
        nodes[nodeCount] = node
        // For what has children it counts them.
        nodes[parent].byteCount &+= 1
        nodeCount &+= 1
    }

    /// At its `<`. Adds the element and its attributes, resolves their names, and opens it unless it ends with `/>`.
    private mutating func startTag() -> Bool {
        position &+= 1
        guard let tagName = name(), depth < XMLReader.depthMax else { return false }
        let element = nodeCount
        let firstBinding = bindingCount
        add(node(.element, tagName))
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
        var node = node(.attribute, name)
        guard setValue(value, needsDecoding, isAttribute: true, of: &node) else { return false }
        node.parent = UInt32(truncatingIfNeeded: element)
        node.end = UInt32(truncatingIfNeeded: nodeCount &+ 1)
        nodes[nodeCount] = node
        nodeCount &+= 1
        return true
    }

    // MARK: Namespaces

    /// - Parameter name: of the prefix; empty for the default namespace.
    /// - Returns: false for a prefix that is bound twice by one element, one that begins with `xml`, an empty URI for a prefix, and past the limits.
    private mutating func bind(_ name: Name, to uri: Range<Int>, firstBinding: Int) -> Bool {
        guard bindingCount < Self.bindingCountMax else { return false }
        for index in firstBinding..<bindingCount where isBinding(index, name.offset, name.byteCount) { return false }
        var number = 0
        if uri.isEmpty {
            // Only the default namespace can be none.
            guard name.byteCount == 0 else { return false }
        } else {
            guard let known = namespace(uri) else { return false }
            number = known
        }
        // `xml` and `xmlns` are bound once and for all.
        if name.byteCount >= 3, memcmp(bytes + name.offset, "xml", 3) == 0 { return false }
        bindings[bindingCount] = Binding(offset: name.offset, byteCount: name.byteCount, namespace: UInt16(truncatingIfNeeded: number))
        bindingCount &+= 1
        return true
    }

    /// Whether a binding is of the prefix that stands at a place.
    private func isBinding(_ index: Int, _ offset: Int, _ byteCount: Int) -> Bool {
        bindings[index].byteCount == byteCount && memcmp(bytes + bindings[index].offset, bytes + offset, byteCount) == 0
    }

    /// The number of a namespace, by its URI's bytes; nil for one that is not plain, and past the limit.
    private mutating func namespace(_ uri: Range<Int>) -> Int? {
        let hash = NameHash.hash(bytes + uri.lowerBound, uri.count, seed: seed)
        for index in 1..<namespaceCount where namespaces[index].hash == hash && Int(namespaces[index].byteCount) == uri.count {
            if memcmp(bytes + Int(namespaces[index].offset), bytes + uri.lowerBound, uri.count) == 0 { return index }
        }
        guard namespaceCount < Self.namespaceCountMax, XMLBytes.isPlainURI(UnsafeBufferPointer(start: bytes + uri.lowerBound, count: uri.count)) else { return nil }
        namespaces[namespaceCount] = XMLTape.Namespace(
            offset: UInt32(truncatingIfNeeded: uri.lowerBound), byteCount: UInt32(truncatingIfNeeded: uri.count), hash: hash)
        namespaceCount &+= 1
        return namespaceCount &- 1
    }

    /// The number of what a prefix stands for; nil when nothing binds it.
    ///
    /// Innermost first. An empty prefix is the default namespace, or none.
    private func namespace(ofPrefixAt offset: Int, _ byteCount: Int) -> UInt16? {
        var index = bindingCount
        while index > 0 {
            index &-= 1
            if isBinding(index, offset, byteCount) { return bindings[index].namespace }
        }
        return byteCount == 0 ? 0 : nil
    }

    /// Gives an element and its attributes their namespaces; false where a prefix is not bound or an attribute is there twice.
    ///
    /// Attributes without a prefix are in no namespace, whatever the default. Two are the same if namespace and local name are (Namespaces in XML,
    /// section 6.3): each is compared with those before it, of which there are few.
    private func resolveNames(of element: Int) -> Bool {
        guard let ofElement = namespace(ofPrefixAt: nodes[element].qualifiedName.lowerBound, Int(nodes[element].prefixByteCount)) else { return false }
        nodes[element].namespace = ofElement
        let end = Int(nodes[element].offset)
        var attribute = element &+ 1
        while attribute < end {
            let present = nodes[attribute]
            if present.prefixByteCount > 0 {
                guard let number = namespace(ofPrefixAt: present.qualifiedName.lowerBound, Int(present.prefixByteCount)) else { return false }
                nodes[attribute].namespace = number
            }
            var other = element &+ 1
            while other < attribute {
                if nodes[other].nameHash == present.nameHash, nodes[other].namespace == nodes[attribute].namespace,
                    nodes[other].nameByteCount == present.nameByteCount,
                    memcmp(bytes + Int(nodes[other].nameOffset), bytes + Int(present.nameOffset), Int(present.nameByteCount)) == 0
                {
                    return false
                }
                other &+= 1
            }
            attribute &+= 1
        }
        return true
    }

    // MARK: Texts

    /// Up to the next `<`, inside the root.
    ///
    /// An empty one makes no node. The document may not end here.
    private mutating func text() -> Bool {
        let start = position
        var needsDecoding = false
        while true {
            while position < byteCount, classes[Int(bytes[position])] & XMLBytes.stopsText == 0 { position &+= 1 }
            guard position < byteCount else { return false }
            switch bytes[position] {
            case UInt8(ascii: "<"): return position == start || addText(start..<position, needsDecoding)
            case UInt8(ascii: "&"), 0x0D: needsDecoding = true
            // `]]>` is not allowed in text (section 2.4).
            case UInt8(ascii: "]"): if isAt("]]>") { return false }
            case 0xEF: guard isCharacter() else { return false }
            default: return false
            }
            position &+= 1
        }
    }

    /// A CDATA section, at its `<`: references in it are none.
    ///
    /// It is a text node of its own beside those around it; an empty one makes none.
    private mutating func characterData() -> Bool {
        position &+= 9
        let start = position
        while !isAt("]]>") {
            // Line ends in there are left to libxml2, as they would need a decoding of their own.
            guard position < byteCount, bytes[position] != 0x0D, isCharacter() else { return false }
            position &+= 1
        }
        position &+= 3
        return start == position &- 3 || addText(start..<position &- 3, false)
    }

    private mutating func addText(_ range: Range<Int>, _ needsDecoding: Bool) -> Bool {
        var node = XMLNode(kind: .text)
        guard setValue(range, needsDecoding, isAttribute: false, of: &node) else { return false }
        add(node)
        return true
    }

    /// Points a node at its value: in the text itself, or decoded beside it.
    private mutating func setValue(_ range: Range<Int>, _ needsDecoding: Bool, isAttribute: Bool, of node: inout XMLNode) -> Bool {
        guard needsDecoding else {
            node.offset = UInt32(truncatingIfNeeded: range.lowerBound)
            node.byteCount = UInt32(truncatingIfNeeded: range.count)
            return true
        }
        let start = decodedCount
        guard decode(range, isAttribute: isAttribute) else { return false }
        node.offset = UInt32(truncatingIfNeeded: start)
        node.byteCount = UInt32(truncatingIfNeeded: decodedCount &- start)
        node.isDecoded = true
        return true
    }

    /// Copies a value with its references resolved and its line ends as XML reads them (sections 2.11 and 3.3.3).
    ///
    /// Never longer than it was: the shortest reference has four bytes and makes one, `&#x10FFFF;` has ten and makes four.
    private mutating func decode(_ range: Range<Int>, isAttribute: Bool) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index &+= 1
            switch byte {
            case UInt8(ascii: "&"):
                guard let next = reference(index, range.upperBound) else { return false }
                index = next
            // CR LF is one line end; in an attribute's value line ends, tabs and line feeds are spaces.
            case 0x0D:
                // One alone is rare enough for libxml2.
                guard index < range.upperBound, bytes[index] == 0x0A else { return false }
                index &+= 1
                append(isAttribute ? 0x20 : 0x0A)
            case 0x0A, 0x09: append(isAttribute ? 0x20 : byte)
            default: append(byte)
            }
        }
        return true
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        decoded[decodedCount] = byte
        decodedCount &+= 1
    }

    /// Resolves what stands behind a `&`; returns where it ends.
    ///
    /// - Parameters:
    ///   - start: behind the `&`.
    ///   - end: of the value.
    /// - Returns: nil for what is no reference, or none of a character that XML has.
    private mutating func reference(_ start: Int, _ end: Int) -> Int? {
        // The longest is `#x0010FFFF;` and the like: what has more zeros is libxml2's.
        var stop = start
        while stop < end, bytes[stop] != UInt8(ascii: ";") {
            stop &+= 1
            guard stop &- start <= 10 else { return nil }
        }
        guard stop < end, stop > start else { return nil }
        let name = start..<stop
        if bytes[start] == UInt8(ascii: "#") {
            guard let scalar = scalar(name.dropFirst()) else { return nil }
            for byte in String(Character(scalar)).utf8 { append(byte) }
        } else if isText(name, "amp") {
            append(UInt8(ascii: "&"))
        } else if isText(name, "lt") {
            append(UInt8(ascii: "<"))
        } else if isText(name, "gt") {
            append(UInt8(ascii: ">"))
        } else if isText(name, "quot") {
            append(UInt8(ascii: "\""))
        } else if isText(name, "apos") {
            append(UInt8(ascii: "'"))
        } else {
            return nil
        }
        return stop &+ 1
    }

    /// `65` or `x41`, if that is a character of XML.
    private func scalar(_ digits: Range<Int>) -> Unicode.Scalar? {
        guard let first = digits.first else { return nil }
        let isHexadecimal = bytes[first] == UInt8(ascii: "x")
        let digits = isHexadecimal ? digits.dropFirst() : digits
        guard !digits.isEmpty else { return nil }
        var value: UInt32 = 0
        for index in digits {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x41...0x46 where isHexadecimal: digit = byte &- 0x37
            case 0x61...0x66 where isHexadecimal: digit = byte &- 0x57
            default: return nil
            }
            // At most 0x10FFFF before it, so that nothing overflows.
            value = value &* (isHexadecimal ? 16 : 10) &+ UInt32(digit)
            guard value <= 0x10FFFF else { return nil }
        }
        // Section 2.2.
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: return Unicode.Scalar(value)
        default: return nil
        }
    }
}
