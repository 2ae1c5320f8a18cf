/// Ids and the callback URL: texts of several parts, of the first alternative that is complete.
extension Extractor {
    /// The first alternative whose parts are all there: a text and node for each part (an optional one that is missing has `none`).
    ///
    /// A part that is an empty text or NULL is missing. Alternatives whose parts are all missing are passed over, too.
    func complete(_ alternatives: [[PartPlan]]) -> [(part: PartPlan, node: Int, text: ScalarText)]? {
        for parts in alternatives {
            var found: [(part: PartPlan, node: Int, text: ScalarText)] = []
            found.reserveCapacity(parts.count)
            var isComplete = true
            for part in parts {
                let node = node(part.lookup, from: element, slots: slots)
                let whole = node == Documents.none ? ScalarText.absent : source.text(node)
                // What is found without it may not be true.
                guard mayRead(whole) else { return nil }
                let text = whole.trimmed()
                if text.isPresent, text.count > 0 {
                    found.append((part, node, text))
                } else if part.isOptional {
                    found.append((part, Documents.none, .absent))
                } else {
                    isComplete = false
                    break
                }
            }
            if isComplete, found.contains(where: { $0.node != Documents.none }) { return found }
        }
        return nil
    }

    /// Says of the first alternative which of its parts are missing: it is the one that the type's author thought of first.
    func reportMissing(_ alternatives: [[PartPlan]], name: String) {
        guard let parts = alternatives.first else { return }
        for part in parts where !part.isOptional {
            let node = node(part.lookup, from: element, slots: slots)
            if node == Documents.none {
                let start = part.lookup.isFromRoot ? source.root : element
                context.report(
                    source.location(ofMissing: part.lookup.path, from: start, within: element), "required", "\(name) needs a value here")
            } else {
                let text = source.text(node)
                guard mayRead(text) else { return }
                if !text.isPresent || text.trimmed().count == 0 { report(node, "required", "\(name) needs a value here") }
            }
        }
    }

    /// Optional parts only: there may be none of them.
    static func mayBeMissing(_ alternatives: [[PartPlan]]) -> Bool {
        alternatives.isEmpty || alternatives.contains { $0.allSatisfy(\.isOptional) }
    }

    /// The parts joined with hyphens.
    ///
    /// - Returns: nil where the type maps none, where it is missing (a fault only if it may not be), and where it is faulty.
    func identifier(_ alternatives: [[PartPlan]], name: StaticString) -> [UInt8]? {
        if alternatives.isEmpty { return nil }
        guard let parts = complete(alternatives) else {
            if !Self.mayBeMissing(alternatives) { reportMissing(alternatives, name: "\(name)") }
            return nil
        }
        var identifier: [UInt8] = []
        identifier.reserveCapacity(parts.reduce(0) { $0 + $1.text.count + 1 })
        var isFirst = true
        for (_, node, text) in parts where node != none {
            guard text.kind == .string || text.kind == .number else {
                report(node, "wrong-type", "\(name) is a string or a number")
                return nil
            }
            if !isFirst { identifier.append(UInt8(ascii: "-")) }
            isFirst = false
            identifier.append(contentsOf: UnsafeBufferPointer(start: text.bytes, count: text.count))
        }
        if let fault = Self.fault(ofIdentifier: identifier) {
            report(parts.first { $0.node != Documents.none }?.node ?? element, "bad-id", "\(name) \(fault)")
            return nil
        }
        return identifier
    }

    /// What is wrong with an id, for a message; nil for nothing.
    private static func fault(ofIdentifier identifier: [UInt8]) -> String? {
        guard 1...200 ~= identifier.count else { return "has \(identifier.count) bytes; 1 to 200 are allowed" }
        for (index, byte) in identifier.enumerated() {
            // C0, DEL, and C1 in its two bytes of UTF-8.
            let isC1 = byte == 0xC2 && index + 1 < identifier.count && identifier[index + 1] < 0xA0
            if byte < 0x20 || byte == 0x7F || isC1 { return "has a control character" }
        }
        return nil
    }

    /// The parts joined without anything between them, if they are a URL of the web of up to 2,048 bytes.
    func callbackURL() -> (url: String, pointer: String)? {
        guard !plan.callbackURL.isEmpty else { return nil }
        guard let parts = complete(plan.callbackURL) else {
            // A receipt without a webhook of its own is an ordinary one.
            return nil
        }
        let text = parts.filter { $0.node != Documents.none }.map(\.text.string).joined()
        let node = parts.first { $0.node != Documents.none }?.node ?? element
        let isWeb = text.lowercased().hasPrefix("https://") || text.lowercased().hasPrefix("http://")
        guard isWeb, text.utf8.count <= 2_048, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            report(node, "bad-url", "callback_url is no http or https URL")
            return nil
        }
        return (text, source.location(of: node, within: element))
    }
}
