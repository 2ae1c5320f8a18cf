/// How far the paths of a type with `each` go beyond the element that is a record: what must be known of an envelope before its records can be read one by one.
///
/// Told from patterns (`PathPattern`), so that a path which may go somewhere is taken to go there.
///
/// Found when an upload begins (`RecordFacts`): it tells whether a file's records can be streamed, in one reading or two, or whether the file is
/// read as one document. See `docs/decisions/0083-what-stands-around-records.md`.
package enum EnvelopeReach: Sendable, Equatable {
    /// Not at all, or to attributes of the elements around it.
    case record
    /// To what stands around it in the elements that it is in, outside those that hold other records. Where that shows in the document alone, with what must not be found there.
    case surroundings(seeking: EnvelopeSeeking)
    /// Into other records, or into what stands around them: this path. Only the whole document can tell.
    case elsewhere(String)

    /// - Returns: `record` for types whose paths cannot reach out at all.
    static func of(_ file: TypeFile) -> EnvelopeReach {
        guard let reading = EnvelopeReading(file) else { return .record }
        return reading.reach
    }
}

/// Looks at each path of a type.
///
/// The idea: the elements on the way to a record get names that no document can have (`own`), and all paths are followed as patterns from there. A
/// path whose pattern still ends below the last of these names stays in the record; one that ends below another of them leads to what stands
/// around it; one that begins at the document may be anything.
private struct EnvelopeReading {
    private let file: TypeFile
    /// What leads to the records.
    private let each: [PathPattern.Step]
    /// The same by names that no document has: a path that begins so stays within what the record is in.
    private let element: [PathPattern]
    /// What leads to the records from each of those.
    private let ways: [ArraySlice<PathPattern.Step>]
    /// Only ever goes further out: record, surroundings, elsewhere.
    private(set) var reach = EnvelopeReach.record

    /// Nil where paths cannot reach out: without `each`, and where what is decoded is a document of its own.
    ///
    /// In CSV a record stands by itself; what is decoded is read by itself.
    init?(_ file: TypeFile) {
        guard let path = file.each?.path, file.format != .csv, file.decode.isEmpty else { return nil }
        self.file = file
        guard let each = SensitivePaths.follow(path.text, file, from: SensitivePaths.document).nodes.first(where: { !$0.isUnknown && $0.steps.first != .root })?.steps else { return nil }
        self.each = each
        var (steps, ways): ([PathPattern.Step], [ArraySlice<PathPattern.Step>]) = ([], [])
        // A step of any depth becomes several elements, as a path may go up through all of them.
        for (index, step) in each.enumerated() {
            // Nobody knows how many there are of any depth: more than a path goes up.
            for _ in 0..<(step == .deep ? Self.depthMax : 1) {
                steps.append(Self.own(index))
                ways.append(each[(step == .deep ? index : index + 1)...])
            }
        }
        (element, self.ways) = ([PathPattern(steps: steps)], ways)
        // Everything that reads a document is asked, rules excepted: those read columns.
        for column in file.columns { look(at: column) }
        for parts in [file.receiptID, file.issuedAt, file.businessDay, file.clientID, file.callbackURL] {
            for lookup in parts.flatMap(\.parts).flatMap(\.lookup) { look(at: lookup, from: element) }
        }
        if let path = file.timeZone?.path { look(at: TypeFile.Lookup(path: path), from: element) }
        for test in file.each?.tests ?? [] { look(at: TypeFile.Lookup(path: test.path), from: element) }
    }

    /// Elements that `//` stands for here: more than a path goes up.
    private static let depthMax = 32

    /// A step into the `index`-th element on the way to the record.
    ///
    /// U+0001 begins no name in XML.
    private static func own(_ index: Int) -> PathPattern.Step { .name("\u{1}\(index)") }

    private static func isOwn(_ step: PathPattern.Step) -> Bool {
        if case .name(let name) = step { name.utf8.first == 1 } else { false }
    }

    /// A list's members begin at its elements.
    private mutating func look(at column: TypeFile.ColumnSpecification) {
        for lookup in column.lookups { look(at: lookup, from: element) }
        guard column.isList else { return }
        let elements = SensitivePaths.elements(of: column, file, element)
        for member in column.members { for lookup in member.lookups { look(at: lookup, from: elements) } }
        for path in column.orderBy + column.distinctBy { look(at: TypeFile.Lookup(path: path), from: elements) }
    }

    /// Follows one lookup, its tests included, and takes `reach` as far out as it goes.
    private mutating func look(at lookup: TypeFile.Lookup, from context: [PathPattern]) {
        let found = SensitivePaths.values(of: lookup, file, context)
        // Whether something stands before a record or behind it is asked of siblings.
        let asksForOrder = file.format == .xml && ([lookup.path, lookup.value].compactMap { $0 } + lookup.tests.map(\.path)).contains { $0.text.contains("-sibling") }
        // Nodes first, then what is looked at on the way.
        let places = (found.values + found.looksAt).map { file.format == .json ? json($0) : xml($0, of: lookup.path.text) }
        let reachesOut = places.prefix(found.values.count).map { $0 != .within }
        // So it is of nodes in a record and around it that count together.
        let isMixed = reachesOut.contains(true) && reachesOut.contains(false)
        for place in places where place != .within {
            // It cannot be answered record by record.
            guard case .around(let names) = place, !asksForOrder, !isMixed else {
                if case .elsewhere = reach { return }
                return reach = .elsewhere(lookup.path.text)
            }
            var sought = names
            // Where several paths lead around the record, what must not be found is what any of them asks.
            if case .surroundings(let known) = reach { sought.formUnion(known) }
            if case .elsewhere = reach { return }
            reach = .surroundings(seeking: sought)
        }
    }

    /// In the record; around it, with what must not be found in the document; anywhere.
    private enum Place: Equatable {
        case within
        case around(EnvelopeSeeking)
        case anywhere
    }

    /// A pointer from the document's root must leave the way to the records before that comes to an array of them.
    ///
    /// `each` of `/shops/*/receipts` and the path `/company/name`: they part at the first step, so the path stands around the records.
    /// `/shops/0/name` meets `/shops/*`: it may lead into any shop.
    private func json(_ pattern: PathPattern) -> Place {
        if let first = pattern.steps.first, Self.isOwn(first) { return .within }
        let way = each.prefix { $0 != .anyIndex }
        return zip(way, pattern.steps).contains { !$0.meets($1) } ? .around(EnvelopeSeeking()) : .anywhere
    }

    /// - Parameter path: as the type file has it, for a refusal's message.
    private func xml(_ pattern: PathPattern, of path: String) -> Place {
        if pattern.isUnknown { return .anywhere }
        // The innermost element on the way to the record that the path comes by; from there `way` leads on to the record.
        let last = pattern.steps.lastIndex(where: Self.isOwn)
        var way = last.map { ways[$0] } ?? each[...]
        // Below the record itself.
        if last != nil, way.isEmpty { return .within }
        var steps = pattern.steps[(last.map { $0 + 1 } ?? 0)...]
        if last == nil, steps.first != .deep, way.first != .deep {
            // The document's element is around all records, or is the one that there is.
            guard let first = steps.first, let root = way.first, each.count > 1 else { return each.count > 1 ? .anywhere : .within }
            guard first == .root || root.meets(first) else { return .within }
            (steps, way) = (steps.dropFirst(), way.dropFirst())
        }
        guard let next = steps.first, let wanted = way.first(where: { $0 != .deep }), next != .text else { return .anywhere }
        // An attribute of an element around it is known when the record comes.
        if next.isAttribute { return .within }
        var sought = EnvelopeSeeking()
        let isAnyDepth = way.first == .deep
        // Without steps of any depth the first one tells whether the path goes where records are.
        for (place, step) in steps.enumerated() where place == 0 || isAnyDepth {
            // A name at any depth may be in a record: the document is searched for it.
            switch step {
            case .deep:
                guard steps.count > place + 1, case .name(let name) = steps[steps.startIndex + place + 1] else { return .anywhere }
                sought.anywhere[name] = path
                return .around(sought)
            case _ where step.meets(wanted), .anyName where isAnyDepth: return .anywhere
            case .name(let name) where isAnyDepth: sought.holders[name] = path
            default: break
            }
        }
        return .around(sought)
    }
}
