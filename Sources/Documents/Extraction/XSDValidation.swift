internal import CXML2

/// Holds receipts of one document against their type's XSD.
///
/// Made with the tree's view (`XMLTreeView`), for one body.
final class XSDValidation {
    private let document: XMLDocument
    private let context: ExtractionContext
    /// Elements without faults: an `at` that leads out of the receipt's own element names them for each receipt.
    ///
    /// By address.
    private var valid: Set<Int> = []

    init(document: XMLDocument, context: ExtractionContext) {
        self.document = document
        self.context = context
    }

    /// What an `at` that begins at the document has found: the same for all of its receipts.
    ///
    /// Nil where each receipt has elements of its own.
    private var ofDocument: [Finding]?
    /// By the address of a node, which of those are in it: their places, rising.
    private var within: [Int: [Int]] = [:]
    /// What receipts are told of one that is in none of theirs, by its place: made once, as there may be ten thousand of them.
    private var outside: [Int: (place: String, message: String)] = [:]

    /// Nodes live as long as the document.
    private struct Finding {
        let node: xmlNodePtr
        /// Without values, if the document has some that few may see.
        let message: String
    }

    /// Looks once at what all receipts of an envelope are held against.
    ///
    /// For an `at` that begins at the document; others are looked at receipt by receipt.
    func prepare(_ type: DocumentType, _ source: XMLSource) {
        guard let xsd = type.xsd, let at = type.xsdPath, type.xmlPaths[at].isAbsolute else { return }
        let elements = elements(at, from: source.root, source)
        // That there are none each receipt says for itself.
        guard !elements.isEmpty else { return }
        let findings = findings(elements, type, xsd)
        for (index, finding) in findings.enumerated() {
            // At most `XMLReader.depthMax` nodes, and the document.
            var around: xmlNodePtr? = finding.node
            while let present = around {
                within[XMLSource.node(present), default: []].append(index)
                around = present.pointee.parent
            }
        }
        ofDocument = findings
    }

    /// Notes what the type's XSD finds wrong in the receipt's element, or in those that `at` names.
    ///
    /// Violations point into the receipt; all have the code `xsd`. Of an envelope that is looked at as a whole a receipt is told what is wrong in it, and the first of what is wrong
    /// elsewhere: that is what it is refused for, and no more than one of it, since all receipts are told.
    ///
    /// - Parameter element: nil for the whole document.
    func check(_ type: DocumentType, element: Int?, _ source: XMLSource) {
        guard let xsd = type.xsd else { return }
        let start = element ?? source.root
        guard let ofDocument else {
            for finding in findings(elements(type, element, source), type, xsd) { report(finding, source, within: start) }
            return
        }
        let own = within[start] ?? []
        for index in own { report(ofDocument[index], source, within: start) }
        // As both rise, the first place at which they differ is that of the first that is not the receipt's.
        guard let first = ofDocument.indices.first(where: { !own.indices.contains($0) || own[$0] != $0 }) else { return }
        let told = told(first, ofDocument[first], source)
        context.report(told.place, "xsd", told.message)
    }

    private func report(_ finding: Finding, _ source: XMLSource, within start: Int) {
        context.report(source.location(of: XMLSource.node(finding.node), within: start), "xsd", finding.message)
    }

    /// What receipts are told of a finding that is in none of theirs: where in the document, and no more than some words of it.
    private func told(_ index: Int, _ finding: Finding, _ source: XMLSource) -> (place: String, message: String) {
        if let known = outside[index] { return known }
        let place = source.location(of: XMLSource.node(finding.node), within: source.root)
        let told = (place: Fault.Violation.cut(place), message: "the envelope is not valid by its XSD: " + Fault.Violation.cut(finding.message))
        // Where the work has ended on the way the place is none.
        if !context.work.isExhausted { outside[index] = told }
        return told
    }

    /// What libxml2 says of a document that holds sensitive values: which element or attribute, and which rule; it quotes values, and not only those of
    /// the element that it names (keys).
    ///
    /// `Element 'a': [facet 'pattern'] The value 'x' …` becomes `Element 'a': [facet 'pattern'] the value is not accepted`.
    static func withoutValues(_ message: String) -> String {
        guard let match = message.prefixMatch(of: /Element '[^' ]*'(, attribute '[^' ]*')?: (\[facet '[a-zA-Z]+'\] )?/) else { return "is not what the XSD asks for" }
        let rest = message[match.range.upperBound...]
        // These name elements and nothing else.
        let isOfNames = rest.hasPrefix("This element is not expected.") || rest.hasPrefix("Missing child element(s).")
        return "\(match.output.0)\(isOfNames ? rest : "the value is not accepted")"
    }

    /// The elements that the XSD describes; a fault is noted where `at` finds none.
    private func elements(_ type: DocumentType, _ element: Int?, _ source: XMLSource) -> [xmlNodePtr] {
        let start = element ?? source.root
        if let at = type.xsdPath {
            let found = elements(at, from: start, source)
            if found.isEmpty {
                context.report(source.location(ofMissing: at, from: start, within: start), "required", "the element that the XSD describes is not there")
            }
            return found
        }
        if let element, let found = xmlNodePtr(bitPattern: element) { return [found] }
        return xmlDocGetRootElement(document.tree).map { [$0] } ?? []
    }

    private func elements(_ at: Int, from start: Int, _ source: XMLSource) -> [xmlNodePtr] {
        var elements: [xmlNodePtr] = []
        source.forEach(at, from: start) { node in
            // The value of an expression that selects no node has no address.
            if node > 0, let found = xmlNodePtr(bitPattern: node), found.pointee.type == XML_ELEMENT_NODE { elements.append(found) }
            return context.work.charge(1, .xsd)
        }
        return elements
    }

    /// Validates elements, one after the other.
    ///
    /// Each is charged for before libxml2 sees it, by what it holds (`XSDLoad`), and for each fault: libxml2 is not asked to go on when the work
    /// or the room for faults ends.
    ///
    /// - Returns: at most `ExtractionContext.violationCountMax`.
    private func findings(_ elements: [xmlNodePtr], _ type: DocumentType, _ xsd: XMLSchema) -> [Finding] {
        var findings: [Finding] = []
        for checked in elements where !valid.contains(XMLSource.node(checked)) {
            var load = XSDLoad()
            guard load.add(checked, context.work), context.work.charge(xsd.complexity.steps(of: load), .xsd) else { return findings }
            let countBefore = findings.count
            xsd.validate(checked) { node, message in
                guard context.work.charge(xsd.complexity.stepsOfFault, .xsd) else { return false }
                findings.append(Finding(node: node ?? checked, message: type.isSensitive ? Self.withoutValues(message) : message))
                return findings.count < ExtractionContext.violationCountMax
            }
            // Only a validation that came to its end proves an element valid.
            if findings.count == countBefore, !context.work.isExhausted { valid.insert(XMLSource.node(checked)) }
            if findings.count >= ExtractionContext.violationCountMax { return findings }
        }
        return findings
    }
}
