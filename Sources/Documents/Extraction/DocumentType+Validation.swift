extension DocumentType {
    /// Notes what the type's JSON Schema finds wrong in the receipt at `node`.
    func validateJSON(_ tape: JSONTape, _ node: Int, _ context: ExtractionContext) {
        guard let schema else { return }
        schema.validate(tape, node, context.work) { place, missing, code, message in
            let suffix = missing.map { "/" + JSONTape.escaped(String(decoding: $0, as: UTF8.self)) } ?? ""
            context.report(sensitive.cut(tape.pointer(to: place, from: node) + suffix), code, message)
        }
    }
}
