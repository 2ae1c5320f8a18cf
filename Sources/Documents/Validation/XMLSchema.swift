internal import ColumnStore
internal import CXML2
internal import Synchronization

/// An XML Schema compiled by libxml2 from a type's files. Imports and includes are found among those files only.
///
/// Safe to share: once parsed, a schema is only read; each validation has a context of its own.
///
/// libxml2 has XML Schema 1.0 (https://www.w3.org/TR/xmlschema-1/). Made when a type comes, in these steps: the files' references are pointed at
/// each other (`XSDLinker`), the files are looked over for what would take libxml2 too long (`XSDSurvey`), and only then does it compile them.
final class XMLSchema: @unchecked Sendable {
    /// Owned: freed with this.
    private let schema: xmlSchemaPtr
    /// What a check may cost.
    let complexity: XSDComplexity
    /// Patterns as they came, by the words that libxml2 has for them.
    private let patterns: [String: String]

    /// Linked files stand in `VirtualFiles` under names with a random part while they are parsed, so that types compiled side by side do not see
    /// each other's.
    ///
    /// - Parameters:
    ///   - main: the name of the file to begin with.
    ///   - files: all of the type's files, by name.
    ///   - isKept: it was taken before: entities between elements, and nodes too deep to be looked at, are no reasons.
    /// - Throws: every reason that libxml2 gives.
    init(main: String, files: [String: [UInt8]], isKept: Bool = false) throws(TypeFileError) {
        XMLReader.initialiseLibrary()
        func refusal(_ messages: [String]) -> TypeFileError {
            TypeFileError(reasons: messages.map { .init(pointer: "", code: "invalid-xsd", message: $0) })
        }
        // Without it libxml2 would ask the loader, which has no such name either, and say less.
        guard files[main] != nil else { throw refusal(["there is no file \(JSONGrammar.shown(Array(main.utf8))) among the type's files"]) }
        var linker = XSDLinker(files: files, isKept: isKept)
        let start = linker.link(from: main)
        linker.survey()
        // What the survey refuses never comes to libxml2's compiler.
        guard linker.reasons.isEmpty, let start else { throw refusal(linker.reasons) }
        linker.rewritePatterns()
        VirtualFiles.add(linker.texts)
        defer { VirtualFiles.remove(linker.texts.keys) }
        let faults = FaultList()
        let context = xmlSchemaNewParserCtxt(start)
        defer { xmlSchemaFreeParserCtxt(context) }
        xmlSchemaSetParserStructuredErrors(context, FaultList.handler, Unmanaged.passUnretained(faults).toOpaque())
        let parsed = xmlSchemaParse(context)
        // libxml2 holds the list without counting.
        withExtendedLifetime(faults) {}
        guard let parsed else {
            throw refusal(faults.faults.isEmpty ? ["not an XML Schema"] : faults.faults.map { "\(linker.name(of: $0.file)) line \($0.line): \($0.message)" })
        }
        schema = parsed
        complexity = linker.complexity
        patterns = linker.patterns
    }

    deinit { xmlSchemaFree(schema) }

    /// Calls `report` with each violation in `element`, until it returns false: the node that it is at (nil when libxml2 names none) and what
    /// it is.
    ///
    /// - Parameters:
    ///   - element: of a tree that this thread owns: its links are changed for the time of the call where `report` returns false.
    ///   - report: false ends the validation; no further fault is reported.
    func validate(_ element: xmlNodePtr, _ report: (_ node: xmlNodePtr?, _ message: String) -> Bool) {
        guard let context = xmlSchemaNewValidCtxt(schema) else {
            _ = report(nil, "out of memory")
            return
        }
        defer { xmlSchemaFreeValidCtxt(context) }
        let code = withoutActuallyEscaping(report) { report in
            let faults = FaultList(root: element) { node, message in report(node, self.asWritten(message)) }
            xmlSchemaSetValidStructuredErrors(context, FaultList.handler, Unmanaged.passUnretained(faults).toOpaque())
            let code = xmlSchemaValidateOneElement(context, element)
            // Before anything else looks at the tree.
            faults.restore()
            // Its own verdict matters only where it reported nothing.
            return faults.count == 0 ? code : 0
        }
        if code != 0 { _ = report(element, "the element is not valid by its XSD") }
    }

    /// With the pattern that the schema has, in a message that quotes libxml2's at its end.
    private func asWritten(_ message: String) -> String {
        guard !patterns.isEmpty, message.hasSuffix("'."), let found = message.ranges(of: "by the pattern '").last else { return message }
        guard let pattern = patterns[String(message[found.upperBound...].dropLast(2))] else { return message }
        return "\(message[..<found.upperBound])\(pattern)'."
    }
}

/// What libxml2 reports while it parses a schema or validates.
///
/// Lent to libxml2 as a pointer without a count for the time of one call; the handler takes it back from there.
private final class FaultList {
    var faults: [(node: xmlNodePtr?, file: String, line: Int, message: String)] = []
    /// More are of no use to anybody.
    private static let countMax = 1_000
    private(set) var count = 0

    /// While a schema is parsed: faults are kept.
    init() { (root, report) = (nil, nil) }

    /// While an element is validated: each fault goes to `report`.
    init(root: xmlNodePtr, _ report: @escaping (_ node: xmlNodePtr?, _ message: String) -> Bool) { (self.root, self.report) = (root, report) }

    /// Where a validation began; nil while a schema is parsed.
    private let root: xmlNodePtr?
    private let report: ((_ node: xmlNodePtr?, _ message: String) -> Bool)?
    /// Links of the tree that were cut, with what they were.
    private var cut: [(node: xmlNodePtr, children: xmlNodePtr?, next: xmlNodePtr?)] = []

    /// libxml2 knows no way to end a validation before the last element: it is shown a tree that ends here.
    ///
    /// The validator walks by `children` and `next`. Cutting the faulty element's children, and `next` of it and of each element up to the root,
    /// leaves it nothing to go on to: it closes the open elements and returns. `cut` has what the links were; while it is not empty no report is
    /// taken, since what is found missing now is missing by our doing.
    private func cutTree(at node: xmlNodePtr?) {
        guard cut.isEmpty, let root else { return }
        var place = node ?? root
        // An attribute or a text: its element.
        if place.pointee.type != XML_ELEMENT_NODE { place = place.pointee.parent ?? root }
        cut.append((place, place.pointee.children, place.pointee.next))
        place.pointee.children = nil
        while place != root {
            place.pointee.next = nil
            guard let parent = place.pointee.parent else { return }
            place = parent
            if place != root { cut.append((place, place.pointee.children, place.pointee.next)) }
        }
    }

    /// Makes the tree whole again.
    func restore() {
        for (node, children, next) in cut { (node.pointee.children, node.pointee.next) = (children, next) }
        cut = []
    }

    /// Errors only: warnings say nothing that a type's owner could act on.
    static let handler: xmlStructuredErrorFunc = { owner, error in
        guard let owner, let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        let list = Unmanaged<FaultList>.fromOpaque(owner).takeUnretainedValue()
        guard list.faults.count < countMax, list.cut.isEmpty else { return }
        let node = error.pointee.node?.assumingMemoryBound(to: xmlNode.self)
        // libxml2 ends its messages with a line feed.
        let text = error.pointee.message.map { String(cString: $0) } ?? "not valid"
        let message = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        list.count += 1
        if let report = list.report {
            if !report(node, message) { list.cutTree(at: node) }
            return
        }
        list.faults.append((node, error.pointee.file.map { String(cString: $0) } ?? "", Int(error.pointee.line), message))
    }
}

/// Points the imports and includes of a type's XSD files at each other: by target namespace, else by the last segment of their location.
///
/// libxml2 opens what `schemaLocation` says: a URL of the web, a path beside the file. Here each `schemaLocation` is written anew, to the name
/// under which the loader has the file that is meant, and the file is written out again with that. Rules:
/// 1. An `import` means the file whose `targetNamespace` it names; of several the one that `schemaLocation` names, else the first by name.
/// 2. An `include` or `redefine`, and an `import` of a namespace that no file has, mean the file of that last segment of their `schemaLocation`.
/// 3. What means no file is a reason to refuse the type: nothing is fetched.
private struct XSDLinker {
    private static let namespace = "http://www.w3.org/2001/XMLSchema"
    private static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"
    /// Stands in where a schema imports XML's own namespace, whose file nobody sends along.
    private static let xmlAttributes = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
        <xs:attribute name="lang" type="xs:string"/><xs:attribute name="base" type="xs:anyURI"/><xs:attribute name="id" type="xs:ID"/>
        <xs:attribute name="space"><xs:simpleType><xs:restriction base="xs:NCName"><xs:enumeration value="default"/><xs:enumeration value="preserve"/></xs:restriction></xs:simpleType></xs:attribute>
        <xs:attributeGroup name="specialAttrs"><xs:attribute ref="xml:lang"/><xs:attribute ref="xml:space"/><xs:attribute ref="xml:base"/><xs:attribute ref="xml:id"/></xs:attributeGroup>
        </xs:schema>
        """

    /// Files that lead to each other in a row take as many calls within each other, here and in libxml2: a thread has room for so many.
    private static let fileCountMax = 500
    private static let referenceCountMax = 10_000
    /// More are of no use to anybody.
    private static let reasonCountMax = 100

    /// What a reference says of the file that it means.
    private struct Clue: Hashable {
        var namespace: String?
        var segment: String?
    }

    /// By the names that they came with.
    private let files: [String: [UInt8]]
    /// Of several files that fit the first by name.
    private var found: [Clue: String] = [:]
    private let isKept: Bool
    private var referenceCount = 0
    /// Of the loader's names of this schema's files: random, so that no other schema's can be meant.
    private let prefix: String
    /// Target namespaces by file; empty for a schema without one, not there for what is no schema.
    private var targets: [String: String] = [:]
    private(set) var reasons: [String] = []
    private(set) var complexity = XSDComplexity()
    /// Linked texts under the names that the loader knows.
    private(set) var texts: [String: [UInt8]] = [:]
    /// Patterns as they came, by those that `rewritePatterns` has put in their place.
    private(set) var patterns: [String: String] = [:]
    /// The files' names by those that the loader knows; set before a file is read, so that files that include each other end.
    private var names: [String: String] = [:]

    init(files: [String: [UInt8]], isKept: Bool) {
        self.isKept = isKept
        var files = files
        prefix = "till-xsd:///\(UInt64.random(in: 0...UInt64.max))/"
        for (name, text) in files { if let target = Self.targetNamespace(of: text, isKept: isKept) { targets[name] = target } }
        if !targets.values.contains(Self.xmlNamespace) {
            files["till-xml.xsd"] = Array(Self.xmlAttributes.utf8)
            targets["till-xml.xsd"] = Self.xmlNamespace
        }
        self.files = files
        for name in files.keys.sorted() {
            let segment = Self.lastSegment(name)
            var clues = [Clue(segment: segment)]
            if let target = targets[name] { clues += [Clue(namespace: target), Clue(namespace: target, segment: segment)] }
            for clue in clues where found[clue] == nil { found[clue] = name }
        }
    }

    /// The name that the file came with: for messages.
    func name(of url: String) -> String { names[url] ?? url }

    /// Looks over what was linked.
    ///
    /// In the order of the loader's names, so that reasons come in the same order each time.
    mutating func survey() {
        guard reasons.isEmpty else { return }
        var survey = XSDSurvey(refusesDepth: !isKept)
        var trees: [xmlDocPtr] = []
        defer { for tree in trees { xmlFreeDoc(tree) } }
        for (url, text) in texts.sorted(by: { $0.key < $1.key }) {
            guard let tree = Self.parsed(text, isKept: isKept) else { continue }
            trees.append(tree)
            survey.add(tree, file: name(of: url))
        }
        survey.finish()
        reasons = survey.reasons
        complexity = survey.complexity
    }

    /// Links `file` and all that it reaches. Returns the name to parse.
    mutating func link(from file: String) -> String? {
        if let known = names.first(where: { $0.value == file }) { return known.key }
        guard names.count < Self.fileCountMax else {
            if reasons.isEmpty { reasons.append("\(file): a schema has at most \(Self.fileCountMax) files") }
            return nil
        }
        let url = "\(prefix)\(names.count).xsd"
        names[url] = file
        guard let text = files[file], let tree = Self.parsed(text, isKept: isKept) else {
            reasons.append("the file \(JSONGrammar.shown(Array(file.utf8))) \(Self.fault(of: files[file] ?? []))")
            return nil
        }
        defer { xmlFreeDoc(tree) }
        // References are children of `xs:schema`, and stand nowhere else.
        var node = xmlDocGetRootElement(tree)?.pointee.children
        while let present = node {
            node = present.pointee.next
            guard present.pointee.type == XML_ELEMENT_NODE, Self.text(present.pointee.ns?.pointee.href) == Self.namespace else { continue }
            let kind = Self.text(present.pointee.name)
            guard ["import", "include", "redefine"].contains(kind) else { continue }
            guard reasons.count < Self.reasonCountMax else { return nil }
            guard referenceCount < Self.referenceCountMax else {
                reasons.append("\(file): the files of a schema refer to each other at most \(Self.referenceCountMax) times")
                return nil
            }
            referenceCount += 1
            linkReference(present, isImport: kind == "import", in: file)
        }
        guard let written = Self.written(tree) else { return nil }
        texts[url] = written
        return url
    }

    /// In UTF-8, whatever the file was in.
    private static func written(_ tree: xmlDocPtr) -> [UInt8]? {
        var buffer: UnsafeMutablePointer<xmlChar>?
        var count: Int32 = 0
        xmlDocDumpMemoryEnc(tree, &buffer, &count, "UTF-8")
        defer { till_xml_free(buffer) }
        guard let buffer else { return nil }
        return Array(UnsafeBufferPointer(start: buffer, count: Int(count)))
    }

    /// Puts patterns that libxml2 would match wrongly in other words.
    ///
    /// Of files that were looked over: they are as deep and their patterns as long as they may be.
    mutating func rewritePatterns() {
        for (url, text) in texts {
            guard let tree = Self.parsed(text, isKept: isKept) else { continue }
            defer { xmlFreeDoc(tree) }
            guard let root = xmlDocGetRootElement(tree), rewritePatterns(below: root, depth: 0), let written = Self.written(tree) else { continue }
            texts[url] = written
        }
    }

    /// - Returns: whether there was one.
    private mutating func rewritePatterns(below node: xmlNodePtr, depth: Int) -> Bool {
        guard depth < XMLReader.depthMax else { return false }
        var hasRewritten = false
        var child = node.pointee.children
        while let present = child {
            child = present.pointee.next
            guard present.pointee.type == XML_ELEMENT_NODE else { continue }
            if Self.text(present.pointee.name) == "pattern", Self.text(present.pointee.ns?.pointee.href) == Self.namespace,
                let pattern = Self.attribute("value", of: present), let other = XSDPatternText.rewritten(pattern)
            {
                xmlSetProp(present, "value", other)
                patterns[other] = pattern
                hasRewritten = true
            }
            if rewritePatterns(below: present, depth: depth + 1) { hasRewritten = true }
        }
        return hasRewritten
    }

    /// An import without `namespace` is of what has no target namespace.
    private mutating func linkReference(_ node: xmlNodePtr, isImport: Bool, in file: String) {
        let wanted = isImport ? Self.attribute("namespace", of: node) ?? "" : targets[file] ?? ""
        let location = Self.attribute("schemaLocation", of: node)
        let segment = location.map { String($0.split(separator: "/").last ?? $0[...]) }
        let imported = isImport ? segment.flatMap { found[Clue(namespace: wanted, segment: $0)] } ?? found[Clue(namespace: wanted)] : nil
        // Files that are not reached by a namespace are distinguished by their last segment, as types' files have plain names.
        guard let meant = imported ?? segment.flatMap({ found[Clue(segment: $0)] }) else {
            reasons.append(
                "\(file): " + (isImport ? "the import of the namespace '\(wanted)'" : "the include of '\(location ?? "")'")
                    + " leads to no file of the type; nothing is fetched")
            return
        }
        if let url = link(from: meant) { xmlSetProp(node, "schemaLocation", url) }
    }

    private static func lastSegment(_ name: String) -> String { String(name.split(separator: "/").last ?? name[...]) }

    // MARK: Reading files

    /// A schema file may have a DOCTYPE (that of XML signatures has); nothing outside it is read.
    ///
    /// Entities stand for what they mean, as libxml2 has them when it compiles a schema: a pattern, or the name of a namespace, that only an entity says must be seen here, too.
    /// Those between elements are refused, since they may bring in elements, any number of times.
    ///
    /// So is an attribute that only the DOCTYPE has (`<!ATTLIST …>`): a look for an attribute by its name finds it, and libxml2's compiler of schemas does not. A namespace that only the DOCTYPE
    /// has is a namespace like any other, as libxml2 adds it while it reads.
    ///
    /// - Returns: nil for what `fault` says something of.
    private static func parsed(_ text: [UInt8], isKept: Bool) -> xmlDocPtr? {
        var reading = Reading(checksDefaults: !isKept)
        guard let tree = read(text, expandsEntities: false, &reading) else { return nil }
        // Nothing else declares entities. What was taken before is linked and looked at as it was then.
        guard tree.pointee.intSubset != nil, !isKept else { return tree }
        let isRefused = hidesContent(tree)
        xmlFreeDoc(tree)
        return isRefused ? nil : read(text, expandsEntities: true, &reading)
    }

    /// Why `parsed` gives no tree.
    private static func fault(of text: [UInt8]) -> String {
        var reading = Reading(checksDefaults: true)
        guard let tree = read(text, expandsEntities: false, &reading) else { return reading.refusal ?? "is no well-formed XML" }
        defer { xmlFreeDoc(tree) }
        if hidesContent(tree) { return "has entities between its elements: write out what they stand for" }
        xmlFreeDoc(read(text, expandsEntities: true, &reading))
        return reading.refusal ?? "has entities that cannot be put in place of their names, or that are more than \(entityByteCountMax) bytes then: write out what they stand for"
    }

    /// Whether an entity stands between elements, and not in an attribute.
    ///
    /// - Complexity: O(nodes).
    private static func hidesContent(_ tree: xmlDocPtr) -> Bool {
        let root = xmlDocGetRootElement(tree)
        var node = root
        while let present = node {
            if present.pointee.type == XML_ENTITY_REF_NODE { return true }
            if present.pointee.type == XML_ELEMENT_NODE, let child = present.pointee.children {
                node = child
                continue
            }
            // On to the next sibling, of itself or of what it is the end of.
            var last = present
            while last != root, last.pointee.next == nil, let parent = last.pointee.parent { last = parent }
            node = last == root ? nil : last.pointee.next
        }
        return false
    }

    /// Of the entities of one file, each counted where it is mentioned. The same of its namespaces, where its DOCTYPE may add to them.
    private static let entityByteCountMax = 1 << 20
    /// Attributes that a DOCTYPE has values for. libxml2 looks for each of them in each element of that name.
    private static let defaultCountMax = 100
    /// What a namespace takes in each element that has it, beside its name.
    private static let namespaceByteCount = 64

    /// What the callbacks count; libxml2 carries its address in `_private` for the time of one reading.
    private struct Reading {
        /// Whether values that the DOCTYPE has for attributes are looked at.
        let checksDefaults: Bool
        var entityByteCount = 0
        var defaultCount = 0
        /// Of all elements, once there is a value for an attribute.
        var namespaceByteCount = 0
        /// Why the file is read no further.
        var refusal: String?
    }

    /// - Parameters:
    ///   - expandsEntities: they are put in place of their names, up to `entityByteCountMax`; else those of attributes and between elements stay references, and those of
    ///     namespaces' names a part of the name.
    ///   - reading: counts on from what it has.
    private static func read(_ text: [UInt8], expandsEntities: Bool, _ reading: inout Reading) -> xmlDocPtr? {
        guard let context = xmlNewParserCtxt() else { return nil }
        defer { xmlFreeParserCtxt(context) }
        var options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        if expandsEntities { options |= XML_PARSE_NOENT.rawValue }
        (reading.defaultCount, reading.namespaceByteCount) = (0, 0)
        let tree = withUnsafeMutablePointer(to: &reading) { reading -> xmlDocPtr? in
            // Found by the callbacks, which are C functions and capture nothing.
            context.pointee._private = UnsafeMutableRawPointer(reading)
            if expandsEntities { context.pointee.sax.pointee.getEntity = { context, name in XSDLinker.entity(context, name) } }
            if reading.pointee.checksDefaults {
                context.pointee.sax.pointee.attributeDecl = { context, element, name, type, form, value, choices in
                    // First of all, since it frees the choices.
                    xmlSAX2AttributeDecl(context, element, name, type, form, value, choices)
                    if value != nil { XSDLinker.noteDefault(context) }
                }
                context.pointee.sax.pointee.startElementNs = { context, name, prefix, uri, namespaceCount, namespaces, count, defaultedCount, attributes in
                    guard XSDLinker.admits(context, namespaces, Int(namespaceCount), defaultedCount: defaultedCount) else { return }
                    xmlSAX2StartElementNs(context, name, prefix, uri, namespaceCount, namespaces, count, defaultedCount, attributes)
                }
            }
            return text.withUnsafeBytes { bytes -> xmlDocPtr? in
                // What came in a type file's JSON is UTF-8 by now, whatever encoding it declares.
                let isUTF8 = UTF8Check.firstFault(in: bytes.bindMemory(to: UInt8.self)) == nil
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return xmlCtxtReadMemory(context, start, Int32(clamping: bytes.count), nil, isUTF8 ? "UTF-8" : nil, Int32(options))
            }
        }
        // A parser that was stopped gives the tree that it had by then.
        guard reading.entityByteCount <= entityByteCountMax, reading.refusal == nil else {
            xmlFreeDoc(tree)
            return nil
        }
        return tree
    }

    private static func counts(of context: UnsafeMutableRawPointer?) -> (parser: xmlParserCtxtPtr, counts: UnsafeMutablePointer<Reading>)? {
        guard let parser = context?.assumingMemoryBound(to: xmlParserCtxt.self), let counts = parser.pointee._private?.assumingMemoryBound(to: Reading.self) else { return nil }
        return (parser, counts)
    }

    /// The DOCTYPE has a value for an attribute.
    private static func noteDefault(_ context: UnsafeMutableRawPointer?) {
        guard let (parser, counts) = counts(of: context), counts.pointee.refusal == nil else { return }
        counts.pointee.defaultCount += 1
        guard counts.pointee.defaultCount > defaultCountMax else { return }
        counts.pointee.refusal = "has a DOCTYPE with values for more than \(defaultCountMax) attributes: write them into the elements"
        xmlStopParser(parser)
    }

    /// Whether an element has no attribute that only the DOCTYPE has, and the file's namespaces are not too long. Looked at only where the DOCTYPE has values.
    ///
    /// A namespace of the DOCTYPE is in each element that has not got it, and cannot be told from one that is written there: so all are counted.
    private static func admits(_ context: UnsafeMutableRawPointer?, _ namespaces: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ namespaceCount: Int, defaultedCount: Int32) -> Bool {
        guard let (parser, counts) = counts(of: context), counts.pointee.defaultCount > 0 else { return true }
        // In pairs of prefix and name.
        for place in 0..<namespaceCount {
            counts.pointee.namespaceByteCount += namespaceByteCount + Int(xmlStrlen(namespaces?[2 * place + 1]))
        }
        if defaultedCount > 0 {
            counts.pointee.refusal = "has a DOCTYPE with values for attributes (ATTLIST) that its elements lack: write them into the elements"
        } else if counts.pointee.namespaceByteCount > entityByteCountMax {
            counts.pointee.refusal = "has a DOCTYPE with values for attributes, and namespaces that are more than \(entityByteCountMax) bytes with those: take the values out of the DOCTYPE"
        }
        guard counts.pointee.refusal != nil else { return true }
        xmlStopParser(parser)
        return false
    }

    /// The entity of a name, wherever it is mentioned: libxml2 itself lets a few kilobytes of them become many megabytes.
    private static func entity(_ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?) -> xmlEntityPtr? {
        guard let (parser, counts) = counts(of: context), counts.pointee.entityByteCount <= entityByteCountMax, let entity = xmlSAX2GetEntity(context, name) else { return nil }
        counts.pointee.entityByteCount += Int(entity.pointee.length)
        guard counts.pointee.entityByteCount <= entityByteCountMax else {
            xmlStopParser(parser)
            return nil
        }
        return entity
    }

    /// Empty for a schema that has none; nil for what is no schema.
    private static func targetNamespace(of text: [UInt8], isKept: Bool) -> String? {
        guard let tree = parsed(text, isKept: isKept) else { return nil }
        defer { xmlFreeDoc(tree) }
        guard let root = xmlDocGetRootElement(tree), Self.text(root.pointee.name) == "schema",
            Self.text(root.pointee.ns?.pointee.href) == namespace
        else { return nil }
        return attribute("targetNamespace", of: root) ?? ""
    }

    /// An attribute without a namespace; nil where it is not there.
    private static func attribute(_ name: String, of node: xmlNodePtr) -> String? {
        guard let value = xmlGetNoNsProp(node, name) else { return nil }
        defer { till_xml_free(value) }
        return String(cString: value)
    }

    private static func text(_ bytes: UnsafePointer<xmlChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }
}
