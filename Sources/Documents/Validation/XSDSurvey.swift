internal import CXML2

/// Looks over the files of an XSD before libxml2 compiles them: what would take it long at once, or with each document, is refused or counted.
///
/// Used once for a type, by the thread that compiles it: `add` for each file, then `finish`. What is only costly for each document is counted into
/// `complexity` (`docs/decisions/0026-work-of-a-document.md`).
struct XSDSurvey {
    /// Types that extend or restrict each other, groups that mention groups.
    static let chainLengthMax = 64
    /// Elements of one content model, those of the groups that it mentions and the types that it extends among them. libxml2 compares each with
    /// each.
    static let particleCountMax = 2_000
    /// Values of one enumeration.
    static let enumerationCountMax = 20_000
    /// Of one pattern, in UTF-8.
    static let patternByteCountMax = 4_096

    private static let namespace = "http://www.w3.org/2001/XMLSchema"

    /// Whether what is too deep to be looked at is refused.
    private let refusesDepth: Bool
    private(set) var complexity = XSDComplexity()
    private(set) var reasons: [String] = []
    /// Types and groups by kind, namespace and name.
    ///
    /// The trees belong to the caller.
    private var definitions: [String: (node: xmlNodePtr, file: String)] = [:]
    /// Elements that stand in no other, by the same keys.
    private var globals: [String: (node: xmlNodePtr, file: String)] = [:]
    /// By the same keys, each found once: types that many others extend are not gone through for each.
    private var measures: [String: Measure] = [:]
    /// Definitions that are being measured, one for the other.
    private var openCount = 0
    /// Complex types that stand within an element.
    private var nameless: [(node: xmlNodePtr, file: String)] = []

    init(refusesDepth: Bool) { self.refusesDepth = refusesDepth }

    /// What stands below a definition: the elements of its content model, and the longest chain of definitions that it stands on.
    private struct Measure {
        var particleCount = 0
        var chainLength = 0
        mutating func add(_ other: Measure) {
            particleCount = min(particleCount + other.particleCount, 1 << 40)
            chainLength = max(chainLength, other.chainLength)
        }
    }

    /// Takes in a file's tree, which stays until `finish`.
    mutating func add(_ tree: xmlDocPtr, file: String) {
        guard let root = xmlDocGetRootElement(tree) else { return }
        let target = Self.attribute("targetNamespace", of: root) ?? ""
        for child in Self.elements(root) {
            guard let name = Self.attribute("name", of: child) else { continue }
            let kind = Self.kind(child)
            if ["complexType", "simpleType", "group", "attributeGroup"].contains(kind) {
                // The first counts: a redefinition stands for what it redefines.
                let key = Self.key(kind, target, name)
                if definitions[key] == nil { definitions[key] = (child, file) }
            } else if kind == "element" {
                let key = Self.key(kind, target, name)
                if globals[key] == nil { globals[key] = (child, file) }
            }
        }
        look(root, file, depth: 0)
    }

    /// Measures what was taken in; `reasons` and `complexity` are complete then. Only the first reason is reported.
    mutating func finish() {
        for (key, definition) in definitions.sorted(by: { $0.key < $1.key }) where reasons.isEmpty {
            let measure = measure(key)
            let name = Self.attribute("name", of: definition.node) ?? ""
            if measure.chainLength > Self.chainLengthMax {
                reasons.append("\(definition.file): '\(name)' stands on more than \(Self.chainLengthMax) types or groups, one on the other")
            } else if measure.particleCount > Self.particleCountMax {
                reasons.append("\(definition.file): the content model of '\(name)' has more than \(Self.particleCountMax) elements")
            }
        }
        for (node, file) in nameless where reasons.isEmpty && measure(node, depth: 0).particleCount > Self.particleCountMax {
            reasons.append("\(file) line \(xmlGetLineNo(node)): a content model of more than \(Self.particleCountMax) elements")
        }
        if reasons.isEmpty { checkSubstitutions() }
    }

    // MARK: Substitutions

    /// An element whose type is one of a union's cannot stand for another one that has the union: libxml2 before 2.11 looks for the union among the types that the first one is made of, and does not end.
    ///
    /// https://gitlab.gnome.org/GNOME/libxml2/-/issues/430
    private mutating func checkSubstitutions() {
        for (key, element) in globals.sorted(by: { $0.key < $1.key }) where reasons.isEmpty {
            guard Self.attribute("type", of: element.node) != nil || inlineType(of: element.node) != nil else { continue }
            var present = element
            var seen: Set<String> = [key]
            while let name = Self.attribute("substitutionGroup", of: present.node) {
                let headKey = self.key("element", name, present.node, in: globals)
                guard let head = globals[headKey], seen.insert(headKey).inserted else { break }
                // libxml2 goes through all of them for each element.
                guard seen.count <= Self.chainLengthMax else {
                    reasons.append("\(element.file): '\(Self.attribute("name", of: element.node) ?? "")' stands for elements that stand for others, more than \(Self.chainLengthMax) in a row")
                    return
                }
                if let type = typeNode(of: head.node), isUnion(type, depth: 0), !isMade(element.node, of: type) {
                    reasons.append(
                        "\(element.file): '\(Self.attribute("name", of: element.node) ?? "")' stands for '\(Self.attribute("name", of: head.node) ?? "")', whose type is a union that its own is not made of")
                    return
                }
                present = head
            }
        }
    }

    private func inlineType(of node: xmlNodePtr) -> xmlNodePtr? {
        Self.elements(node).first { ["simpleType", "complexType"].contains(Self.kind($0)) }
    }

    /// Nil for XML Schema's own, and for an element that has the type of what it stands for.
    private func typeNode(of element: xmlNodePtr) -> xmlNodePtr? {
        Self.attribute("type", of: element).flatMap { definition(ofType: $0, element) } ?? inlineType(of: element)
    }

    private func definition(ofType name: String, _ node: xmlNodePtr) -> xmlNodePtr? {
        definitions[key("simpleType", name, node)]?.node ?? definitions[key("complexType", name, node)]?.node
    }

    private func isUnion(_ type: xmlNodePtr, depth: Int) -> Bool {
        guard depth < Self.chainLengthMax, Self.kind(type) == "simpleType" else { return false }
        if Self.elements(type).contains(where: { Self.kind($0) == "union" }) { return true }
        return base(of: type).map { isUnion($0, depth: depth + 1) } ?? false
    }

    /// What a type restricts or extends; nil for XML Schema's own.
    private func base(of type: xmlNodePtr) -> xmlNodePtr? {
        for child in Self.elements(type) {
            switch Self.kind(child) {
            case "restriction", "extension": return Self.attribute("base", of: child).flatMap { definition(ofType: $0, child) } ?? inlineType(of: child)
            case "simpleContent", "complexContent": return base(of: child)
            default: continue
            }
        }
        return nil
    }

    private func isMade(_ element: xmlNodePtr, of wanted: xmlNodePtr) -> Bool {
        var present = typeNode(of: element)
        for _ in 0...Self.chainLengthMax {
            guard let known = present else { return false }
            if known == wanted { return true }
            present = base(of: known)
        }
        return false
    }

    // MARK: Facets and constraints

    /// Facets and constraints of a node and all below it. Past 20 reasons it stops.
    private mutating func look(_ node: xmlNodePtr, _ file: String, depth: Int) {
        guard reasons.count < 20 else { return }
        guard depth < XMLReader.depthMax else {
            if refusesDepth { reasons.append("\(file) line \(xmlGetLineNo(node)): nested deeper than \(XMLReader.depthMax)") }
            return
        }
        var enumerationCount = 0
        var enumerationByteCount = 0
        for child in Self.elements(node) {
            switch Self.kind(child) {
            case "pattern": check(Self.attribute("value", of: child) ?? "", file)
            case "enumeration":
                enumerationCount += 1
                enumerationByteCount += Self.attribute("value", of: child)?.utf8.count ?? 0
            case "unique", "key", "keyref": complexity.hasIdentityConstraints = true
            default: break
            }
            // A type without a name has a content model like any other.
            if Self.kind(child) == "complexType", Self.attribute("name", of: child) == nil { nameless.append((child, file)) }
            look(child, file, depth: depth + 1)
        }
        if enumerationCount > Self.enumerationCountMax {
            reasons.append("\(file) line \(xmlGetLineNo(node)): an enumeration of more than \(Self.enumerationCountMax) values")
        }
        if enumerationCount > complexity.enumerationCount { complexity.enumerationCount = enumerationCount }
        complexity.enumerationByteCount = max(complexity.enumerationByteCount, enumerationByteCount)
    }

    /// A pattern: refused, or noted as costly.
    private mutating func check(_ pattern: String, _ file: String) {
        guard pattern.utf8.count <= Self.patternByteCountMax else {
            reasons.append("\(file): a pattern of more than \(Self.patternByteCountMax) bytes")
            return
        }
        switch XSDPattern(pattern).matching {
        case .linear: break
        case .quadratic: complexity.hasRematching = true
        case .exponential:
            reasons.append(
                "\(file): the pattern \(JSONGrammar.shown(Array(pattern.utf8))) can match one text in so many ways that none may be held against it: "
                    + "write it so that each text matches in one way")
        }
    }

    // MARK: Content models

    /// A name that no file defines counts nothing: libxml2 says so, or it is one of XML Schema's own types.
    private mutating func measure(_ key: String) -> Measure {
        if let known = measures[key] { return known }
        guard let definition = definitions[key] else { return Measure() }
        // Refused by then, and no thread has the stack for a chain of any length.
        guard openCount <= Self.chainLengthMax else { return Measure(chainLength: Self.chainLengthMax + 1) }
        openCount += 1
        defer { openCount -= 1 }
        // One that mentions itself is refused by libxml2; here it ends.
        measures[key] = Measure()
        var measure = measure(definition.node, depth: 0)
        measure.chainLength += 1
        measures[key] = measure
        return measure
    }

    /// The particles below a node, those within elements that it declares left out.
    private mutating func measure(_ node: xmlNodePtr, depth: Int) -> Measure {
        var measure = Measure()
        guard depth < XMLReader.depthMax else { return measure }
        for child in Self.elements(node) {
            switch Self.kind(child) {
            case "element", "any": measure.particleCount += 1
            case "group", "attributeGroup":
                if let reference = Self.attribute("ref", of: child) { measure.add(self.measure(key(Self.kind(child), reference, child))) } else { measure.add(self.measure(child, depth: depth + 1)) }
            case "extension", "restriction":
                if let base = Self.attribute("base", of: child) {
                    var below = self.measure(key("complexType", base, child))
                    below.add(self.measure(key("simpleType", base, child)))
                    // A restriction writes anew what it restricts.
                    if Self.kind(child) == "restriction" { below.particleCount = 0 }
                    measure.add(below)
                }
                measure.add(self.measure(child, depth: depth + 1))
            default: measure.add(self.measure(child, depth: depth + 1))
            }
        }
        return measure
    }

    /// The key of what a name with a prefix means at a node.
    private func key(_ kind: String, _ name: String, _ node: xmlNodePtr) -> String { key(kind, name, node, in: definitions) }

    private func key(_ kind: String, _ name: String, _ node: xmlNodePtr, in definitions: [String: (node: xmlNodePtr, file: String)]) -> String {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let prefix = parts.count == 2 ? String(parts[0]) : nil
        let uri = Self.text(xmlSearchNs(node.pointee.doc, node, prefix)?.pointee.href)
        let local = String(parts.last ?? "")
        let found = Self.key(kind, uri, local)
        // A file without a target namespace that is included takes on the one of who includes it.
        return definitions[found] == nil ? Self.key(kind, "", local) : found
    }

    private static func key(_ kind: String, _ namespace: String, _ name: String) -> String { "\(kind) {\(namespace)}\(name)" }

    // MARK: Trees

    /// Children of XML Schema's namespace; all else is annotation.
    private static func elements(_ node: xmlNodePtr) -> [xmlNodePtr] {
        var elements: [xmlNodePtr] = []
        var child = node.pointee.children
        while let present = child {
            if present.pointee.type == XML_ELEMENT_NODE, text(present.pointee.ns?.pointee.href) == namespace { elements.append(present) }
            child = present.pointee.next
        }
        return elements
    }

    /// The local name: `complexType`, `element` …
    private static func kind(_ node: xmlNodePtr) -> String { text(node.pointee.name) }

    private static func attribute(_ name: String, of node: xmlNodePtr) -> String? {
        guard let value = xmlGetNoNsProp(node, name) else { return nil }
        defer { till_xml_free(value) }
        return String(cString: value)
    }

    private static func text(_ bytes: UnsafePointer<xmlChar>?) -> String { bytes.map { String(cString: $0) } ?? "" }
}
