internal import ColumnStore

/// The elements of an XML document that a plain path leads to, each in a document of its own: the elements around it with what stood in them before,
/// and itself, in the bytes that it came in.
///
/// Markup is distinguished from text, and no more (XML 1.0, sections 2.4 to 2.7 and 3.1): whether a record is well-formed is checked by the reader of its document, and what stands around records is read once it is whole.
/// Text in UTF-8, brought to it where the document was in something else; a DOCTYPE is refused. An element around records leaves nothing behind once it ends, so that what is held does not grow with them.
///
/// A file is of the type where the path leads to records, or by its last step to an element that would have them.
///
/// ```
/// path /r/order       file <r xmlns="u"><shop>7</shop><order>1</order><order>2</order><sum>3</sum></r>
/// records             <r xmlns="u"><shop>7</shop><order>1</order></r>   <r xmlns="u"><shop>7</shop><order>2</order></r>
/// with surroundings   … <sum>3</sum> before each </r>
/// ```
///
/// Invariants:
/// 1. `skeleton` is what a record's document begins with: the start tags of `levels`, each with what stood in it before.
/// 2. `recordDepth` is above 0 within a record alone; then markup is looked at only to find its end, and kept by `gatherer`.
/// 3. Of `matched` an element has each state once, however its path may be followed: names that nest (`//a`) lead to no more states than the path has steps, of a relative path to twice as many.
/// 4. The elements of `levels` declare no more namespaces together than a document may.
struct XMLEnvelopeScanner: RecordScanner {
    /// An open element around the records.
    private struct Level {
        let name: [UInt8]
        /// How much of the path may lead here (`XMLEnvelopePath.states`), each state once.
        let matched: [Int]
        /// Prefixes that are declared here, with their namespaces.
        let declared: [(prefix: [UInt8], uri: [UInt8])]
        let skeletonCount: Int
        /// Among the elements outside records, in the document's order.
        let number: Int
        var hasRecords = false
        /// Among what it holds outside records is an element that a path looks for at any depth: that path.
        var soughtBy: String?
    }

    private enum Markup { case undecided, tag, comment, data, instruction }

    private let path: XMLEnvelopePath
    private let recordByteCountMax: Int
    /// From the document's element on.
    private var levels: [Level] = []
    private var skeleton: [UInt8] = []
    /// The markup that has begun, from `<` on; of what is long within records only what its end and its element are told by.
    private var markup: [UInt8] = []
    private var kind = Markup.undecided
    private var isInMarkup = false
    /// The quote that an attribute's value began with; 0 outside.
    private var quote: UInt8 = 0
    /// Text outside records that is more than blanks.
    private var text: [UInt8] = []
    /// Elements open within the record; 0 outside.
    private var recordDepth = 0
    private var gatherer: RecordGatherer
    /// The document's element has begun; `isOver`: it has ended.
    private var hasRoot = false
    private var isOver = false
    /// Whether the path has led to a record, or to an element that would have them.
    private var hasReached = false
    /// Whether it leads to the records from the document's element, or from the document; nil until there is one.
    private var isFromRoot: Bool?
    /// Where the text begins, behind a byte order mark.
    private var firstOffset: Int?
    /// Elements outside records so far.
    private var elementCount = 0
    private(set) var surroundings: SurroundingsUse
    /// By depth: elements that hold records, and the path that looks for something in one of them.
    private var holders: [(count: Int, soughtBy: String?)] = []
    /// What the document declares of its encoding was seen to.
    var isTranscoded = false
    /// Of all texts that `check` has read: each has the namespaces that are declared around it, so that a small file may come to ten thousand times its length.
    private var checkedByteCount = 0
    /// As many as all records with what stands around them, and in the same proportion to the file.
    var checkedByteCountMin = RecordStream.documentByteCountMin

    init(_ path: XMLEnvelopePath, recordByteCountMax: Int, _ surroundings: SurroundingsUse = .none) {
        self.surroundings = surroundings
        self.path = path
        self.recordByteCountMax = recordByteCountMax
        gatherer = RecordGatherer(byteCountMax: recordByteCountMax)
    }

    /// Of a tag around the records, in bytes: longer ones are no markup of a document with records.
    private static let markupByteCountMax = 256 << 10
    /// So much is held of a tag within a record: its element's name, up to this length, is among that, however long its attributes are.
    private static let heldByteCountMax = 4_096

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        firstOffset = firstOffset ?? offset
        var start = 0
        var place = 0
        while place < piece.count {
            let byte = piece[place]
            place += 1
            if !isInMarkup {
                if byte == UInt8(ascii: "<") {
                    (isInMarkup, kind, quote) = (true, .undecided, 0)
                    markup.removeAll(keepingCapacity: true)
                    markup.append(byte)
                } else if recordDepth == 0 {
                    try keep(text: byte, at: offset + place - 1)
                }
                continue
            }
            guard ends(markupWith: byte) else {
                guard markup.count <= Self.markupByteCountMax else { throw RecordFileError(.badXML, "markup of more than \(Self.markupByteCountMax) bytes", offset: offset + place) }
                continue
            }
            isInMarkup = false
            if recordDepth > 0 {
                within()
                if recordDepth == 0 {
                    try end(piece.part(start..<place), at: offset + place, sink)
                    start = place
                }
            } else if try outside(at: offset + place) {
                // The record's first tag is in `markup`, perhaps begun in an earlier piece.
                let tag = markup
                tag.withUnsafeBytes { gatherer.carry($0) }
                start = place
                if recordDepth == 0 { try end(piece.part(place..<place), at: offset + place, sink) }
            }
        }
        if recordDepth > 0 { gatherer.carry(piece.part(start..<piece.count)) }
    }

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        guard hasRoot, levels.isEmpty, recordDepth == 0, !isInMarkup else { throw RecordFileError(.badXML, "the document does not end: the file is cut short", offset: offset) }
        if !text.isEmpty { throw Self.strayText(at: offset) }
        if !skeleton.isEmpty { try check(skeleton, at: offset) }
        guard hasReached else {
            throw RecordFileError(
                Fault(.invalidDocument, "no record in this file: nothing in it is what the type takes one from", errors: [.init(pointer: "", code: "no-receipts", message: "no element here is a receipt")]))
        }
    }

    // MARK: Markup

    /// Takes one more byte of the markup.
    ///
    /// - Returns: whether it is its last.
    private mutating func ends(markupWith byte: UInt8) -> Bool {
        markup.append(byte)
        if kind == .undecided { decide() }
        switch kind {
        case .undecided: return false
        case .comment: return endsLong(with: [UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: ">")], from: 7)
        case .data: return endsLong(with: [UInt8(ascii: "]"), UInt8(ascii: "]"), UInt8(ascii: ">")], from: 12)
        case .instruction:
            shorten(to: 4, keeping: 2)
            return markup.count >= 4 && markup.suffix(2) == [UInt8(ascii: "?"), UInt8(ascii: ">")]
        case .tag:
            shorten(to: Self.heldByteCountMax, keeping: 2)
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else {
                return byte == UInt8(ascii: ">")
            }
            return false
        }
    }

    /// What markup it is, as soon as its first bytes tell: `<?`, `<!--`, `<![CDATA[`, any other `<!` and tags.
    private mutating func decide() {
        guard markup.count >= 2 else { return }
        switch markup[1] {
        case UInt8(ascii: "?"): kind = .instruction
        case UInt8(ascii: "!"):
            if markup.count >= 4, markup[2] == UInt8(ascii: "-") { kind = .comment } else if markup.count >= 9 { kind = markup[2] == UInt8(ascii: "[") ? .data : .tag }
        default: kind = .tag
        }
    }

    /// Within a record nothing of a long one is held but what its end is told by: the record's bytes are gathered beside it, and are as long as they may be.
    private mutating func shorten(to byteCount: Int, keeping lastCount: Int) {
        if recordDepth > 0, markup.count > 2 * Self.heldByteCountMax { markup.removeSubrange(byteCount..<markup.count - lastCount) }
    }

    private mutating func endsLong(with ending: [UInt8], from byteCount: Int) -> Bool {
        shorten(to: byteCount, keeping: 3)
        return markup.count >= byteCount && markup.suffix(3).elementsEqual(ending)
    }

    private var isEndTag: Bool { kind == .tag && markup[1] == UInt8(ascii: "/") }
    private var isEmptyTag: Bool { kind == .tag && markup[markup.count - 2] == UInt8(ascii: "/") }

    /// Markup within a record has ended: a tag opens or closes an element.
    private mutating func within() {
        guard kind == .tag else { return }
        if let path = seeker { stray(path) }
        if isEndTag { recordDepth -= 1 } else if !isEmptyTag { recordDepth += 1 }
    }

    // MARK: Around the records

    var surroundingByteCount: Int {
        levels.reduce(skeleton.count + text.count + markup.count) { sum, level in
            var behindCount = 0
            if case .known(let found) = surroundings { behindCount = found[level.number].count }
            return sum + level.name.count + 3 + behindCount
        }
    }

    /// - Returns: whether the markup begins a record.
    private mutating func outside(at offset: Int) throws -> Bool {
        guard kind == .tag else {
            // An XML declaration speaks of the file's encoding; comments and instructions are nobody's, and are looked at here alone.
            if kind == .instruction, !hasRoot, !isTranscoded, XMLTag(markup).parts.name.elementsEqual("?xml".utf8), let encoding = XMLTag(markup).value(of: "encoding"), !["utf-8", "utf8", "us-ascii"].contains(String(word: encoding.utf8).lowercased()) {
                throw RecordFileError(.badEncoding, "the file declares \(JSONGrammar.shown(Array(encoding.utf8))); a file of many records is read in UTF-8", offset: offset)
            }
            if kind == .data { for byte in markup { try keep(text: byte, at: offset) } } else { try checkAside(at: offset) }
            return false
        }
        if markup[1] == UInt8(ascii: "!") { throw RecordFileError(.badXML, "a DOCTYPE is not allowed", offset: offset) }
        if isEndTag {
            try close(at: offset)
            return false
        }
        if isOver { throw RecordFileError(.badXML, "a second element at the document's top", offset: offset) }
        let (name, declared) = XMLTag(markup).parts
        guard !name.isEmpty else { throw RecordFileError(.badXML, "a tag without a name", offset: offset) }
        try flushText(at: offset)
        let (local, uri) = expanded(name, declared)
        let level = Level(name: name, matched: path.states(of: local, uri, in: levels.last?.matched), declared: declared, skeletonCount: skeleton.count, number: elementCount, soughtBy: seeker)
        hasRoot = true
        if try isRecord(level, at: offset) {
            hasReached = true
            for place in levels.indices { levels[place].hasRecords = true }
            if let path = seeker { stray(path) }
            recordDepth = isEmptyTag ? 0 : 1
            return true
        }
        // No document with more is read; of a record its own reader says so.
        guard levels.reduce(declared.count, { $0 + $1.declared.count }) <= XMLReader.namespaceCountMax else {
            throw RecordFileError(.invalidDocument, "more than \(XMLReader.namespaceCountMax) namespaces declared by elements within each other, around the records", "too-much-work", offset: offset)
        }
        elementCount += 1
        if path.wouldHold(level.matched, local, uri) { hasReached = true }
        try keep(markup, at: offset)
        if isEmptyTag {
            if levels.isEmpty { isOver = true }
            note(level)
            try settle(from: level.skeletonCount, at: offset)
        } else {
            levels.append(level)
            guard levels.count <= XMLReader.depthMax else { throw RecordFileError(.badXML, "nested deeper than \(XMLReader.depthMax)", offset: offset) }
        }
        return false
    }

    /// Whether the path leads to the element: from the document, or, where it leads nowhere from there, from the document's element.
    private mutating func isRecord(_ level: Level, at offset: Int) throws -> Bool {
        if path.isRecord(level.matched, isFromRoot: false) {
            // Those that were given out are none, as would be seen in the whole document.
            guard isFromRoot != true else {
                throw RecordFileError(.invalidDocument, "the type's path led to records from the document's element, and leads to one from the document here: let it begin with / and say which are meant", offset: offset)
            }
            isFromRoot = false
            return true
        }
        guard isFromRoot != false, path.isRecord(level.matched, isFromRoot: true) else { return false }
        isFromRoot = true
        return true
    }

    /// An end tag outside records. An element that held records takes with it all that was kept in it, once that is seen to be XML.
    private mutating func close(at offset: Int) throws {
        if !levels.isEmpty { try flushText(at: offset) }
        let name = markup.dropFirst(2).prefix { !JSONGrammar.isBlank($0) && $0 != UInt8(ascii: ">") }
        guard let level = levels.popLast(), level.name.elementsEqual(name) else { throw RecordFileError(.badXML, "an end tag that ends nothing", offset: offset) }
        try keep(markup, at: offset)
        note(level)
        if level.hasRecords, !levels.isEmpty {
            try check(opened + skeleton[level.skeletonCount...] + Self.closing, at: offset)
            skeleton.removeLast(skeleton.count - level.skeletonCount)
        } else {
            try settle(from: level.skeletonCount, at: offset)
        }
        if levels.isEmpty { isOver = true }
    }

    /// The path that looks for the element of this start tag at any depth.
    private var seeker: String? {
        guard case .collected(let found) = surroundings, !found.soughtAnywhere.isEmpty, !isEndTag else { return nil }
        return found.soughtAnywhere[Self.local(XMLTag(markup).parts.name)]
    }

    private static func local(_ name: [UInt8]) -> [UInt8] { name.lastIndex(of: UInt8(ascii: ":")).map { Array(name[($0 + 1)...]) } ?? name }

    private mutating func stray(_ path: String) {
        guard case .collected(var found) = surroundings else { return }
        found.strayPath = path
        surroundings = .collected(found)
    }

    /// An element around the records, or beside them, has ended, and is in the last of the levels.
    private mutating func note(_ level: Level) {
        guard case .collected(let found) = surroundings, found.seeks else { return }
        guard level.hasRecords else {
            if let path = level.soughtBy, !levels.isEmpty { levels[levels.count - 1].soughtBy = path }
            return
        }
        while holders.count <= levels.count { holders.append((0, nil)) }
        holders[levels.count].count += 1
        if let path = level.soughtBy ?? found.soughtHolders[Self.local(level.name)] { holders[levels.count].soughtBy = path }
        // One of several has it, or lies in one of several.
        guard let first = holders.firstIndex(where: { $0.count > 1 }), let path = holders[first...].lazy.compactMap(\.soughtBy).first else { return }
        stray(path)
    }

    /// What was kept from `start` on is whole. Where it stands behind a record of its element, each of whose records has it, it is no part of what the next ones begin with.
    private mutating func settle(from start: Int, at offset: Int) throws {
        guard let level = levels.last, level.hasRecords, start < skeleton.count else { return }
        switch surroundings {
        case .none: return
        case .known: break
        case .collected(var found):
            try check(opened + skeleton[start...] + Self.closing, at: offset)
            surroundings = .none
            guard found.add(skeleton[start...], behind: level.number) else { throw EnvelopeSurroundings.tooMuch(at: offset) }
            surroundings = .collected(found)
        }
        skeleton.removeLast(skeleton.count - start)
    }

    /// The name without its prefix, and its namespace, of an element in the innermost open one.
    private func expanded(_ name: [UInt8], _ declared: [(prefix: [UInt8], uri: [UInt8])]) -> (local: [UInt8], uri: [UInt8]) {
        let parts = name.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let (prefix, local) = parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : ([], name)
        let uri = declared.last { $0.prefix == prefix }?.uri ?? levels.reversed().lazy.compactMap { $0.declared.last { $0.prefix == prefix }?.uri }.first ?? []
        return (local, uri)
    }

    /// Text outside records, held until the next tag.
    private mutating func keep(text byte: UInt8, at offset: Int) throws {
        guard text.count < recordByteCountMax else { throw tooMuch(at: offset) }
        // Blanks between elements that are on the way to records, however many, are nothing to keep.
        if text.isEmpty, JSONGrammar.isBlank(byte), dropsBlanks { return }
        text.append(byte)
    }

    /// In an element beside the records blanks are text: `<b>Till</b> <i>GmbH</i>`.
    ///
    /// By a path of any depth each element may be on the way to records: there it is so until the first of them.
    private var dropsBlanks: Bool {
        // Where no path asks for what is around.
        if case .none = surroundings { return true }
        guard let last = levels.indices.last else { return true }
        return levels[last].hasRecords || !levels[last].matched.isEmpty && !path.isOfAnyDepth
    }

    /// The text before a tag is whole, and belongs to what stands around the records.
    private mutating func flushText(at offset: Int) throws {
        if levels.isEmpty, !text.isEmpty { throw Self.strayText(at: offset) }
        let start = skeleton.count
        try keep(text, at: offset)
        text.removeAll(keepingCapacity: true)
        try settle(from: start, at: offset)
    }

    private mutating func keep(_ bytes: [UInt8], at offset: Int) throws {
        guard skeleton.count + bytes.count <= recordByteCountMax else { throw tooMuch(at: offset) }
        skeleton.append(contentsOf: bytes)
    }

    private static func strayText(at offset: Int) -> RecordFileError { RecordFileError(.badXML, "text outside the document's element", offset: offset) }

    private func tooMuch(at offset: Int) -> RecordFileError {
        RecordFileError(.tooLarge, "what stands around the records has more than \(recordByteCountMax) bytes", offset: offset)
    }

    /// Gives the record out in its document, or only counts it where this reading collects what stands around.
    private mutating func end(_ last: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        if case .collected = surroundings {
            try gatherer.finish(last) { _, byteCount in try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            if levels.isEmpty { isOver = true }
            return
        }
        var after: [UInt8] = []
        for level in levels.reversed() {
            if case .known(let found) = surroundings { after += found[level.number] }
            after += [UInt8(ascii: "<"), UInt8(ascii: "/")] + level.name + [UInt8(ascii: ">")]
        }
        guard skeleton.count + after.count <= 2 * recordByteCountMax else { throw EnvelopeSurroundings.tooMuch(recordByteCountMax, at: endOffset) }
        let before = skeleton
        try gatherer.finish(last) { bytes, byteCount in
            guard let bytes else { return try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            var document = before
            document.reserveCapacity(before.count + byteCount + after.count)
            document.append(contentsOf: bytes)
            document.append(contentsOf: after)
            try document.withUnsafeBytes { try sink(RawRecord($0, $0.count, endOffset, nil)) }
        }
        if levels.isEmpty { isOver = true }
    }

    // MARK: What nobody else reads

    private static let closing = Array("</around>".utf8)

    /// The tag of an element with the namespaces that are declared around the innermost open one and by it.
    private var opened: [UInt8] {
        var tag = Array("<around".utf8)
        var seen: Set<[UInt8]> = []
        for (prefix, uri) in levels.reversed().flatMap({ $0.declared.reversed() }) where seen.insert(prefix).inserted {
            let quote = uri.contains(UInt8(ascii: "\"")) ? UInt8(ascii: "'") : UInt8(ascii: "\"")
            tag += Array(" xmlns".utf8) + (prefix.isEmpty ? [] : [UInt8(ascii: ":")] + prefix) + [UInt8(ascii: "="), quote] + uri + [quote]
        }
        return tag + [UInt8(ascii: ">")]
    }

    /// - Parameter document: with what is looked at.
    private mutating func check(_ document: [UInt8], at offset: Int) throws {
        checkedByteCount = checkedByteCount.addingSaturating(document.count)
        let byteCountMax = RecordStream.documentByteCountMax(checkedByteCountMin, at: offset)
        guard checkedByteCount <= byteCountMax else { throw EnvelopeSurroundings.tooMuch(byteCountMax, at: offset) }
        do {
            try document.withUnsafeBytes { _ = try XMLReader.read($0) }
        } catch let error as DocumentError {
            throw RecordFileError(.badXML, "what stands around the records is no XML: \(error.reason)", offset: offset)
        }
    }

    /// A comment or an instruction; a declaration stands first or nowhere.
    private mutating func checkAside(at offset: Int) throws {
        let isDeclaration = kind == .instruction && offset - markup.count == firstOffset && XMLTag(markup).parts.name.elementsEqual("?xml".utf8)
        if !isDeclaration { return try check(Array("<around>".utf8) + markup + Self.closing, at: offset) }
        // Of another encoding it has been taken by who brought the text to UTF-8.
        if !isTranscoded { try check(markup + Array("<around/>".utf8), at: offset) }
    }
}

/// A start tag: its name, and the namespaces that it declares.
///
/// What is no tag gives some name and some declarations: a reader of the whole document refuses it.
struct XMLTag {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var parts: (name: [UInt8], declared: [(prefix: [UInt8], uri: [UInt8])]) {
        let end = bytes.count - (bytes.count >= 2 && bytes[bytes.count - 2] == UInt8(ascii: "/") ? 2 : 1)
        var place = 1
        let name = word(&place, to: end)
        var declared: [(prefix: [UInt8], uri: [UInt8])] = []
        while place < end {
            while place < end, JSONGrammar.isBlank(bytes[place]) { place += 1 }
            let attribute = word(&place, to: end)
            while place < end, JSONGrammar.isBlank(bytes[place]) || bytes[place] == UInt8(ascii: "=") { place += 1 }
            guard place < end, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else { break }
            let first = place + 1
            let last = bytes[first..<end].firstIndex(of: bytes[place]) ?? end
            let value = Array(bytes[first..<last])
            if attribute.elementsEqual("xmlns".utf8) { declared.append(([], value)) }
            if attribute.starts(with: "xmlns:".utf8) { declared.append((Array(attribute.dropFirst(6)), value)) }
            place = last + 1
        }
        return (name, declared)
    }

    /// Of an attribute, or of what an XML declaration says.
    func value(of name: String) -> String? {
        var place = 1
        _ = word(&place, to: bytes.count)
        while place < bytes.count {
            while place < bytes.count, JSONGrammar.isBlank(bytes[place]) { place += 1 }
            let attribute = word(&place, to: bytes.count)
            while place < bytes.count, JSONGrammar.isBlank(bytes[place]) || bytes[place] == UInt8(ascii: "=") { place += 1 }
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else { return nil }
            let last = bytes[(place + 1)...].firstIndex(of: bytes[place]) ?? bytes.count
            if attribute.elementsEqual(name.utf8) { return String(decoding: bytes[(place + 1)..<last], as: UTF8.self) }
            place = last + 1
        }
        return nil
    }

    /// Up to a blank, an equals sign or the end.
    private func word(_ place: inout Int, to end: Int) -> [UInt8] {
        let first = place
        while place < end, !JSONGrammar.isBlank(bytes[place]), bytes[place] != UInt8(ascii: "=") { place += 1 }
        return Array(bytes[min(first, end)..<min(place, end)])
    }
}
