extension DocumentType {
    /// Notes what the type's JSON Schema finds wrong below `node`.
    func validateJSON(_ tape: JSONTape, _ node: Int, _ context: ExtractionContext) {}

    /// Notes what the type's XSD finds wrong.
    func validateXML(_ document: XMLDocument, element: Int?, _ source: XMLSource, _ context: ExtractionContext) {}
}
