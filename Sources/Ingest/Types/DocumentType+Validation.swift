internal import CXML2

extension DocumentType {
    /// Notes what the type's JSON Schema finds wrong in the receipt at `node`.
    func validateJSON(_ tape: JSONTape, _ node: Int, _ context: ExtractionContext) {
        guard let schema else { return }
        schema.validate(tape, node) { place, missing, code, message in
            let suffix = missing.map { "/" + JSONTape.escaped(String(decoding: $0, as: UTF8.self)) } ?? ""
            context.report(tape.pointer(to: place, from: node) + suffix, code, message)
        }
    }

    /// Notes what the type's XSD finds wrong in the receipt's element, or in those that `at` names.
    /// - Parameter element: nil for the whole document.
    func validateXML(_ document: XMLDocument, element: Int?, _ source: XMLSource, _ context: ExtractionContext) {
        guard let xsd else { return }
        var elements: [xmlNodePtr] = []
        let start = element ?? source.root
        if let at = xsdPath {
            source.forEach(at, from: start) { node in
                if let found = xmlNodePtr(bitPattern: node), found.pointee.type == XML_ELEMENT_NODE { elements.append(found) }
                return true
            }
            if elements.isEmpty {
                context.report(source.location(ofMissing: at, from: start, within: start), "required", "the element that the XSD describes is not there")
            }
        } else if let element, let found = xmlNodePtr(bitPattern: element) {
            elements = [found]
        } else if let root = xmlDocGetRootElement(document.tree) {
            elements = [root]
        }
        for checked in elements {
            xsd.validate(checked) { node, message in
                let place = node ?? checked
                context.report(source.location(of: XMLSource.node(place), within: start), "xsd", message)
            }
        }
    }
}
