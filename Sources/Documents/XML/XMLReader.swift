internal import CXML2
internal import Glibc

/// Reads XML 1.0 documents with libxml2, in the encoding that they declare. A DOCTYPE is refused before anything of it is read, so there are
/// no entities but the five of XML; nothing is fetched.
///
/// For bodies it is the second way of reading: `XMLScanner` has taken plain documents before, so what comes here is rare, wrong, or of a type that
/// needs a tree (an XSD, XPath that no tape answers). The checks, each before the next one costs anything:
/// 1. Size, encoding (`XMLEncoding`), NUL bytes and a second byte order mark.
/// 2. Start tags with too many attributes, found by a pass over the bytes: libxml2 would compare each with each before it told anybody.
/// 3. Depth, nodes, namespaces and DOCTYPE, in libxml2's own callbacks while it parses.
///
/// libxml2 has bounds of its own: 10,000,000 bytes of a text, a value, a comment or an instruction, 50,000 of a name. What is past them is `.tooLarge`.
package enum XMLReader {
    /// Elements within each other. Recursion over a tree needs no bound of its own.
    package static let depthMax = 128
    /// Elements and attributes. libxml2 takes some 120 bytes for each: 240 MiB.
    package static let nodeCountMax = 2 << 20

    /// Of one element, namespaces declared there among them. libxml2 compares each with all before it.
    package static let attributeCountMax = 1_000
    /// Namespaces that elements around one another declare: libxml2 looks through all of them for each name.
    package static let namespaceCountMax = 256

    /// What the callbacks count; libxml2 carries its address in `_private` for the time of one parsing.
    private struct Guard {
        var depth = 0
        var nodeCount = 0
        /// Namespaces declared by the elements that are open, and by each of them.
        var namespaceCount = 0
        var namespaceCounts: [Int] = []
        /// Of the longest name of a namespace that an element declared.
        var namespaceByteCountMax = 0
        /// Whether the text has more bytes than libxml2 allows a part of it.
        let isLong: Bool
        /// The first one; the parser is stopped then, and no callback builds anything further.
        var refusal: Refusal?
    }
    private enum Refusal {
        case doctype, depth, size, namespaces
        /// A bound of libxml2's own, at that line.
        case libraryBound(line: Int)
    }

    /// Once for the process, by the first thread that comes: libxml2's own set-up is not safe to be run by two threads.
    private static let initialised: Void = {
        xmlInitParser()
        // Not part of that set-up before 2.15, and as little safe.
        xmlSchemaInitTypes()
        till_xml_silence()
        // Schemas and documents name files and hosts: none is ever opened, but the files of a type under names of our own.
        xmlSetExternalEntityLoader(VirtualFiles.loader)
    }()

    /// Before any call of libxml2; cheap afterwards.
    static func initialiseLibrary() { _ = initialised }

    /// What a long text may take while it is read, before it is: libxml2's copy of it, the texts in its tree, and some 120 bytes for an element and as much for the text in it.
    ///
    /// A text in another encoding is converted before, and what comes out, which may be three times as long, is there a third time. Zero for less than 256 KiB, which needs
    /// no waiting. Counts every `<`, closing tags, too, which stand for the texts.
    package static func readingByteCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count >= 256 << 10 else { return 0 }
        var tagCount = 0
        for byte in bytes where byte == 0x3C { tagCount &+= 1 }
        let isConverted = (try? XMLEncoding.encoding(of: bytes).encoding) != nil
        return min(tagCount, 2 * nodeCountMax) * 128 + bytes.count * (isConverted ? 9 : 2)
    }

    /// - Parameters:
    ///   - bytes: in any encoding that is known; not looked at any more when this returns.
    ///   - keepsSections: whether CDATA sections are nodes of their own, as PostgreSQL has them. To XPath they are text like any other (section 5.7).
    /// - Throws: `.badEncoding` when the bytes are not what they declare, `.badXML` with the line when they are not well-formed, have a
    ///   DOCTYPE or nest too deep, `.tooLarge` past `nodeCountMax` and libxml2's bounds, `.tooMuchWork` past the bounds of attributes and namespaces.
    package static func read(_ bytes: UnsafeRawBufferPointer, keepsSections: Bool = false) throws(DocumentError) -> XMLDocument {
        let (converted, bomByteCount) = try text(of: bytes)
        if let converted { return try converted.withUnsafeBytes { parsed($0, keepsSections: keepsSections) }.get() }
        return try parsed(UnsafeRawBufferPointer(rebasing: bytes[bomByteCount...]), keepsSections: keepsSections).get()
    }

    /// Calls `body` with the text in UTF-8, without a byte order mark.
    ///
    /// The text is valid for the call; where it needs no conversion it is the caller's own bytes.
    ///
    /// - Throws: `.badEncoding` when the bytes are not what they declare, and what `body` throws.
    static func withText<Outcome>(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Outcome) throws -> Outcome {
        let (converted, bomByteCount) = try text(of: bytes)
        if let converted { return try converted.withUnsafeBytes { try body($0) } }
        return try body(UnsafeRawBufferPointer(rebasing: bytes[bomByteCount...]))
    }

    /// As `XMLEncoding.utf8`, for texts that are not empty and that libxml2 can count.
    private static func text(of bytes: UnsafeRawBufferPointer) throws(DocumentError) -> (converted: [UInt8]?, bomByteCount: Int) {
        initialiseLibrary()
        // Converted to UTF-8 it may take three times as much, and libxml2 counts in 32 bits.
        guard bytes.count <= 1 << 28 else { throw DocumentError(.tooLarge, "an XML text of more than 256 MiB") }
        guard !bytes.isEmpty else { throw DocumentError(.badXML, offset: 0, "empty text") }
        return try XMLEncoding.utf8(bytes)
    }

    /// The tree of a text in UTF-8.
    ///
    /// - Throws: as `read`, but for the encoding, which the caller has seen to.
    static func tree(of text: UnsafeRawBufferPointer) throws(DocumentError) -> XMLDocument { try parsed(text, keepsSections: false).get() }

    private static func parsed(_ text: UnsafeRawBufferPointer, keepsSections: Bool) -> Result<XMLDocument, DocumentError> {
        // libxml2 takes both for nothing: it ends the text at a NUL, whatever follows, and passes over another mark.
        if let place = text.firstIndex(of: 0) {
            let line = 1 + text[..<place].count { $0 == 0x0A }
            return .failure(DocumentError(.badXML, line: line, "U+0000 is no character of XML"))
        }
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { return .failure(DocumentError(.badXML, line: 1, "a second byte order mark")) }
        if let place = crowdedTag(in: text) {
            let line = 1 + text[..<place].count { $0 == 0x0A }
            return .failure(DocumentError(.tooMuchWork, line: line, "an element of more than \(attributeCountMax) attributes"))
        }
        guard let context = xmlNewParserCtxt() else { return .failure(DocumentError(.tooLarge, "out of memory")) }
        defer { xmlFreeParserCtxt(context) }
        var state = Guard(isLong: text.count > Int(XML_MAX_TEXT_LENGTH))
        return withUnsafeMutablePointer(to: &state) { state in
            // Callbacks are C functions and capture nothing: they find the counts through the context.
            context.pointee._private = UnsafeMutableRawPointer(state)
            context.pointee.sax.pointee.serror = { context, error in XMLReader.note(context, error) }
            context.pointee.sax.pointee.internalSubset = { context, _, _, _ in XMLReader.refuse(context, .doctype) }
            context.pointee.sax.pointee.startElementNs = { context, name, prefix, uri, namespaceCount, namespaces, count, defaulted, attributes in
                guard XMLReader.admits(context, attributeCount: Int(count), namespaceCount: Int(namespaceCount)) else { return }
                XMLReader.note(context, namespaces, Int(namespaceCount))
                // What is admitted goes to the callback of the tree's builder, which stood there before.
                xmlSAX2StartElementNs(context, name, prefix, uri, namespaceCount, namespaces, count, defaulted, attributes)
            }
            context.pointee.sax.pointee.endElementNs = { context, name, prefix, uri in
                XMLReader.leave(context)
                xmlSAX2EndElementNs(context, name, prefix, uri)
            }
            context.pointee.sax.pointee.comment = { context, text in
                if XMLReader.admitsNode(context) { xmlSAX2Comment(context, text) }
            }
            context.pointee.sax.pointee.processingInstruction = { context, target, text in
                if XMLReader.admitsNode(context) { xmlSAX2ProcessingInstruction(context, target, text) }
            }
            if keepsSections {
                context.pointee.sax.pointee.cdataBlock = { context, text, count in
                    if XMLReader.admitsNode(context) { xmlSAX2CDataBlock(context, text, count) }
                }
            } else {
                // Joined with the text beside it. An empty one is no node.
                context.pointee.sax.pointee.cdataBlock = { context, text, count in
                    if count > 0, XMLReader.admitsNode(context) { xmlSAX2Characters(context, text, count) }
                }
            }
            // No network, no messages to standard error; entities are not substituted, as none can be declared.
            let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
            let tree = xmlCtxtReadMemory(
                context, text.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(text.count), nil, "UTF-8", options)
            // What the callbacks refused counts, whatever libxml2 makes of the rest.
            if let refusal = state.pointee.refusal {
                xmlFreeDoc(tree)
                return .failure(error(refusal, line: Int(context.pointee.input?.pointee.line ?? 0)))
            }
            // Names with prefixes that nothing declares are well-formed XML, but belong to no namespace.
            guard let tree, context.pointee.wellFormed != 0, context.pointee.nsWellFormed != 0 else {
                xmlFreeDoc(tree)
                return .failure(error(of: context))
            }
            guard xmlDocGetRootElement(tree) != nil else {
                xmlFreeDoc(tree)
                return .failure(DocumentError(.badXML, "no element in the text"))
            }
            return .success(XMLDocument(owning: tree, namespaceByteCountMax: state.pointee.namespaceByteCountMax))
        }
    }

    /// The parser and its counts, as a callback finds them.
    private static func state(_ context: UnsafeMutableRawPointer?) -> (xmlParserCtxtPtr, UnsafeMutablePointer<Guard>)? {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self),
            let state = parser.pointee._private?.assumingMemoryBound(to: Guard.self)
        else { return nil }
        return (parser, state)
    }

    /// Stops the parser. Callbacks may still come for what it has read already.
    private static func refuse(_ context: UnsafeMutableRawPointer?, _ refusal: Refusal) {
        guard let (parser, state) = state(context) else { return }
        if state.pointee.refusal == nil { state.pointee.refusal = refusal }
        xmlStopParser(parser)
    }

    /// Where an element begins that has more attributes than `attributeCountMax`; nil when none has.
    ///
    /// A start tag holds no `<` but its own: only what is long between two of them needs a look.
    ///
    /// - Complexity: O(bytes): `memchr` from one `<` to the next, and a second look at long ones only.
    static func crowdedTag(in text: UnsafeRawBufferPointer) -> Int? {
        guard let base = text.baseAddress else { return nil }
        let attributeByteCount = 5  // ` a=""`
        var start = 0
        // `next - place` bytes between two `<` can hold at most a fifth as many attributes.
        while start < text.count, let found = memchr(base + start, 0x3C, text.count - start) {
            let place = UnsafeRawPointer(found) - base
            let next = memchr(base + place + 1, 0x3C, text.count - place - 1).map { UnsafeRawPointer($0) - base } ?? text.count
            if next - place > attributeCountMax * attributeByteCount, hasManyAttributes(text[(place + 1)..<next]) { return place }
            start = next
        }
        return nil
    }

    /// Counts the `=` outside quotes of a tag that begins with these bytes.
    ///
    /// False for comments, instructions and CDATA. The tag ends at the first `>` outside quotes.
    private static func hasManyAttributes(_ tag: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = tag.first, first != UInt8(ascii: "!"), first != UInt8(ascii: "?") else { return false }
        var quote: UInt8 = 0
        var count = 0
        for byte in tag {
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: "=") {
                count += 1
                if count > attributeCountMax { return true }
            } else if byte == UInt8(ascii: ">") {
                return false
            }
        }
        return false
    }

    /// Comments and the like take as much room as elements.
    ///
    /// - Returns: whether the node may be made.
    private static func admitsNode(_ context: UnsafeMutableRawPointer?) -> Bool {
        guard let (_, state) = state(context), state.pointee.refusal == nil else { return false }
        state.pointee.nodeCount += 1
        if state.pointee.nodeCount > nodeCountMax { refuse(context, .size) }
        return state.pointee.refusal == nil
    }

    /// Counted before the element is made; the order decides which bound is named where several are passed.
    private static func admits(_ context: UnsafeMutableRawPointer?, attributeCount: Int, namespaceCount: Int) -> Bool {
        guard let (_, state) = state(context), state.pointee.refusal == nil else { return false }
        state.pointee.depth += 1
        state.pointee.nodeCount += 1 + attributeCount
        state.pointee.namespaceCount += namespaceCount
        state.pointee.namespaceCounts.append(namespaceCount)
        if state.pointee.namespaceCount > namespaceCountMax {
            refuse(context, .namespaces)
            return false
        }
        if state.pointee.depth > depthMax {
            refuse(context, .depth)
            return false
        }
        if state.pointee.nodeCount > nodeCountMax {
            refuse(context, .size)
            return false
        }
        return true
    }

    /// XPath compares their names, and copies them.
    ///
    /// - Parameter namespaces: of each its prefix and its name.
    private static func note(_ context: UnsafeMutableRawPointer?, _ namespaces: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int) {
        guard count > 0, let namespaces, let (_, state) = state(context) else { return }
        for index in 0..<count { state.pointee.namespaceByteCountMax = max(state.pointee.namespaceByteCountMax, Int(xmlStrlen(namespaces[2 * index + 1]))) }
    }

    /// Looks whether what libxml2 has against the text is a bound of its own.
    ///
    /// Noted as it is said: what it says later of the same text is another error, and behind a text that is too long it may say nothing at all, and give a tree that ends
    /// there. Nothing is stopped, as it still holds the text where it calls this, and makes no more nodes of itself.
    private static func note(_ context: UnsafeMutableRawPointer?, _ error: UnsafePointer<xmlError>?) {
        guard let error, let (parser, state) = state(context), state.pointee.refusal == nil, parser.pointee.wellFormed != 0 else { return }
        let isBound =
            switch UInt32(bitPattern: error.pointee.code) {
            // The first is also a text that is put together of many, as at references and CDATA.
            case XML_ERR_NO_MEMORY.rawValue, XML_ERR_NAME_TOO_LONG.rawValue: true
            // That so much text is looked at at once.
            case XML_ERR_INTERNAL_ERROR.rawValue: state.pointee.isLong
            // The same codes as of what does not end, or has something in it that is no character: then the parser stands there.
            case XML_ERR_ATTRIBUTE_NOT_FINISHED.rawValue, XML_ERR_CDATA_NOT_FINISHED.rawValue, XML_ERR_COMMENT_NOT_FINISHED.rawValue, XML_ERR_PI_NOT_FINISHED.rawValue:
                state.pointee.isLong && standsAtCharacter(parser)
            default: false
            }
        if isBound { state.pointee.refusal = .libraryBound(line: Int(error.pointee.line)) }
    }

    /// False at the end of the text.
    private static func standsAtCharacter(_ parser: xmlParserCtxtPtr) -> Bool {
        guard let input = parser.pointee.input, let place = input.pointee.cur, let end = input.pointee.end, place < end else { return false }
        if place[0] < 0x20 { return place[0] == 0x09 || place[0] == 0x0A || place[0] == 0x0D }
        // U+FFFE and U+FFFF.
        return end - place < 3 || place[0] != 0xEF || place[1] != 0xBF || place[2] < 0xBE
    }

    /// An element's end takes back what its beginning counted, nodes excepted.
    private static func leave(_ context: UnsafeMutableRawPointer?) {
        guard let (_, state) = state(context) else { return }
        state.pointee.depth -= 1
        state.pointee.namespaceCount -= state.pointee.namespaceCounts.popLast() ?? 0
    }

    private static func error(_ refusal: Refusal, line: Int) -> DocumentError {
        switch refusal {
        case .doctype: DocumentError(.badXML, line: max(line, 1), "a DOCTYPE is not allowed")
        case .depth: DocumentError(.badXML, line: max(line, 1), "nested deeper than \(depthMax)")
        case .size: DocumentError(.tooLarge, line: max(line, 1), "more than \(nodeCountMax) elements, attributes and other nodes")
        case .libraryBound(let line):
            DocumentError(
                .tooLarge, line: max(line, 1),
                "a text, value, comment or instruction of more than \(XML_MAX_TEXT_LENGTH) bytes, or a name of more than \(XML_MAX_NAME_LENGTH)")
        case .namespaces:
            DocumentError(.tooMuchWork, line: max(line, 1), "more than \(namespaceCountMax) namespaces declared by elements within each other")
        }
    }

    /// libxml2's words, first line only.
    private static func error(of context: xmlParserCtxtPtr) -> DocumentError {
        let last = context.pointee.lastError
        let message = last.message.map { String(cString: $0) } ?? "not well-formed"
        let line = last.line > 0 ? Int(last.line) : 1
        let reason = String(message.split(whereSeparator: \.isNewline).first ?? "not well-formed")
        return DocumentError(.badXML, line: line, reason)
    }
}

/// A tree of libxml2, owned. One thread at a time: evaluating paths and canonical forms write to caches of the tree.
///
/// Nodes go by their addresses elsewhere (`XMLSource.node`), which are valid as long as this is.
package final class XMLDocument {
    let tree: xmlDocPtr
    /// Of the longest name of a namespace in it.
    let namespaceByteCountMax: Int
    private var isOrdered = false

    fileprivate init(owning tree: xmlDocPtr, namespaceByteCountMax: Int) { (self.tree, self.namespaceByteCountMax) = (tree, namespaceByteCountMax) }

    deinit { xmlFreeDoc(tree) }

    /// Numbers the elements, so that libxml2 need not walk along siblings to see which of two comes first.
    ///
    /// Once for a document.
    func setOrder() {
        guard !isOrdered else { return }
        isOrdered = true
        xmlXPathOrderDocElems(tree)
    }

    /// Exclusive XML Canonicalization 1.0 (without comments) of one element, in UTF-8; nil when the node is no element.
    ///
    /// Costs a copy of the element; from a tape the form is written without one (`XMLCanonicalForm`).
    func canonicalForm(ofNode node: Int) -> [UInt8]? {
        guard node > 0, let element = xmlNodePtr(bitPattern: node), element.pointee.type == XML_ELEMENT_NODE else { return nil }
        // libxml2 canonicalises whole trees, asking for each node whether it is wanted: for a copy the answer is always yes, and an
        // envelope of ten thousand is not walked ten thousand times. Copying takes along the namespaces that the element sees.
        guard let copy = xmlNewDoc("1.0") else { return nil }
        defer { xmlFreeDoc(copy) }
        guard let root = xmlDocCopyNode(element, copy, 1) else { return nil }
        xmlDocSetRootElement(copy, root)
        var text: UnsafeMutablePointer<xmlChar>?
        let count = xmlC14NDocDumpMemory(copy, nil, Int32(XML_C14N_EXCLUSIVE_1_0.rawValue), nil, 0, &text)
        defer { till_xml_free(text) }
        guard count >= 0, let text else { return nil }
        return Array(UnsafeBufferPointer(start: text, count: Int(count)))
    }
}
