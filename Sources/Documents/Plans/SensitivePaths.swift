/// Where a type's sensitive columns find their values, and whatever else in the type file reads there.
///
/// What is made of a sensitive value tells of it: a column that is not sensitive, an id, a time or the choice of a type may not read one.
/// Rules may: they only say that a document is refused.
///
/// `docs/decisions/0036-sensitive-columns.md` has the reasons. All paths are made patterns from the document's root (`PathPattern`), and held
/// against those of the sensitive columns: the same node, one above it, one below it.
struct SensitivePaths: Sendable {
    /// A sensitive column's values, or a sensitive list's elements.
    private struct Place: Sendable {
        let column: String
        let patterns: [PathPattern]
        /// Texts that these are decoded from.
        ///
        /// Reading the encoded text is reading the value.
        let sources: [PathPattern]
        let isContainer: Bool

        init(column: String, patterns: [PathPattern], of file: TypeFile, isContainer: Bool = false) {
            (self.column, self.patterns, self.isContainer) = (column, patterns, isContainer)
            sources = SensitivePaths.sources(of: patterns, file)
        }

        /// Whether `reader` may read something of it.
        func isRead(by reader: PathPattern) -> Bool { patterns.contains { $0.isRead(by: reader, isContainer: isContainer) } }
    }

    private let file: TypeFile
    private let places: [Place]
    /// One for each reader that is not sensitive itself.
    private(set) var reasons: [Fault.Violation] = []
    /// In JSON, from the receipt and from the document: what lies below one belongs to the value.
    ///
    /// For `cut`.
    private let pointers: [PathPattern]

    /// A type without sensitive columns has no places, and no reasons.
    init(of file: TypeFile) {
        self.file = file
        guard file.hasSensitiveColumns else {
            (places, pointers) = ([], [])
            return
        }
        let element = Self.element(of: file)
        places = Self.places(of: file, from: element)
        pointers = file.format == .json ? (Self.places(of: file, from: [PathPattern()]) + places).flatMap(\.patterns) : []
        checkAll(element)
    }

    /// What `file` reads of the places of another version of its type.
    ///
    /// Only for `reasons`.
    private init(_ file: TypeFile, readingOf others: SensitivePaths) {
        (self.file, places, pointers) = (file, others.places, [])
        checkAll(Self.element(of: file))
    }

    /// Why a later version of the type is refused: what few may see of a document stays so, whatever its columns are called.
    ///
    /// Versions of another format have other places; nothing can be said of those.
    func reasons(ofLater file: TypeFile) -> [Fault.Violation] {
        places.isEmpty || file.format != self.file.format ? [] : SensitivePaths(file, readingOf: self).reasons
    }

    /// - Parameter element: what leads to the receipts.
    private mutating func checkAll(_ element: [PathPattern]) {
        checkIdentity(element)
        checkRecognition(element)
        for column in file.columns where !column.isSensitive { check(column, element) }
    }

    // MARK: What leads where

    private static func tokens(_ text: String) -> [XPathToken] {
        // What is no XPath is reported where it is compiled.
        do throws(TypeFileFault) { return try XPathLexer(text).tokens } catch { return [] }
    }

    /// What a path leads to, and what it looks at on the way.
    ///
    /// - Parameters:
    ///   - path: as the type file has it; what does not compile leads nowhere, as its fault is reported elsewhere.
    ///   - context: patterns of the nodes that it starts from.
    /// - Returns: the nodes; all others that it reads; and of those the ones that a function makes its value of.
    static func follow(_ path: String, _ file: TypeFile, from context: [PathPattern]) -> (nodes: [PathPattern], looksAt: [PathPattern], arguments: [PathPattern]) {
        switch file.format {
        case .csv: return ([PathPattern(steps: [.name(path)])], [], [])
        case .json:
            do throws(TypeFileFault) {
                let pattern = try JSONPath(path).pattern
                return (context.map { $0.appending(pattern) }, [], [])
            } catch { return ([], [], []) }
        case .xml:
            let tokens = tokens(path)
            let reads = XPathReads(tokens, from: context)
            guard context == document else { return (reads.outer, reads.inner, reads.arguments) }
            // A relative path that finds nothing from the document starts at its root element; what it finds from there begins with that.
            // With `roots` a document's first element has one of these names.
            let isNamed = !file.roots.isEmpty && !file.roots.contains { $0.name == "*" }
            let fromRoot = XPathReads(tokens, from: isNamed ? file.roots.map { PathPattern(steps: [.name($0.name)]) } : [PathPattern(steps: [.root])])
            let isAbsolute = tokens.first?.kind == .slash || tokens.first?.kind == .doubleSlash
            func possible(_ patterns: [PathPattern]) -> [PathPattern] {
                patterns.filter { pattern in
                    guard let first = pattern.steps.first, first != .deep else { return true }
                    // A step alone may name the root element itself, which has all texts.
                    return (isAbsolute || isNamed || pattern.steps.count > 1)
                        && (!isNamed || file.roots.contains { first.meets(.name($0.name)) })
                }
            }
            return (possible(reads.outer) + fromRoot.outer, possible(reads.inner) + fromRoot.inner, possible(reads.arguments) + fromRoot.arguments)
        }
    }

    /// The texts that what stands at `patterns`, above or below is decoded from, and those that these are decoded from.
    ///
    /// A text may be decoded from another decoded one: followed until nothing is added.
    private static func sources(of patterns: [PathPattern], _ file: TypeFile) -> [PathPattern] {
        func pattern(_ names: [String]) -> PathPattern { PathPattern(steps: names.map { .name($0) }) }
        var (found, left): ([PathPattern], [PathPattern]) = ([], file.decode.isEmpty ? [] : patterns)
        while let next = left.popLast() {
            for decoding in file.decode where pattern(decoding.to).isRead(by: next, isContainer: false) {
                let from = pattern(decoding.from)
                if found.contains(from) { continue }
                found.append(from)
                left.append(from)
            }
        }
        return found
    }

    /// The document itself: no steps.
    static let document = [PathPattern()]

    /// A path may name the array whose elements are meant.
    ///
    /// In JSON only.
    static func elements(_ nodes: [PathPattern], _ file: TypeFile) -> [PathPattern] {
        file.format == .json ? nodes + nodes.map { $0.appending(.anyIndex) } : nodes
    }

    /// Where receipts stand: the document, or what `each` leads to.
    private static func element(of file: TypeFile) -> [PathPattern] {
        guard let each = file.each else { return document }
        return elements(follow(each.path.text, file, from: document).nodes, file)
    }

    /// Where a path starts: `from_root` at the document.
    static func start(_ path: TypeFile.Path, _ file: TypeFile, _ element: [PathPattern]) -> [PathPattern] {
        path.isFromRoot ? document : element
    }

    /// Of a sensitive list both its elements as a whole and each of its members.
    private static func places(of file: TypeFile, from element: [PathPattern]) -> [Place] {
        var places: [Place] = []
        for column in file.columns {
            guard column.isList else {
                if column.isSensitive { places.append(Place(column: column.name, patterns: values(of: column, file, element), of: file)) }
                continue
            }
            let elements = elements(of: column, file, element)
            if column.isSensitive { places.append(Place(column: column.name, patterns: elements, of: file, isContainer: true)) }
            for member in column.members where column.isSensitive || member.isSensitive {
                places.append(Place(column: "\(column.name).\(member.name)", patterns: values(of: member, file, elements), of: file))
            }
        }
        return places
    }

    /// What a list's paths lead to, from the receipt's element.
    static func elements(of list: TypeFile.ColumnSpecification, _ file: TypeFile, _ element: [PathPattern]) -> [PathPattern] {
        list.lookups.flatMap { elements(follow($0.path.text, file, from: start($0.path, file, element)).nodes, file) }
    }

    /// What a column's value is, or is made of.
    private static func values(of column: TypeFile.ColumnSpecification, _ file: TypeFile, _ element: [PathPattern]) -> [PathPattern] {
        column.lookups.flatMap { lookup in
            let found = values(of: lookup, file, element)
            return found.values + found.arguments
        }
    }

    /// - Returns: the nodes whose values a lookup gives; those that it looks at on the way (predicates, tests); those that a function makes the
    ///   value of.
    static func values(
        of lookup: TypeFile.Lookup, _ file: TypeFile, _ element: [PathPattern]
    ) -> (values: [PathPattern], looksAt: [PathPattern], arguments: [PathPattern]) {
        let found = follow(lookup.path.text, file, from: start(lookup.path, file, element))
        let isDirect = lookup.tests.isEmpty && lookup.value == nil && !lookup.isSum
        let nodes = isDirect ? found.nodes : elements(found.nodes, file)
        var looksAt = found.looksAt
        for test in lookup.tests {
            let tested = follow(test.path.text, file, from: nodes)
            looksAt += tested.nodes + tested.looksAt
        }
        guard let value = lookup.value else { return (nodes, looksAt, found.arguments) }
        let below = follow(value.text, file, from: nodes)
        return (below.nodes, looksAt + below.looksAt, below.arguments)
    }

    // MARK: Who may not read there

    /// The first sensitive column that some of `readers` may read, by its name; nil for none.
    private func sensitiveColumn(readBy readers: [PathPattern]) -> String? {
        // Beside each other in one decoded document, two have one source, and do not read each other.
        let sources = Self.sources(of: readers, file)
        return places.first { place in
            readers.contains { reader in place.isRead(by: reader) || place.sources.contains { $0.isRead(by: reader, isContainer: false) } } || sources.contains { place.isRead(by: $0) }
        }?.column
    }

    /// Notes a reason where `readers` may read a sensitive column.
    ///
    /// - Parameters:
    ///   - reader: who reads, for the message.
    ///   - pointer: of the path in the type file.
    private mutating func check(_ readers: [PathPattern], of reader: String, at pointer: String) {
        guard let column = sensitiveColumn(readBy: readers) else { return }
        reasons.append(
            .init(
                pointer: pointer, code: Self.code,
                message: "\(reader) reads what the sensitive column \(column) reads, and is not sensitive itself"))
    }

    /// Of reasons that a kept type is not refused for.
    static let code = "reads-sensitive"

    private mutating func check(_ lookups: [TypeFile.Lookup], of reader: String, _ element: [PathPattern]) {
        for lookup in lookups {
            let reads = Self.values(of: lookup, file, element)
            check(reads.values + reads.looksAt, of: reader, at: lookup.path.pointer)
        }
    }

    /// Ids, times and the callback URL are columns that everybody sees, or decide where a receipt goes.
    private mutating func checkIdentity(_ element: [PathPattern]) {
        let named = [
            ("receipt_id", file.receiptID), ("issued_at", file.issuedAt), ("business_day", file.businessDay), ("client_id", file.clientID),
            ("callback_url", file.callbackURL),
        ]
        for (name, alternatives) in named {
            for part in alternatives.flatMap(\.parts) { check(part.lookup, of: name, element) }
        }
        if let path = file.timeZone?.path { check([TypeFile.Lookup(path: path)], of: "time_zone", element) }
    }

    /// Whether a document is of the type at all: that a sensitive value is there may be asked, not what it is.
    ///
    /// `exists` tells less than a value: it is allowed.
    private mutating func checkRecognition(_ element: [PathPattern]) {
        check(file.match, of: "match", from: Self.document)
        guard let each = file.each else { return }
        check(Self.follow(each.path.text, file, from: Self.document).looksAt, of: "each", at: each.path.pointer)
        check(each.tests, of: "each", from: element)
    }

    private mutating func check(_ tests: [TypeFile.Test], of reader: String, from context: [PathPattern]) {
        for test in tests {
            let found = Self.follow(test.path.text, file, from: context)
            var readers = found.looksAt
            if case .anyOf = test.condition { readers += found.nodes }
            check(readers, of: reader, at: test.path.pointer)
        }
    }

    /// A column that is not sensitive, or a list with members of both kinds.
    private mutating func check(_ column: TypeFile.ColumnSpecification, _ element: [PathPattern]) {
        guard column.isList else { return check(column.lookups, of: column.name, element) }
        for lookup in column.lookups { check(Self.values(of: lookup, file, element).looksAt, of: column.name, at: lookup.path.pointer) }
        let elements = Self.elements(of: column, file, element)
        // Their order and their number tell of what they are ordered and told apart by.
        for path in column.orderBy + column.distinctBy {
            let found = Self.follow(path.text, file, from: Self.start(path, file, elements))
            check(found.nodes + found.looksAt, of: column.name, at: path.pointer)
        }
        for member in column.members where !member.isSensitive { check(member.lookups, of: "\(column.name).\(member.name)", elements) }
    }

    // MARK: Faults

    /// A JSON Pointer into a document, cut where it goes into a sensitive value: names of members there are part of it.
    ///
    /// `/owner/address/street` becomes `/owner/address` where `address` is sensitive.
    func cut(_ pointer: String) -> String {
        if pointers.isEmpty { return pointer }
        let parts = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        // Escapes of RFC 6901 undone; `~1` before `~0`, as its section 4 says.
        let steps = parts.map { PathPattern.Step.name(String($0).replacing("~1", with: "/").replacing("~0", with: "~")) }
        var kept = steps.count
        // The shortest that it goes into.
        for pattern in pointers where pattern.steps.count < kept && zip(pattern.steps, steps).allSatisfy({ $0.meets($1) }) { kept = pattern.steps.count }
        return kept == steps.count ? pointer : parts.prefix(kept).map { "/" + $0 }.joined()
    }
}
