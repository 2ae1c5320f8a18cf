/// Where a type's sensitive columns find their values, and whatever else in the type file reads there.
///
/// What is made of a sensitive value tells of it: a column that is not sensitive, an id, a time or the choice of a type may not read one.
/// Rules may: they only say that a document is refused.
struct SensitivePaths: Sendable {
    /// A sensitive column's values, or a sensitive list's elements.
    private struct Place: Sendable {
        let column: String
        let patterns: [PathPattern]
        /// Texts that these are decoded from.
        let sources: [PathPattern]
        let isContainer: Bool

        init(column: String, patterns: [PathPattern], of file: TypeFile, isContainer: Bool = false) {
            (self.column, self.patterns, self.isContainer) = (column, patterns, isContainer)
            sources = SensitivePaths.sources(of: patterns, file)
        }

        func isRead(by reader: PathPattern) -> Bool { patterns.contains { $0.isRead(by: reader, isContainer: isContainer) } }
    }

    private let file: TypeFile
    private let places: [Place]
    private(set) var reasons: [Fault.Violation] = []
    /// In JSON, from the receipt and from the document: what lies below one belongs to the value.
    private let pointers: [PathPattern]

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
    private init(_ file: TypeFile, readingOf others: SensitivePaths) {
        (self.file, places, pointers) = (file, others.places, [])
        checkAll(Self.element(of: file))
    }

    /// Why a later version of the type is refused: what few may see of a document stays so, whatever its columns are called.
    func reasons(ofLater file: TypeFile) -> [Fault.Violation] {
        places.isEmpty || file.format != self.file.format ? [] : SensitivePaths(file, readingOf: self).reasons
    }

    private mutating func checkAll(_ element: [PathPattern]) {
        checkIdentity(element)
        checkRecognition(element)
        for column in file.columns where !column.isSensitive { check(column, element) }
    }

    // MARK: What leads where

    private static func tokens(_ text: String) -> [XPathToken] {
        // What is no XPath is told where it is compiled.
        do throws(TypeFileFault) { return try XPathLexer(text).tokens } catch { return [] }
    }

    /// What a path leads to, and what it looks at on the way.
    ///
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
            let isNamed = !file.roots.isEmpty && !file.roots.contains { $0.name == "*" }
            let fromRoot = XPathReads(tokens, from: isNamed ? file.roots.map { PathPattern(steps: [.name($0.name)]) } : [PathPattern(steps: [.root])])
            let isAbsolute = tokens.first?.kind == .slash || tokens.first?.kind == .doubleSlash
            func possible(_ patterns: [PathPattern]) -> [PathPattern] {
                patterns.filter { pattern in
                    guard let first = pattern.steps.first, first != .deep else { return true }
                    return (isAbsolute || pattern.steps.count > 1)
                        && (!isNamed || file.roots.contains { first.meets(.name($0.name)) })
                }
            }
            return (possible(reads.outer) + fromRoot.outer, possible(reads.inner) + fromRoot.inner, possible(reads.arguments) + fromRoot.arguments)
        }
    }

    /// The texts that what stands at `patterns`, above or below is decoded from, and those that these are decoded from.
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

    static let document = [PathPattern()]

    /// A path may name the array whose elements are meant.
    static func elements(_ nodes: [PathPattern], _ file: TypeFile) -> [PathPattern] {
        file.format == .json ? nodes + nodes.map { $0.appending(.anyIndex) } : nodes
    }

    private static func element(of file: TypeFile) -> [PathPattern] {
        guard let each = file.each else { return document }
        return elements(follow(each.path.text, file, from: document).nodes, file)
    }

    static func start(_ path: TypeFile.Path, _ file: TypeFile, _ element: [PathPattern]) -> [PathPattern] {
        path.isFromRoot ? document : element
    }

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

    private func sensitiveColumn(readBy readers: [PathPattern]) -> String? {
        // Beside each other in one decoded document, two have one source, and do not read each other.
        let sources = Self.sources(of: readers, file)
        return places.first { place in
            readers.contains { reader in place.isRead(by: reader) || place.sources.contains { $0.isRead(by: reader, isContainer: false) } } || sources.contains { place.isRead(by: $0) }
        }?.column
    }

    private mutating func check(_ readers: [PathPattern], of reader: String, at pointer: String) {
        guard let column = sensitiveColumn(readBy: readers) else { return }
        reasons.append(
            .init(
                pointer: pointer, code: Self.code,
                message: "\(reader) reads what the sensitive column \(column) reads, and is not sensitive itself"))
    }

    static let code = "reads-sensitive"

    private mutating func check(_ lookups: [TypeFile.Lookup], of reader: String, _ element: [PathPattern]) {
        for lookup in lookups {
            let reads = Self.values(of: lookup, file, element)
            check(reads.values + reads.looksAt, of: reader, at: lookup.path.pointer)
        }
    }

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
    func cut(_ pointer: String) -> String {
        if pointers.isEmpty { return pointer }
        let parts = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let steps = parts.map { PathPattern.Step.name(String($0).replacing("~1", with: "/").replacing("~0", with: "~")) }
        var kept = steps.count
        for pattern in pointers where pattern.steps.count < kept && zip(pattern.steps, steps).allSatisfy({ $0.meets($1) }) { kept = pattern.steps.count }
        return kept == steps.count ? pointer : parts.prefix(kept).map { "/" + $0 }.joined()
    }
}
