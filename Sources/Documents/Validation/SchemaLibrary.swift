/// The schema documents that one schema can reach, and where in them each URI leads: resources by `$id`, anchors, JSON Pointers.
///
/// Nothing is ever fetched: what a reference can reach are the root document, the type's own files and the metaschemas' texts. Documents are read
/// when a reference first leads to them.
/// Terms are those of the core specification of draft 2020-12: a *resource* is a schema with an `$id` of its own, with all in it that is no other
/// resource's; *anchors* are names within a resource.
struct SchemaLibrary {
    /// A place in a document: the document's number, and a node of its tape.
    struct Location: Hashable {
        var document: Int
        var node: Int
    }

    /// Why a reference or a document cannot be used; `pointer` leads into the root document, and is empty for the whole or where the compiler
    /// knows the place.
    struct Fault: Error {
        let pointer: String
        let message: String
        init(_ message: String, pointer: String = "") {
            self.message = message
            self.pointer = pointer
        }
    }

    /// Which keywords mean something in a resource, by the `$vocabulary` of its metaschema.
    struct Vocabulary {
        var hasApplicators = true
        var hasUnevaluated = true
        var hasValidation = true
        var assertsFormat = false
    }

    /// A schema with its own URI. `anchors` has those of `$dynamicAnchor`, too.
    private struct Resource {
        let uri: String
        let root: Location
        var anchors: [String: Location] = [:]
        var dynamicAnchors: [String: Location] = [:]
        var vocabulary: Vocabulary
        var metaschema: String
    }

    /// What a document without `$id` is relative to.
    private static let base = "till://schema/schema.json"
    /// The type's files by absolute URI: those that were not read yet, and those that were.
    private var files: [String: [UInt8]] = [:]
    /// In the order in which they were read; number 0 is the root document.
    private var documents: [(tape: OwnedTape, uri: String)] = []
    /// By number, as nodes have it.
    private var resources: [Resource] = []
    /// The resource of an absolute URI without fragment.
    private var byURI: [String: Int] = [:]
    /// Of every schema that was walked its resource.
    private var owners: [Location: Int] = [:]
    /// Schemas that stand in no other, and that `takeUnchecked` has not given away yet.
    private var unchecked: [Location] = []
    /// All that were ever among them.
    private var noted: Set<Location> = []
    /// Documents that came from the type's files. One need be no schema as a whole: what is looked at is what references lead to.
    private var fileDocuments: Set<Int> = []

    init(files: [String: [UInt8]]) {
        for (name, text) in files { self.files[URIReference.resolve(URIReference.split(name).uri, against: Self.base)] = text }
    }

    var resourceCount: Int { resources.count }
    func tape(_ document: Int) -> JSONTape { documents[document].tape.tape }
    func document(_ index: Int) -> OwnedTape { documents[index].tape }
    func uri(ofDocument index: Int) -> String { documents[index].uri }
    func pointer(to location: Location) -> String { tape(location.document).pointer(to: location.node) }
    func vocabulary(ofResource index: Int) -> Vocabulary { resources[index].vocabulary }
    func dynamicAnchors(ofResource index: Int) -> [String: Location] { resources[index].dynamicAnchors }
    func resource(of location: Location) -> Int { owners[location] ?? 0 }
    func usesStandardMetaschema(_ location: Location) -> Bool { resources[resource(of: location)].metaschema == Metaschema.uri }

    /// - Returns: where its root schema is.
    /// - Throws: what is no JSON, two schemas of one id, an id with a fragment, a vocabulary that is unknown.
    mutating func addRoot(_ json: [UInt8]) throws(Fault) -> Location {
        let root = try add(json, uri: Self.base)
        unchecked.append(root)
        noted.insert(root)
        return root
    }

    /// Schemas of the root document and of the type's files that have come since, and that were not looked at with one around them: nobody has held them against the metaschema.
    ///
    /// Roots of documents, and places under unknown keywords that references lead to.
    mutating func takeUnchecked() -> [Location] {
        defer { unchecked = [] }
        return unchecked
    }

    /// What is no object has no keywords that could be wrong; that it is no schema the compiler says.
    private mutating func noteUnchecked(_ location: Location) {
        if tape(location.document)[location.node].kind == .object, noted.insert(location).inserted { unchecked.append(location) }
    }

    /// The same of a place that may stand in one which was noted: where its document as a whole was, it does.
    private mutating func noteUnchecked(inFile location: Location) {
        guard fileDocuments.contains(location.document), !noted.contains(Location(document: location.document, node: 0)) else { return }
        noteUnchecked(location)
    }

    /// A document is a resource at its own URI, even where its root has an `$id` of another: both lead to it.
    private mutating func add(_ json: [UInt8], uri: String) throws(Fault) -> Location {
        let document: OwnedTape
        do throws(DocumentError) {
            document = try OwnedTape(json)
        } catch {
            throw Fault("\(uri): \(error.detail)")
        }
        documents.append((document, uri))
        let location = Location(document: documents.count - 1, node: 0)
        let index = try addResource(uri, at: location, metaschema: Metaschema.uri, vocabulary: Vocabulary())
        try walk(location, resource: index)
        return location
    }

    // MARK: Walking schemas

    /// Keywords whose value is a schema, an array of schemas, or an object of them. What stands under any other keyword is data, and an `$id`
    /// there is no id.
    private static let single = [
        "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else", "unevaluatedItems", "unevaluatedProperties",
        "contentSchema",
    ]
    private static let lists = ["allOf", "anyOf", "oneOf", "prefixItems"]
    /// `definitions` is the name of `$defs` in earlier drafts, and is still used.
    private static let maps = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]

    /// - Returns: the resource's number.
    private mutating func addResource(_ uri: String, at root: Location, metaschema: String, vocabulary: Vocabulary) throws(Fault) -> Int {
        if let known = byURI[uri], resources[known].root != root {
            throw Fault("two schemas have the $id \(uri)", pointer: root.document == 0 ? pointer(to: root) : "")
        }
        byURI[uri] = resources.count
        resources.append(Resource(uri: uri, root: root, vocabulary: vocabulary, metaschema: metaschema))
        return resources.count - 1
    }

    /// Notes what `$id`, `$anchor` and `$schema` say, in schemas only: in constants and unknown keywords they mean nothing.
    private mutating func walk(_ location: Location, resource: Int) throws(Fault) {
        let tape = tape(location.document)
        var resource = resource
        owners[location] = resource
        guard tape[location.node].kind == .object else { return }
        func text(_ name: String) -> String? {
            tape.member(name, of: location.node).flatMap { tape[$0].kind == .string ? tape.string(of: $0) : nil }
        }
        // A schema with an id of its own begins a resource, which has the vocabularies of the one around it unless it says otherwise.
        if let id = text("$id") {
            let (reference, fragment) = URIReference.split(id)
            guard fragment ?? "" == "" else { throw Fault("an $id has no fragment", pointer: pointer(to: location) + "/$id") }
            let uri = URIReference.resolve(reference, against: resources[resource].uri)
            if uri != resources[resource].uri {
                let outer = resources[resource]
                resource = try addResource(uri, at: location, metaschema: outer.metaschema, vocabulary: outer.vocabulary)
                owners[location] = resource
            }
        }
        // It counts at a resource's root only.
        if let metaschema = text("$schema"), resources[resource].root == location {
            let uri = URIReference.split(metaschema).uri
            resources[resource].metaschema = uri
            resources[resource].vocabulary = try vocabulary(ofMetaschema: uri, pointer(to: location) + "/$schema")
        }
        if let anchor = text("$anchor") { resources[resource].anchors[anchor] = location }
        if let anchor = text("$dynamicAnchor") {
            resources[resource].anchors[anchor] = location
            resources[resource].dynamicAnchors[anchor] = location
        }
        for name in Self.single {
            if let child = tape.member(name, of: location.node) { try walk(Location(document: location.document, node: child), resource: resource) }
        }
        for name in Self.lists + Self.maps {
            guard let holder = tape.member(name, of: location.node), tape[holder].isContainer else { continue }
            for child in tape.children(of: holder) { try walk(Location(document: location.document, node: child), resource: resource) }
        }
    }

    /// - Throws: for a metaschema that is neither known nor among the files, and for a vocabulary that it requires (`true`) and that is not known.
    ///   One that it merely lists (`false`) may be passed over, as the specification says.
    private mutating func vocabulary(ofMetaschema uri: String, _ pointer: String) throws(Fault) -> Vocabulary {
        if uri == Metaschema.uri { return Vocabulary() }
        guard let text = files[uri] ?? Metaschema.texts[uri].map({ Array($0.utf8) }) else {
            throw Fault("$schema \(uri) is not known; draft 2020-12 is \(Metaschema.uri)", pointer: pointer)
        }
        let document: OwnedTape
        do throws(DocumentError) {
            document = try OwnedTape(text)
        } catch {
            throw Fault("\(uri): \(error.detail)", pointer: pointer)
        }
        let tape = document.tape
        // A metaschema without `$vocabulary` means all of them.
        guard let list = tape.member("$vocabulary", of: 0), tape[list].kind == .object else { return Vocabulary() }
        var vocabulary = Vocabulary(hasApplicators: false, hasUnevaluated: false, hasValidation: false)
        for member in tape.children(of: list) {
            let name = String(decoding: tape.name(of: member), as: UTF8.self)
            switch name {
            case Metaschema.vocabulary + "applicator": vocabulary.hasApplicators = true
            case Metaschema.vocabulary + "unevaluated": vocabulary.hasUnevaluated = true
            case Metaschema.vocabulary + "validation": vocabulary.hasValidation = true
            case Metaschema.vocabulary + "format-assertion": vocabulary.assertsFormat = true
            case Metaschema.vocabulary + "core", Metaschema.vocabulary + "meta-data", Metaschema.vocabulary + "format-annotation",
                Metaschema.vocabulary + "content":
                break
            default:
                if tape[member].kind == .true { throw Fault("the vocabulary \(name) of \(uri) is not known", pointer: pointer) }
            }
        }
        return vocabulary
    }

    // MARK: Resolving references

    /// Where a reference of a schema of `resource` leads; `dynamicAnchor` when that is a dynamic anchor, named as such.
    ///
    /// Steps of RFC 3986 and of the core specification: the reference is made absolute against the resource's own URI; that finds a resource,
    /// perhaps by reading one of the files; the fragment is then nothing, a JSON Pointer (`/…`) or an anchor's name.
    ///
    /// - Throws: where it leads to nothing that is known.
    mutating func resolve(_ reference: String, fromResource resource: Int) throws(Fault) -> (location: Location, dynamicAnchor: String?) {
        let (relative, fragment) = URIReference.split(reference)
        let uri = URIReference.resolve(relative, against: resources[resource].uri)
        let target: Int
        if let known = byURI[uri] {
            target = known
        } else if let text = files[uri] ?? Metaschema.texts[uri].map({ Array($0.utf8) }) {
            let root = try add(text, uri: uri)
            if files[uri] != nil { fileDocuments.insert(root.document) }
            // The document may give itself another $id; the URI that found it leads to it all the same.
            target = self.resource(of: root)
            byURI[uri] = target
        } else {
            throw Fault("\(reference) leads to \(uri), which is not among the type's files; nothing is fetched")
        }
        guard let fragment, !fragment.isEmpty else {
            noteUnchecked(inFile: resources[target].root)
            return (resources[target].root, nil)
        }
        let decoded = URIReference.percentDecoded(fragment)
        guard decoded.hasPrefix("/") else {
            guard let anchor = resources[target].anchors[decoded] else { throw Fault("there is no anchor \(decoded) in \(uri)") }
            noteUnchecked(inFile: anchor)
            return (anchor, resources[target].dynamicAnchors[decoded] == nil ? nil : decoded)
        }
        return (try follow(decoded, from: target), nil)
    }

    /// The owner is the resource of the innermost schema on the way: a pointer may cross into one with an id of its own.
    private mutating func follow(_ pointer: String, from resource: Int) throws(Fault) -> Location {
        let path: JSONPath
        do throws(TypeFileFault) {
            path = try JSONPath(pointer)
        } catch {
            throw Fault(error.message)
        }
        var location = resources[resource].root
        var owner = resource
        var isNoted = noted.contains(location)
        let tape = tape(location.document)
        for token in path.tokens {
            let children = tape.children(of: location.node)
            let next: Int?
            if tape[location.node].kind == .array {
                next = token.index >= 0 ? children.dropFirst(token.index).first(where: { _ in true }) : nil
            } else {
                next = children.first { tape.name(of: $0) == token.name }
            }
            guard let next else { throw Fault("\(pointer) leads nowhere in \(resources[resource].uri)") }
            location.node = next
            owner = owners[location] ?? owner
            isNoted = isNoted || noted.contains(location)
        }
        // A place that is no schema by its keywords becomes one by being referred to.
        if owners[location] == nil {
            try walk(location, resource: owner)
            noteUnchecked(location)
        } else if !isNoted {
            noteUnchecked(inFile: location)
        }
        return location
    }
}
