internal import ColumnStore
internal import CXML2
internal import Synchronization

/// An XML Schema compiled by libxml2 from a type's files. Imports and includes are found among those files only.
///
/// Safe to share: once parsed, a schema is only read; each validation has a context of its own.
final class XMLSchema: @unchecked Sendable {
    private let schema: xmlSchemaPtr
    /// What a check may cost.
    let complexity: XSDComplexity

    /// - Parameters:
    ///   - main: the name of the file to begin with.
    ///   - files: all of the type's files, by name.
    /// - Throws: every reason that libxml2 gives.
    init(main: String, files: [String: [UInt8]]) throws(TypeFileError) {
        XMLReader.initialiseLibrary()
        func refusal(_ messages: [String]) -> TypeFileError {
            TypeFileError(reasons: messages.map { .init(pointer: "", code: "invalid-xsd", message: $0) })
        }
        guard files[main] != nil else { throw refusal(["there is no file \(JSONGrammar.shown(Array(main.utf8))) among the type's files"]) }
        var linker = XSDLinker(files: files)
        let start = linker.link(from: main)
        linker.survey()
        guard linker.reasons.isEmpty, let start else { throw refusal(linker.reasons) }
        VirtualFiles.add(linker.texts)
        defer { VirtualFiles.remove(linker.texts.keys) }
        let faults = FaultList()
        let context = xmlSchemaNewParserCtxt(start)
        defer { xmlSchemaFreeParserCtxt(context) }
        xmlSchemaSetParserStructuredErrors(context, FaultList.handler, Unmanaged.passUnretained(faults).toOpaque())
        let parsed = xmlSchemaParse(context)
        withExtendedLifetime(faults) {}
        guard let parsed else {
            throw refusal(faults.faults.isEmpty ? ["not an XML Schema"] : faults.faults.map { "\(linker.name(of: $0.file)) line \($0.line): \($0.message)" })
        }
        schema = parsed
        complexity = linker.complexity
    }

    deinit { xmlSchemaFree(schema) }

    /// Calls `report` with each violation in `element`, until it returns false: the node that it is at (nil when libxml2 names none) and what
    /// it is.
    func validate(_ element: xmlNodePtr, _ report: (_ node: xmlNodePtr?, _ message: String) -> Bool) {
        guard let context = xmlSchemaNewValidCtxt(schema) else {
            _ = report(nil, "out of memory")
            return
        }
        defer { xmlSchemaFreeValidCtxt(context) }
        let code = withoutActuallyEscaping(report) { report in
            let faults = FaultList(root: element, report)
            xmlSchemaSetValidStructuredErrors(context, FaultList.handler, Unmanaged.passUnretained(faults).toOpaque())
            let code = xmlSchemaValidateOneElement(context, element)
            faults.restore()
            return faults.count == 0 ? code : 0
        }
        if code != 0 { _ = report(element, "the element is not valid by its XSD") }
    }
}

/// What libxml2 reports while it parses a schema or validates.
private final class FaultList {
    var faults: [(node: xmlNodePtr?, file: String, line: Int, message: String)] = []
    /// More are of no use to anybody.
    private static let countMax = 1_000
    private(set) var count = 0

    /// While a schema is parsed: faults are kept.
    init() { (root, report) = (nil, nil) }

    /// While an element is validated: each fault goes to `report`.
    init(root: xmlNodePtr, _ report: @escaping (_ node: xmlNodePtr?, _ message: String) -> Bool) { (self.root, self.report) = (root, report) }

    private let root: xmlNodePtr?
    private let report: ((_ node: xmlNodePtr?, _ message: String) -> Bool)?
    /// Links of the tree that were cut, with what they were.
    private var cut: [(node: xmlNodePtr, children: xmlNodePtr?, next: xmlNodePtr?)] = []

    /// libxml2 knows no way to end a validation before the last element: it is shown a tree that ends here.
    private func cutTree(at node: xmlNodePtr?) {
        guard cut.isEmpty, let root else { return }
        var place = node ?? root
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

    static let handler: xmlStructuredErrorFunc = { owner, error in
        guard let owner, let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        let list = Unmanaged<FaultList>.fromOpaque(owner).takeUnretainedValue()
        guard list.faults.count < countMax, list.cut.isEmpty else { return }
        let node = error.pointee.node?.assumingMemoryBound(to: xmlNode.self)
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

    private let files: [String: [UInt8]]
    private let prefix: String
    private var targets: [String: String] = [:]
    private(set) var reasons: [String] = []
    private(set) var complexity = XSDComplexity()
    /// Linked texts under the names that the loader knows.
    private(set) var texts: [String: [UInt8]] = [:]
    private var names: [String: String] = [:]

    init(files: [String: [UInt8]]) {
        var files = files
        prefix = "till-xsd:///\(UInt64.random(in: 0...UInt64.max))/"
        for (name, text) in files { if let target = Self.targetNamespace(of: text) { targets[name] = target } }
        if !targets.values.contains(Self.xmlNamespace) {
            files["till-xml.xsd"] = Array(Self.xmlAttributes.utf8)
            targets["till-xml.xsd"] = Self.xmlNamespace
        }
        self.files = files
    }

    func name(of url: String) -> String { names[url] ?? url }

    /// Looks over what was linked.
    mutating func survey() {
        guard reasons.isEmpty else { return }
        var survey = XSDSurvey()
        var trees: [xmlDocPtr] = []
        defer { for tree in trees { xmlFreeDoc(tree) } }
        for (url, text) in texts.sorted(by: { $0.key < $1.key }) {
            guard let tree = Self.parsed(text) else { continue }
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
        let url = "\(prefix)\(names.count).xsd"
        names[url] = file
        guard let text = files[file], let tree = Self.parsed(text) else {
            reasons.append("the file \(JSONGrammar.shown(Array(file.utf8))) is no well-formed XML")
            return nil
        }
        defer { xmlFreeDoc(tree) }
        var node = xmlDocGetRootElement(tree)?.pointee.children
        while let present = node {
            node = present.pointee.next
            guard present.pointee.type == XML_ELEMENT_NODE, Self.text(present.pointee.ns?.pointee.href) == Self.namespace else { continue }
            let kind = Self.text(present.pointee.name)
            guard ["import", "include", "redefine"].contains(kind) else { continue }
            linkReference(present, isImport: kind == "import", in: file)
        }
        var buffer: UnsafeMutablePointer<xmlChar>?
        var count: Int32 = 0
        xmlDocDumpMemoryEnc(tree, &buffer, &count, "UTF-8")
        defer { till_xml_free(buffer) }
        guard let buffer else { return nil }
        texts[url] = Array(UnsafeBufferPointer(start: buffer, count: Int(count)))
        return url
    }

    private mutating func linkReference(_ node: xmlNodePtr, isImport: Bool, in file: String) {
        let wanted = isImport ? Self.attribute("namespace", of: node) ?? "" : targets[file] ?? ""
        let location = Self.attribute("schemaLocation", of: node)
        let segment = location.map { String($0.split(separator: "/").last ?? $0[...]) }
        var candidates = isImport ? files.keys.filter { targets[$0] == wanted }.sorted() : []
        if candidates.count > 1 {
            let named = candidates.filter { Self.lastSegment($0) == segment }
            if !named.isEmpty { candidates = named }
        }
        guard let found = candidates.first ?? files.keys.sorted().first(where: { Self.lastSegment($0) == segment }) else {
            reasons.append(
                "\(file): " + (isImport ? "the import of the namespace '\(wanted)'" : "the include of '\(location ?? "")'")
                    + " leads to no file of the type; nothing is fetched")
            return
        }
        if let url = link(from: found) { xmlSetProp(node, "schemaLocation", url) }
    }

    private static func lastSegment(_ name: String) -> String { String(name.split(separator: "/").last ?? name[...]) }

    /// A schema file may have a DOCTYPE (that of XML signatures has); nothing outside it is read.
    private static func parsed(_ text: [UInt8]) -> xmlDocPtr? {
        let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
        return text.withUnsafeBytes { bytes in
            // What came in a type file's JSON is UTF-8 by now, whatever encoding it declares.
            let isUTF8 = UTF8Check.firstFault(in: bytes.bindMemory(to: UInt8.self)) == nil
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return xmlReadMemory(start, Int32(clamping: bytes.count), nil, isUTF8 ? "UTF-8" : nil, options)
        }
    }

    private static func targetNamespace(of text: [UInt8]) -> String? {
        guard let tree = parsed(text) else { return nil }
        defer { xmlFreeDoc(tree) }
        guard let root = xmlDocGetRootElement(tree), Self.text(root.pointee.name) == "schema",
            Self.text(root.pointee.ns?.pointee.href) == namespace
        else { return nil }
        return attribute("targetNamespace", of: root) ?? ""
    }

    private static func attribute(_ name: String, of node: xmlNodePtr) -> String? {
        guard let value = xmlGetNoNsProp(node, name) else { return nil }
        defer { till_xml_free(value) }
        return String(cString: value)
    }

    private static func text(_ bytes: UnsafePointer<xmlChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }
}
